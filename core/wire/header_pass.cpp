#include "core/wire/header_pass.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace metka::wire {

// What is done about a field, by its name.
struct HeaderPass::KnownField {
    std::string_view name;
    Value value = Value::passes;
    FieldName captured_as = FieldName::other;
    std::string MissingFields::* supplied = nullptr; // it is not missing
};

namespace {

constexpr std::size_t most_name = 255;

bool is_name_text(char c) // RFC 5322 §3.6.8
{
    return c >= 33 && c <= 126 && c != ':';
}

bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

} // namespace

void HeaderPass::add_missing(std::string& out)
{
    out += missing_.from;
    out += missing_.date;
    out += missing_.message_id;
    missing_ = {};
}

void HeaderPass::begin_body(std::string& out)
{
    add_missing(out);
    out += '\n';
    out += held_;
    held_.clear();
    state_ = State::body;
}

void HeaderPass::count(std::size_t octets)
{
    section_ += octets;
    field_ += octets;
    if (section_ > limits_.section) blame(HeaderFault::too_large);
    if (field_ > limits_.field) blame(HeaderFault::field_too_large);
}

void HeaderPass::blame(HeaderFault fault)
{
    if (fault_ == HeaderFault::none) fault_ = fault;
}

void HeaderPass::take_field(std::string& out)
{
    static constexpr std::array<KnownField, 8> known{{
        {.name = "From",
         .value = Value::captured,
         .captured_as = FieldName::from,
         .supplied = &MissingFields::from},
        {.name = "Sender", .value = Value::captured, .captured_as = FieldName::sender},
        {.name = "Resent-From", .value = Value::captured, .captured_as = FieldName::resent_from},
        {.name = "Delivered-To", .value = Value::captured, .captured_as = FieldName::delivered_to},
        {.name = "Return-Path", .value = Value::dropped},
        {.name = "Date", .supplied = &MissingFields::date},
        {.name = "Message-ID", .supplied = &MissingFields::message_id},
        {.name = "Received"},
    }};
    const auto name = trim(held_);
    const auto* const field =
        std::ranges::find_if(known, [&](const auto& each) { return same_ignoring_case(each.name, name); });
    const auto fact = field == known.end() ? KnownField{} : *field;
    if (fact.name == "Received") ++received_;
    if (fact.supplied != nullptr) (missing_.*fact.supplied).clear();
    if (++fields_ > limits_.fields) blame(HeaderFault::too_many_fields);
    field_ = 0;
    count(held_.size() + 1);
    value_ = fact.value;
    // Behind the limits nothing is kept: a million From fields take no memory.
    if (value_ == Value::captured && fault_ != HeaderFault::none) value_ = Value::passes;
    if (value_ == Value::captured) captured_.push_back({.name = fact.captured_as, .value = {}});
    if (value_ != Value::dropped) {
        out += held_;
        out += ':';
    }
    held_.clear();
    state_ = State::value;
}

void HeaderPass::capture(std::string_view value)
{
    const auto room = limits_.captured - std::min(captured_octets_, limits_.captured);
    auto& field = captured_.back();
    if (value.size() > room) field.whole = CapturedField::Whole::cut;
    const auto taken = value.substr(0, room);
    field.value += taken;
    captured_octets_ += taken.size();
}

void HeaderPass::take_value(std::string_view value, std::string& out)
{
    count(value.size());
    if (value_ != Value::dropped) out += value;
    const bool line_ends = value.ends_with('\n');
    if (line_ends) {
        state_ = State::name;
        value.remove_suffix(1);
    }
    if (value_ == Value::captured) capture(value);
}

void HeaderPass::take_name(char c, std::string& out)
{
    const bool at_line_start = held_.empty();
    if (at_line_start && c == '\n') return begin_body(out); // the empty line that ends the section
    if (at_line_start && is_blank(c) && fields_ > 0) {      // the field before goes on
        state_ = State::value;
        return take_value({&c, 1}, out);
    }
    if (!at_line_start && c == ':') return take_field(out);
    // "Subject : x" is obsolete but a field (RFC 5322 §4.5); "From anna Thu" is an mbox line.
    const bool name_ended = !at_line_start && is_blank(held_.back());
    const bool goes_on = (is_name_text(c) && !name_ended) || (is_blank(c) && !at_line_start);
    if (goes_on && held_.size() < most_name) {
        held_ += c;
        return;
    }
    begin_body(out);
    out += c;
}

void HeaderPass::feed(std::string_view message, std::string& out)
{
    while (!message.empty()) {
        std::size_t used = 1;
        if (state_ == State::body) {
            used = message.size();
            out += message;
        } else if (state_ == State::value) {
            const auto end = message.find('\n');
            used = end == std::string_view::npos ? message.size() : end + 1;
            take_value(message.substr(0, used), out);
        } else {
            take_name(message.front(), out);
        }
        message.remove_prefix(used);
    }
}

void HeaderPass::finish(std::string& out)
{
    if (state_ == State::body) return;
    if (!held_.empty()) return begin_body(out);
    add_missing(out);
}

} // namespace metka::wire
