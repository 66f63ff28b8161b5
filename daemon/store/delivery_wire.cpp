#include "daemon/store/delivery_wire.h"

#include <asio/post.hpp>

#include "core/maildir/protocol.h"
#include "core/net/aside.h"

namespace metka::store {

using namespace maildir;

namespace {

constexpr std::size_t most_transactions = 32'768;

std::unexpected<Error> no_such_transaction()
{
    return fail(Fault::not_found, "there is no such transaction");
}

// What is to be asked of the disk, and where its answer belongs.
struct Question {
    std::size_t place;
    InboxFacts inbox;
};

} // namespace

Answer DeliveryWire::answer(sys::Frame request)
{
    static constexpr std::array<Request<DeliveryWire>, 5> table{{
        {PromiseRoom::kind, &DeliveryWire::promise},
        {DeliverMessage::kind, &DeliveryWire::deliver},
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
    const auto claimed = claim(asked->transaction);
    if (!claimed) co_return pass(claimed);

    Promised promised{.rooms = std::vector<Room>(asked->inboxes.size(), Room::not_now)};
    std::vector<Question> questions;
    for (std::size_t i = 0; i < asked->inboxes.size(); ++i) {
        auto facts = facts_with_space_in(house_.directory, asked->inboxes[i]);
        if (!facts) continue;
        const auto at_once = house_.store.promise_at_once(asked->transaction, *facts, asked->octets);
        if (at_once)
            promised.rooms[i] = room_after(*at_once);
        else
            questions.push_back({.place = i, .inbox = std::move(*facts)});
    }
    if (questions.empty()) co_return sys::encode(promised);

    auto work = [&store = house_.store, transaction = asked->transaction, octets = asked->octets,
                 questions = std::move(questions), rooms = std::move(promised.rooms)]() mutable {
        for (const auto& each : questions)
            rooms[each.place] = room_after(store.promise(transaction, each.inbox, octets));
        return std::move(rooms);
    };
    auto rooms = co_await net::run_aside(house_.workers, std::move(work));
    promised.rooms = std::move(rooms);
    if (!owns(asked->transaction)) abandon_later({asked->transaction}); // given up while we worked
    co_return sys::encode(promised);
}

Answer DeliveryWire::deliver(sys::Frame request)
{
    auto asked = taken_from<DeliverMessage>(request);
    if (!asked) co_return pass(asked);
    WholeMessage message{.text = std::move(asked->text), .lines = asked->lines};
    auto answer = co_await store(asked->transaction, std::move(asked->inboxes), std::move(message));
    co_return answer;
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
    auto asked = sys::decode<CommitMessage>(request);
    if (!asked) co_return pass(asked);
    if (!owns(asked->transaction)) co_return no_such_transaction();
    const auto transaction = asked->transaction;
    if (asked->size > Batches::large) {
        auto work = [&store = house_.store, transaction] { return store.write_out(transaction); };
        const auto written = co_await net::run_aside(house_.large_ones, std::move(work));
        if (!written) co_return pass(written);
    }
    const Written written{.size = asked->size, .lines = asked->lines};
    auto answer = co_await store(transaction, std::move(asked->inboxes), written);
    co_return answer;
}

Answer DeliveryWire::store(MessageId transaction, std::vector<InboxId> inboxes,
                           std::variant<WholeMessage, Written> message)
{
    if (!owns(transaction)) co_return no_such_transaction();
    const auto landing = house_.landings.enter(inboxes); // before it is asked where they lie
    const auto facts = recipients_in(house_.directory, inboxes);
    if (!facts) co_return pass(facts);
    Parcel parcel{.transaction = transaction, .inboxes = *facts, .message = std::move(message)};
    auto is_wanted = [self = shared_from_this(), transaction] { return self->owns(transaction); };
    const auto delivered = co_await house_.batches.deliver(std::move(parcel), std::move(is_wanted));
    if (owns(transaction)) house_.transactions.erase(transaction);
    if (!delivered) co_return pass(delivered);
    house_.watch.look_after(*facts);
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
