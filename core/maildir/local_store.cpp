#include "core/maildir/local_store.h"

namespace metka::maildir {

namespace {

class LocalInbox final : public MailInbox {
  public:
    explicit LocalInbox(std::unique_ptr<MaildirInbox> inbox) : inbox_(std::move(inbox)) {}

    bool is_open() const override { return true; }
    asio::awaitable<Result<Opened>> open() override { co_return inbox_->open(); }
    asio::awaitable<void> unlock() override
    {
        inbox_->unlock();
        co_return;
    }
    asio::awaitable<Result<std::vector<std::uint64_t>>> octets() override
    {
        co_return inbox_->octets(0, most_listed);
    }
    asio::awaitable<Result<Uids>> uids(MessageIndex from, std::uint64_t most) override
    {
        co_return inbox_->uids(from, most, SIZE_MAX);
    }
    asio::awaitable<Result<StoredMessage>> read(MessageIndex message) override
    {
        co_return inbox_->read(message);
    }
    asio::awaitable<Result<Removal>> remove(std::vector<MessageIndex> messages) override
    {
        co_return inbox_->remove(messages);
    }

  private:
    std::unique_ptr<MaildirInbox> inbox_;
};

} // namespace

asio::awaitable<Result<std::vector<Room>>> LocalSink::promise(MessageId transaction,
                                                              std::vector<InboxId> inboxes, Bytes octets)
{
    std::vector<Room> rooms;
    rooms.reserve(inboxes.size());
    for (const auto& inbox : inboxes) {
        const auto facts = facts_with_space_in(directory_, inbox);
        rooms.push_back(facts ? room_after(store_.promise(transaction, *facts, octets)) : Room::not_now);
    }
    co_return rooms;
}

asio::awaitable<Result<void>> LocalSink::deliver(MessageId transaction, std::vector<InboxId> inboxes,
                                                 WholeMessage message)
{
    auto facts = recipients_in(directory_, inboxes);
    if (!facts) co_return pass(facts);
    Parcel parcel{.transaction = transaction, .inboxes = std::move(*facts), .message = std::move(message)};
    Parcel* const parcels[] = {&parcel};
    store_.deliver(parcels);
    co_return std::move(parcel.outcome);
}

asio::awaitable<Result<NewMessage>> LocalSink::open(MessageId transaction, InboxId first)
{
    const auto facts = facts_in(directory_, first);
    if (!facts) co_return pass(facts);
    auto file = store_.open_message(transaction, *facts);
    if (!file) co_return pass(file);
    co_return NewMessage{.file = std::move(*file)};
}

asio::awaitable<Result<void>> LocalSink::commit(MessageId transaction, std::vector<InboxId> inboxes,
                                                Written written)
{
    const auto facts = recipients_in(directory_, inboxes);
    if (!facts) co_return pass(facts);
    co_return store_.commit(transaction, *facts, written);
}

void LocalSink::abandon(MessageId transaction)
{
    store_.abandon(transaction);
}

Result<std::unique_ptr<MailInbox>> open_local_inbox(MaildirStore& store, directory::Directory& directory,
                                                    const InboxId& inbox)
{
    const auto facts = facts_in(directory, inbox);
    if (!facts) return pass(facts);
    auto opened = store.inbox(*facts);
    if (!opened) return pass(opened);
    return std::make_unique<LocalInbox>(std::move(*opened));
}

} // namespace metka::maildir
