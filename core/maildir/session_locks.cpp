#include "core/maildir/session_locks.h"

#include <cerrno>

#include <sys/file.h>

namespace metka::maildir {

struct SessionLocks::Hold {
    sys::Descriptor locked;
    std::chrono::steady_clock::time_point heard;
    int turns = 0; // under way
};

Result<std::shared_ptr<SessionLocks::Hold>> SessionLocks::take(const InboxFolders& inbox)
{
    const auto id = inbox.place.inbox;
    const std::scoped_lock lock(mutex_);
    if (holds_.size() >= swept_above_) sweep();
    const auto found = holds_.find(id);
    const auto holder = found == holds_.end() ? nullptr : found->second.lock();
    const bool is_silent = holder && holder->turns == 0 && stopwatch_() - holder->heard > silence_that_loses;
    if (is_silent) holder->locked.reset();

    auto hold = std::make_shared<Hold>();
    hold->heard = stopwatch_();
    // A lock belongs to an open file, so each session opens the folder for itself.
    auto opened = disk_.open_folder(inbox.maildir.get(), ".");
    if (!opened) return pass(opened);
    hold->locked = std::move(*opened);
    if (flock(hold->locked.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(Fault::conflict, "another session has this inbox open");
        return fail_errno(errno, "locking an inbox");
    }
    holds_[id] = hold;
    return hold;
}

// Now and then, so that a log-in costs the same however many there are.
void SessionLocks::sweep()
{
    std::erase_if(holds_, [](const auto& each) { return each.second.expired(); });
    swept_above_ = 2 * holds_.size() + fewest_swept;
}

Result<SessionLocks::Turn> SessionLocks::keep(std::shared_ptr<Hold> hold)
{
    const std::scoped_lock lock(mutex_);
    if (!hold->locked)
        return fail(Fault::conflict, "this session was silent, and another has taken the inbox over");
    hold->heard = stopwatch_();
    ++hold->turns;
    return Turn(*this, std::move(hold));
}

void SessionLocks::end(Hold& hold)
{
    const std::scoped_lock lock(mutex_);
    hold.heard = stopwatch_();
    --hold.turns;
}

} // namespace metka::maildir
