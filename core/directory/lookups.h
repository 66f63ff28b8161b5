#pragma once
// What the engine asks, against an open directory database: each question is answered by one statement
// with one snapshot; a second one only looks for a host name where the first found nothing.

#include "core/directory/directory.h"
#include "core/directory/sqlite.h"

namespace metka::directory {

Result<std::optional<RecipientRecord>> find_recipient(sqlite::Database& database, const Address& address);
Result<std::optional<InboxRecord>> find_inbox(sqlite::Database& database, const InboxId& id);
Result<std::optional<InboxRecord>> find_login(sqlite::Database& database, std::string_view name);
Result<bool> find_sender(sqlite::Database& database, const InboxId& id, const Address& address);
Result<bool> find_protection(sqlite::Database& database, const DomainName& domain);
Result<std::optional<SendingRecord>> find_sending(sqlite::Database& database, const InboxId& id);
Result<std::optional<SpaceRecord>> find_space(sqlite::Database& database, const InboxId& shell);
Result<std::vector<InboxRecord>> find_page(sqlite::Database& database, const InboxId& after,
                                           std::size_t most); // behind `after`, by id

} // namespace metka::directory
