#pragma once
// What the login book says, kept over a restart in a database of its own, secrets/logins.db (memory_file.h).
// Any one thread at a time may call.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/directory/sqlite.h"
#include "daemon/auth/login_book.h"

namespace metka::auth {

class LoginMemory {
  public:
    static Result<std::unique_ptr<LoginMemory>> open(const std::string& path); // makes it if need be

    // All or nothing. Another metka-auth, older or newer, may write at the same time: the newer log-in stays.
    Result<void> write(const LoginBook::Unsaved& unsaved);
    Result<std::vector<AccountLogin>> newest(std::size_t most); // the newest first; older ones go from there
    Result<std::vector<AccountLogin>> of(const InboxId& account);

  private:
    explicit LoginMemory(sqlite::Database database) : database_(std::move(database)) {}
    Result<void> erase(const ForgottenLogins& forgotten);
    Result<void> keep(const AccountLogin& noted);
    static Result<std::vector<AccountLogin>> read(Result<sqlite::Rows> rows);

    std::mutex mutex_;
    sqlite::Database database_;
};

} // namespace metka::auth
