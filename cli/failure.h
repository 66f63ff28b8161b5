#pragma once
// Why metkactl ends without having done what was asked: its exit status (sysexits(3)) and the sentence for
// stderr.

#include <expected>
#include <string>

#include "core/base/result.h"

namespace metka::metkactl {

namespace status {
constexpr int differs = 1; // as diff(1) has it
constexpr int usage = 64;
constexpr int no_daemon = 69;
constexpr int io = 74;
constexpr int try_later = 75;
constexpr int configuration = 78;
} // namespace status

struct Failure {
    int status = status::usage;
    std::string text; // empty: nothing to say (help was asked for, or nobody reads any more)
};

template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> stop(int status, std::string text)
{
    return std::unexpected(Failure{status, std::move(text)});
}

} // namespace metka::metkactl
