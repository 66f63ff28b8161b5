#pragma once
// A message read slowly and plainly, to hold what the automata of core/wire and the session find against it.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.h"

namespace metka::fuzz {

// What a client has of a stored message in the end (RFC 1939 §3): dots are not doubled any more.
inline std::string with_crlf(std::string_view stored)
{
    std::string message;
    for (const char byte : stored) {
        if (byte == '\n' && !message.ends_with('\r')) message += '\r';
        message += byte;
    }
    if (!message.empty() && !message.ends_with('\n')) message += "\r\n";
    return message;
}

// DATA: what the bytes behind "354" are (RFC 5321 §4.5.2).
struct PlainText {
    std::string text;       // with LF
    std::size_t used = 0;   // with the final dot
    bool is_broken = false; // a CR, LF or NUL that is not part of a line end
};

inline void take_line(PlainText& into, std::string_view line)
{
    into.is_broken = into.is_broken || line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos;
    into.text += line;
    into.text += '\n';
}

// None: the message does not end.
inline std::optional<PlainText> read_dots_plainly(std::string_view bytes)
{
    const auto with_start = "\r\n" + std::string(bytes);
    const auto end = with_start.find("\r\n.\r\n");
    if (end == std::string::npos) return std::nullopt;
    PlainText read{.used = end + 3};
    std::string_view lines = std::string_view(with_start).substr(2, end);
    while (!lines.empty()) {
        auto line = lines.substr(0, lines.find("\r\n"));
        lines.remove_prefix(line.size() + 2);
        if (line.starts_with('.')) line.remove_prefix(1);
        take_line(read, line);
    }
    return read;
}

// All chunks of BDAT together (RFC 3030).
inline PlainText read_chunks_plainly(std::string_view bytes)
{
    PlainText read{.used = bytes.size()};
    while (!bytes.empty()) {
        const auto end = bytes.find("\r\n");
        take_line(read, bytes.substr(0, end));
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 2);
    }
    return read;
}

struct PlainField {
    std::string name;  // lower case
    std::string value; // unfolded
};

// Where the header ends, and what becomes of it on its way through (header_pass.h).
struct PlainMessage {
    std::vector<PlainField> fields;
    std::string header; // as it is kept: without Return-Path
    std::string rest;   // what follows the header, from the empty line on; empty: nothing does
    std::size_t section = 0;
    bool has(std::string_view name) const
    {
        return std::ranges::find(fields, name, &PlainField::name) != fields.end();
    }
};

// The name of the field that begins there, as it is written.
inline std::optional<std::string_view> name_of_field(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon > 255) return std::nullopt; // npos, too
    auto name = line.substr(0, colon);
    while (name.ends_with(' ') || name.ends_with('\t'))
        name.remove_suffix(1);
    const bool is_name = std::ranges::all_of(name, [](char c) { return c >= 33 && c <= 126; });
    return is_name && !name.empty() ? std::optional(name) : std::nullopt;
}

// `text` is empty or ends in LF.
inline PlainMessage read_header_plainly(std::string_view text)
{
    PlainMessage message;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n') + 1);
        const bool goes_on = !message.fields.empty() && (line.starts_with(' ') || line.starts_with('\t'));
        const auto name = goes_on ? std::nullopt : name_of_field(line);
        if (!goes_on && !name) { // a body without an empty line gets one
            message.rest = (line == "\n" ? "" : "\n") + std::string(text);
            break;
        }
        if (name) message.fields.push_back({.name = lower(*name), .value = {}});
        auto& field = message.fields.back();
        const auto value = name ? line.substr(line.find(':') + 1) : line;
        field.value += value.substr(0, value.size() - 1);
        if (field.name != "return-path") message.header += line;
        message.section += line.size();
        text.remove_prefix(line.size());
    }
    return message;
}

} // namespace metka::fuzz
