#pragma once
// Says whether an account may send, counts what it sends, and has metkad tell its owner and the operator when
// it may not. The counts are written down behind the answers (write_behind.h).

#include <functional>
#include <memory>
#include <unordered_map>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "core/settings/settings.h"
#include "daemon/auth/sending_book.h"
#include "daemon/auth/sending_memory.h"
#include "daemon/auth/write_behind.h"

namespace metka::auth {

class Postage final : private WrittenBook {
  public:
    // Asks metkad to tell; a fault: try again later.
    using Tell = std::function<asio::awaitable<Result<void>>(login::SendingStopped)>;

    // The directory and the clock outlive this; one event loop. Without a memory, counts end with this
    // program. `settings`: for the numbers of the plans.
    Postage(asio::any_io_executor loop, directory::Directory& directory, const Clock& clock,
            std::unique_ptr<SendingMemory> memory, settings::Settings settings, Tell tell);
    void adopt(settings::Settings settings) { settings_ = std::move(settings); }

    asio::awaitable<Result<net::Frame>> answer(net::Frame request); // login::CountSending
    asio::awaitable<Result<net::Frame>> take_back(net::Frame told); // login::GiveBackSending
    std::uint64_t sent(const InboxId& account, Window window);      // until now
    WriteBehind& written() { return written_; }

  private:
    Result<SendingLimits> limits_of(const InboxId& account);
    void refuse(const InboxId& account, Window window, const SendingLimits& limits);
    asio::awaitable<void> tell(login::SendingStopped stopped);
    void reread(const InboxId& account);
    bool has_unsaved() const override { return book_.has_uncounted(); }
    Page take_unsaved() override;
    std::function<void()> read_again() override;

    asio::any_io_executor loop_;
    directory::Directory& directory_;
    const Clock& clock_;
    std::unique_ptr<SendingMemory> memory_;
    settings::Settings settings_;
    Tell tell_;
    SendingBook book_;
    std::unordered_map<InboxId, Instant> told_; // and not to be told again before
    WriteBehind written_;
};

} // namespace metka::auth
