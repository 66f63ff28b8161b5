// Who has logged in sends only so much in an hour and in a day (DESIGN §6): asked once a message, when all
// its recipients are known and before any of it comes.

#include "core/sys/log.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

asio::awaitable<std::optional<wire::Reply>> Session::sending_refused()
{
    const bool is_counted = login_ && with_.sending != nullptr;
    if (!is_counted) co_return std::nullopt;
    const auto counted = co_await with_.sending->count(login_->account, transaction_->recipients());
    if (!counted) {
        sys::log(sys::Level::error, "smtp.auth_failed", {{"session", id_}, {"why", counted.error().text}});
        co_return replies::try_later;
    }
    if (*counted == login::SendingVerdict::allowed) co_return std::nullopt;
    sys::log(sys::Level::info, "smtp.sending_limit",
             {{"session", id_}, {"login", login_->name}, {"recipients", transaction_->recipients()}});
    co_return replies::sending_limit;
}

} // namespace metka::smtp
