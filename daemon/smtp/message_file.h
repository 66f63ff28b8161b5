#pragma once
// A new message on its way in. A small one stays in memory until it is whole; a larger one is written, block
// by block, to the file that the store opens for it. Never more than a block of it is in memory.

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/maildir/mail_store.h"
#include "core/sys/descriptor.h"
#include "daemon/smtp/allowance.h"

namespace metka::smtp {

class MessageFile {
  public:
    static constexpr std::size_t block = std::size_t{64} * 1024;
    static constexpr std::size_t page = std::size_t{4} * 1024; // what every message may keep in memory

    // Up to `whole` bytes need no file.
    MessageFile(Allowance& memory, std::size_t whole) : whole_(whole), memory_(memory) {}

    // Where the next bytes are put; settle() after each lot.
    std::string& tail() { return tail_; }
    void settle(); // writes what makes a block, if it has a file
    // It has become too large for memory, and has no file.
    bool wants_file() const { return !file_ && tail_.size() > (memory_.is_spent() ? page : whole_); }
    void use(sys::Descriptor file) { file_ = std::move(file); }

    bool is_whole() const { return !file_; } // all of it is in memory
    maildir::WholeMessage take_whole();
    // Writes the rest and closes the descriptor, as the store asks before a commit. The first fault met, if
    // any.
    Result<maildir::Written> finish();
    const std::optional<Error>& fault() const { return fault_; }

  private:
    void write(std::string_view bytes);

    std::size_t whole_;
    sys::Descriptor file_;
    Allowance::Share memory_; // of tail_
    std::string tail_;        // not yet written
    maildir::Written written_;
    std::optional<Error> fault_;
};

} // namespace metka::smtp
