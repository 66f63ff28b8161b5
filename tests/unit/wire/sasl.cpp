#include "core/wire/sasl.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using metka::wire::parse_sasl_plain;
using namespace std::string_literals;

TEST_CASE("SASL PLAIN is authzid, authcid and password with NULs between them")
{
    const auto plain = parse_sasl_plain("\0biuro@moja-firma.lublin.pl\0sekret-biuro"s);
    REQUIRE(plain);
    CHECK(plain->authzid.empty());
    CHECK(plain->authcid == "biuro@moja-firma.lublin.pl");
    CHECK(plain->password.same_as("sekret-biuro"));

    const auto acting = parse_sasl_plain("anna\0biuro\0zażółć"s);
    REQUIRE(acting);
    CHECK(acting->authzid == "anna");
    CHECK(acting->password.same_as("zażółć"));
}

TEST_CASE("SASL PLAIN of another form is refused")
{
    const std::vector<std::string> rows{"",
                                        "biuro",
                                        "biuro\0sekret"s,
                                        "\0\0"s,
                                        "\0biuro\0"s,
                                        "\0\0sekret"s,
                                        "\0biuro\0sekret\0"s,
                                        "\0biu\xFFro\0sekret"s,
                                        "\0"s + std::string(256, 'a') + "\0sekret"s,
                                        "\0biuro\0"s + std::string(256, 'a')};
    for (const auto& row : rows) {
        CAPTURE(row);
        CHECK_FALSE(parse_sasl_plain(row).has_value());
    }
}
