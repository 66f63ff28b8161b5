#include <doctest/doctest.h>

#include "core/domain/objects.h"

using namespace metka;

TEST_CASE("notice days are numbers of 1 to 365, the largest first, each once")
{
    struct Row {
        std::string_view text;
        NoticeDays days;
    };
    const std::vector<Row> rows{{"30,7,1", {30, 7, 1}},
                                {"1, 7 ,30", {30, 7, 1}},
                                {"7,7,1,7", {7, 1}},
                                {"365", {365}},
                                {"none", {}},
                                {"8,7,6,5,4,3,2,1", {8, 7, 6, 5, 4, 3, 2, 1}},
                                {"8,7,6,5,4,3,2,1,1", {8, 7, 6, 5, 4, 3, 2, 1}}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto days = parse_notice_days(row.text);
        REQUIRE(days);
        CHECK(*days == row.days);
        CHECK(parse_notice_days(show(*days)) == row.days); // as it is kept
    }
    CHECK(show(NoticeDays{30, 7, 1}) == "30,7,1");
    CHECK(show(NoticeDays{}) == "none");
}

TEST_CASE("what is no list of notice days is refused with its text")
{
    for (const std::string_view bad : {"", "0", "366", "-1", "7,", ",7", "7;1", "7,none", "sieben", "1.5",
                                       "99999999999999999999", "9,8,7,6,5,4,3,2,1"}) {
        CAPTURE(bad);
        const auto days = parse_notice_days(bad);
        REQUIRE_FALSE(days);
        CHECK(days.error().fault == Fault::invalid);
        CHECK(days.error().text.contains(bad));
    }
}

TEST_CASE("a language is known by its code")
{
    for (const auto language : {Language::polish, Language::english})
        CHECK(language_named(name(language)) == language);
    for (const std::string_view bad : {"", "PL", "de", "polish"})
        CHECK_FALSE(language_named(bad));
}
