#pragma once
// What the sending book says, kept over a restart in a database of its own, secrets/sending.db
// (memory_file.h). Any one thread at a time may call.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/directory/sqlite.h"
#include "daemon/auth/sending_book.h"

namespace metka::auth {

class SendingMemory {
  public:
    static Result<std::unique_ptr<SendingMemory>> open(const std::string& path); // makes it if need be

    // On top of what is there: another metka-auth, older or newer, may write at the same time. All or
    // nothing. What is too old to count goes.
    Result<void> add(const std::vector<SlotCount>& counts, Instant now);
    Result<std::vector<SlotCount>> all();
    Result<std::vector<SlotCount>> of(const InboxId& account);

  private:
    static Result<std::vector<SlotCount>> read(Result<sqlite::Rows> rows);
    explicit SendingMemory(sqlite::Database database) : database_(std::move(database)) {}

    std::mutex mutex_;
    sqlite::Database database_;
};

} // namespace metka::auth
