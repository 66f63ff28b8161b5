#pragma once
// The verbs of SMTP, with the facts that the RFCs attach to them. Dispatch and HELP read this table.

#include <array>
#include <cstdint>
#include <string_view>

#include "daemon/smtp/session.h"

namespace metka::smtp {

struct Session::Verb {
    enum class After : std::uint8_t { nothing, greeting, ehlo, mail };
    enum class Takes : std::uint8_t { none, some, any };       // arguments
    enum class Within : std::uint8_t { any, no_chunks, none }; // may a transaction be under way

    std::string_view name;
    Step (Session::*method)(Arguments);
    After after;
    Takes arguments;
    Within transaction;

    static const std::array<Verb, 20> table;
};

} // namespace metka::smtp
