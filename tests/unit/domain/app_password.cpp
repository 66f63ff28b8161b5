#include "core/domain/app_password.h"

#include <doctest/doctest.h>

using namespace metka;

TEST_CASE("a name of an app password is a short line of letters that can be seen")
{
    std::string forty;
    for (int i = 0; i < 40; ++i)
        forty += "ż";
    for (const auto& good :
         {std::string("Telefon"), std::string("Żółty telefon Ani"), std::string("台灣"), forty}) {
        CAPTURE(good);
        CHECK(parse_app_password_name(good).value() == good);
    }
    for (const auto& bad :
         {std::string(), std::string(" "), std::string(" a"), std::string("a "), std::string("a\tb"),
          forty + "ż", std::string("a\0b", 3), std::string("\xC3"), std::string("a\xC2\x85"),
          std::string("a\u202Eb"), std::string("a\u200Bb"), std::string("\uFEFFa"), std::string("a\u2028")}) {
        CAPTURE(bad);
        const auto refused = parse_app_password_name(bad);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().fault == Fault::invalid);
    }
}

TEST_CASE("another app password must have a name of its own, and there are twenty at most")
{
    std::vector<std::string> present;
    present.reserve(most_app_passwords);
    for (std::size_t i = 0; i < most_app_passwords - 1; ++i)
        present.push_back(fmt::format("number {}", i));
    CHECK(may_add_app_password(present, "Telefon"));
    CHECK(may_add_app_password(present, "number 3").error().fault == Fault::conflict);
    present.emplace_back("Telefon");
    CHECK(may_add_app_password(present, "Drukarka").error().fault == Fault::limit);
    CHECK(may_add_app_password(present, "Telefon").error().fault == Fault::conflict);
}
