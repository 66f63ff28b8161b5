#pragma once
// Which form of a noun a number wants, counted from 0, as the Plural-Forms of the catalogues have it.

#include <cstddef>
#include <cstdint>

namespace metka::language {

constexpr std::size_t english_form(std::uint64_t count)
{
    return count == 1 ? 0 : 1;
}

constexpr std::size_t polish_form(std::uint64_t count) // 1 alias, 2 aliasy, 5 aliasów; 22 aliasy, 12 aliasów
{
    if (count == 1) return 0;
    const auto tens = count % 100;
    const auto units = count % 10;
    return units >= 2 && units <= 4 && (tens < 10 || tens >= 20) ? 1 : 2;
}

} // namespace metka::language
