#pragma once
// The secrets database: what is known about each account's passwords, and nothing else about it. metka-auth
// alone opens it (0600). Faults as core/directory/sqlite.h; a database from a newer Metka is invalid.

#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/directory/sqlite.h"
#include "core/domain/app_password.h"
#include "core/login/protocol.h"

namespace metka::auth {

// Which app password it was.
struct AppKey {
    AppPasswordId id;
    std::string name;
};

class Secrets {
  public:
    static Result<Secrets> open(const std::string& path); // makes it if need be

    Result<std::optional<std::string>> hash_of(const InboxId& account);
    // The same as long as no secret has been changed; none: nobody can say.
    std::optional<sqlite::CommitMark> mark() const { return database_.commit_mark(); }
    Result<void> set(const InboxId& account, const std::string& hash, Instant now); // durable when it returns
    Result<void> set(const std::vector<login::KeptHash>& hashes, Instant now);      // all of them, or none
    // Where `before` is its hash still, else false; when it was changed stays what it was, for the password
    // is the same.
    Result<bool> replace(const InboxId& account, const std::string& before, const std::string& hash);
    Result<void> remove(const InboxId& account); // its app passwords, too; safe to repeat

    // `digest`: app_password.h. conflict: the account has one of that name; limit: it has as many as it may.
    Result<void> add(const InboxId& account, const AppPassword& made, const std::string& digest);
    Result<std::vector<AppPassword>> app_passwords(const InboxId& account); // by name
    // None: no app password of that account, or one whose end has come. One look-up, whatever there is.
    Result<std::optional<AppKey>> app_password(const InboxId& account, const std::string& digest,
                                               Instant now);
    // Which one it was; not_found.
    Result<AppPasswordId> remove_app_password(const InboxId& account, const std::string& name);
    Result<std::vector<AppPassword>> remove_app_passwords(const InboxId& account); // all; what they were

  private:
    explicit Secrets(sqlite::Database database) : database_(std::move(database)) {}
    sqlite::Database database_;
};

} // namespace metka::auth
