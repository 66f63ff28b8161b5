#pragma once
// A place where a test may have this process killed, as kill -9 would: the one that METKA_FAULT_POINT in its
// environment names. What the tests show there is what a power cut or an operator may do at that step.

#include <string_view>

namespace metka::sys {

void fault_point(std::string_view name);

} // namespace metka::sys
