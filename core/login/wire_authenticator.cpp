#include "core/login/wire_authenticator.h"

#include <algorithm>
#include <utility>

#include "core/login/protocol.h"

namespace metka::login {

namespace {

constexpr std::uint64_t longest_wait = 60'000; // ms; no session waits longer, whatever it is told

// An answer that lets a POP3 client in brings its inbox with it.
bool wants_inbox(Service service, Verdict verdict)
{
    return service == Service::pop3 && (verdict == Verdict::right || verdict == Verdict::expired);
}

std::unexpected<Error> nobody_could_say(std::string_view why)
{
    return fail(Fault::unavailable, "the log-in could not be checked: {}", why);
}

Result<Answer> read_answer(Service service, net::Frame& frame)
{
    auto checked = sys::decode<LoginChecked>(frame);
    if (!checked) return nobody_could_say(checked.error().text);
    if (wants_inbox(service, checked->verdict) && !frame.descriptors[0])
        return nobody_could_say("metka-auth let the client in without its inbox");
    return Answer{.verdict = checked->verdict,
                  .account = checked->account,
                  .login = std::move(checked->login),
                  .wait = std::chrono::milliseconds(std::min(checked->wait, longest_wait)),
                  .inbox = std::move(frame.descriptors[0])};
}

} // namespace

asio::awaitable<Result<Answer>> WireAuthenticator::check(Attempt attempt)
{
    const auto service = attempt.service;
    const CheckLogin question{.service = service,
                              .name = std::move(attempt.name),
                              .password = std::move(attempt.password),
                              .peer = std::move(attempt.peer)};
    auto frame = co_await auth_.ask(sys::encode(question));
    if (!frame) co_return nobody_could_say(frame.error().text);
    co_return read_answer(service, *frame);
}

void WireAuthenticator::came_to_nothing(const InboxId& account)
{
    if (auth_.is_up()) auth_.tell(sys::encode(CameToNothing{.account = account}));
}

asio::awaitable<Result<SendingAnswer>> WireSendingCounter::count(InboxId account, std::uint64_t recipients)
{
    const CountSending question{.account = account, .recipients = recipients};
    const auto counted = co_await auth_->ask_for<SendingCounted>(question);
    if (!counted && counted.error().fault == Fault::not_found) co_return pass(counted);
    if (!counted)
        co_return fail(Fault::unavailable, "the message could not be counted: {}", counted.error().text);
    Postmark::GiveBack give_back;
    if (counted->verdict == SendingVerdict::allowed)
        give_back = [link = std::weak_ptr(auth_), back = GiveBackSending{account, recipients, counted->at}] {
            if (const auto auth = link.lock()) auth->tell(sys::encode(back));
        };
    co_return SendingAnswer{.verdict = counted->verdict,
                            .most = counted->most,
                            .is_of_a_day = counted->is_of_a_day,
                            .postmark = Postmark(std::move(give_back))};
}

} // namespace metka::login
