#pragma once
// One session an inbox: flock(2) on its Maildir, so that it also holds between two runs of the store. A
// session that has been silent for 30 seconds loses its hold to the next that asks (DESIGN §7).

#include <chrono>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/base/stopwatch.h"
#include "core/maildir/disk.h"
#include "core/maildir/inbox_folders.h"

namespace metka::maildir {

constexpr std::chrono::seconds silence_that_loses{30};

class SessionLocks {
  public:
    struct Hold;

    SessionLocks(Stopwatch stopwatch, Disk& disk) : stopwatch_(std::move(stopwatch)), disk_(disk) {}

    Result<std::shared_ptr<Hold>>
    take(const InboxFolders& inbox); // conflict: a session that is not silent has it
    // It is heard of, until its turn is over. conflict: another has it now.
    class Turn;
    Result<Turn> keep(std::shared_ptr<Hold> hold);

  private:
    void end(Hold& hold);
    static constexpr std::size_t fewest_swept = 64;
    void sweep(); // forgets whose session has gone

    const Stopwatch stopwatch_;
    Disk& disk_;
    std::mutex mutex_;
    std::unordered_map<InboxId, std::weak_ptr<Hold>> holds_;
    std::size_t swept_above_ = fewest_swept;
};

// What a session asks for may take longer than the silence that loses its inbox.
class SessionLocks::Turn {
  public:
    Turn(SessionLocks& locks, std::shared_ptr<Hold> hold) : locks_(&locks), hold_(std::move(hold)) {}
    Turn(Turn&&) noexcept = default;
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn& operator=(Turn&&) = delete;
    ~Turn()
    {
        if (hold_) locks_->end(*hold_);
    }

  private:
    SessionLocks* locks_;
    std::shared_ptr<Hold> hold_;
};

} // namespace metka::maildir
