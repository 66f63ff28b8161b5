#pragma once
// SHA-256 (FIPS 180-4), as sha256sum(1) prints it.

#include <string>
#include <string_view>

namespace metka::sys {

std::string sha256(std::string_view bytes); // 64 small hexadecimal digits

} // namespace metka::sys
