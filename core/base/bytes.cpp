#include "core/base/bytes.h"

#include <array>

#include "core/base/text.h"

namespace metka {

namespace {

constexpr std::string_view units = "KMGTPE";

// How far to shift for "", "B", "K", "KB", "KiB", …; nothing if the word is no unit.
std::optional<unsigned> shift_of(std::string_view unit)
{
    if (unit.empty() || same_ignoring_case(unit, "b")) return 0;
    const auto step = lower(units).find(lower(unit.front()));
    const auto rest = unit.substr(1);
    const bool known = rest.empty() || same_ignoring_case(rest, "b") || same_ignoring_case(rest, "ib");
    if (step == std::string::npos || !known) return std::nullopt;
    return static_cast<unsigned>(10 * (step + 1));
}

} // namespace

Result<Bytes> Bytes::parse(std::string_view text)
{
    const auto shown = escaped(text, 40);
    text = trim(text);
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto number = parse_number(digits);
    const auto shift = shift_of(trim(text.substr(digits.size())));
    if (!number || !shift)
        return fail(Fault::invalid, "“{}” is not a size; write it like 500M, 2G or 2GiB", shown);
    const auto most = std::uint64_t{1} << 63;
    if (*number > most >> *shift) return fail(Fault::invalid, "“{}” is too large; at most 8E", shown);
    return Bytes{*number << *shift};
}

std::string Bytes::show() const
{
    if (count < 1024) return fmt::format("{} B", count);
    auto value = static_cast<double>(count);
    std::size_t step = 0;
    for (value /= 1024; value >= 1023.95 && step + 1 < units.size(); ++step)
        value /= 1024;
    auto number = fmt::format("{:.1f}", value);
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    return fmt::format("{} {}iB", number, units[step]);
}

Result<Capacity> parse_capacity(std::string_view text)
{
    if (same_ignoring_case(trim(text), "unlimited")) return Capacity{};
    auto size = Bytes::parse(text);
    if (!size) return pass(size);
    return Capacity{*size};
}

std::string show(const Capacity& capacity)
{
    return capacity ? capacity->show() : "unlimited";
}

} // namespace metka
