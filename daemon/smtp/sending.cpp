// Who has logged in sends only so much in an hour and in a day (DESIGN §6): asked once a message, when all
// its recipients are known and before any of it comes. What is counted then is given back with the
// transaction, unless that was accepted.

#include <fmt/format.h>

#include "core/sys/log.h"
#include "daemon/smtp/replies.h"
#include "daemon/smtp/session.h"

namespace metka::smtp {

asio::awaitable<std::optional<Session::SendingRefused>> Session::sending_refused()
{
    const bool is_counted = login_ && with_.sending != nullptr;
    if (!is_counted) co_return std::nullopt;
    const auto recipients = transaction_->recipients();
    auto counted = co_await with_.sending->count(login_->account, recipients);
    if (!counted) {
        if (counted.error().fault == Fault::not_found) co_return SendingRefused{replies::account_closed};
        sys::log(sys::Level::error, "smtp.auth_failed", {{"session", id_}, {"why", counted.error().text}});
        co_return SendingRefused{replies::try_later};
    }
    if (counted->verdict == login::SendingVerdict::allowed) {
        postmark_.emplace(std::move(counted->postmark));
        co_return std::nullopt;
    }
    sys::log(sys::Level::info, "smtp.sending_limit",
             {{"session", id_}, {"login", login_->name}, {"recipients", recipients}});
    if (counted->verdict == login::SendingVerdict::limit) co_return SendingRefused{replies::sending_limit};
    co_return SendingRefused{counted->is_of_a_day ? replies::never_in_a_day : replies::never_in_an_hour,
                             fmt::format("{} at most", counted->most)};
}

} // namespace metka::smtp
