#include "daemon/store/landings.h"

namespace metka::store {

Landings::Hold Landings::enter(std::vector<InboxId> inboxes)
{
    for (const auto& inbox : inboxes)
        ++(*counts_)[inbox];
    const auto leave = [counts = counts_, left = std::move(inboxes)](void*) {
        for (const auto& inbox : left) {
            const auto found = counts->find(inbox);
            if (--found->second == 0) counts->erase(found);
        }
    };
    return {static_cast<void*>(counts_.get()), leave};
}

} // namespace metka::store
