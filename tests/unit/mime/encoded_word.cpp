#include <array>

#include <doctest/doctest.h>

#include "core/mime/encoded_word.h"

using metka::mime::read_encoded_word;

namespace {

struct Row {
    std::string_view text, charset, bytes;
    std::size_t behind = 0; // what follows the word
};

} // namespace

TEST_CASE("an encoded word is read as leniently as mail programs do")
{
    constexpr std::array<Row, 16> rows{{
        {"=?utf-8?q?biuro=40firma.pl?=", "utf-8", "biuro@firma.pl"},
        {"=?UTF-8?Q?a_b?= c", "utf-8", "a b", 2},
        {"=?utf-8?B?Yml1cm9AZmlybWEucGw=?=", "utf-8", "biuro@firma.pl"},
        {"=?utf-8?b?Yml1cm9AZmlybWEucGw?=", "utf-8", "biuro@firma.pl"},      // padding is missing
        {"=?utf-8?b?Yml1 cm9A\tZmly-bWEucGw=?=", "utf-8", "biuro@firma.pl"}, // others stand between
        {"=?utf-8?b?Yml1cm9A==ZmlybWEucGw=?=", "utf-8", "biuro@firma.pl"},   // padding, and more
        {"=?utf-8*pl?q?a?=", "utf-8", "a"},                                  // RFC 2231 §5
        {"=?utf-8?q?=3D=3f=3?=", "utf-8", "=?=3"},                           // cut
        {"=?utf-8?q?=XY=4?=", "utf-8", "=XY=4"},                             // no digits
        {"=?utf-8?q?what? not=?=", "utf-8", "what? not="},                   // blanks and marks
        {"=?utf-8?q?"
         "?=",
         "utf-8", ""},
        {"=??q?a?=", "", "a"},
        {"=?utf-8?q?=?=", "utf-8", "="},
        {"=?utf-8?b?!!?=x", "utf-8", "", 1},
        {"=?x-nobody-knows?q?a?=", "x-nobody-knows", "a"},
        {"=?utf-8?q?a?=?=", "utf-8", "a", 2},
    }};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto word = read_encoded_word(row.text);
        REQUIRE(word);
        CHECK(word->charset == row.charset);
        CHECK(word->bytes == row.bytes);
        CHECK(word->length == row.text.size() - row.behind);
    }
}

TEST_CASE("what does not end or has another encoding is no encoded word, however it is cut")
{
    constexpr std::string_view whole = "=?utf-8?q?a?=";
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK_FALSE(read_encoded_word(whole.substr(0, length)));
    CHECK_FALSE(read_encoded_word("=?utf-8?x?a?="));
    CHECK_FALSE(read_encoded_word("=?utf-8?qq?a?="));
    CHECK_FALSE(read_encoded_word(" =?utf-8?q?a?="));
}
