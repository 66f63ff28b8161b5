#pragma once
// Where an inbox lies beneath the mail folder (DESIGN §2). It follows from ids alone, never from a name from
// outside.
//
//     box/<xx>/<id>/Maildir                 a paid mailbox; <xx> is the last byte of its id
//     shell/<id>/inbox/Maildir              a shell account's inbox
//     shell/<shell id>/box/<id>/Maildir     a free mailbox, in the space of its shell account

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/directory/directory.h"
#include "core/maildir/protocol.h"

namespace metka::maildir {

// The space of a shell account: its disk limit holds for all of it together (DOMAIN "Capacity and disk
// limits").
struct SpaceFacts {
    InboxPlace inbox; // the shell account's own
    std::uint32_t shell_uid = 0;
    Capacity limit;
    Bytes home; // as it was last measured
    std::vector<InboxPlace> boxes;
    std::vector<InboxPlace> removed; // still there; the first is purged first when room is needed
};

// What the store needs to know of one inbox.
struct InboxFacts {
    InboxPlace place;
    std::uint32_t shell_uid = 0; // of a shell inbox: the user who may have files in it; 0: nobody but us
    Capacity capacity;           // of its own
    std::optional<SpaceFacts> space;
    bool closed = false; // the last moment of a move
};

// unavailable: the inbox is closed, or lies elsewhere by now.
Result<void> must_lie_open_at(directory::Directory& directory, const InboxPlace& place);
// unavailable: it is closed.
Result<void> must_be_open(const InboxFacts& facts);

InboxFacts facts_of(const directory::InboxRecord& record); // without its space
// not_found: no such inbox.
Result<InboxFacts> facts_in(directory::Directory& directory, const InboxId& inbox);
// With its space, if it lies in one: for whoever puts something in.
Result<InboxFacts> facts_with_space_in(directory::Directory& directory, const InboxId& inbox);
Result<InboxFacts> facts_with_space_of(directory::Directory& directory, const directory::InboxRecord& record);
// The same of all that one message goes into, in their order. unavailable: one of them is closed.
Result<std::vector<InboxFacts>> recipients_in(directory::Directory& directory,
                                              const std::vector<InboxId>& inboxes);

// One folder on the way to an inbox, and the mode it is made with.
struct PlaceFolder {
    std::string name;
    mode_t mode = 0700;
};

// From the mail folder down to Maildir. invalid: ids that fit no place.
Result<std::vector<PlaceFolder>> folders_of(const InboxPlace& place);
Result<std::string> path_of(const InboxPlace& place);      // of its Maildir: "box/3f/…3f/Maildir"
Result<std::string> tree_path_of(const InboxPlace& place); // what goes to the trash when it goes

} // namespace metka::maildir
