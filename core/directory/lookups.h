#pragma once
// What the engine asks, against an open directory database: each question is one statement with one snapshot.

#include "core/directory/directory.h"
#include "core/directory/sqlite.h"

namespace metka::directory {

Result<std::optional<RecipientRecord>> find_recipient(sqlite::Database& database, const Address& address);
Result<std::optional<InboxRecord>> find_inbox(sqlite::Database& database, const InboxId& id);
Result<std::optional<InboxRecord>> find_login(sqlite::Database& database, std::string_view name);
Result<bool> find_sender(sqlite::Database& database, const InboxId& id, const Address& address);

} // namespace metka::directory
