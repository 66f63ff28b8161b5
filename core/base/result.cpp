#include "core/base/result.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace metka {

namespace {

struct FaultRow {
    Fault fault;
    std::string_view name;
    int exit_code;
};

constexpr std::array<FaultRow, 8> faults{{
    {Fault::invalid, "invalid", 65},
    {Fault::not_found, "not_found", 67},
    {Fault::conflict, "conflict", 65},
    {Fault::limit, "limit", 73},
    {Fault::denied, "denied", 77},
    {Fault::unavailable, "unavailable", 75},
    {Fault::io, "io", 74},
    {Fault::internal, "internal", 70},
}};

const FaultRow& row(Fault fault)
{
    return faults[static_cast<std::size_t>(fault)];
}

bool passes_by_itself(int error_number)
{
    switch (error_number) {
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:
    case EDQUOT:
    case EPIPE:
    case ECONNREFUSED:
    case ECONNRESET:
    case ETOOMANYREFS:
        return true;
    default:
        return false;
    }
}

} // namespace

std::string_view name(Fault fault)
{
    return row(fault).name;
}

std::optional<Fault> fault_named(std::string_view name)
{
    for (const auto& each : faults)
        if (each.name == name) return each.fault;
    return std::nullopt;
}

int exit_code(Fault fault)
{
    return row(fault).exit_code;
}

std::unexpected<Error> fail_field(std::string_view field, Error error)
{
    error.field = field;
    return std::unexpected(std::move(error));
}

std::unexpected<Error> fail_errno(int error_number, std::string_view doing)
{
    const auto fault = passes_by_itself(error_number) ? Fault::unavailable : Fault::io;
    return fail(fault, "{}: {}", doing, std::generic_category().message(error_number));
}

} // namespace metka
