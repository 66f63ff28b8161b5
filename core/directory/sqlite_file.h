#pragma once
// The file a database lives in, before SQLite opens it.

#include <optional>
#include <string>

#include <sys/types.h>

#include "core/base/result.h"

namespace metka::sqlite {

struct Ownership {
    mode_t mode = 0600;
    std::optional<gid_t> group; // none: as it falls
};
// Makes an empty file where none is, and gives it its mode and group before SQLite sees it, since SQLite
// copies both to the -wal and -shm files beside it. Refuses what is not a regular file. Durable.
Result<void> make_file(const std::string& path, Ownership ownership);

} // namespace metka::sqlite
