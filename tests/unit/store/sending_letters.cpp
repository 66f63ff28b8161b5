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
    CHECK(polish.contains("Limit wysyłania z konta biuro@firma.example w ciągu godziny wynosi 250;"));
    CHECK(polish.contains("natychmiast zmień hasło"));
    CHECK(polish.contains("napisz na adres poczta@man.example"));
    const auto english = on_one_line(letter(Notice::sending_limit, Language::english, 24, 1000));
    CHECK(english.contains("Subject: The account biuro@firma.example has reached its sending limit "));
    CHECK(english.contains("The sending limit of the account biuro@firma.example in 24 hours is 1000;"));
    CHECK(english.contains("With what was sent in the last 24 hours, a message that was to be sent now would "
                           "have gone beyond it."));
}

TEST_CASE("on the last day no zero days are left")
{
    auto made = letter(Notice::near_expiry, Language::english, 0, 0);
    made.about = Date::parse("2027-12-31").value();
    CHECK(on_one_line(made).contains("is valid through 31 December 2027: today is the last day."));
    made.account.language = Language::polish;
    CHECK(on_one_line(made).contains("jest ważna do 31 grudnia 2027 włącznie: dziś jest ostatni dzień."));
    made.notice = Notice::expired;
    CHECK(on_one_line(made).contains("można czytać tylko do końca dzisiejszego dnia"));
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
