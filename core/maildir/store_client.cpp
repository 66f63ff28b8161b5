#include "core/maildir/store_client.h"

#include <span>

#include "core/maildir/protocol.h"

namespace metka::maildir {

namespace {

constexpr std::size_t most_names_bytes = 48 * 1024; // in one frame

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

class WireInbox final : public MailInbox {
  public:
    explicit WireInbox(std::shared_ptr<net::Wire> store) : store_(std::move(store)) {}
    WireInbox(const WireInbox&) = delete;
    WireInbox& operator=(const WireInbox&) = delete;
    ~WireInbox() override { store_->close(); }

    asio::awaitable<Result<void>> lock() override
    {
        const LockInbox request;
        const auto done = co_await store_->ask_for<Done>(request);
        co_return without_content(done);
    }

    asio::awaitable<void> unlock() override
    {
        const UnlockInbox request;
        const auto done = co_await store_->ask_for<Done>(request);
        if (!done) co_return; // the store has gone, and every lock with it
    }

    asio::awaitable<Result<std::vector<Listed>>> list() override
    {
        std::vector<Listed> whole;
        for (;;) {
            ListInbox request;
            request.from = whole.size();
            auto part = co_await store_->ask_for<Listing>(request);
            if (!part) co_return pass(part);
            if (part->messages.empty()) co_return whole;
            for (auto& each : part->messages)
                whole.push_back(std::move(each));
        }
    }

    asio::awaitable<Result<sys::Descriptor>> read(std::string name) override
    {
        ReadMessage request;
        request.name = std::move(name);
        auto answer = co_await store_->ask(sys::encode(request));
        co_return descriptor_from(answer);
    }

    asio::awaitable<Result<void>> remove(std::vector<std::string> names) override
    {
        std::span<std::string> rest(names);
        while (!rest.empty()) {
            auto request = next_removal(rest);
            const auto done = co_await store_->ask_for<Done>(std::move(request));
            if (!done) co_return without_content(done);
        }
        co_return Result<void>{};
    }

  private:
    static RemoveMessages next_removal(std::span<std::string>& rest)
    {
        RemoveMessages request;
        std::size_t bytes = 0;
        while (!rest.empty() && bytes < most_names_bytes) {
            bytes += rest.front().size() + 5;
            request.names.push_back(std::move(rest.front()));
            rest = rest.subspan(1);
        }
        return request;
    }

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
    auto promised = co_await store->ask_for<Promised>(std::move(request));
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
    const auto done = co_await store->ask_for<Done>(std::move(request));
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
    auto answer = co_await store->ask(sys::encode(request));
    auto file = descriptor_from(answer);
    if (!file) co_return pass(file);
    co_return NewMessage{.id = transaction, .file = std::move(*file)};
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
    const auto done = co_await store->ask_for<Done>(std::move(request));
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
