#include "daemon/store/inbox_wire.h"

#include <variant>

#include "core/maildir/protocol.h"
#include "core/net/aside.h"

namespace metka::store {

using namespace maildir;

namespace {

// Leave room for the frame around them.
constexpr std::size_t most_octets_rows = 7000; // of 9 bytes
constexpr std::size_t most_uid_bytes = 60 * 1024;

// On this wire denied and limit speak of the account, and end a session's use of it; what the disk denies is
// a message that cannot be had, as where a link lies in its place.
template <class Value>
std::unexpected<Error> pass_from_disk(Result<Value>& failed)
{
    auto& fault = failed.error().fault;
    if (fault == Fault::denied || fault == Fault::limit) fault = Fault::io;
    return pass(failed);
}

} // namespace

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> InboxWire::aside(Work work)
{
    struct Counted {
        std::size_t& working;
        ~Counted() { --working; }
    };
    const Counted counted{++working_};
    auto done = co_await net::run_aside(workers_, std::move(work));
    co_return done;
}

template <class Work>
asio::awaitable<std::invoke_result_t<Work&>> InboxWire::now_or_aside(Work work)
{
    if (working_ == 0) co_return work();
    auto done = co_await aside(std::move(work));
    co_return done;
}

Answer InboxWire::answer(sys::Frame request)
{
    static constexpr std::array<Request<InboxWire>, 6> table{{
        {OpenInbox::kind, &InboxWire::open},
        {UnlockInbox::kind, &InboxWire::unlock},
        {ListOctets::kind, &InboxWire::octets},
        {ListUids::kind, &InboxWire::uids},
        {ReadMessage::kind, &InboxWire::read},
        {RemoveMessages::kind, &InboxWire::remove},
    }};
    return answer_from(table, shared_from_this(), std::move(request));
}

Answer InboxWire::open(sys::Frame request)
{
    const auto asked = sys::decode<OpenInbox>(request);
    if (!asked) co_return pass(asked);
    auto at_once = [inbox = inbox_] { return inbox->open_at_once(); };
    auto opened = co_await now_or_aside(std::move(at_once));
    if (!opened) {
        auto work = [inbox = inbox_] { return inbox->open(); };
        opened = co_await aside(std::move(work));
    }
    if (!*opened) co_return pass_from_disk(*opened);
    // The last pass of a move wants this lock when the mailbox is closed: whoever locks it before is seen
    // there, and whoever locks it afterwards sees here that it is closed, or has gone elsewhere.
    const auto allowed = rights_.may_open();
    if (!allowed) {
        co_await let_go();
        co_return pass(allowed);
    }
    co_return sys::encode(InboxOpened{**opened});
}

Answer InboxWire::unlock(sys::Frame request)
{
    const auto asked = sys::decode<UnlockInbox>(request);
    if (!asked) co_return pass(asked);
    co_await let_go();
    co_return sys::encode(Done{});
}

asio::awaitable<void> InboxWire::let_go()
{
    auto work = [inbox = inbox_] {
        inbox->unlock();
        return std::monostate{};
    };
    co_await now_or_aside(std::move(work));
}

Answer InboxWire::octets(sys::Frame request)
{
    const auto asked = sys::decode<ListOctets>(request);
    if (!asked) co_return pass(asked);
    const auto allowed = rights_.may_read();
    if (!allowed) co_return pass(allowed);
    auto work = [inbox = inbox_, from = asked->from] { return inbox->octets(from, most_octets_rows); };
    auto part = co_await now_or_aside(std::move(work));
    if (!part) co_return pass_from_disk(part);
    co_return sys::encode(OctetsListed{.octets = std::move(*part)});
}

Answer InboxWire::uids(sys::Frame request)
{
    const auto asked = sys::decode<ListUids>(request);
    if (!asked) co_return pass(asked);
    const auto allowed = rights_.may_read();
    if (!allowed) co_return pass(allowed);
    auto work = [inbox = inbox_, from = asked->from, most = asked->most] {
        return inbox->uids(from, most, most_uid_bytes);
    };
    auto part = co_await now_or_aside(std::move(work));
    if (!part) co_return pass_from_disk(part);
    co_return sys::encode(UidsListed{std::move(*part)});
}

Answer InboxWire::read(sys::Frame request)
{
    const auto asked = sys::decode<ReadMessage>(request);
    if (!asked) co_return pass(asked);
    const auto allowed = rights_.may_read();
    if (!allowed) co_return pass(allowed);
    auto work = [inbox = inbox_, message = asked->message] { return inbox->read(message); };
    auto read = co_await aside(std::move(work));
    if (!read) co_return pass_from_disk(read);
    auto answer = sys::encode(MessageRead{.octets = read->octets});
    answer.descriptors[0] = std::move(read->file);
    co_return answer;
}

Answer InboxWire::remove(sys::Frame request)
{
    const auto asked = sys::decode<RemoveMessages>(request);
    if (!asked) co_return pass(asked);
    std::vector<MessageIndex> messages;
    messages.reserve(asked->messages.size());
    for (const auto message : asked->messages) {
        if (message >= most_listed) co_return sys::bad_frame("a message that no listing holds");
        messages.push_back(static_cast<MessageIndex>(message));
    }
    const auto allowed = rights_.may_remove();
    if (!allowed) co_return pass(allowed);
    auto work = [inbox = inbox_, messages = std::move(messages)] { return inbox->remove(messages); };
    auto removal = co_await aside(std::move(work));
    if (!removal) co_return pass_from_disk(removal);
    if (removal->left > 0)
        sys::log(sys::Level::warning, "store.not_removed",
                 {{"inbox", name_}, {"messages", removal->left}, {"why", removal->why}});
    emptied_();
    co_return sys::encode(MessagesRemoved{std::move(*removal)});
}

} // namespace metka::store
