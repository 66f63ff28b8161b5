#pragma once
// A log line is an event: a fixed word and key=value pairs on standard error, where systemd or a file takes
// it.
//
//     log(Level::info, "mail.accepted", {{"session", id}, {"octets", 512}});
//
// Bytes from outside are escaped and cut (SECURITY 31). The words are listed in metka-log(7).

#include <initializer_list>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace metka::sys {

enum class Level { error, warning, info, debug };

struct Field {
    std::string_view key;
    std::string value;

    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view k, Number v) : key(k), value(fmt::to_string(v))
    {
    }
};

void log_as(std::string program, Level least); // once, at the start of main
void log_from(Level least);                    // another level, from now on; any thread may be logging
void log(Level, std::string_view event, std::initializer_list<Field> fields = {});

} // namespace metka::sys
