// A message ends where the first CRLF.CRLF is and nowhere else, holds what a plain reading of RFC 5321 §4.5.2
// finds in it, and is the same however the bytes are cut. The header section in it passes the same way.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "core/wire/dot_reader.h"
#include "core/wire/header_pass.h"

using namespace metka::wire;

namespace {

struct Read {
    bool ended = false;
    std::size_t used = 0;
    DataFault fault = DataFault::none;
    std::string text;
    bool operator==(const Read&) const = default;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece)
{
    DotReader reader;
    Read read;
    while (read.used < bytes.size() && !reader.at_end())
        read.used += reader.feed(bytes.substr(read.used, piece), read.text);
    read.ended = reader.at_end();
    read.fault = reader.fault();
    if (read.fault != DataFault::none) read.text.clear(); // how much came before the fault depends on the cut
    return read;
}

// The slow and plain reading.
Read read_plainly(std::string_view bytes)
{
    Read read;
    const auto with_start = "\r\n" + std::string(bytes);
    const auto end = with_start.find("\r\n.\r\n");
    read.ended = end != std::string::npos;
    read.used = read.ended ? end + 3 : bytes.size();
    std::string_view lines = std::string_view(with_start).substr(2, read.ended ? end : std::string::npos);
    if (!read.ended) return read;
    while (!lines.empty()) {
        const auto stop = lines.find("\r\n");
        auto line = lines.substr(0, stop);
        lines.remove_prefix(stop + 2);
        if (line.starts_with('.')) line.remove_prefix(1);
        read.text += line;
        read.text += '\n';
    }
    return read;
}

struct Passed {
    std::string text;
    std::string captured; // names and values
    HeaderFault fault = HeaderFault::none;
    bool operator==(const Passed&) const = default;
};

Passed pass_in_pieces(std::string_view message, std::size_t piece)
{
    constexpr HeaderLimits limits{.section = 4096, .fields = 20, .captured = 100};
    HeaderPass header({.from = "From: F\n", .date = "Date: D\n", .message_id = "Message-ID: I\n"}, limits);
    Passed passed;
    for (std::size_t i = 0; i < message.size(); i += piece)
        header.feed(message.substr(i, piece), passed.text);
    header.finish(passed.text);
    const bool may_shrink = metka::lower(message).contains("return-path");
    if (passed.text.size() < message.size() && !may_shrink) std::abort();
    for (const auto& field : header.captured()) {
        if (field.value.contains('\n') || field.value.size() > limits.captured) std::abort();
        passed.captured += std::to_string(static_cast<int>(field.name)) + field.value + '\n';
    }
    if (header.captured().size() > limits.fields) std::abort();
    passed.fault = header.fault();
    return passed;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const auto whole = read_in_pieces(text, text.size() + 1);
    if (read_in_pieces(text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    if (read_in_pieces(text, 1) != whole) std::abort();

    const auto plainly = read_plainly(text);
    if (plainly.ended != whole.ended || plainly.used != whole.used) std::abort();
    const bool broken = plainly.text.contains('\r') || plainly.text.contains('\0') ||
                        text.substr(0, whole.used).contains('\0');
    if (whole.ended && whole.fault == DataFault::none && (broken || plainly.text != whole.text)) std::abort();

    if (pass_in_pieces(whole.text, 1) != pass_in_pieces(whole.text, whole.text.size() + 1)) std::abort();
    return 0;
}
