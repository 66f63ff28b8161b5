#include "core/wire/header_pass.h"

#include <algorithm>

#include "core/base/text.h"

namespace metka::wire {

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

void HeaderPass::take_field(std::string& out)
{
    const auto name = trim(held_);
    if (same_ignoring_case(name, "Received")) ++received_;
    if (same_ignoring_case(name, "Date")) missing_.date.clear();
    if (same_ignoring_case(name, "Message-ID")) missing_.message_id.clear();
    out += held_;
    out += ':';
    held_.clear();
    any_field_ = true;
    state_ = State::value;
}

void HeaderPass::take_name(char c, std::string& out)
{
    const bool at_line_start = held_.empty();
    if (at_line_start && c == '\n') return begin_body(out); // the empty line that ends the section
    if (at_line_start && is_blank(c) && any_field_) {
        out += c; // the field before goes on
        state_ = State::value;
        return;
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
            out += message.substr(0, used);
            if (end != std::string_view::npos) state_ = State::name;
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
