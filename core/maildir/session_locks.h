#pragma once
// One session an inbox: flock(2) on its Maildir, so that it also holds between two runs of the store. A
// session that has been silent for 30 seconds loses its hold to the next that asks (DESIGN §7).

#include <chrono>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

constexpr std::chrono::seconds silence_that_loses{30};

class SessionLocks {
  public:
    struct Hold;

    SessionLocks(const Clock& clock, Disk& disk) : clock_(clock), disk_(disk) {}

    Result<std::shared_ptr<Hold>>
    take(const InboxFolders& inbox); // conflict: a session that is not silent has it
    Result<void> keep(Hold& hold);   // it was heard of; conflict: another has it now

  private:
    const Clock& clock_;
    Disk& disk_;
    std::mutex mutex_;
    std::unordered_map<InboxId, std::weak_ptr<Hold>> holds_;
};

} // namespace metka::maildir
