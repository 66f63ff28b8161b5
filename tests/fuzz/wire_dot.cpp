// A message ends where the first CRLF.CRLF is and nowhere else, holds what a plain reading of RFC 5321 §4.5.2
// finds in it, and is the same however the bytes are cut. The header section in it passes the same way, and
// as a plain reading has it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/text.h"
#include "core/wire/dot_reader.h"
#include "core/wire/header_pass.h"
#include "tests/fuzz/plain_message.h"

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

struct Passed {
    std::string text;
    std::string captured; // names and values
    HeaderFault fault = HeaderFault::none;
    bool operator==(const Passed&) const = default;
};

constexpr HeaderLimits limits{.section = 4096, .fields = 20, .captured = 100};

Passed pass_in_pieces(std::string_view message, std::size_t piece)
{
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

void check_passed(std::string_view text, const Passed& passed)
{
    const auto plain = metka::fuzz::read_header_plainly(text);
    auto expected = plain.header;
    if (!plain.has("from")) expected += "From: F\n";
    if (!plain.has("date")) expected += "Date: D\n";
    if (!plain.has("message-id")) expected += "Message-ID: I\n";
    if (passed.text != expected + plain.rest) std::abort();
    const bool is_over = plain.section > limits.section || plain.fields.size() > limits.fields;
    if (is_over != (passed.fault != HeaderFault::none)) std::abort();
    if (is_over) return;

    constexpr std::array<std::string_view, 4> names{"from", "sender", "resent-from", "delivered-to"};
    std::string captured;
    auto room = limits.captured;
    for (const auto& field : plain.fields) {
        const auto* const name = std::ranges::find(names, field.name);
        if (name == names.end()) continue;
        const auto value = field.value.substr(0, room);
        room -= value.size();
        captured += std::to_string(name - names.begin()) + value + '\n';
    }
    if (captured != passed.captured) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const auto whole = read_in_pieces(text, text.size() + 1);
    if (read_in_pieces(text, std::size_t{bytes[0]} + 1) != whole) std::abort();
    if (read_in_pieces(text, 1) != whole) std::abort();

    const auto plainly = metka::fuzz::read_dots_plainly(text);
    if (plainly.has_value() != whole.ended || whole.used != (plainly ? plainly->used : text.size()))
        std::abort();
    if (plainly && plainly->is_broken != (whole.fault != DataFault::none)) std::abort();
    if (plainly && !plainly->is_broken && plainly->text != whole.text) std::abort();

    const auto passed = pass_in_pieces(whole.text, whole.text.size() + 1);
    if (pass_in_pieces(whole.text, 1) != passed) std::abort();
    if (whole.text.empty() || whole.text.ends_with('\n')) check_passed(whole.text, passed);
    return 0;
}
