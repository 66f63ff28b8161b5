#pragma once
// The mail as metkad has it: by asking whoever keeps it.

#include <optional>
#include <vector>

#include <asio/awaitable.hpp>

#include "core/base/result.h"
#include "core/domain/objects.h"
#include "core/maildir/protocol.h"
#include "core/sys/descriptor.h"

namespace metka::metkad {

// The mail trees, which metka-store keeps.
class Trees {
  public:
    virtual ~Trees() = default;
    // A shell inbox: with a descriptor of its Maildir. Safe to repeat.
    virtual asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) = 0;
    // Safe to repeat. With a descriptor: a folder that only its owner, the shell user, can empty; then
    // repeat.
    virtual asio::awaitable<Result<std::optional<sys::Descriptor>>> remove(maildir::InboxPlace place) = 0;
    virtual asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) = 0;
    // The rest is as core/maildir/protocol.h says it; lists may be longer than a frame.
    virtual asio::awaitable<Result<void>> make_all(std::vector<maildir::InboxPlace> places) = 0;
    virtual asio::awaitable<Result<bool>> carry(maildir::CarryMessages order) = 0; // true: that is all
    virtual asio::awaitable<Result<std::vector<Bytes>>> usages(std::vector<InboxId> inboxes) = 0;
    virtual asio::awaitable<Result<maildir::NoticeSent>> send(maildir::SendNotice notice) = 0;
    virtual asio::awaitable<Result<maildir::NoticeSent>> sent(maildir::AskNotice notice) = 0;
    virtual asio::awaitable<Result<std::vector<maildir::NoticeRow>>> notices(InboxId inbox,
                                                                             std::size_t most) = 0;
    virtual asio::awaitable<Result<maildir::Checked>> check(InboxId inbox) = 0;
};

} // namespace metka::metkad
