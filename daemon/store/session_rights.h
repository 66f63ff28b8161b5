#pragma once
// What the session of a log-in may do at this moment (DOMAIN "Life of a mailbox"). It may last for hours, and
// meanwhile its account be suspended, expire, be moved or be removed: so every request is judged anew, by
// what the directory says then. That remembers its answers, and is asked in the event loop alone.

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/maildir/protocol.h"

namespace metka::store {

class SessionRights {
  public:
    SessionRights(directory::Directory& directory, const Clock& clock,
                  maildir::InboxPlace place) // the first two live longer
        : directory_(directory), clock_(clock), place_(place)
    {
    }

    const InboxId& inbox() const { return place_.inbox; }

    // denied: the account is suspended, or has been removed.
    Result<void> may_read() const;
    // As well, unavailable: the inbox is closed for a moment, or lies elsewhere by now.
    Result<void> may_open() const;
    // As may_read(), and limit: it has expired, and can only be read.
    Result<void> may_remove() const;

  private:
    directory::Directory& directory_;
    const Clock& clock_;
    maildir::InboxPlace place_;
};

} // namespace metka::store
