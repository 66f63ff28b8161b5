#include "core/base/receipt.h"

#include <set>

#include <doctest/doctest.h>

using metka::ReceiptCode;

TEST_CASE("a receipt code is written as two groups of four, and read back as people type it")
{
    CHECK(ReceiptCode::of_bits(0).text() == "2222-2222");
    CHECK(ReceiptCode::of_bits(~std::uint64_t{0}).text() == "ZZZZ-ZZZZ");
    const auto code = ReceiptCode::parse("K7Q2-M3TX").value();
    CHECK(code.text() == "K7Q2-M3TX");
    for (const auto* typed : {"k7q2-m3tx", "K7Q2M3TX", "[K7Q2-M3TX]", "k7q2m3tx"}) {
        CAPTURE(typed);
        CHECK(ReceiptCode::parse(typed).value() == code);
    }
}

TEST_CASE("what is no receipt code is refused with an example")
{
    for (const auto* wrong :
         {"", "-", "K7Q2", "K7Q2-M3T", "K7Q2-M3TXX", "K7Q2-M3T0", "K7Q2-M3T1", "K7Q2-M3TO", "K7Q2-M3TI",
          "K7Q-2M3TX", "K7Q2--M3TX!", "[K7Q2-M3TX", "K7Q2 M3TX"}) {
        CAPTURE(wrong);
        const auto code = ReceiptCode::parse(wrong);
        REQUIRE_FALSE(code);
        CHECK(code.error().text.contains("like K7Q2-M3TX"));
    }
}

TEST_CASE("receipt codes that are made are random in every place")
{
    std::set<std::string> codes;
    std::array<std::set<char>, 9> letters;
    for (int i = 0; i < 500; ++i) {
        const auto text = ReceiptCode::make().text();
        codes.insert(text);
        for (std::size_t at = 0; at < letters.size(); ++at)
            letters[at].insert(text.at(at));
    }
    CHECK(codes.size() == 500);
    for (std::size_t at = 0; at < letters.size(); ++at)
        CHECK(letters[at].size() >= (at == 4 ? 1U : 25U));
}
