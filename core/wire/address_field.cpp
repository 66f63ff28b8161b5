#include "core/wire/address_field.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/wire/utf8.h"

namespace metka::wire {

namespace {

constexpr std::size_t most_address = 254; // RFC 5321 §4.5.3.1.3, without its brackets
constexpr std::size_t most_label = 63;

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_atom_text(char c) // RFC 5322 §3.2.3, RFC 6532 §3.2
{
    return is_letter_or_digit(c) || is_beyond_ascii(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool is_printable(char c)
{
    return (c >= 0x20 && c <= 0x7E) || c == '\t' || is_beyond_ascii(c);
}

bool is_domain(std::string_view name)
{
    const auto in_label = [](char c) {
        return is_letter_or_digit(c) || is_beyond_ascii(c) || c == '-' || c == '_';
    };
    return std::ranges::all_of(split(name, '.'), [&](std::string_view label) {
        return !label.empty() && label.size() <= most_label && std::ranges::all_of(label, in_label);
    });
}

class AddressReader {
  public:
    explicit AddressReader(std::string_view value) : rest_(value) {}

    // address-list
    bool all(std::vector<MailPath>& found)
    {
        do {
            if (!address(found)) return false;
        } while (take(','));
        return rest_.empty();
    }

  private:
    // address: what its first words are shows only behind them.
    bool address(std::vector<MailPath>& found)
    {
        const auto before = rest_;
        if (!blanks()) return false;
        if (rest_.starts_with('<')) return angle_address(found);
        if (phrase()) {
            if (rest_.starts_with('<')) return angle_address(found);
            if (take(':')) return group(found);
        }
        rest_ = before;
        return addr_spec(found);
    }

    // mailbox
    bool mailbox(std::vector<MailPath>& found)
    {
        const auto before = rest_;
        if (!blanks()) return false;
        if (rest_.starts_with('<')) return angle_address(found);
        if (phrase() && rest_.starts_with('<')) return angle_address(found);
        rest_ = before;
        return addr_spec(found);
    }

    // what follows "name:" up to ";"
    bool group(std::vector<MailPath>& found)
    {
        if (!blanks()) return false;
        if (take(';')) return blanks();
        do {
            if (!mailbox(found)) return false;
        } while (take(','));
        return take(';') && blanks();
    }

    bool angle_address(std::vector<MailPath>& found)
    {
        return take('<') && addr_spec(found) && take('>') && blanks();
    }

    bool addr_spec(std::vector<MailPath>& found)
    {
        const auto start = rest_;
        MailPath path;
        if (!blanks() || !local_part(path.local) || !take('@')) return false;
        if (!blanks() || !domain(path.domain) || !blanks()) return false;
        const auto taken = start.substr(0, start.size() - rest_.size());
        const bool good = is_clean_utf8(taken) && path.local.size() + path.domain.size() < most_address;
        found.push_back(std::move(path));
        return good && found.size() <= most_field_addresses;
    }

    bool local_part(std::string& local)
    {
        if (rest_.starts_with('"')) return quoted(&local) && !local.empty() && blanks();
        for (;;) {
            const auto atom = run(is_atom_text);
            if (atom.empty()) return false;
            local += atom;
            if (!take('.')) return blanks();
            local += '.';
        }
    }

    bool domain(std::string& name)
    {
        if (rest_.starts_with('[')) {
            const auto end = rest_.find(']');
            if (end == std::string_view::npos) return false;
            name = rest_.substr(0, end + 1);
            rest_.remove_prefix(end + 1);
            return std::ranges::all_of(name.substr(1, name.size() - 2), [](char c) {
                return is_letter_or_digit(c) || c == '.' || c == ':' || c == '-';
            });
        }
        name = run([](char c) { return is_atom_text(c) || c == '.'; });
        return is_domain(name);
    }

    // display-name: words, and dots among them. The white space behind it is taken, too.
    bool phrase()
    {
        bool any = false;
        for (;;) {
            if (rest_.starts_with('"')) {
                if (!quoted(nullptr)) return false;
            } else if (run([](char c) { return is_atom_text(c) || c == '.'; }).empty()) {
                return any;
            }
            any = true;
            if (!blanks()) return false;
        }
    }

    // quoted-string; what is in it goes to `text`, if that is given.
    bool quoted(std::string* text)
    {
        take('"');
        while (!take('"')) {
            take('\\');
            if (rest_.empty() || !is_printable(rest_.front())) return false;
            if (text != nullptr) *text += rest_.front();
            rest_.remove_prefix(1);
        }
        return true;
    }

    // CFWS: white space and comments, which may hold comments.
    bool blanks()
    {
        std::size_t depth = 0;
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            const char c = rest_.front();
            if (c == '(') {
                ++depth;
            } else if (depth == 0) {
                if (!is_blank(c)) return true;
            } else if (c == ')') {
                --depth;
            } else {
                if (c == '\\') rest_.remove_prefix(1);
                if (rest_.empty() || !is_printable(rest_.front())) return false;
            }
        }
        return depth == 0;
    }

    bool take(char c)
    {
        const bool there = rest_.starts_with(c);
        if (there) rest_.remove_prefix(1);
        return there;
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

std::optional<std::vector<MailPath>> parse_addresses(std::string_view value)
{
    std::vector<MailPath> found;
    if (!AddressReader(value).all(found)) return std::nullopt;
    return found;
}

namespace {

// As a lenient reader may take it: without comments and blanks.
std::string without_decoration(std::string_view value)
{
    std::string left;
    int depth = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (depth > 0 && c == '\\') ++i;
        if (c == '(') ++depth;
        const bool is_decoration = depth > 0 || c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!is_decoration) left += c;
        if (c == ')' && depth > 0) --depth;
    }
    return left;
}

// Each once.
class Mentions {
  public:
    // As it stands, and without what may end a domain but is taken for no part of it. false: too many.
    bool add(std::string_view name)
    {
        if (!add_one(name.substr(0, name.find_last_not_of('.') + 1))) return false;
        return add_one(name.substr(0, name.find_last_not_of(".-_") + 1));
    }
    std::vector<std::string> take() { return std::move(domains_); }

  private:
    bool add_one(std::string_view name)
    {
        if (name.empty() || std::ranges::find(domains_, name) != domains_.end()) return true;
        if (domains_.size() == most_field_addresses) return false;
        domains_.emplace_back(name);
        return true;
    }

    std::vector<std::string> domains_;
};

// false: there are too many.
bool add_mentioned(std::string_view value, Mentions& domains)
{
    const auto in_name = [](char c) {
        return is_letter_or_digit(c) || is_beyond_ascii(c) || c == '-' || c == '_' || c == '.';
    };
    for (auto at = value.find('@'); at != std::string_view::npos; at = value.find('@', at + 1)) {
        const auto behind = value.substr(std::min(value.find_first_not_of(" \t", at + 1), value.size()));
        const auto end = std::ranges::find_if_not(behind, in_name);
        if (!domains.add({behind.begin(), end})) return false;
    }
    return true;
}

} // namespace

std::optional<std::vector<std::string>> mentioned_domains(std::string_view value)
{
    Mentions domains;
    const bool all = add_mentioned(value, domains) && add_mentioned(without_decoration(value), domains);
    if (!all) return std::nullopt;
    return domains.take();
}

} // namespace metka::wire
