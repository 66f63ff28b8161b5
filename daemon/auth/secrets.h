#pragma once
// The secrets database: what is known about each account's password, and nothing else about it. metka-auth
// alone opens it (0600). Faults as core/directory/sqlite.h; a database from a newer Metka is invalid.

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/directory/sqlite.h"
#include "core/domain/objects.h"
#include "core/login/protocol.h"

namespace metka::auth {

class Secrets {
  public:
    static Result<Secrets> open(const std::string& path); // makes it if need be

    Result<std::optional<std::string>> hash_of(const InboxId& account);
    Result<void> set(const InboxId& account, const std::string& hash, Instant now); // durable when it returns
    Result<void> set(const std::vector<login::KeptHash>& hashes, Instant now);      // all of them, or none
    Result<void> remove(const InboxId& account);                                    // safe to repeat

  private:
    explicit Secrets(sqlite::Database database) : database_(std::move(database)) {}
    sqlite::Database database_;
};

} // namespace metka::auth
