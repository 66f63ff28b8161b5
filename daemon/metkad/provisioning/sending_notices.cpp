#include "daemon/metkad/provisioning/sending_notices.h"

#include <array>

#include "core/domain/address.h"
#include "daemon/metkad/machine/time_zone.h"

namespace metka::metkad {

Result<maildir::SendNotice> SendingNotices::to_owner(const login::SendingStopped& stopped) const
{
    const auto today = day_of(office_.clock.now(), office_.settings.operator_time_zone);
    if (!today) return pass(today);
    constexpr std::uint64_t hours_of_a_day = 24;
    maildir::SendNotice notice;
    notice.inbox = stopped.account;
    notice.notice = maildir::Notice::sending_limit;
    notice.about = today->text();
    notice.left = stopped.most;
    notice.hours = stopped.is_of_a_day ? hours_of_a_day : 1;
    return notice;
}

Result<maildir::SendNotice> SendingNotices::to_operator(const login::SendingStopped& stopped) const
{
    const auto& address = office_.settings.operator_inbox;
    if (!address) return fail(Fault::not_found, "operator.inbox is not set: the operator is not told");
    const auto reader = office_.registry.login(address->text());
    if (!reader) return pass(reader);
    if (!*reader)
        return fail(Fault::not_found, "operator.inbox is {}, and there is no such mailbox", address->show());
    const auto sender = office_.registry.inbox(stopped.account);
    if (!sender) return pass(sender);
    if (!*sender) return fail(Fault::not_found, "there is no account {}", stopped.account.hex());
    auto notice = to_owner(stopped);
    if (!notice) return notice;
    notice->inbox = (*reader)->id;
    notice->notice = maildir::Notice::sender_limited;
    notice->of = (*sender)->login;
    notice->language = name(office_.settings.operator_language);
    return notice;
}

asio::awaitable<Result<void>> SendingNotices::send(login::SendingStopped stopped)
{
    Result<void> outcome;
    const std::array letters{to_owner(stopped), to_operator(stopped)};
    for (const auto& notice : letters) {
        if (!notice) {
            if (outcome) outcome = pass(notice);
            continue;
        }
        const auto sent = co_await office_.trees.send(*notice);
        if (!sent && outcome) outcome = pass(sent);
    }
    co_return outcome;
}

asio::awaitable<Result<net::Frame>> SendingNotices::answer(net::Frame request)
{
    const auto stopped = sys::decode<login::SendingStopped>(request);
    if (!stopped) co_return pass(stopped);
    const auto sent = co_await send(*stopped);
    if (!sent) co_return pass(sent);
    co_return sys::encode(login::Stored{});
}

} // namespace metka::metkad
