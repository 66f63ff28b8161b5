#include "core/wire/address_field.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metka::wire;

namespace {

struct Row {
    std::string_view value;
    std::vector<std::string> addresses;
};

} // namespace

TEST_CASE("the addresses of a From value are read as RFC 5322 has them")
{
    const std::vector<Row> rows{
        {"anna@example.org", {"anna@example.org"}},
        {" Anna <anna@example.org>", {"anna@example.org"}},
        {"<anna@example.org>", {"anna@example.org"}},
        {"\"Anna, Firma\" <anna@example.org>", {"anna@example.org"}},
        {"\"szef@bank.pl\" <anna@example.org>", {"anna@example.org"}},
        {"\"a \\\"b\\\" <x@y.pl>\" <anna@example.org>", {"anna@example.org"}},
        {"Jan Q. Kowalski <jan@example.org>", {"jan@example.org"}},
        {"Firma Sp. z o.o. (dział <x@y.pl>) <jan@example.org>", {"jan@example.org"}},
        {"=?UTF-8?Q?=C5=BBaneta?= =?utf-8?B?xbs=?= <z@example.org>", {"z@example.org"}},
        {"(a (nested \\) comment)) anna@example.org (Anna)", {"anna@example.org"}},
        {"anna (x) @ (y) example.org", {"anna@example.org"}},
        {"Anna<anna@example.org>", {"anna@example.org"}},
        {"a@example.org, B <b@example.org>,\t\"c d\"@example.org",
         {"a@example.org", "b@example.org", "\"c d\"@example.org"}},
        {"\"a@b\"@example.org", {"\"a@b\"@example.org"}},
        {"anna@[192.0.2.1]", {"anna@[192.0.2.1]"}},
        {"Zespół: a@example.org, B <b@example.org>;", {"a@example.org", "b@example.org"}},
        {"Zespół: a@example.org;, c@example.org", {"a@example.org", "c@example.org"}},
        {"undisclosed:;", {}},
        {"nobody: (really) ; (x)", {}},
        {"Żaneta <żaneta@krasnobród.pl>", {"żaneta@krasnobród.pl"}},
        {"\xB3\xF3\x64 <latin2@example.org>", {"latin2@example.org"}}, // raw Latin-2, only in the name
        {"a+tag@example.org", {"a+tag@example.org"}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.value);
        const auto found = parse_addresses(row.value);
        REQUIRE(found);
        std::vector<std::string> texts;
        for (const auto& path : *found)
            texts.push_back(path.text());
        CHECK(texts == row.addresses);
    }
}

TEST_CASE("a From value that two programs may read in two ways is not read at all")
{
    const std::vector<std::string> values{
        "",
        " ",
        "anna",
        "Anna",
        "@example.org",
        "anna@",
        "<>",
        "anna@example.org>",
        "<anna@example.org",
        "szef@bank.pl <anna@example.org>",
        "Szef szef@bank.pl <anna@example.org>",
        "<szef@bank.pl> <anna@example.org>",
        "Anna <anna@example.org> szef@bank.pl",
        "Anna <anna@example.org> Szef",
        "anna@example.org szef@bank.pl",
        "anna@example.org;szef@bank.pl",
        "anna@example.org,",
        ",anna@example.org",
        "anna@example.org,,b@example.org",
        "<@relay.pl:anna@example.org>",
        "anna@example.org@bank.pl",
        "an na@example.org",
        "anna . x@example.org",
        "anna@example . org",
        "anna..x@example.org",
        ".anna@example.org",
        "anna@example.org.",
        "anna@.example.org",
        "anna@exam(ple).org",
        "\"\"@example.org",
        "\"anna@example.org",
        "(anna@example.org",
        "anna@example.org)",
        "Anna <anna@example.org> (x",
        "Zespół: a@example.org",
        "Zespół: b: a@example.org;;",
        "Zespół: a@example.org,;",
        "a@example.org; b@example.org;",
        "\"Anna\\",
        "\"An\x01na\" <anna@example.org>",
        "anna@[192.0.2.1",
        "anna@[192.0.2.1]]",
        "anna@[a(b)]",
        "\xC5@example.org",
        "a\xC2\x85@example.org",
        "anna@" + std::string(64, 'x') + ".org",
        std::string(250, 'x') + "@example.org",
    };
    for (const auto& value : values) {
        CAPTURE(value);
        CHECK_FALSE(parse_addresses(value));
    }
}

TEST_CASE("a field holds a hundred addresses and no more")
{
    std::string value = "a@example.org";
    for (std::size_t i = 1; i < most_field_addresses; ++i)
        value += ",a@example.org";
    CHECK(parse_addresses(value)->size() == most_field_addresses);
    CHECK_FALSE(parse_addresses(value + ",a@example.org"));
    CHECK_FALSE(parse_addresses("x:" + value + ",a@example.org;"));
}

TEST_CASE("a deep comment costs no stack")
{
    const std::string deep(60'000, '(');
    CHECK_FALSE(parse_addresses(deep));
    CHECK(parse_addresses(deep + std::string(60'000, ')') + "a@example.org")->size() == 1);
}

TEST_CASE("whatever cannot be read still tells which domains it mentions")
{
    using Names = std::vector<std::string>;
    CHECK(*mentioned_domains("szef@bank.pl <anna@ example.org.> x@") == Names{"bank.pl", "example.org"});
    CHECK(mentioned_domains("a@b.pl c@b.pl @@b.pl")->front() == "b.pl");
    CHECK(mentioned_domains("szef@(x)chroniona.pl, ,")->back() == "chroniona.pl");
    CHECK(mentioned_domains("szef@chroniona . pl, ,")->back() == "chroniona.pl");
    CHECK(*mentioned_domains("a@krasnobród.pl") == Names{"krasnobród.pl"});
    CHECK(*mentioned_domains("a@b.pl_-, a@c.pl.-, x") == Names{"b.pl_-", "b.pl", "c.pl.-", "c.pl"});
    CHECK(*mentioned_domains("a@b.pl.., a@-, x@.") == Names{"b.pl", "-"});
    CHECK(mentioned_domains("nobody")->empty());
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "@d" + std::to_string(i) + " ";
    CHECK_FALSE(mentioned_domains(many));
}
