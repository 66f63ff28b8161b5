#pragma once
// The code behind a refusal (DESIGN §6), by which `metkactl explain receipt` finds it again: 40 random bits
// as eight letters and digits, none of which is taken for another: “K7Q2-M3TX”.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace metka {

class ReceiptCode {
  public:
    static ReceiptCode make();                      // from getrandom(2)
    static ReceiptCode of_bits(std::uint64_t bits); // the lowest 40
    // In capitals or not, with the dash or without, in the brackets of a reply or not.
    static Result<ReceiptCode> parse(std::string_view text);

    std::string text() const;
    std::uint64_t bits() const { return bits_; }
    auto operator<=>(const ReceiptCode&) const = default;

  private:
    explicit ReceiptCode(std::uint64_t bits) : bits_(bits) {}
    std::uint64_t bits_;
};

} // namespace metka

template <>
struct std::hash<metka::ReceiptCode> {
    std::size_t operator()(const metka::ReceiptCode& code) const noexcept { return code.bits(); }
};
