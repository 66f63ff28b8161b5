#pragma once
// What every function that can fail returns, and the closed set of ways to fail.
// A Fault is also the word on the control wire and, through exit_code(), the status metkactl ends with.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/base/phrase.h"

namespace metka {

enum class Fault {
    invalid,     // the value itself is wrong, whoever asks and whenever
    not_found,   // the object named does not exist
    conflict,    // it exists already, or something still depends on it
    limit,       // a rule's number has been reached
    denied,      // this caller may not
    unavailable, // right question, wrong moment: try again later
    io,          // the disk or the kernel refused
    internal,    // our own mistake
};

std::string_view name(Fault);
std::optional<Fault> fault_named(std::string_view);
int exit_code(Fault); // sysexits(3): 65, 67, 73, 77, 75, 74, 70

// `text` is a sentence for the operator that says what is wrong and what would be right, without a final
// full stop. `field` names the parameter or setting at fault, where there is one.
struct Error {
    Fault fault = Fault::internal;
    std::string text;
    std::string field = {};
    Phrase said = {}; // the same as `text`, for translation; empty: it is English only
};

// std::optional means "it is not there"; Result means "we could not find out" or "we could not do it".
template <class T = void>
using Result = std::expected<T, Error>;

template <class... Args>
std::unexpected<Error> fail(Fault fault, fmt::format_string<Args...> text, Args&&... args)
{
    const fmt::string_view literal(text);
    return std::unexpected(Error{.fault = fault,
                                 .text = fmt::vformat(literal, fmt::make_format_args(args...)),
                                 .said = {{literal.data(), literal.size()}, {fmt::format("{}", args)...}}});
}

std::unexpected<Error> fail_field(std::string_view field,
                                  Error error); // the same fault, with its field named
std::unexpected<Error> fail_errno(int error_number, std::string_view doing); // Fault::io or unavailable

// Hands the error of one result on as the error of another: `if (!size) return pass(size);`
template <class T>
std::unexpected<Error> pass(Result<T>& result)
{
    return std::unexpected(std::move(result.error()));
}

template <class T>
std::unexpected<Error> pass(const Result<T>& result)
{
    return std::unexpected(result.error());
}

} // namespace metka
