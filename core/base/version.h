#pragma once
#include <string_view>

namespace metka {

extern const std::string_view version; // from CMakeLists.txt: "0.1.0"

} // namespace metka
