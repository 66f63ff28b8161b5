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

// A message, opened, with its size when it was seen to be one. That much of it is read and no more: a user
// can make a file of his 8 EiB long, at no cost, while somebody counts.
struct MessageFile {
    sys::Descriptor descriptor;
    std::uint64_t size = 0;
    std::uint64_t number = 0; // of the file, its inode
};
// None: what has this name is no message, or none any more. Faults: as Disk::open_message().
Result<std::optional<MessageFile>> open_message(Disk& disk, int folder, const std::string& file,
                                                const Owners& owners);

// What RETR sends of it (wire::OctetCounter). Reads it all, unless its name says so: that is believed where
// it is_believable(), and the last line has an end. The W= of other programs leaves out the end that RETR
// gives to a last line without one.
Result<std::uint64_t> octets_sent(const MessageFile& file);
Result<std::uint64_t> octets_sent(const MessageFile& file, const MessageName& name);

} // namespace metka::maildir
