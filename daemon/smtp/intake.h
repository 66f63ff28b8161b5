#pragma once
// What becomes of the bytes of DATA or of the chunks of BDAT: their line ends checked, their header section
// looked at, kept or written to the file of the message. A message that is to be refused is still read to its
// end (STYLE 18), only no longer kept.

#include <expected>
#include <optional>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/wire/chunk_reader.h"
#include "core/wire/dot_reader.h"
#include "core/wire/header_pass.h"
#include "core/wire/smtp_reply.h"
#include "daemon/smtp/message_file.h"

namespace metka::smtp {

struct IntakeLimits {
    Bytes message;     // as received
    std::size_t hops;  // Received fields
    std::size_t whole; // as stored: up to here it needs no file
    wire::HeaderLimits header = {};
};

// A message that was taken in: small and whole, or written to its file, which is closed.
using Taken = std::variant<maildir::WholeMessage, maildir::Written>;
Bytes size_of(const Taken& taken); // as stored

class Intake {
  public:
    enum class Form { dots, chunks }; // DATA, BDAT
    Intake(Form form, IntakeLimits limits, wire::MissingFields missing, Allowance& memory);

    void write(std::string_view trace_fields); // before the first feed()
    std::size_t feed(std::string_view bytes);  // how many of them belong to the message and its end
    void end_chunks();                         // the last chunk was fed
    bool at_end() const { return at_end_; }

    // The reply that refuses it, as far as it is known; none once all is there: it is good.
    std::optional<wire::Reply> fault() const;
    const std::vector<wire::CapturedField>& captured() const { return header_.captured(); } // once at_end()

    // After a feed(): it has become too large for memory. Give it a file, or the reason why there is none.
    bool wants_file() const { return !refusal_ && file_.wants_file(); }
    void use(sys::Descriptor file);
    void refuse(const wire::Reply& reply); // what it answers in the end, whatever is wrong with it besides

    // Once at_end(), once.
    std::expected<Taken, wire::Reply> finish();

  private:
    using Reader = std::variant<wire::DotReader, wire::ChunkReader>;
    std::size_t read(std::string_view bytes, std::string& out);
    void pass_header();
    bool too_large() const;
    bool is_kept() const { return !fault() && !file_.fault(); }

    MessageFile file_;
    IntakeLimits limits_;
    Reader reader_;
    wire::HeaderPass header_;
    std::string text_; // of one feed()
    bool at_end_ = false;
    std::optional<wire::Reply> refusal_;
};

} // namespace metka::smtp
