#include <algorithm>

#include <doctest/doctest.h>

#include "daemon/store/notice_letter.h"

using namespace metka;
using maildir::Notice;
using store::Letter;
using store::Operator;

namespace {

const Operator from{.host = "mail.example",
                    .domain = *DomainName::parse("man.example"),
                    .inbox = *Address::parse("poczta@man.example")};

Letter letter(Notice notice, Language language, std::uint64_t hours, std::uint64_t most)
{
    Letter made;
    made.account.login = "biuro@firma.example";
    made.account.language = language;
    made.notice = notice;
    made.days = most;
    made.hours = hours;
    return made;
}

std::string on_one_line(const Letter& of)
{
    auto text = store::write(of, from);
    std::ranges::replace(text, '\n', ' ');
    return text;
}

} // namespace

TEST_CASE("the owner of an account reads in the account's language that it has sent as much as it may")
{
    const auto polish = on_one_line(letter(Notice::sending_limit, Language::polish, 1, 250));
    CHECK(
        polish.contains("W ciągu ostatniej godziny z konta biuro@firma.example wysłano tyle wiadomości, ile "
                        "wolno: 250."));
    CHECK(polish.contains("natychmiast zmień hasło"));
    CHECK(polish.contains("napisz na adres poczta@man.example"));
    const auto english = on_one_line(letter(Notice::sending_limit, Language::english, 24, 1000));
    CHECK(english.contains("Subject: The account biuro@firma.example has reached its sending limit "));
    CHECK(english.contains("In the last 24 hours as many messages were sent from the account "
                           "biuro@firma.example as it may send: 1000."));
}

TEST_CASE("the operator reads which account that was, and what to do if it was not its owner")
{
    auto of_another = letter(Notice::sender_limited, Language::english, 1, 250);
    of_another.of = "sklep@firma.example";
    const auto text = on_one_line(of_another);
    CHECK(text.contains("Subject: The account sklep@firma.example has reached its sending limit "));
    CHECK(text.contains("To: <biuro@firma.example>"));
    CHECK(text.contains("suspend the account until it is clear"));
}
