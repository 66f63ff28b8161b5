#include "core/domain/address.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metka;

TEST_CASE("addresses are folded to lower case and A-labels")
{
    struct Row {
        std::string text, stored, shown;
    };
    const std::vector<Row> rows{
        {"biuro@moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl"},
        {"Biuro@Moja-Firma.Lublin.PL", "biuro@moja-firma.lublin.pl", "biuro@moja-firma.lublin.pl"},
        {"a@żółw.pl", "a@xn--w-uga1v8h.pl", "a@żółw.pl"},
        {"a@ŻÓŁW.pl", "a@xn--w-uga1v8h.pl", "a@żółw.pl"},
        {"a@xn--w-uga1v8h.pl", "a@xn--w-uga1v8h.pl", "a@żółw.pl"},
        {"a.b_c-d.0@b.pl", "a.b_c-d.0@b.pl", "a.b_c-d.0@b.pl"},
        {std::string(64, 'a') + "@b.pl", std::string(64, 'a') + "@b.pl", std::string(64, 'a') + "@b.pl"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto address = Address::parse(row.text);
        REQUIRE(address);
        CHECK(address->text() == row.stored);
        CHECK(address->show() == row.shown);
    }
}

TEST_CASE("what cannot be provisioned is refused with a sentence")
{
    const std::vector<std::string> rows{"",
                                        "biuro",
                                        "@b.pl",
                                        "a@",
                                        "a@b",
                                        "a b@c.pl",
                                        "a+b@c.pl",
                                        ".a@b.pl",
                                        "a.@b.pl",
                                        "a..b@c.pl",
                                        "ż@b.pl",
                                        "a@b.pl.",
                                        "a@-b.pl",
                                        "a@b_c.pl",
                                        "a@b..pl",
                                        "a@1.2.3.4",
                                        "a@[1.2.3.4]",
                                        "\"a\"@b.pl",
                                        "a@b\n.pl",
                                        "a'b@c.pl",
                                        std::string(65, 'a') + "@b.pl",
                                        "a@" + std::string(64, 'b') + ".pl",
                                        "a@" + std::string(300, 'b') + ".pl",
                                        std::string("a@b\0.pl", 7)};
    for (const auto& row : rows) {
        CAPTURE(row);
        const auto address = Address::parse(row);
        REQUIRE_FALSE(address);
        CHECK(address.error().fault == Fault::invalid);
    }
}

TEST_CASE("a recipient's +tag is folded away")
{
    CHECK(Address::of_recipient("Biuro+oferta", "B.PL") == Address::parse("biuro@b.pl").value());
    CHECK(Address::of_recipient("biuro++", "b.pl") == Address::parse("biuro@b.pl").value());
    CHECK_FALSE(Address::of_recipient("+oferta", "b.pl"));
    CHECK_FALSE(Address::of_recipient("a b", "b.pl"));
    CHECK_FALSE(Address::of_recipient("a", "localhost"));
    CHECK_FALSE(Address::of_recipient("a", "[192.0.2.1]"));
}

TEST_CASE("a direct child of a zone is one label longer")
{
    const auto zone = DomainName::parse("lublin.pl").value();
    CHECK(DomainName::parse("moja-firma.lublin.pl").value().is_direct_child_of(zone));
    CHECK_FALSE(DomainName::parse("a.moja-firma.lublin.pl").value().is_direct_child_of(zone));
    CHECK_FALSE(DomainName::parse("lublin.pl").value().is_direct_child_of(zone));
    CHECK_FALSE(DomainName::parse("zlublin.pl").value().is_direct_child_of(zone));
}
