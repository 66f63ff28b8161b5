#include "tests/fuzz/smtp/witness.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <regex>
#include <utility>

#include "core/base/text.h"
#include "core/wire/base64.h"
#include "tests/fuzz/plain_message.h"

namespace metka::fuzz {

void must(bool holds)
{
    if (!holds) std::abort();
}

namespace {

constexpr std::string_view host = "poczta.platon.man.lublin.pl";

// The first words of each reply that daemon/smtp/replies.h holds.
std::vector<std::string> read_replies()
{
    std::ifstream file(METKA_SMTP_REPLIES);
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    const std::regex row(R"re(constexpr\s+Reply\s+\w+\{\s*(\d+),\s*"([^"]*)",\s*"([^"]*)"\s*\};)re");
    std::vector<std::string> replies;
    for (auto found = std::sregex_iterator(source.begin(), source.end(), row);
         found != std::sregex_iterator(); ++found) {
        auto line = (*found)[1].str();
        for (const auto& part : {(*found)[2].str(), (*found)[3].str()})
            if (!part.empty()) line.append(" ").append(part);
        replies.push_back(std::move(line));
    }
    must(replies.size() > 80);
    return replies;
}

// Those behind which a word of ours may stand.
constexpr std::array<std::string_view, 5> with_detail{
    "220", "214 2.0.0 commands:", "250 2.0.0 Ok:",
    "554 5.5.3 more recipients than this account may send to in an hour; send it in parts, to",
    "554 5.5.3 more recipients than this account may send to in a day; send it in parts, to"};

constexpr std::array<std::string_view, 7> offered{"PIPELINING", "8BITMIME", "SMTPUTF8",           "CHUNKING",
                                                  "DSN",        "HELP",     "ENHANCEDSTATUSCODES"};

bool is_in_table(const std::string& line)
{
    static const auto table = read_replies();
    if (std::ranges::find(table, line) != table.end()) return true;
    return std::ranges::any_of(with_detail,
                               [&](auto begin) { return line.starts_with(std::string(begin) + " "); });
}

bool is_goodbye(int code, std::string_view text)
{
    return code == 221 || code == 421 || text.ends_with("goodbye");
}

bool begins_with_bdat(std::string_view line)
{
    while (line.starts_with(' ') || line.starts_with('\t'))
        line.remove_prefix(1);
    return same_ignoring_case(line.substr(0, 4), "BDAT");
}

// Somebody's name and password stand in what AUTH said.
bool is_somebodys(std::string_view encoded, std::string_view more)
{
    const auto one = wire::decode_base64(encoded).value_or("");
    const auto other = wire::decode_base64(more).value_or("");
    const auto both = one + '\0' + other;
    const std::vector<std::string_view> parts = split(both, '\0');
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> right{
        {{"biuro@", "sekret-biuro"},
         {"biuro@", "sekret"},
         {"sklep@", "sekret-sklep"},
         {"pelna@", "sekret-pelna"}}};
    return std::ranges::any_of(right, [&](const auto& each) {
        const bool has_name =
            std::ranges::any_of(parts, [&](auto part) { return part.starts_with(each.first); });
        return has_name && std::ranges::find(parts, each.second) != parts.end();
    });
}

struct Chunk {
    std::uint64_t size = 0;
    bool is_last = false;
};

std::optional<Chunk> chunk_of(std::string_view arguments)
{
    const auto digits = arguments.substr(0, arguments.find(' '));
    const auto last = trim(arguments.substr(digits.size()));
    const auto size = digits.size() <= 20 ? parse_number(digits) : std::nullopt;
    if (!size || !(last.empty() || same_ignoring_case(last, "LAST"))) return std::nullopt;
    return Chunk{.size = *size, .is_last = !last.empty()};
}

} // namespace

SmtpWitness::SmtpWitness(Door door, std::vector<std::string> heard) : door_(door), heard_(std::move(heard))
{
    must(take_reply().code == 220);
    is_handshaking_ = door.tls_at_once;
}

// A line of ours in whole: nothing that a client said, no control, no longer than RFC 5321 allows.
void SmtpWitness::check_line(const std::string& line, int code) const
{
    must(line.size() <= 510 && !has_control(line) && is_utf8(line));
    if (!line.starts_with("250-")) return;
    must(code == 250);
    const auto keyword = std::string_view(line).substr(4);
    const bool is_known = keyword == host || std::ranges::find(offered, keyword) != offered.end() ||
                          keyword.starts_with("SIZE ") || (keyword == "STARTTLS" && !is_tls_);
    must(is_known);
}

SmtpWitness::Reply SmtpWitness::take_reply()
{
    Reply reply;
    for (;;) {
        must(has_reply());
        auto line = heard_[next_++];
        must(line.size() >= 4 &&
             std::ranges::all_of(line.substr(0, 3), [](char c) { return c >= '0' && c <= '9'; }));
        const int code = std::stoi(line.substr(0, 3));
        must(reply.lines++ == 0 || code == reply.code);
        reply.code = code;
        check_line(line, code);
        if (line[3] == '-') continue;
        must(line[3] == ' ');
        if (code >= 400) { // with a receipt
            const auto receipt = line.rfind(" [");
            must(line.ends_with(']') && receipt != std::string::npos);
            line.resize(receipt);
        }
        while (line.ends_with(' '))
            line.pop_back();
        const bool is_ehlo = line == "250 AUTH PLAIN LOGIN" || line == "250 STARTTLS" || line == "250 HELP" ||
                             line == "250 " + std::string(host);
        must(is_ehlo ? line != "250 AUTH PLAIN LOGIN" || is_tls_ : is_in_table(line));
        reply.text = line;
        is_over_ = is_goodbye(code, line);
        return reply;
    }
}

bool SmtpWitness::take_line(SmtpLine& line, std::size_t most)
{
    const auto end = rest().find('\n');
    if (end == std::string_view::npos) return false;
    auto text = rest().substr(0, end);
    at_ += end + 1;
    const bool is_ended = text.ends_with('\r');
    if (is_ended) text.remove_suffix(1);
    const bool is_broken = !is_ended || text.find_first_of(std::string_view("\r\0", 2)) != text.npos;
    line.text = text;
    line.fault = is_broken ? SmtpLine::Fault::broken : SmtpLine::Fault::none;
    if (text.size() > most) line.fault = SmtpLine::Fault::too_long;
    return true;
}

void SmtpWitness::follow(std::string_view said)
{
    said_ = said;
    at_ = 0;
    SmtpLine line;
    while (!is_over_ && !is_handshaking_ && take_line(line, door_.line))
        command(line);
}

void SmtpWitness::tls_begins()
{
    must(is_handshaking_ && !is_tls_);
    is_handshaking_ = false;
    is_tls_ = true;
}

void SmtpWitness::nothing_more()
{
    must(!has_reply());
}

void SmtpWitness::broken(const SmtpLine& line)
{
    const auto reply = take_reply();
    if (is_over_) return;
    must(reply.code == 500 && !begins_with_bdat(line.text));
}

void SmtpWitness::command(const SmtpLine& line)
{
    if (line.fault != SmtpLine::Fault::none) return broken(line);
    const auto space = line.text.find_first_of(" \t");
    auto verb = line.text.substr(0, space);
    std::ranges::transform(verb, verb.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto arguments = space == std::string::npos ? "" : std::string(trim(line.text.substr(space)));
    if (verb == "BDAT") return bdat(arguments);
    const auto reply = take_reply();
    if (begins_with_bdat(line.text)) must(is_over_);
    if (!is_over_) obeyed(verb, arguments, reply);
}

void SmtpWitness::obeyed(std::string_view verb, std::string_view arguments, const Reply& reply)
{
    if (verb == "AUTH") return auth(arguments, reply);
    if (reply.code == 354) {
        must(verb == "DATA" && has_mail_ && !recipients_.empty() && !has_chunks_);
        return data();
    }
    const bool is_limited = verb == "DATA" && !recipients_.empty() && reply.code >= 400;
    if (is_limited && !has_chunks_ && reply.text.substr(4, 5) != "5.5.4") return forget_transaction();
    must(reply.lines == 1 || verb == "EHLO");
    if (reply.code >= 400) return;
    if (verb == "STARTTLS") {
        must(reply.code == 220 && !is_tls_);
        forget_transaction();
        is_handshaking_ = true;
        greeting_ = Greeting::none;
    } else if (verb == "EHLO" || verb == "HELO") {
        greeted(verb == "EHLO" ? Greeting::ehlo : Greeting::helo, arguments);
    } else if (verb == "MAIL") {
        must(reply.text == "250 2.1.0 sender ok" && greeting_ != Greeting::none && !has_mail_);
        must(is_logged_in_ || !door_.login_required);
        has_mail_ = true;
        mail_ = arguments;
    } else if (verb == "RCPT") {
        must(reply.text == "250 2.1.5 recipient ok" && has_mail_ && !has_chunks_);
        recipients_.emplace_back(arguments);
    } else if (verb == "RSET") {
        forget_transaction();
    } else {
        must(verb == "NOOP" || verb == "HELP" || verb == "VRFY");
    }
}

void SmtpWitness::greeted(Greeting greeting, std::string_view name)
{
    greeting_ = greeting;
    helo_ = name;
    forget_transaction();
}

void SmtpWitness::auth(std::string_view arguments, Reply reply)
{
    const auto space = arguments.find(' ');
    const bool has_initial = space != std::string_view::npos;
    std::string first(has_initial ? trim(arguments.substr(space)) : "");
    std::string second;
    for (int asked = 0; reply.code == 334; ++asked) {
        must(is_tls_ && asked < 2);
        SmtpLine line;
        if (!take_line(line, door_.login_line)) return must(!has_reply());
        reply = take_reply();
        if (line.fault != SmtpLine::Fault::none) must(reply.code == 500);
        (first.empty() && !has_initial ? first : second) = line.text;
    }
    if (reply.code == 235) {
        must(is_tls_ && !is_logged_in_ && greeting_ == Greeting::ehlo && !has_mail_);
        must(is_somebodys(first, second));
        is_logged_in_ = true;
        return;
    }
    must(reply.code >= 400);
    const bool is_last =
        !is_over_ && has_reply() && heard_[next_].starts_with("421 4.7.0 too many failed log-ins");
    if (is_last) take_reply();
}

void SmtpWitness::data()
{
    const auto message = read_dots_plainly(rest());
    if (!message) {
        must(!has_reply());
        at_ = said_.size();
        return;
    }
    at_ += message->used;
    const auto reply = take_reply();
    end_of_message(reply, message->is_broken, message->text);
}

void SmtpWitness::bdat(std::string_view arguments)
{
    const auto chunk = chunk_of(arguments);
    const bool is_there = chunk && chunk->size <= rest().size();
    if (!is_there) { // waits for the rest, or knows not for how much
        if (!chunk || has_reply()) take_reply();
        must(!chunk ? is_over_ : is_over_ || !has_reply());
        at_ = said_.size();
        return;
    }
    const auto octets = rest().substr(0, chunk->size);
    at_ += octets.size();
    const bool may_be = greeting_ == Greeting::ehlo && has_mail_ && !recipients_.empty();
    const auto reply = take_reply();
    if (is_over_) return;
    chunks_ += octets;
    has_chunks_ = true;
    must(reply.code >= 400 || may_be);
    const auto message = read_chunks_plainly(chunks_);
    const bool may_go_on = chunks_.ends_with('\r'); // a line end may be cut
    const auto so_far =
        read_chunks_plainly(std::string_view(chunks_).substr(0, chunks_.size() - (may_go_on ? 1 : 0)));
    if (chunk->is_last || reply.code >= 400)
        end_of_message(reply, may_be && message.is_broken && chunk->is_last, message.text);
    else
        must(reply.text == "250 2.0.0 chunk taken" && !so_far.is_broken);
}

void SmtpWitness::end_of_message(const Reply& reply, bool is_broken, std::string text)
{
    must(reply.lines == 1);
    if (is_broken) must(reply.code >= 400);
    if (reply.code < 400) {
        must(reply.text.starts_with("250 2.0.0 Ok: "));
        accepted_.push_back({.text = std::move(text),
                             .mail = mail_,
                             .recipients = recipients_,
                             .helo = helo_,
                             .protocol = protocol(),
                             .logged_in = is_logged_in_});
    }
    forget_transaction();
}

void SmtpWitness::forget_transaction()
{
    has_mail_ = has_chunks_ = false;
    mail_.clear();
    recipients_.clear();
    chunks_.clear();
}

std::string SmtpWitness::protocol() const // RFC 3848, RFC 6531 §4.3
{
    if (greeting_ == Greeting::helo) return "SMTP";
    const auto words = split(mail_, ' ');
    const bool utf8 =
        std::ranges::any_of(words, [](auto word) { return same_ignoring_case(word, "SMTPUTF8"); });
    return std::string(utf8 ? "UTF8SMTP" : "ESMTP") + (is_tls_ ? "S" : "") + (is_logged_in_ ? "A" : "");
}

} // namespace metka::fuzz
