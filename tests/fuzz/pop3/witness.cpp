#include "tests/fuzz/pop3/witness.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/wire/base64.h"
#include "tests/fuzz/plain_message.h"

namespace metka::fuzz {

void must(bool holds)
{
    if (!holds) std::abort();
}

namespace {

// The first lines of all answers that daemon/access/replies.{h,cpp} hold, in pieces: a number stands between
// two.
using Pieces = std::vector<std::string>;

std::vector<Pieces> read_replies()
{
    const std::regex text(R"re("((?:\+OK|-ERR|\+ )[^"]*)\\r\\n)re");
    std::vector<Pieces> replies;
    for (const auto* const name : {METKA_POP3_REPLIES ".h", METKA_POP3_REPLIES ".cpp"}) {
        std::ifstream file(name);
        const std::string source{std::istreambuf_iterator<char>(file), {}};
        for (auto found = std::sregex_iterator(source.begin(), source.end(), text);
             found != std::sregex_iterator(); ++found) {
            auto line = (*found)[1].str();
            line.erase(std::min(line.find("\\r"), line.size()));
            Pieces pieces;
            for (auto hole = line.find("{}"); hole != std::string::npos; hole = line.find("{}")) {
                pieces.push_back(line.substr(0, hole));
                line.erase(0, hole + 2);
            }
            pieces.push_back(line);
            replies.push_back(std::move(pieces));
        }
    }
    must(replies.size() > 40);
    return replies;
}

bool is_made_of(const Pieces& pieces, std::string_view line)
{
    for (const auto& piece : pieces) {
        if (&piece != pieces.data()) {
            const auto digits = line.substr(0, line.find_first_not_of("0123456789"));
            if (digits.empty()) return false;
            line.remove_prefix(digits.size());
        }
        if (!line.starts_with(piece)) return false;
        line.remove_prefix(piece.size());
    }
    return line.empty();
}

// LIST 1, UIDL 1
bool is_single(std::string_view line)
{
    const auto words = split(line, ' ');
    return words.size() == 3 && words[0] == "+OK" && parse_number(words[1]) && !words[2].empty();
}

bool is_in_table(const std::string& line)
{
    static const auto table = read_replies();
    return is_single(line) ||
           std::ranges::any_of(table, [&](const auto& reply) { return is_made_of(reply, line); });
}

constexpr std::array<std::string_view, 4> last_words{
    "-ERR too many errors", "-ERR this is a POP3 server", "-ERR nothing may follow STLS before TLS is there",
    "-ERR [SYS/TEMP] another session has taken this mailbox over, and this one has deleted nothing"};

std::string top_of(const std::string& message, std::uint64_t lines) // as it is sent
{
    const auto empty = message.starts_with("\r\n") ? 0 : message.find("\r\n\r\n");
    auto end = empty == 0 ? 2 : empty + 4;
    if (empty == std::string::npos) return message;
    for (; lines > 0 && end < message.size(); --lines)
        end = message.find("\r\n", end) + 2;
    return message.substr(0, end);
}

} // namespace

std::string_view PopWitness::Said::verb() const
{
    return std::string_view(text).substr(0, text.find(' '));
}

std::string_view PopWitness::Said::arguments() const
{
    const auto space = text.find(' ');
    return space == std::string::npos ? std::string_view() : std::string_view(text).substr(space + 1);
}

std::vector<std::string_view> PopWitness::Said::words() const
{
    auto words = split(arguments(), ' ');
    std::erase(words, std::string_view());
    return words;
}

PopWitness::PopWitness(Scene scene, std::string heard) : scene_(std::move(scene)), heard_(std::move(heard))
{
    state_ = scene_.line == Line::clear ? State::clear : State::authorization;
    must(take_status() && status_ == "+OK Metka ready");
}

std::optional<PopWitness::Said> PopWitness::take_said(std::size_t most)
{
    const auto end = said_.find('\n', at_);
    if (end == std::string_view::npos) return std::nullopt;
    auto text = said_.substr(at_, end - at_);
    at_ = end + 1;
    const bool is_ended = text.ends_with('\r');
    if (is_ended) text.remove_suffix(1);
    const bool is_broken =
        !is_ended || text.size() > most || text.find_first_of(std::string_view("\r\0", 2)) != text.npos;
    return Said{.text = std::string(text), .is_broken = is_broken};
}

std::optional<std::string> PopWitness::take_line()
{
    const auto end = heard_.find("\r\n", next_);
    if (end == std::string::npos) return std::nullopt;
    auto line = heard_.substr(next_, end - next_);
    next_ = end + 2;
    return line;
}

// Without the dots that were put in; none: it breaks off.
std::optional<std::vector<std::string>> PopWitness::take_list()
{
    std::vector<std::string> lines;
    for (;;) {
        auto line = take_line();
        if (!line) {
            must(scene_.world == World::faulty);
            next_ = heard_.size();
            state_ = State::over;
            return std::nullopt;
        }
        if (line == ".") return lines;
        lines.push_back(line->starts_with('.') ? line->substr(1) : *line);
    }
}

bool PopWitness::take_status()
{
    auto line = take_line();
    if (!line) {
        const bool was_wrong = status_.starts_with("-ERR [AUTH] unknown");
        must(was_wrong || status_.starts_with("-ERR [SYS/TEMP] log-in"));
        state_ = State::over;
        return false;
    }
    status_ = std::move(*line);
    must(is_in_table(status_));
    if (std::ranges::find(last_words, status_) != last_words.end()) state_ = State::over;
    return true;
}

void PopWitness::follow(std::string_view said)
{
    said_ = said;
    at_ = 0;
    while (state_ != State::over && state_ != State::handshake) {
        const auto line = take_said(scene_.line_most);
        if (!line) return;
        if (take_status()) command(*line);
    }
}

void PopWitness::tls_begins()
{
    must(state_ == State::handshake);
    state_ = State::authorization;
}

void PopWitness::nothing_more()
{
    const bool is_alert = state_ == State::handshake && heard_.substr(next_).starts_with('\x15');
    must(next_ == heard_.size() || is_alert);
}

void PopWitness::command(const Said& said)
{
    if (said.is_broken) return must(status_.starts_with("-ERR "));
    if (state_ == State::over) return;
    const auto is = [&](std::string_view verb) { return same_ignoring_case(said.verb(), verb); };
    if (is("QUIT") && said.words().empty()) return quit();
    if (is("CAPA") && is_ok()) return capabilities();
    if (is("AUTH") && state_ == State::authorization) return auth(said);
    const auto user = user_;
    const bool uses_up = is("PASS") && !said.arguments().empty() && is_utf8(said.arguments());
    if (uses_up && state_ == State::authorization) user_.clear(); // one PASS for one USER
    if (uses_up && is_ok()) return log_in(user, said.arguments());
    if (!is_ok()) return refused(said);
    if (state_ == State::transaction) return obey(said);
    if (state_ == State::authorization) return authorize(said);
    must(is("STLS") && status_ == "+OK begin TLS");
    state_ = State::handshake;
}

void PopWitness::quit()
{
    const bool is_sound = scene_.world == World::sound || state_ != State::transaction;
    must(is_ok() ? status_ == "+OK goodbye" : !is_sound);
    state_ = State::over;
    for (std::size_t i = 0; i < marks_.size(); ++i)
        if (marks_[i]) to_remove_.push_back(i);
}

// RFC 2449 §5: what is offered fits the line.
void PopWitness::capabilities()
{
    const auto told = take_list();
    if (!told) return;
    const auto tells = [&](std::string_view word) { return std::ranges::find(*told, word) != told->end(); };
    const bool is_clear = state_ == State::clear;
    must(tells("TOP") && tells("UIDL") && tells("PIPELINING") && tells("RESP-CODES"));
    must(tells("STLS") == is_clear && tells("USER") != is_clear && tells("SASL PLAIN") != is_clear);
}

void PopWitness::authorize(const Said& said)
{
    const auto is = [&](std::string_view verb) { return same_ignoring_case(said.verb(), verb); };
    if (is("UTF8")) return must(status_ == "+OK UTF-8");
    must(is("USER") && status_ == "+OK the password, please");
    user_ = said.arguments();
}

void PopWitness::log_in(std::string_view name, std::string_view password)
{
    const auto found = scene_.inboxes.find(name);
    must(state_ == State::authorization);
    must(found != scene_.inboxes.end() && found->second.password == password);
    must(found->second.opens != PopInbox::Opens::nothing);
    opened_ = name;
    marks_.assign(found->second.messages.size(), false);
    state_ = State::transaction;
    const auto welcome = fmt::format("+OK {} messages (", marks_.size());
    must(status_.starts_with(welcome));
    must(status_.contains("expired") == (found->second.opens == PopInbox::Opens::to_read));
}

void PopWitness::auth(const Said& said)
{
    const auto words = said.words();
    if (words.empty()) {
        must(is_ok());
        const auto told = take_list();
        return must(told && told->size() == 1 && told->front() == "PLAIN");
    }
    std::string response(words.size() == 2 ? words[1] : "");
    if (status_ == "+ ") {
        const auto answer = take_said(scene_.auth_line_most);
        if (!answer || !take_status()) return;
        if (answer->is_broken) return must(!is_ok());
        response = answer->text;
    }
    if (!is_ok()) return must(status_.starts_with("-ERR"));
    const auto plain = wire::decode_base64(response).value_or("");
    const auto parts = split(plain, '\0');
    must(parts.size() == 3 && (parts[0].empty() || parts[0] == parts[1]));
    log_in(parts[1], parts[2]);
}

bool PopWitness::has(std::uint64_t number) const
{
    return number >= 1 && number <= marks_.size() && !marks_[number - 1];
}

std::uint64_t PopWitness::octets(std::uint64_t number) const
{
    return fuzz::with_crlf(inbox().messages[number - 1]).size();
}

std::string PopWitness::totals() const
{
    std::uint64_t count = 0, sum = 0;
    for (std::uint64_t each = 1; each <= marks_.size(); ++each) {
        if (!has(each)) continue;
        ++count;
        sum += octets(each);
    }
    return fmt::format("+OK {} {}", count, sum);
}

// What says +OK while an inbox is open.
void PopWitness::obey(const Said& said)
{
    const auto is = [&](std::string_view verb) { return same_ignoring_case(said.verb(), verb); };
    const auto words = said.words();
    if (is("STAT")) return must(status_ == totals());
    if (is("LIST") || is("UIDL")) return list(said);
    if (is("RETR") || is("TOP")) return message(said);
    if (is("RSET")) marks_.assign(marks_.size(), false);
    if (is("RSET") || is("NOOP")) return must(words.empty() && status_ == "+OK");
    must(is("DELE") && words.size() == 1 && inbox().opens == PopInbox::Opens::all);
    const auto number = parse_number(words[0]);
    must(number && has(*number) && status_ == "+OK deleted when you QUIT");
    marks_[*number - 1] = true;
}

void PopWitness::list(const Said& said)
{
    const bool wants_octets = same_ignoring_case(said.verb(), "LIST");
    const auto row = [&](std::uint64_t number) {
        return wants_octets ? fmt::format("{} {}", number, octets(number))
                            : fmt::format("{} uid-{}", number, number);
    };
    const auto words = said.words();
    if (!words.empty()) {
        const auto number = parse_number(words[0]);
        return must(words.size() == 1 && number && has(*number) && status_ == "+OK " + row(*number));
    }
    const auto rows = take_list();
    if (!rows) return;
    std::vector<std::string> expected;
    for (std::uint64_t each = 1; each <= marks_.size(); ++each)
        if (has(each)) expected.push_back(row(each));
    must(*rows == expected);
}

void PopWitness::message(const Said& said)
{
    const bool is_top = same_ignoring_case(said.verb(), "TOP");
    const auto words = said.words();
    must(words.size() == (is_top ? 2U : 1U));
    const auto number = parse_number(words[0]);
    const auto lines = is_top ? parse_number(words[1]) : std::optional<std::uint64_t>(0);
    must(number && lines && has(*number));
    const auto whole = fuzz::with_crlf(inbox().messages[*number - 1]);
    if (!is_top) must(status_ == fmt::format("+OK {} octets", whole.size()));
    const auto sent = take_list();
    if (!sent) return;
    std::string text;
    for (const auto& line : *sent)
        text += line + "\r\n";
    must(text == (is_top ? top_of(whole, *lines) : whole));
}

// What must not be refused where nothing is broken.
void PopWitness::refused(const Said& said)
{
    must(status_.starts_with("-ERR "));
    const bool may_be = scene_.world == World::faulty || state_ != State::transaction;
    if (may_be) return;
    const auto words = said.words();
    const auto number = words.empty() ? std::nullopt : parse_number(words[0]);
    const auto is = [&](std::string_view verb) { return same_ignoring_case(said.verb(), verb); };
    const bool is_simple = is("STAT") || is("NOOP") || is("RSET") || is("LIST") || is("UIDL") || is("CAPA");
    must(!(is_simple && words.empty()));
    const bool is_of_one =
        is("RETR") || is("LIST") || is("UIDL") || (is("DELE") && inbox().opens == PopInbox::Opens::all);
    must(!(is_of_one && words.size() == 1 && number && has(*number)));
    must(!(is("TOP") && words.size() == 2 && number && has(*number) && parse_number(words[1])));
}

} // namespace metka::fuzz
