#include "daemon/store/notice_letter.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ranges>
#include <vector>

#include "core/language/language.h"
#include "core/wire/base64.h"
#include "core/wire/mail_date.h"

namespace metka::store {

namespace {

using language::Counted;
using language::say;
using maildir::Notice;

struct Said {
    std::string subject;
    std::vector<std::string> paragraphs;
};

bool is_shell(const Letter& letter)
{
    return letter.account.kind == directory::InboxKind::shell;
}

std::string account_shown(const Letter& letter)
{
    const auto address = Address::parse(letter.account.login);
    return address ? address->show() : letter.account.login;
}

std::string account_address(const Letter& letter, const Operator& from)
{
    if (letter.account.login.contains('@')) return letter.account.login;
    return letter.account.login + "@" + (from.domain ? from.domain->text() : from.host);
}

std::string day_of(const Letter& letter)
{
    return letter.about ? say(letter.account.language, *letter.about) : std::string();
}

std::string days_left(const Letter& letter)
{
    const auto in = letter.account.language;
    if (letter.days == 0) return say(in, phrase("today is the last day"));
    return say(in, Counted{"{} day is left", "{} days are left", letter.days});
}

std::string days_to_read(const Letter& letter)
{
    const auto in = letter.account.language;
    if (letter.days == 0)
        return say(in, phrase("What lies in it can be read until the end of today; then all of it is "
                              "deleted."));
    return say(in, Counted{"For {} more day what lies in it can be read; then all of it is deleted.",
                           "For {} more days what lies in it can be read; then all of it is deleted.",
                           letter.days});
}

Said near_expiry(const Letter& letter, const Operator& from)
{
    const auto in = letter.account.language;
    const auto account = account_shown(letter);
    const auto day = day_of(letter);
    const auto left = days_left(letter);
    return {
        say(in, phrase("The mailbox {0} expires after {1}", account, day)),
        {say(in, phrase("The mailbox {0} is valid through {1}: {2}.", account, day, left)),
         say(in, phrase("After that day it takes no mail and nobody can send from it. What lies in it can be "
                        "read for some time, and is then deleted.")),
         say(in, phrase("To keep the mailbox, ask to have it renewed: {0}", from.address()))}};
}

Said expired(const Letter& letter, const Operator& from)
{
    const auto in = letter.account.language;
    const auto account = account_shown(letter);
    return {
        say(in, phrase("The mailbox {0} has expired", account)),
        {say(in,
             phrase("The mailbox {0} was valid through {1}. It takes no mail any more, and nobody can send "
                    "from it.",
                    account, day_of(letter))),
         days_to_read(letter),
         say(in, phrase("Until then the mailbox can be renewed, and nothing is lost: {0}", from.address()))}};
}

// A whole number below 100 while there is any room.
std::uint64_t percent(Bytes used, Bytes most)
{
    if (used >= most) return 100;
    const auto hundredth = most.count / 100;
    return hundredth == 0 ? used.count * 100 / most.count
                          : std::min<std::uint64_t>(used.count / hundredth, 99);
}

Said nearly_full(const Letter& letter, const Operator& from)
{
    const auto in = letter.account.language;
    const auto account = account_shown(letter);
    const auto used = say(in, letter.used), most = say(in, letter.most);
    const auto share = percent(letter.used, letter.most);
    const auto subject = is_shell(letter) ? phrase("The account {0} is nearly full", account)
                                          : phrase("The mailbox {0} is nearly full", account);
    const auto how_full =
        is_shell(letter)
            ? phrase("The home folder, the inbox and the free mailboxes take {0} of {1} ({2} %).", used, most,
                     share)
            : phrase("The messages take {0} of {1} ({2} %).", used, most, share);
    return {
        say(in, subject),
        {say(in, how_full),
         say(in,
             phrase("Once there is no room left, new mail is not accepted. Delete what you do not need, or "
                    "ask for more room: {0}",
                    from.address()))}};
}

Said certificate_ends(const Letter& letter)
{
    const auto in = letter.account.language;
    const auto day = day_of(letter);
    const auto left = days_left(letter);
    return {say(in, phrase("The server certificate of {0} expires on {1}", letter.of, day)),
            {say(in, phrase("The TLS certificate of {0} expires on {1}: {2}.", letter.of, day, left)),
             say(in, phrase("After that, mail programs warn their users or refuse to connect, and so do "
                            "other servers that check it."))}};
}

Said certificate_ended(const Letter& letter)
{
    const auto in = letter.account.language;
    return {say(in, phrase("The server certificate of {0} has expired", letter.of)),
            {say(in, phrase("The TLS certificate of {0} expired on {1}. Until it is replaced, mail programs "
                            "warn their users or refuse to connect, and so do other servers that check it.",
                            letter.of, day_of(letter)))}};
}

Said certificate(const Letter& letter, const Operator& /*from*/)
{
    auto said = letter.is_over ? certificate_ended(letter) : certificate_ends(letter);
    said.paragraphs.push_back(
        say(letter.account.language,
            phrase("Renew the certificate and put it where the old one lies; Metka takes the new file into "
                   "use by itself, without a restart.")));
    return said;
}

// The limit, and that a message was refused by it: those that were sent may be fewer, where it had several
// recipients.
std::string beyond_the_limit(const Letter& letter, const std::string& account)
{
    const auto refused =
        letter.hours == 1
            ? phrase("The sending limit of the account {0} in an hour is {1}; each recipient counts as one "
                     "message. With what was sent in the last hour, a message that was to be sent now would "
                     "have gone beyond it.",
                     account, letter.days)
            : phrase("The sending limit of the account {0} in {2} hours is {1}; each recipient counts as one "
                     "message. With what was sent in the last {2} hours, a message that was to be sent now "
                     "would have gone beyond it.",
                     account, letter.days, letter.hours);
    return say(letter.account.language, refused);
}

Said sending_limit(const Letter& letter, const Operator& from)
{
    const auto in = letter.account.language;
    const auto account = account_shown(letter);
    return {say(in, phrase("The account {0} has reached its sending limit", account)),
            {beyond_the_limit(letter, account),
             say(in, phrase("What goes beyond it is refused for the time being. Send it again later.")),
             say(in, phrase("If it was not you who sent them, change the password at once: somebody else may "
                            "know it. If you need to send more, write to {0}",
                            from.address()))}};
}

Said sender_limited(const Letter& letter, const Operator& /*from*/)
{
    const auto in = letter.account.language;
    return {
        say(in, phrase("The account {0} has reached its sending limit", letter.of)),
        {beyond_the_limit(letter, letter.of),
         say(in, phrase("What goes beyond it is refused for the time being, and the user has been told.")),
         say(in, phrase("If the account is not meant to send that many, somebody else may know its "
                        "password: set another one, or suspend the account until it is clear."))}};
}

using Saying = Said (*)(const Letter& letter, const Operator& from);
constexpr std::array<Saying, static_cast<std::size_t>(Notice::count_)> sayings{
    near_expiry, expired, nearly_full, certificate, sending_limit, sender_limited};

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool is_continuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// The first piece of at most `most` bytes that ends between two characters.
std::size_t whole_characters(std::string_view text, std::size_t most)
{
    if (text.size() <= most) return text.size();
    while (most > 1 && is_continuation(text[most]))
        --most;
    return most;
}

// Lines of at most 72 characters where words allow it.
std::string wrapped(std::string_view paragraph)
{
    constexpr std::ptrdiff_t widest = 72;
    std::string text, line;
    std::ptrdiff_t width = 0;
    for (const auto part : std::views::split(paragraph, ' ')) {
        const std::string word(part.begin(), part.end());
        const auto letters = std::ranges::count_if(word, [](char c) { return !is_continuation(c); });
        if (!line.empty() && width + 1 + letters > widest) {
            text += line + "\n";
            line.clear();
            width = 0;
        }
        line += (line.empty() ? "" : " ") + word;
        width += letters + 1;
    }
    return text + line + "\n";
}

} // namespace

std::string Operator::address() const
{
    if (inbox) return inbox->text();
    return "postmaster@" + (domain ? domain->text() : host);
}

std::string header_text(const std::string& text)
{
    constexpr std::size_t most = 42; // 56 characters of base64, an encoded word of 68
    if (is_ascii(text)) return text;
    std::string words;
    for (std::string_view rest = text; !rest.empty();) {
        const auto size = whole_characters(rest, most);
        words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\n ",
                             wire::encode_base64(rest.substr(0, size)));
        rest.remove_prefix(size);
    }
    return words;
}

std::string write(const Letter& letter, const Operator& from)
{
    const auto in = letter.account.language;
    auto said = sayings.at(static_cast<std::size_t>(letter.notice))(letter, from);
    said.paragraphs.push_back(
        say(in, phrase("This message was written by the mail system of {0}.", from.host)));
    const auto writer = header_text(say(in, phrase("Mail administrator")));
    auto text = fmt::format("Return-Path: <>\n"
                            "From: {} <{}>\n"
                            "To: <{}>\n"
                            "Subject: {}\n"
                            "Date: {}\n"
                            "Message-ID: <{}@{}>\n"
                            "Auto-Submitted: auto-generated\n"
                            "MIME-Version: 1.0\n"
                            "Content-Type: text/plain; charset=UTF-8\n"
                            "Content-Transfer-Encoding: 8bit\n"
                            "Content-Language: {}\n",
                            writer, from.address(), account_address(letter, from), header_text(said.subject),
                            wire::mail_date(letter.written), letter.id.hex(), from.host, name(in));
    for (const auto& paragraph : said.paragraphs)
        text += "\n" + wrapped(paragraph);
    return text;
}

} // namespace metka::store
