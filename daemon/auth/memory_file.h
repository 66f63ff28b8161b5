#pragma once
// A database beside the secrets for what is only convenient to know after a restart: who logged in last, what
// was sent. A commit there is not synced: it survives this program, and after a loss of power some of the
// last ones may be forgotten.

#include <string>

#include "core/directory/migrations.h"
#include "core/directory/sqlite.h"

namespace metka::auth {

// Makes it if need be; as new as `migrations` afterwards.
Result<sqlite::Database> open_memory(const std::string& path, const sqlite::Migrations& migrations);

} // namespace metka::auth
