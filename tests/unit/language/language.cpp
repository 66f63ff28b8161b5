#include "core/language/language.h"

#include <doctest/doctest.h>

#include "core/language/catalogue.h"
#include "core/language/plural.h"

namespace metka::language {

namespace {

std::string days(Language language, std::uint64_t count)
{
    return say(language, Counted{"{} day is left", "{} days are left", count});
}

Date date(std::string_view text)
{
    return *Date::parse(text);
}

} // namespace

TEST_CASE("a date is said as people write it")
{
    CHECK(say(Language::polish, date("2027-12-31")) == "31 grudnia 2027");
    CHECK(say(Language::polish, date("2028-02-01")) == "1 lutego 2028");
    CHECK(say(Language::english, date("2027-12-31")) == "31 December 2027");
}

TEST_CASE("a size has the decimal sign of its language")
{
    CHECK(say(Language::polish, Bytes{3 << 19}) == "1,5 MiB");
    CHECK(say(Language::english, Bytes{3 << 19}) == "1.5 MiB");
}

TEST_CASE("a count takes the form that its number wants")
{
    CHECK(days(Language::english, 1) == "1 day is left");
    CHECK(days(Language::english, 0) == "0 days are left");
    CHECK(days(Language::polish, 1) == "pozostał 1 dzień");
    CHECK(days(Language::polish, 22) == "pozostały 22 dni");
    CHECK(days(Language::polish, 30) == "pozostało 30 dni");
}

TEST_CASE("each number has its Polish plural form")
{
    CHECK(polish_form(1) == 0);
    for (const std::uint64_t count : {2, 3, 4, 22, 34, 102, 1024})
        CHECK(polish_form(count) == 1);
    for (const std::uint64_t count : {0, 5, 11, 12, 13, 14, 21, 100, 112, 1011})
        CHECK(polish_form(count) == 2);
}

TEST_CASE("a sentence that no catalogue has is said in English")
{
    CHECK(say(Language::polish, phrase("nobody has {} translated", "ever")) == "nobody has ever translated");
    CHECK(say(Language::polish, Counted{"{} owl", "{} owls", 1}) == "1 owl");
    CHECK(say(Language::polish, Counted{"{} owl", "{} owls", 5}) == "5 owls");
}

TEST_CASE("an error without a translation keeps its own text")
{
    const auto failed = fail(Fault::invalid, "nobody has translated {:#06x}", 18);
    CHECK(say(Language::polish, failed.error()) == "nobody has translated 0x0012");
    CHECK(say(Language::polish, Error{.text = "plain"}) == "plain");
}

TEST_CASE("what is no catalogue, or is cut, is an empty or a shorter one")
{
    const auto whole = polish_catalogue();
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        const std::string cut(whole.substr(0, size));
        const Catalogue catalogue(cut);
        (void)catalogue.find("{} May {}");
        (void)catalogue.find("{} day is left", 2);
    }
    CHECK(!Catalogue("nothing of the kind, though it is long enough for a header").find("{} May {}"));
    CHECK(Catalogue(whole).find("{} May {}") == "{} maja {}");
    CHECK(!Catalogue(whole).find(""));
    CHECK(!Catalogue(whole).find("{} day is left", 3));
}

} // namespace metka::language
