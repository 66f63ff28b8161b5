#include "daemon/store/fullness_watch.h"

#include "core/net/aside.h"
#include "core/net/spawn.h"
#include "core/sys/log.h"

namespace metka::store {

using maildir::InboxFacts;

void FullnessWatch::look_after(const std::vector<InboxFacts>& filled)
{
    std::vector<InboxFacts> limited;
    for (const auto& facts : filled)
        if (!house_.store.is_roomy(facts)) limited.push_back(facts);
    if (!limited.empty()) net::spawn(house_.loop, look(std::move(limited)), "fullness");
}

// Only who was told that there is hardly any room left is armed again by a removal.
void FullnessWatch::look_after(const InboxId& emptied)
{
    const auto record = house_.directory.inbox(emptied);
    if (!record || !*record) return;
    const auto shell = (*record)->shell.value_or(emptied);
    if (!house_.notices.is_told(emptied) && !house_.notices.is_told(shell)) return;
    const auto facts = maildir::facts_with_space_of(house_.directory, **record);
    if (facts) net::spawn(house_.loop, look({*facts}), "fullness");
}

asio::awaitable<void> FullnessWatch::look(std::vector<InboxFacts> changed)
{
    auto work = [&notices = house_.notices, inboxes = std::move(changed)] {
        return notices.to_be_told(inboxes);
    };
    const auto told = co_await net::run_aside(house_.workers, std::move(work));
    for (const auto& inbox : told)
        co_await tell(inbox);
}

asio::awaitable<void> FullnessWatch::tell(InboxId inbox)
{
    auto landing = house_.landings.enter({inbox});
    auto to = open_addressee_in(house_.directory, inbox);
    if (!to) co_return; // it went meanwhile, or moves: the quota sweep tells what is missed
    auto work = [&notices = house_.notices, addressee = std::move(*to), held = std::move(landing)] {
        return notices.check(addressee);
    };
    const auto checked = co_await net::run_aside(house_.workers, std::move(work));
    if (!checked)
        sys::log(sys::Level::warning, "store.notice_failed",
                 {{"inbox", inbox.hex()}, {"reason", checked.error().text}});
}

} // namespace metka::store
