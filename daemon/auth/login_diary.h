#pragma once
// The login book over restarts: read at the start, and written down behind it (write_behind.h).

#include <memory>

#include "daemon/auth/login_book.h"
#include "daemon/auth/login_memory.h"
#include "daemon/auth/write_behind.h"

namespace metka::auth {

class LoginDiary final : private WrittenBook {
  public:
    // The book outlives this; one event loop. Without a memory, the book ends with this program.
    LoginDiary(asio::any_io_executor loop, LoginBook& book, std::unique_ptr<LoginMemory> memory);

    // While the one before this program may still write: what is written down of this account.
    void reread(const InboxId& account);
    WriteBehind& written() { return written_; }

  private:
    void read();
    bool has_unsaved() const override { return book_.has_unsaved(); }
    Page take_unsaved() override;
    std::function<void()> read_again() override;

    LoginBook& book_;
    std::unique_ptr<LoginMemory> memory_;
    WriteBehind written_;
};

} // namespace metka::auth
