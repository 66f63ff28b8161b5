#include "core/maildir/store_client.h"

#include <algorithm>

#include "core/maildir/protocol.h"

namespace metka::maildir {

namespace {

constexpr std::size_t most_indices = 4096; // in one frame

Result<sys::Descriptor> descriptor_from(Result<sys::Frame>& answer)
{
    if (!answer) return pass(answer);
    const auto done = sys::decode<Done>(*answer);
    if (!done) return pass(done);
    if (!answer->descriptors[0]) return fail(Fault::internal, "the mail store answered without a descriptor");
    return std::move(answer->descriptors[0]);
}

Result<void> without_content(const Result<Done>& done)
{
    if (!done) return pass(done);
    return {};
}

// The session has lost the inbox, or may not remove any more: that is said before anything is touched.
bool removed_nothing(Fault fault)
{
    return fault == Fault::conflict || fault == Fault::denied || fault == Fault::limit;
}

class WireInbox final : public MailInbox {
  public:
    explicit WireInbox(std::shared_ptr<net::Wire> store) : store_(std::move(store)) {}
    WireInbox(const WireInbox&) = delete;
    WireInbox& operator=(const WireInbox&) = delete;
    ~WireInbox() override { store_->close(); }

    bool is_open() const override { return store_->is_open(); }

    asio::awaitable<Result<Opened>> open() override
    {
        const OpenInbox request;
        const auto opened = co_await store_->ask_for<InboxOpened>(request);
        if (!opened) co_return pass(opened);
        messages_ = opened->messages;
        co_return *opened;
    }

    asio::awaitable<void> unlock() override
    {
        const UnlockInbox request;
        const auto done = co_await store_->ask_for<Done>(request);
        if (!done) co_return; // the store has gone, and every lock with it
    }

    asio::awaitable<Result<std::vector<std::uint64_t>>> octets() override
    {
        std::vector<std::uint64_t> whole;
        while (whole.size() < messages_) {
            const ListOctets request{.from = static_cast<MessageIndex>(whole.size())};
            const auto part = co_await store_->ask_for<OctetsListed>(request);
            if (!part) co_return pass(part);
            if (part->octets.empty()) co_return broken();
            whole.insert(whole.end(), part->octets.begin(), part->octets.end());
        }
        co_return whole;
    }

    asio::awaitable<Result<Uids>> uids(MessageIndex from, std::uint64_t most) override
    {
        const ListUids request{.from = from, .most = most};
        auto part = co_await store_->ask_for<UidsListed>(request);
        if (!part) co_return pass(part);
        const auto lines = static_cast<std::uint64_t>(std::ranges::count(part->lines, '\n'));
        if (part->count != lines || (part->count == 0 && from < messages_ && most > 0)) co_return broken();
        co_return std::move(*part);
    }

    asio::awaitable<Result<StoredMessage>> read(MessageIndex message) override
    {
        const ReadMessage request{.message = message};
        auto answer = co_await store_->ask(sys::encode(request));
        if (!answer) co_return pass(answer);
        const auto read = sys::decode<MessageRead>(*answer);
        if (!read) co_return pass(read);
        if (!answer->descriptors[0]) co_return broken();
        co_return StoredMessage{.file = std::move(answer->descriptors[0]), .octets = read->octets};
    }

    asio::awaitable<Result<Removal>> remove(std::vector<MessageIndex> messages) override
    {
        Removal whole;
        for (std::size_t at = 0; at < messages.size(); at += most_indices) {
            const auto end = std::min(at + most_indices, messages.size());
            RemoveMessages request;
            request.messages.assign(messages.begin() + static_cast<std::ptrdiff_t>(at),
                                    messages.begin() + static_cast<std::ptrdiff_t>(end));
            auto part = co_await store_->ask_for<MessagesRemoved>(std::move(request));
            const bool is_refused = !part && removed_nothing(part.error().fault);
            if (!part && (!is_refused || whole.removed == 0)) co_return pass(part); // they may be there still
            if (!part) { // some are gone: that is told, and the others are there
                whole.left += messages.size() - at;
                whole.why = part.error().text;
                co_return whole;
            }
            whole.removed += part->removed;
            whole.left += part->left;
            if (part->left > 0) whole.why = std::move(part->why);
        }
        co_return whole;
    }

  private:
    static std::unexpected<Error> broken()
    {
        return fail(Fault::internal, "the mail store answered something else than it was asked");
    }

    std::uint64_t messages_ = 0;
    std::shared_ptr<net::Wire> store_;
};

} // namespace

net::Link::Hold WireSink::wire_of(MessageId transaction)
{
    const auto found = wires_.find(transaction);
    if (found != wires_.end()) return found->second;
    if (!store_.is_up()) return nullptr;
    return wires_.emplace(transaction, store_.hold()).first->second;
}

asio::awaitable<Result<std::vector<Room>>> WireSink::promise(MessageId transaction,
                                                             std::vector<InboxId> inboxes, Bytes octets)
{
    const auto store = wire_of(transaction);
    if (!store) co_return net::Link::nobody();
    const auto asked = inboxes.size();
    PromiseRoom request;
    request.transaction = transaction;
    request.inboxes = std::move(inboxes);
    request.octets = octets;
    auto promised = co_await store->ask_for<Promised>(std::move(request), deadlines_.asking);
    if (!promised) co_return pass(promised);
    if (promised->rooms.size() != asked)
        co_return fail(Fault::internal,
                       "the mail store was asked for room in {} inboxes, and answered for {}", asked,
                       promised->rooms.size());
    co_return std::move(promised->rooms);
}

asio::awaitable<Result<void>> WireSink::deliver(MessageId transaction, std::vector<InboxId> inboxes,
                                                WholeMessage message)
{
    const auto store = wire_of(transaction);
    if (!store) co_return net::Link::nobody();
    DeliverMessage request;
    request.transaction = transaction;
    request.inboxes = std::move(inboxes);
    request.text = std::move(message.text);
    request.lines = message.lines;
    const auto done = co_await store->ask_for<Done>(std::move(request), deadlines_.storing);
    end(transaction, done);
    co_return without_content(done);
}

asio::awaitable<Result<NewMessage>> WireSink::open(MessageId transaction, InboxId first)
{
    const auto store = wire_of(transaction);
    if (!store) co_return net::Link::nobody();
    OpenMessage request;
    request.transaction = transaction;
    request.first = first;
    auto answer = co_await store->ask(sys::encode(request), deadlines_.asking);
    auto file = descriptor_from(answer);
    if (!file) co_return pass(file);
    co_return NewMessage{.file = std::move(*file)};
}

asio::awaitable<Result<void>> WireSink::commit(MessageId transaction, std::vector<InboxId> inboxes,
                                               Written written)
{
    const auto store = wire_of(transaction);
    if (!store) co_return net::Link::nobody();
    CommitMessage request;
    request.transaction = transaction;
    request.inboxes = std::move(inboxes);
    request.size = written.size;
    request.lines = written.lines;
    const auto done = co_await store->ask_for<Done>(std::move(request), deadlines_.storing);
    end(transaction, done);
    co_return without_content(done);
}

void WireSink::end(MessageId transaction, const Result<Done>& done)
{
    if (done)
        wires_.erase(transaction);
    else
        abandon(transaction); // the answer may have been lost, and the room be held still
}

void WireSink::abandon(MessageId transaction)
{
    const auto found = wires_.find(transaction);
    if (found == wires_.end()) return; // it has ended, or its store was never reached
    const auto store = std::move(found->second);
    wires_.erase(found);
    AbandonMessage message;
    message.transaction = transaction;
    store->tell(sys::encode(message));
}

std::unique_ptr<MailInbox> open_inbox(asio::any_io_executor executor, sys::Descriptor wire)
{
    auto store = net::Wire::open(executor, std::move(wire), "store");
    store->serve({});
    return std::make_unique<WireInbox>(std::move(store));
}

} // namespace metka::maildir
