#pragma once
// The secrets and the mail trees as metkad has them: by asking metka-auth and metka-store.

#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/provisioning/provisioning.h"

namespace metka::metkad {

class EngineKeys final : public Keys {
  public:
    explicit EngineKeys(Household& household) : household_(household) {}
    asio::awaitable<Result<void>> set_password(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> remove(InboxId account) override;

  private:
    Household& household_;
};

class EngineTrees final : public Trees {
  public:
    explicit EngineTrees(Household& household) : household_(household) {}
    asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) override;
    asio::awaitable<Result<void>> remove(maildir::InboxPlace place) override;
    asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) override;

  private:
    Household& household_;
};

} // namespace metka::metkad
