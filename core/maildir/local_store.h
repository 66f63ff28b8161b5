#pragma once
// MailSink and MailInbox straight on a MaildirStore in this process: for tests, and the other half of the
// contract that the wires must keep. Blocks its caller's thread for the disk.

#include <memory>

#include "core/directory/directory.h"
#include "core/maildir/mail_store.h"
#include "core/maildir/maildir_store.h"

namespace metka::maildir {

class LocalSink final : public MailSink {
  public:
    LocalSink(MaildirStore& store, directory::Directory& directory) : store_(store), directory_(directory) {}

    asio::awaitable<Result<std::vector<Room>>> promise(MessageId transaction, std::vector<InboxId> inboxes,
                                                       Bytes octets) override;
    asio::awaitable<Result<void>> deliver(MessageId transaction, std::vector<InboxId> inboxes,
                                          WholeMessage message) override;
    asio::awaitable<Result<NewMessage>> open(MessageId transaction, InboxId first) override;
    asio::awaitable<Result<void>> commit(MessageId transaction, std::vector<InboxId> inboxes,
                                         Written written) override;
    void abandon(MessageId transaction) override;

  private:
    MaildirStore& store_;
    directory::Directory& directory_;
};

Result<std::unique_ptr<MailInbox>> open_local_inbox(MaildirStore& store, directory::Directory& directory,
                                                    const InboxId& inbox);

} // namespace metka::maildir
