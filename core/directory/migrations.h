#pragma once
// How a database gets from any earlier version to the one this program knows. The version is SQLite's
// user_version: the number of steps that were taken, which each step sets at its end. All steps are one
// transaction.

#include <span>
#include <string_view>

#include "core/directory/sqlite.h"

namespace metka::sqlite {

struct Migrations {
    std::string_view what;      // "directory": for the sentences
    std::span<const Sql> steps; // only ever added to
};

// Faults: invalid where a newer Metka has written the file (the program ends with 78).
Result<void> migrate(Database& database, const Migrations& migrations);

// For readers, which cannot migrate: invalid if newer; unavailable if older, since its owner is about to
// migrate it.
Result<void> check_version(Database& database, const Migrations& migrations);

} // namespace metka::sqlite
