#include "tests/fuzz/smtp/delivery.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/base/text.h"
#include "core/wire/utf8.h"
#include "tests/fuzz/plain_message.h"

namespace metka::fuzz {

namespace {

// What stands between < and >, where no quotes and no route make that a question.
std::optional<std::string> plain_path(std::string_view arguments)
{
    const auto begin = arguments.find('<');
    const auto end = arguments.find('>');
    if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
    const auto path = arguments.substr(begin + 1, end - begin - 1);
    if (path.find_first_of("\"\\") != std::string_view::npos || path.starts_with('@')) return std::nullopt;
    return std::string(path);
}

// The text before `tail`, which must be there.
std::string_view before(std::string_view text, std::string_view tail)
{
    must(text.ends_with(tail));
    return text.substr(0, text.size() - tail.size());
}

// Takes a whole line that begins like that off the end.
void drop_line(std::string_view& text, std::string_view begin)
{
    must(text.ends_with('\n'));
    const auto start = text.substr(0, text.size() - 1).rfind('\n') + 1;
    must(text.substr(start).starts_with(begin));
    text = text.substr(0, start);
}

// Return-Path, for one recipient Delivered-To, Received: each once, and nothing else.
void check_trace(std::string_view trace, const AcceptedMail& sent)
{
    const auto fields = read_header_plainly(trace);
    const bool is_one = sent.recipients.size() == 1;
    must(fields.rest.empty() && fields.fields.size() == (is_one ? 3U : 2U));
    const auto& received = fields.fields.back();
    must(fields.fields[0].name == "return-path" && received.name == "received");
    const auto sender = plain_path(sent.mail);
    if (sender) must(fields.fields[0].value == " <" + *sender + ">");
    if (is_one) {
        must(fields.fields[1].name == "delivered-to");
        const auto recipient = plain_path(sent.recipients.front());
        if (recipient) must(fields.fields[1].value == " " + *recipient);
        if (recipient) must(received.value.contains("\tfor <" + *recipient + ">;"));
    }
    const auto& words = received.value;
    must(words.contains(" with " + sent.protocol + " id "));
    auto helo = sent.helo;
    std::ranges::replace_if(
        helo,
        [](char c) {
            const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            return !is_letter && !std::string_view(".-_:[]").contains(c);
        },
        '?');
    must(words.starts_with(" from " + helo.substr(0, 255) + " ([192.0.2.7])"));
    must(words.ends_with("Thu, 01 Jan 2026 00:00:00 +0000"));
    must(is_utf8(trace));
}

// Whose address may stand there, quotes and escapes left out, in any case.
bool may_mean(std::string_view arguments, std::string_view local, std::string_view domain)
{
    auto text = lower(arguments);
    std::erase_if(text, [](char c) { return c == '"' || c == '\\'; });
    const auto at = text.rfind("@" + std::string(domain) + ">");
    const auto plain = "<" + std::string(local), routed = ":" + std::string(local);
    if (at == std::string::npos) return false;
    const auto name = text.substr(0, at);
    for (const auto& begin : {plain, routed})
        if (name.ends_with(begin) || name.contains(begin + "+")) return true;
    return false;
}

struct Owner {
    std::string_view local;
    std::string_view domain;
    std::string_view login;
};

// Who may get anything at all.
constexpr std::array<Owner, 5> owners{{
    {"biuro", "moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl"},
    {"marketing", "moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl"},
    {"sklep", "moja-firma.lublin.pl", "sklep@moja-firma.lublin.pl"},
    {"pelna", "moja-firma.lublin.pl", "pelna@moja-firma.lublin.pl"},
    {"biuro", "xn--krasnobrd-d7a.pl", "biuro@xn--krasnobrd-d7a.pl"},
}};

void check_inboxes(const smtp::test::World& world, const AcceptedMail& sent,
                   const std::vector<InboxId>& inboxes)
{
    std::set<InboxId> meant;
    bool is_plain = true;
    for (const auto& recipient : sent.recipients) {
        const auto path = plain_path(recipient);
        // Beyond ASCII a domain can be written in more ways than one could list.
        const bool is_ascii = std::ranges::none_of(recipient, wire::is_beyond_ascii);
        is_plain = is_plain && path && is_ascii;
        const auto written = path ? "<" + *path + ">" : recipient;
        for (const auto& owner : owners)
            if (!is_ascii || may_mean(written, owner.local, owner.domain))
                meant.insert(world.inbox(owner.login));
    }
    const std::set given(inboxes.begin(), inboxes.end());
    must(!given.empty() && given.size() == inboxes.size()); // each once
    must(std::ranges::includes(meant, given));
    if (is_plain) must(given == meant);
}

void check_sender(const AcceptedMail& sent)
{
    const auto sender = sent.logged_in ? plain_path(sent.mail) : std::nullopt;
    if (!sender || sender->empty()) return;
    constexpr std::array<std::string_view, 4> people{"biuro", "marketing", "sklep", "pelna"};
    const auto local = lower(sender->substr(0, sender->find_first_of("+@")));
    must(std::ranges::find(people, local) != people.end());
}

} // namespace

void check_delivery(const smtp::test::World& world, const AcceptedMail& sent,
                    const smtp::test::MemorySink::Delivered& delivered)
{
    const std::string_view text = delivered.text;
    must(text.ends_with('\n') && text.find_first_of(std::string_view("\r\0", 2)) == text.npos);
    must(text.size() == delivered.written.size.count);
    must(std::ranges::count(text, '\n') == static_cast<std::ptrdiff_t>(delivered.written.lines));

    const auto plain = read_header_plainly(sent.text);
    auto top = before(text, plain.rest);
    const bool adds = sent.logged_in;
    if (adds && !plain.has("message-id")) drop_line(top, "Message-ID: <");
    if (adds && !plain.has("date")) drop_line(top, "Date: ");
    const bool has_author = plain_path(sent.mail) != "";
    if (adds && !plain.has("from") && has_author) drop_line(top, "From: ");
    check_trace(before(top, plain.header), sent);
    check_inboxes(world, sent, delivered.inboxes);
    check_sender(sent);
}

} // namespace metka::fuzz
