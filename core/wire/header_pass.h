#pragma once
// The header section of a message on its way through (RFC 5322 §2.2): its fields are looked at, nothing is
// changed, except that fields which are missing can be added at its end, and that a Return-Path is left out:
// the one that counts is written at delivery (RFC 5321 §4.4). LF line ends; memory is bounded by one field
// name and by what is captured.
//
// A first line that is no field begins the body, and an empty line is put before it: otherwise it would run
// into the trace fields that we write in front. So there is one reading of where the header ends, ours, and
// every later program gets the message in a form where no other is possible.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metka::wire {

// Whole fields with their LF, added where the message has none of that name; empty: not added.
struct MissingFields {
    std::string from;
    std::string date;
    std::string message_id;
};

struct HeaderLimits { // SECURITY 12
    std::size_t section = std::size_t{1024} * 1024;
    std::size_t fields = 1000;
    std::size_t field = std::size_t{64} * 1024;
    std::size_t captured = std::size_t{64} * 1024; // octets of a captured value, and of all of them
};

enum class HeaderFault { none, too_large, too_many_fields, field_too_large };

enum class FieldName : std::uint8_t { from, sender, resent_from, delivered_to, other };

// A field that somebody decides by, in the order of the message.
struct CapturedField {
    FieldName name = FieldName::other;
    std::string value;                                // unfolded: without its line ends
    enum class Whole { yes, cut } whole = Whole::yes; // cut: more than HeaderLimits::captured
};

class HeaderPass {
  public:
    HeaderPass() = default;
    explicit HeaderPass(MissingFields missing, HeaderLimits limits = {})
        : missing_(std::move(missing)), limits_(limits)
    {
    }

    void feed(std::string_view message, std::string& out); // appends all of it, and what was missing
    void finish(std::string& out);                         // the message is at its end

    bool in_body() const { return state_ == State::body; } // from here on feed() only appends
    std::size_t received() const { return received_; }     // how many Received fields: the hops so far
    const std::vector<CapturedField>& captured() const { return captured_; }
    HeaderFault fault() const { return fault_; } // the message still passes to its end

  private:
    enum class State : std::uint8_t { name, value, body };
    enum class Value : std::uint8_t { passes, captured, dropped };
    struct KnownField;

    void take_name(char c, std::string& out);
    void take_field(std::string& out);
    void take_value(std::string_view value, std::string& out);
    void begin_body(std::string& out);
    void add_missing(std::string& out);
    void capture(std::string_view value);
    void count(std::size_t octets);
    void blame(HeaderFault fault); // the first one stands

    MissingFields missing_;
    HeaderLimits limits_;
    State state_ = State::name;
    Value value_ = Value::passes; // what becomes of the field under way
    std::string held_;            // the name of the field so far; goes out when it is known to be one
    std::vector<CapturedField> captured_;
    std::size_t captured_octets_ = 0;
    std::size_t section_ = 0;
    std::size_t field_ = 0; // octets of the field under way
    std::size_t fields_ = 0;
    std::size_t received_ = 0;
    HeaderFault fault_ = HeaderFault::none;
};

} // namespace metka::wire
