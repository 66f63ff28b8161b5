#pragma once
// What becomes of the bytes of DATA: undotted, their header section looked at, written to the file of the
// message. A message that is to be refused is still read to its end (STYLE 18), only no longer written.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/wire/dot_reader.h"
#include "core/wire/header_pass.h"
#include "core/wire/smtp_reply.h"
#include "daemon/smtp/message_file.h"

namespace metka::smtp {

struct IntakeLimits {
    Bytes message;    // as received
    std::size_t hops; // Received fields
};

class Intake {
  public:
    Intake(MessageFile file, IntakeLimits limits, wire::MissingFields missing);

    void write(std::string_view trace_fields); // before the first feed()
    std::size_t feed(std::string_view bytes);  // how many of them belong to the message and its end
    bool at_end() const { return dots_.at_end(); }

    // Once at_end(): what was written, its file closed, or the reply that refuses it.
    std::expected<maildir::Written, wire::Reply> finish();

  private:
    bool too_large() const { return dots_.octets() > limits_.message.count; }

    MessageFile file_;
    IntakeLimits limits_;
    wire::DotReader dots_;
    wire::HeaderPass header_;
    std::string undotted_; // of one feed()
};

} // namespace metka::smtp
