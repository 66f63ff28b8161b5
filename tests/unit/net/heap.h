#pragma once
// How much of the heap is in use, for tests of what a connection keeps.

#include <cstddef>

#include <malloc.h>

namespace metka::net {

#ifdef METKA_SANITIZED
constexpr bool is_sanitized = true; // whose heap does not count
#else
constexpr bool is_sanitized = false;
#endif

inline std::size_t in_use()
{
    const auto now = mallinfo2();
    return now.uordblks + now.hblkhd;
}

} // namespace metka::net
