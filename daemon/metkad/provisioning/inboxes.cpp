#include "daemon/metkad/provisioning/inboxes.h"

namespace metka::metkad {

asio::awaitable<void> take_back(Office& office, maildir::InboxPlace place)
{
    const auto tree = co_await office.trees.remove(place);
    const auto secret = co_await office.keys.remove(place.inbox);
    (void)tree;
    (void)secret;
}

asio::awaitable<control::Json> clear_away(Order& order, Plan plan, maildir::InboxPlace place)
{
    const auto secret = co_await order.office.keys.remove(place.inbox);
    if (!secret) plan.steps.push_back(fmt::format("its password is still stored: {}", secret.error().text));
    const auto tree = co_await order.office.trees.remove(place);
    if (!tree) plan.steps.push_back(fmt::format("its mail is still on the disk: {}", tree.error().text));
    co_return answer_to(order, plan);
}

} // namespace metka::metkad
