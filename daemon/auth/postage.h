#pragma once
// Says whether an account may send, counts what it sends, and has metkad tell its owner and the operator when
// it may not. The counts are written down behind the answers, at most once a minute and at the end.

#include <functional>
#include <memory>
#include <unordered_map>

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>

#include "core/base/clock.h"
#include "core/directory/directory.h"
#include "core/login/protocol.h"
#include "core/net/wire.h"
#include "core/settings/settings.h"
#include "daemon/auth/sending_book.h"
#include "daemon/auth/sending_memory.h"

namespace metka::auth {

class Postage {
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
    asio::awaitable<void> run();                                    // the writing down, until stop()
    // At an upgrade the one before this program counts on for a moment, and writes down at its end what it
    // counted: so in the first minute what is kept of an account is read again before each answer.
    asio::awaitable<void> catch_up();
    void stop(); // from now on what is counted is written down at once
    void save_now();

  private:
    Result<SendingLimits> limits_of(const InboxId& account);
    void refuse(const InboxId& account, Window window, const SendingLimits& limits);
    asio::awaitable<void> tell(login::SendingStopped stopped);
    void reread(const InboxId& account);
    asio::awaitable<void> save();

    asio::any_io_executor loop_;
    directory::Directory& directory_;
    const Clock& clock_;
    std::unique_ptr<SendingMemory> memory_;
    settings::Settings settings_;
    Tell tell_;
    SendingBook book_;
    std::unordered_map<InboxId, Instant> told_; // and not to be told again before
    asio::steady_timer pause_;                  // rings when something is to be written down
    asio::steady_timer end_of_catching_up_;
    bool is_catching_up_ = true;
    bool stopping_ = false;
    asio::thread_pool writer_{1}; // goes first: it uses the memory
};

} // namespace metka::auth
