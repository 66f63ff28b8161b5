#include "core/control/json.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::control;

TEST_CASE("JSON that is good is read, and written back on one line")
{
    struct Row {
        std::string_view text;
        std::string_view again;
    };
    const Row rows[] = {
        {"null", "null"},
        {" true ", "true"},
        {"-12", "-12"},
        {"9223372036854775807", "9223372036854775807"},
        {R"("a\"b\\c\n\u0105")", "\"a\\\"b\\\\c\\u000aą\""},
        {R"({ "b" : [1, 2.5, {}], "a" : "ż" })", R"({"b":[1,2.5,{}],"a":"ż"})"},
        {"[]", "[]"},
        {R"("\ud83d\ude00")", "\"😀\""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto json = parse_json(row.text);
        REQUIRE_MESSAGE(json.has_value(), json.error().text);
        CHECK(to_text(*json) == row.again);
    }
}

TEST_CASE("JSON that is broken or means two things is refused")
{
    const std::string_view rows[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":1} {\"a\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "nul",
        "01",
        "1e999",
        "99999999999999999999",
        "\"\\u0000\"",
        "{\"\\u0000\":1}",
        "\"\\ud83d\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "// a comment\n1",
        "\"a",
        "\"\x01\"",
    };
    for (const auto row : rows) {
        CAPTURE(row);
        CHECK_FALSE(parse_json(row).has_value());
    }
}

TEST_CASE("JSON is bounded in depth and in bytes")
{
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(parse_json(nested(16)).has_value());
    CHECK_FALSE(parse_json(nested(17)).has_value());
    CHECK_FALSE(parse_json(nested(100'000)).has_value());
    const auto text = [](std::size_t size) { return "\"" + std::string(size - 2, 'a') + "\""; };
    CHECK(parse_json(text(1 << 20)).has_value());
    CHECK_FALSE(parse_json(text((1 << 20) + 1)).has_value());
}

TEST_CASE("a count beyond what JSON numbers hold stays at the largest")
{
    CHECK(to_text(Json::count(UINT64_MAX)) == "9223372036854775807");
    CHECK(to_text(Json::count(5)) == "5");
}
