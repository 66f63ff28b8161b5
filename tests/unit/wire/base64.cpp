#include "core/wire/base64.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using metka::wire::decode_base64;
using metka::wire::encode_base64;

TEST_CASE("base64 of RFC 4648 §10 goes both ways")
{
    struct Row {
        std::string_view plain, encoded;
    };
    constexpr std::array<Row, 8> rows{{{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"},
                                       {"\xFF\xFE\xFD", "//79"}}};
    for (const auto& row : rows) {
        CAPTURE(row.encoded);
        CHECK(encode_base64(row.plain) == row.encoded);
        CHECK(decode_base64(row.encoded) == std::string(row.plain));
    }
}

TEST_CASE("anything but the one canonical base64 is refused")
{
    for (const std::string_view text :
         {"Z", "Zg", "Zg=", "Zg===", "====", "=", "==", "A===", "Zh==", "Zm9=", "Zm9v\r\n", "Zm 9",
          "Zm9v=", "Z=g=", "Zg==Zg==", "Zm9_", "Zm9-", "Zm9\xC5"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_base64(text).has_value());
    }
}
