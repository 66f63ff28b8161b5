#include "daemon/store/inbox_wire.h"

#include "core/maildir/protocol.h"
#include "core/net/aside.h"

namespace metka::store {

using namespace maildir;

namespace {

constexpr std::size_t most_listing_bytes = 60 * 1024; // leaves room for the frame around it

} // namespace

Answer InboxWire::answer(sys::Frame request)
{
    static constexpr std::array<Request<InboxWire>, 5> table{{
        {LockInbox::kind, &InboxWire::lock},
        {UnlockInbox::kind, &InboxWire::unlock},
        {ListInbox::kind, &InboxWire::list},
        {ReadMessage::kind, &InboxWire::read},
        {RemoveMessages::kind, &InboxWire::remove},
    }};
    return answer_from(table, shared_from_this(), std::move(request));
}

Answer InboxWire::lock(sys::Frame request)
{
    const auto asked = sys::decode<LockInbox>(request);
    if (!asked) co_return pass(asked);
    auto work = [inbox = inbox_] { return inbox->lock(); };
    const auto locked = co_await net::run_aside(workers_, std::move(work));
    if (!locked) co_return pass(locked);
    // The last pass of a move wants this lock when the mailbox is closed: whoever locks it before is seen
    // there, and whoever locks it afterwards sees here that it is closed, or has gone elsewhere.
    const auto open = told_.locked();
    if (!open) inbox_->unlock();
    if (!open) co_return pass(open);
    co_return sys::encode(Done{});
}

Answer InboxWire::unlock(sys::Frame request)
{
    const auto asked = sys::decode<UnlockInbox>(request);
    if (!asked) co_return pass(asked);
    inbox_->unlock();
    co_return sys::encode(Done{});
}

Answer InboxWire::list(sys::Frame request)
{
    const auto asked = sys::decode<ListInbox>(request);
    if (!asked) co_return pass(asked);
    auto work = [inbox = inbox_, from = asked->from] { return inbox->list_from(from, most_listing_bytes); };
    auto part = co_await net::run_aside(workers_, std::move(work));
    if (!part) co_return pass(part);
    Listing listing;
    listing.messages = std::move(*part);
    co_return sys::encode(listing);
}

Answer InboxWire::read(sys::Frame request)
{
    auto asked = sys::decode<ReadMessage>(request);
    if (!asked) co_return pass(asked);
    auto work = [inbox = inbox_, name = std::move(asked->name)] { return inbox->read(name); };
    auto message = co_await net::run_aside(workers_, std::move(work));
    if (!message) co_return pass(message);
    auto answer = sys::encode(Done{});
    answer.descriptors[0] = std::move(*message);
    co_return answer;
}

Answer InboxWire::remove(sys::Frame request)
{
    auto asked = sys::decode<RemoveMessages>(request);
    if (!asked) co_return pass(asked);
    auto work = [inbox = inbox_, names = std::move(asked->names)] { return inbox->remove(names); };
    const auto removed = co_await net::run_aside(workers_, std::move(work));
    if (!removed) co_return pass(removed);
    told_.emptied();
    co_return sys::encode(Done{});
}

} // namespace metka::store
