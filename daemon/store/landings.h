#pragma once
// Who is putting something into which inbox now. It is what keeps a message from landing in the place that a
// mailbox has just left:
//
// whoever puts something in enters here first, and only then reads in the directory where the inbox lies and
// whether it is open. The last pass of a move begins when the directory says that the mailbox is closed, and
// waits until nobody is in here. Whoever entered before that wait ended is waited for, and what they put in
// is carried. Whoever enters later finds the mailbox closed, or, after the switch, its new place.
//
// All of it in the event loop, whose turns decide what is before and what after.

#include <memory>
#include <unordered_map>
#include <vector>

#include "core/domain/objects.h"

namespace metka::store {

class Landings {
  public:
    using Hold = std::shared_ptr<void>; // inside until the last one goes; held by the work on files, too

    Hold enter(std::vector<InboxId> inboxes);
    bool has(const InboxId& inbox) const { return counts_->contains(inbox); }

  private:
    using Counts = std::unordered_map<InboxId, std::size_t>;
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
};

} // namespace metka::store
