#include "daemon/store/delivery_wire.h"

#include <asio/post.hpp>

#include "core/maildir/protocol.h"
#include "core/net/aside.h"

namespace metka::store {

using namespace maildir;

namespace {

constexpr std::size_t most_transactions = 32'768;

} // namespace

Answer DeliveryWire::answer(sys::Frame request)
{
    static constexpr std::array<Request<DeliveryWire>, 4> table{{
        {PromiseRoom::kind, &DeliveryWire::promise},
        {OpenMessage::kind, &DeliveryWire::open},
        {CommitMessage::kind, &DeliveryWire::commit},
        {AbandonMessage::kind, &DeliveryWire::abandon},
    }};
    return answer_from(table, shared_from_this(), std::move(request));
}

Answer DeliveryWire::promise(sys::Frame request)
{
    const auto asked = sys::decode<PromiseRoom>(request);
    if (!asked) co_return pass(asked);
    const auto facts = facts_with_space_in(house_.directory, asked->inbox);
    if (!facts) co_return pass(facts);
    const auto claimed = claim(asked->transaction);
    if (!claimed) co_return pass(claimed);

    auto work = [&store = house_.store, transaction = asked->transaction, inbox = *facts,
                 octets = asked->octets] { return store.promise(transaction, inbox, octets); };
    const auto promised = co_await net::run_aside(house_.workers, std::move(work));
    if (!owns(asked->transaction)) abandon_later({asked->transaction}); // given up while we worked
    if (!promised) co_return pass(promised);
    co_return sys::encode(Done{});
}

Answer DeliveryWire::open(sys::Frame request)
{
    const auto asked = sys::decode<OpenMessage>(request);
    if (!asked) co_return pass(asked);
    const auto facts = facts_in(house_.directory, asked->first);
    if (!facts) co_return pass(facts);
    const auto claimed = claim(asked->transaction);
    if (!claimed) co_return pass(claimed);

    auto work = [&store = house_.store, transaction = asked->transaction, first = *facts] {
        return store.open_message(transaction, first);
    };
    auto opened = co_await net::run_aside(house_.workers, std::move(work));
    if (!owns(asked->transaction)) abandon_later({asked->transaction});
    if (!opened) co_return pass(opened);
    auto answer = sys::encode(Done{});
    answer.descriptors[0] = std::move(*opened); // closed here with the frame, once it has been sent
    co_return answer;
}

Answer DeliveryWire::commit(sys::Frame request)
{
    const auto asked = sys::decode<CommitMessage>(request);
    if (!asked) co_return pass(asked);
    if (!owns(asked->transaction)) co_return fail(Fault::not_found, "there is no such transaction");
    auto landing = house_.landings.enter(asked->inboxes); // before it is asked where they lie
    std::vector<InboxFacts> inboxes;
    for (const auto& inbox : asked->inboxes) {
        auto facts = facts_with_space_in(house_.directory, inbox);
        if (!facts) co_return pass(facts);
        const auto open = must_be_open(*facts);
        if (!open) co_return pass(open);
        inboxes.push_back(std::move(*facts));
    }
    const Written written{.size = asked->size, .lines = asked->lines};
    auto work = [&store = house_.store, transaction = asked->transaction, inboxes, written,
                 held = std::move(landing)] { return store.commit(transaction, inboxes, written); };
    const auto committed = co_await net::run_aside(house_.workers, std::move(work));
    if (owns(asked->transaction)) house_.transactions.erase(asked->transaction);
    if (!committed) co_return pass(committed);
    house_.watch.look_after(inboxes);
    co_return sys::encode(Done{});
}

Answer DeliveryWire::abandon(sys::Frame request)
{
    const auto asked = sys::decode<AbandonMessage>(request);
    if (!asked) co_return pass(asked);
    if (owns(asked->transaction)) {
        house_.transactions.erase(asked->transaction);
        abandon_later({asked->transaction});
    }
    co_return sys::encode(Done{});
}

Result<void> DeliveryWire::claim(const MessageId& transaction)
{
    if (house_.transactions.size() >= most_transactions)
        return fail(Fault::unavailable, "too many messages are under way");
    const auto found = house_.transactions.try_emplace(transaction, this).first;
    if (found->second != this) return fail(Fault::conflict, "this transaction is another program's");
    return {};
}

bool DeliveryWire::owns(const MessageId& transaction) const
{
    const auto found = house_.transactions.find(transaction);
    return found != house_.transactions.end() && found->second == this;
}

// On a worker: the last descriptor of a large message that nobody named takes its time to close.
void DeliveryWire::abandon_later(std::vector<MessageId> transactions)
{
    asio::post(house_.workers, [&store = house_.store, ids = std::move(transactions)] {
        for (const auto& id : ids)
            store.abandon(id);
    });
}

void DeliveryWire::closed()
{
    std::vector<MessageId> left;
    for (const auto& [id, owner] : house_.transactions)
        if (owner == this) left.push_back(id);
    for (const auto& id : left)
        house_.transactions.erase(id);
    abandon_later(std::move(left));
}

} // namespace metka::store
