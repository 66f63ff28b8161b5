#include <array>

#include <doctest/doctest.h>

#include "core/mime/shown_text.h"

using metka::mime::shown_text;

namespace {

struct Row {
    std::string_view value, shown;
};

} // namespace

TEST_CASE("what a field shows is decoded wherever an encoded word stands")
{
    constexpr std::array<Row, 12> rows{{
        {"Anna Nowak", "anna nowak"},
        {"=?utf-8?q?biuro=40firma.pl?=", "biuro@firma.pl"},
        {"=?utf-8?q?biuro=40?= =?utf-8?q?firma.pl?= x", "biuro@firma.pl x"},
        {"=?utf-8?q?biuro=40?=\t =?iso-8859-2?q?firma.pl?=", "biuro@firma.pl"},
        {"=?utf-8?q?krasnobr=C3?= =?utf-8?q?=B3d?=", "krasnobród"}, // a letter in two words
        {"\"=?utf-8?q?biuro=40firma.pl?=\"", "biuro@firma.pl"},
        {"(=?utf-8?q?biuro=40firma.pl?=)", " biuro@firma.pl "},
        {"biuro=?utf-8?q?=40?=firma.pl", "biuro@firma.pl"},
        {"biuro@=?utf-8?q?firma?==?utf-8?q?.pl?=", "biuro@firma.pl"},
        {"\"=\\?utf-8?q?biuro=40firma.pl?=\"", "biuro@firma.pl"},
        {"=?utf-8?q?biuro", "  utf-8 q biuro"},
        {"a =? =?utf-8?q?b?= =?", "a    b   "},
    }};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CHECK(shown_text(row.value) == row.shown);
    }
}

TEST_CASE("charsets are those of mail programs, and what nobody knows is read as western")
{
    constexpr std::array<Row, 11> rows{{
        {"=?utf-7?q?biuro+AEA-firma.pl?=", "biuro@firma.pl"},
        {"=?utf-16be?b?AGIAQABm?=", "b@f"},
        {"=?iso-2022-jp?b?GyRCISobKEI=?=a", " a"},
        {"=?iso-2022-jp?b?GyRCIXcbKEI=?=a", "@a"}, // the fullwidth one
        {"=?iso-8859-2?q?=B1?=", "ą"},
        {"=?windows-1250?q?=9C?=", "ś"},
        {"=?x-nobody-knows?q?biuro=40firma.pl=E9?=", "biuro@firma.plé"},
        {"=??q?biuro=40firma.pl?=", "biuro@firma.pl"},
        {"=?../../etc/passwd?q?a=40b?=", "a@b"},
        {"=?utf-8?q?biuro=40=FFfirma.pl?=", "biuro@ firma.pl"},
        {"a\xB1@b", "a @b"}, // 8 bits, and no UTF-8: ± is no letter
    }};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CHECK(shown_text(row.value) == row.shown);
    }
}

TEST_CASE("what looks the same or cannot be seen does not hide an address")
{
    constexpr std::array<Row, 9> rows{{
        {"biuro＠firma．pl", "biuro@firma.pl"},
        {"biuro﹫firma。pl", "biuro@firma.pl"},
        {"BIURO@Fi\u200Br\u00ADma.pl", "biuro@firma.pl"},
        {"biuro@\u2060\u202Dfirma.pl", "biuro@firma.pl"},
        {"biuro@moja\u2011firma.pl", "biuro@moja-firma.pl"},
        {"„biuro@firma.pl”", " biuro@firma.pl "},
        {"\"biuro@fir\"ma\\.pl", "biuro@firma.pl"},
        {"=?utf-8?q?biuro=40firma.pl=22Anna=22?=", "biuro@firma.pl anna "}, // marks that are shown
        {"=?utf-8?q?biuro=40firma.pl=00?=", "biuro@firma.pl "},
    }};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CHECK(shown_text(row.value) == row.shown);
    }
}

TEST_CASE("a field as long as any that is kept is read in one go")
{
    std::string value;
    while (value.size() < std::size_t{64} * 1024)
        value += "=?utf-8?q?=40?= =?gb18030?b?QA==?= =?x?";
    CHECK(shown_text(value).contains('@'));
    CHECK(shown_text(std::string(65536, '=')).size() == 65536);
    CHECK(shown_text(std::string(65536, '?')).size() == 65536);
}
