#pragma once
// The file of a new message, written block by block to the descriptor the store opened. Never more than a
// block of it is in memory.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/maildir/mail_store.h"
#include "core/sys/descriptor.h"

namespace metka::smtp {

class MessageFile {
  public:
    static constexpr std::size_t block = std::size_t{64} * 1024;

    explicit MessageFile(sys::Descriptor file) : file_(std::move(file)) {}

    // Where the next bytes are put; write_blocks() after each lot.
    std::string& tail() { return tail_; }
    void write_blocks();

    // Writes the rest and closes the descriptor, as the store asks before a commit. The first fault met, if
    // any.
    Result<maildir::Written> finish();
    const std::optional<Error>& fault() const { return fault_; }

  private:
    void write(std::string_view bytes);

    sys::Descriptor file_;
    std::string tail_; // not yet written
    maildir::Written written_;
    std::optional<Error> fault_;
};

} // namespace metka::smtp
