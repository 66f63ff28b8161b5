#pragma once
// The directory in a SQLite database: metkad opens it as its only writer, the engine's programs read it under
// their own users. Both hold it open as long as they run; metkad opens first.

#include <chrono>
#include <memory>
#include <string>

#include "core/directory/directory.h"
#include "core/directory/sqlite_file.h"

namespace metka::directory {

// Makes the file if need be, migrates it, and gives it `ownership` before SQLite first opens it. A change is
// durable when it returns. Faults: invalid if a newer Metka has written the file; as sqlite.h.
Result<std::unique_ptr<Registry>> open_registry(const std::string& path,
                                                const sqlite::Ownership& ownership = {.mode = 0640});

// Read-only. A lookup that finds the database away, or damaged, opens it once more before it answers
// unavailable; this first opening does not: it says what is wrong. An answer is remembered until somebody
// commits, and no longer than `longest_memory`; when that has passed, a database that was put in the place of
// this one, together with its WAL or without any, is opened instead.
Result<std::unique_ptr<Directory>>
open_directory(const std::string& path, std::chrono::milliseconds longest_memory = std::chrono::seconds(2));

} // namespace metka::directory
