#include "core/household/household.h"

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

} // namespace metka::household
