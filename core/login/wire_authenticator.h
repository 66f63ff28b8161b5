#pragma once
// The Authenticator and the SendingCounter that ask metka-auth over its wire.

#include <memory>

#include "core/login/authenticator.h"
#include "core/login/sending_counter.h"
#include "core/net/wire.h"

namespace metka::login {

class WireAuthenticator final : public Authenticator {
  public:
    explicit WireAuthenticator(net::Link& auth) : auth_(auth) {} // outlives this
    // Whatever goes wrong on the way is unavailable: a wrong password is an answer, never a fault.
    asio::awaitable<Result<Answer>> check(Attempt attempt) override;
    void came_to_nothing(const InboxId& account) override; // told, and not asked whether it was heard

  private:
    net::Link& auth_;
};

class WireSendingCounter final : public SendingCounter {
  public:
    explicit WireSendingCounter(net::Link& auth) : auth_(&auth, [](net::Link*) {}) {} // outlives this
    // What is given back is told to the metka-auth of that moment, which reads what one before it counted: a
    // message that takes an hour holds no metka-auth that was replaced. After this has gone nobody is told.
    asio::awaitable<Result<SendingAnswer>> count(InboxId account, std::uint64_t recipients) override;

  private:
    std::shared_ptr<net::Link> auth_; // not owned
};

} // namespace metka::login
