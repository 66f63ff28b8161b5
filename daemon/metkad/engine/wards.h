#pragma once
// The secrets, the mail trees and the refusals as metkad has them: by asking metka-auth, metka-store and
// metka-smtp.

#include "daemon/metkad/engine/household.h"
#include "daemon/metkad/engine/keys.h"
#include "daemon/metkad/engine/refusals.h"
#include "daemon/metkad/engine/trees.h"

namespace metka::metkad {

class EngineKeys final : public Keys {
  public:
    explicit EngineKeys(Household& household) : household_(household) {}
    asio::awaitable<Result<void>> set_password(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> set_hashes(std::vector<login::KeptHash> hashes) override;
    asio::awaitable<Result<bool>> is_right(InboxId account, Secret password) override;
    asio::awaitable<Result<void>> changed_elsewhere(InboxId account) override;
    asio::awaitable<Result<void>> remove(InboxId account) override;
    asio::awaitable<Result<Secret>> add_app_password(InboxId account, AppPassword wanted) override;
    asio::awaitable<Result<std::vector<KeptAppPassword>>> app_passwords(InboxId account) override;
    asio::awaitable<Result<void>> remove_app_password(InboxId account, std::string name) override;
    asio::awaitable<Result<void>> remove_app_passwords(InboxId account) override;

  private:
    template <class Order>
    asio::awaitable<Result<void>> have_done(Order order); // by metka-auth, which says no more than that

    Household& household_;
};

class EngineRefusals final : public Refusals {
  public:
    explicit EngineRefusals(Household& household) : household_(household) {}
    asio::awaitable<Result<household::Refusal>> find(ReceiptCode code) override;

  private:
    Household& household_;
};

class EngineTrees final : public Trees {
  public:
    explicit EngineTrees(Household& household) : household_(household) {}
    asio::awaitable<Result<std::optional<sys::Descriptor>>> make(maildir::InboxPlace place) override;
    asio::awaitable<Result<std::optional<sys::Descriptor>>> remove(maildir::InboxPlace place) override;
    asio::awaitable<Result<maildir::Usage>> usage(maildir::InboxPlace place) override;
    asio::awaitable<Result<void>> make_all(std::vector<maildir::InboxPlace> places) override;
    asio::awaitable<Result<bool>> carry(maildir::CarryMessages order) override;
    asio::awaitable<Result<std::vector<Bytes>>> usages(std::vector<InboxId> inboxes) override;
    asio::awaitable<Result<maildir::NoticeSent>> send(maildir::SendNotice notice) override;
    asio::awaitable<Result<maildir::NoticeSent>> sent(maildir::AskNotice notice) override;
    asio::awaitable<Result<std::vector<maildir::NoticeRow>>> notices(InboxId inbox,
                                                                     std::size_t most) override;
    asio::awaitable<Result<maildir::Checked>> check(InboxId inbox) override;

  private:
    Household& household_;
};

} // namespace metka::metkad
