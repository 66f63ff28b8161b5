#pragma once
// Which files of an inbox are messages. In a shell inbox its user may put anything; what is not a plain
// message of ours or theirs is skipped and counted, and never ends a listing.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/stat.h>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/message_name.h"

namespace metka::maildir {

// Whose files are messages of an inbox.
struct Owners {
    uid_t store = 0;
    uid_t shell = 0; // 0: nobody besides
};
Owners owners_of(const InboxFolders& folders);

// A regular file of an owner. A file of the shell user that also has a name elsewhere is not: who knows whose
// it is. Nor is one that is nearly all holes: it costs its user nothing, and whoever counts it days.
bool is_message(const struct stat& status, const Owners& owners);

enum class Subfolder : std::uint8_t { fresh, seen }; // new/, cur/
int descriptor_of(const InboxFolders& folders, Subfolder folder);

std::optional<struct stat> status_at(int folder,
                                     const std::string& file); // of itself, never of what it leads to
bool is_readable(int folder, const std::string& file, const struct stat& status);

// The name is believed only while its S= is the size of the file and its W= could belong to that.
bool is_believable(const MessageName& name, std::uint64_t size);

// What RETR sends of a file (wire::DotWriter): a CR more for every LF without one, an end for a last line
// without one. Reads it all.
Result<std::uint64_t> octets_sent(int file);

} // namespace metka::maildir
