#pragma once

#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/logins.h"

namespace metka::metkad {

class EngineLogins final : public Logins {
  public:
    explicit EngineLogins(Household& household) : household_(household) {}
    asio::awaitable<Result<std::optional<login::KnownLogin>>> last(InboxId account) override;
    asio::awaitable<Result<std::vector<login::HeldRow>>> held_back(login::ListHeldBack question,
                                                                   std::size_t most) override;
    asio::awaitable<Result<login::Unblocked>> unblock(login::Unblock wanted) override;
    asio::awaitable<Result<login::Sent>> sent(InboxId account) override;

  private:
    Household& household_;
};

} // namespace metka::metkad
