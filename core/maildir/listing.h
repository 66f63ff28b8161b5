#pragma once
// What lies in an inbox: which files there are messages, and how large they are. In a shell inbox its user
// may put anything; what is not a plain message of ours or theirs is skipped and counted, and never ends a
// listing.

#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"
#include "core/maildir/mail_store.h"

namespace metka::maildir {

// Whose files are messages of an inbox.
struct Owners {
    uid_t store = 0;
    uid_t shell = 0; // 0: nobody besides
};
Owners owners_of(const InboxFolders& folders);

// A regular file of an owner. A file of the shell user that also has a name elsewhere is not: who knows whose
// it is.
bool is_message(const struct stat& status, const Owners& owners);

enum class Subfolder { fresh, seen }; // new/, cur/

struct Found {
    Subfolder folder = Subfolder::fresh;
    std::string file;       // its name there now, flags included
    std::uint64_t size = 0; // as stored
    Listed listed;          // name: the key, which stays when flags change
};

struct Contents {
    std::vector<Found> messages; // oldest first, at most most_listed; each key once
    std::uint64_t skipped = 0;   // files that are no messages, or cannot be read
};

constexpr std::size_t most_listed =
    100'000; // the oldest; the rest is listed once these are gone (SECURITY 27)

Result<Contents> contents_of(const InboxFolders& folders, Disk& disk);
int descriptor_of(const InboxFolders& folders, Subfolder folder);

// How full an inbox is: a mailbox by the names of its messages, a shell inbox by the files, since names lie
// there. What its user made unreadable takes room all the same.
struct Counted {
    Bytes used;
    std::uint64_t messages = 0;
    std::uint64_t skipped = 0; // in a shell inbox: what is no message of ours or theirs, or cannot be read
    bool operator==(const Counted&) const = default;
};
Result<Counted> count_of(const InboxFolders& folders, Disk& disk);

} // namespace metka::maildir
