#include "core/household/household.h"

#include <algorithm>

namespace metka::household {

namespace {
constexpr std::array<std::string_view, 4> names{"store", "auth", "smtp", "access"};
}

std::string_view name(Program program)
{
    return names[static_cast<std::size_t>(program)];
}

std::string executable(Program program)
{
    return "metka-" + std::string(name(program));
}

std::optional<Program> program_named(std::string_view wanted)
{
    const auto found = std::ranges::find(names, wanted);
    if (found == names.end()) return std::nullopt;
    return static_cast<Program>(found - names.begin());
}

} // namespace metka::household
