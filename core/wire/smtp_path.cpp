#include "core/wire/smtp_path.h"

#include <algorithm>

#include "core/wire/utf8.h"

namespace metka::wire {

namespace {

// RFC 5321 §4.5.3.1.3 allows 256 octets of path. The 64 of a local part are not asked of senders: variable
// envelope return paths (mailing lists, SRS) exceed them every day, and no inbox here has a longer one.
constexpr std::size_t most_path = 256;
constexpr std::size_t most_route = 512;
constexpr std::size_t most_label = 63;

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_plain_atom_text(char c) // RFC 5322 §3.2.3
{
    return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool is_atom_text(char c) // RFC 6531 §3.3
{
    return is_plain_atom_text(c) || is_beyond_ascii(c);
}

bool is_printable(char c)
{
    return (c >= 0x20 && c <= 0x7E) || is_beyond_ascii(c);
}

class PathReader {
  public:
    explicit PathReader(std::string_view text) : rest_(text) {}
    std::string_view rest() const { return rest_; }

    bool path(MailPath& path)
    {
        if (!take('<')) return false;
        if (take('>')) return true;
        if (rest_.starts_with('@') && !source_route()) return false;
        if (!local_part(path.local)) return false;
        if (take('>')) return true;
        return take('@') && (literal(path.domain) || domain(path.domain)) && take('>');
    }

  private:
    bool take(char c)
    {
        const bool there = rest_.starts_with(c);
        if (there) rest_.remove_prefix(1);
        return there;
    }

    // "@one,@two:" in front of the address
    bool source_route()
    {
        const auto before = rest_.size();
        do {
            std::string relay;
            if (!take('@') || !(literal(relay) || domain(relay))) return false;
        } while (take(','));
        return take(':') && before - rest_.size() <= most_route;
    }

    bool local_part(std::string& local) { return rest_.starts_with('"') ? quoted(local) : dotted(local); }

    bool dotted(std::string& local)
    {
        for (;;) {
            const auto atom = run(is_atom_text);
            if (atom.empty()) return false;
            local += atom;
            if (!take('.')) return true;
            local += '.';
        }
    }

    bool quoted(std::string& local)
    {
        take('"');
        while (!take('"')) {
            take('\\');
            if (rest_.empty() || !is_printable(rest_.front())) return false;
            local += rest_.front();
            rest_.remove_prefix(1);
        }
        return !local.empty(); // `""@d` names nobody, and once crashed a server (SECURITY 11)
    }

    bool domain(std::string& name)
    {
        // Underscores are no part of a host name, but of many names that send mail.
        const auto in_label = [](char c) {
            return is_letter_or_digit(c) || c == '-' || c == '_' || is_beyond_ascii(c);
        };
        for (;;) {
            const auto label = run(in_label);
            if (label.empty() || label.size() > most_label || label.front() == '-' || label.back() == '-')
                return false;
            name += label;
            if (!take('.')) return true;
            name += '.';
        }
    }

    // "[192.0.2.1]", "[IPv6:2001:db8::1]"
    bool literal(std::string& name)
    {
        if (!rest_.starts_with('[')) return false;
        const auto end = rest_.find(']');
        if (end == std::string_view::npos || end == 1) return false;
        const auto inside = rest_.substr(1, end - 1);
        const auto allowed = [](char c) { return is_letter_or_digit(c) || c == '.' || c == ':' || c == '-'; };
        if (!std::ranges::all_of(inside, allowed)) return false;
        name = rest_.substr(0, end + 1);
        rest_.remove_prefix(end + 1);
        return true;
    }

    template <class Allowed>
    std::string_view run(Allowed allowed)
    {
        const auto end = std::ranges::find_if_not(rest_, allowed);
        const auto taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
};

} // namespace

std::expected<MailPath, CommandFault> take_path(std::string_view& rest)
{
    MailPath path;
    PathReader reader(rest);
    if (!reader.path(path)) return std::unexpected(CommandFault::path);
    const bool readable = is_clean_utf8(rest.substr(0, rest.size() - reader.rest().size()));
    const bool short_enough = path.local.size() + path.domain.size() + 3 <= most_path;
    if (!readable || !short_enough) return std::unexpected(CommandFault::path);
    rest = reader.rest();
    return path;
}

bool MailPath::is_ascii() const
{
    return std::ranges::none_of(local, is_beyond_ascii) && std::ranges::none_of(domain, is_beyond_ascii);
}

std::string MailPath::text() const
{
    if (is_null()) return {};
    const bool dots_right = !local.starts_with('.') && !local.ends_with('.') && !local.contains("..");
    const bool plain =
        dots_right && std::ranges::all_of(local, [](char c) { return is_atom_text(c) || c == '.'; });
    std::string text;
    if (plain) {
        text = local;
    } else {
        text += '"';
        for (const char c : local) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    if (!domain.empty()) text += "@" + domain;
    return text;
}

} // namespace metka::wire
