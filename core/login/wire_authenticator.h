#pragma once
// The Authenticator and the SendingCounter that ask metka-auth over its wire.

#include "core/login/authenticator.h"
#include "core/login/sending_counter.h"
#include "core/net/wire.h"

namespace metka::login {

class WireAuthenticator final : public Authenticator {
  public:
    explicit WireAuthenticator(net::Link& auth) : auth_(auth) {} // outlives this
    // Whatever goes wrong on the way is unavailable: a wrong password is an answer, never a fault.
    asio::awaitable<Result<Answer>> check(Attempt attempt) override;

  private:
    net::Link& auth_;
};

class WireSendingCounter final : public SendingCounter {
  public:
    explicit WireSendingCounter(net::Link& auth) : auth_(auth) {} // outlives this
    asio::awaitable<Result<SendingVerdict>> count(InboxId account, std::uint64_t recipients) override;

  private:
    net::Link& auth_;
};

} // namespace metka::login
