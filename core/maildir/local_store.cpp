#include "core/maildir/local_store.h"

namespace metka::maildir {

namespace {

class LocalInbox final : public MailInbox {
  public:
    explicit LocalInbox(std::unique_ptr<MaildirInbox> inbox) : inbox_(std::move(inbox)) {}

    asio::awaitable<Result<void>> lock() override { co_return inbox_->lock(); }
    asio::awaitable<void> unlock() override
    {
        inbox_->unlock();
        co_return;
    }
    asio::awaitable<Result<std::vector<Listed>>> list() override { co_return inbox_->list(); }
    asio::awaitable<Result<sys::Descriptor>> read(std::string name) override { co_return inbox_->read(name); }
    asio::awaitable<Result<void>> remove(std::vector<std::string> names) override
    {
        co_return inbox_->remove(names);
    }

  private:
    std::unique_ptr<MaildirInbox> inbox_;
};

} // namespace

asio::awaitable<Result<void>> LocalSink::promise(MessageId transaction, InboxId inbox, Bytes octets)
{
    const auto facts = facts_with_space_in(directory_, inbox);
    if (!facts) co_return pass(facts);
    co_return store_.promise(transaction, *facts, octets);
}

asio::awaitable<Result<NewMessage>> LocalSink::open(MessageId transaction, InboxId first)
{
    const auto facts = facts_in(directory_, first);
    if (!facts) co_return pass(facts);
    auto file = store_.open_message(transaction, *facts);
    if (!file) co_return pass(file);
    co_return NewMessage{.id = transaction, .file = std::move(*file)};
}

asio::awaitable<Result<void>> LocalSink::commit(MessageId transaction, std::vector<InboxId> inboxes,
                                                Written written)
{
    std::vector<InboxFacts> recipients;
    for (const auto& inbox : inboxes) {
        auto facts = facts_with_space_in(directory_, inbox);
        if (!facts) co_return pass(facts);
        const auto open = must_be_open(*facts);
        if (!open) co_return pass(open);
        recipients.push_back(std::move(*facts));
    }
    co_return store_.commit(transaction, recipients, written);
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
