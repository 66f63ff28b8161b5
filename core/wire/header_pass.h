#pragma once
// The header section of a message on its way through (RFC 5322 §2.2): its fields are looked at, nothing is
// changed, except that fields which are missing can be added at its end. LF line ends; memory is bounded by
// one field name.
//
// A first line that is no field begins the body, and an empty line is put before it: otherwise it would run
// into the trace fields that we write in front.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace metka::wire {

// Whole fields with their LF, added where the message has none of that name; empty: not added.
struct MissingFields {
    std::string date;
    std::string message_id;
};

class HeaderPass {
  public:
    HeaderPass() = default;
    explicit HeaderPass(MissingFields missing) : missing_(std::move(missing)) {}

    void feed(std::string_view message, std::string& out); // appends all of it, and what was missing
    void finish(std::string& out);                         // the message is at its end

    std::size_t received() const { return received_; } // how many Received fields: the hops so far

  private:
    enum class State : std::uint8_t { name, value, body };

    void take_name(char c, std::string& out);
    void take_field(std::string& out);
    void begin_body(std::string& out);
    void add_missing(std::string& out);

    MissingFields missing_;
    State state_ = State::name;
    std::string held_; // the name of the field so far; goes out when it is known to be one
    bool any_field_ = false;
    std::size_t received_ = 0;
};

} // namespace metka::wire
