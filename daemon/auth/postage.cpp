#include "daemon/auth/postage.h"

#include "core/net/spawn.h"
#include "core/sys/log.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto tell_again = 1h; // metkad sends each letter once a day
constexpr auto tell_after_fault = 1min;

void log_unsaved(const Error& error)
{
    sys::log(sys::Level::warning, "sending.unsaved", {{"why", error.text}});
}

std::uint64_t most_of(const SendingLimits& limits, Window window)
{
    return window == Window::day ? limits.per_day : limits.per_hour;
}

} // namespace

Postage::Postage(asio::any_io_executor loop, directory::Directory& directory, const Clock& clock,
                 std::unique_ptr<SendingMemory> memory, settings::Settings settings, Tell tell)
    : loop_(std::move(loop)),
      directory_(directory),
      clock_(clock),
      memory_(std::move(memory)),
      settings_(std::move(settings)),
      tell_(std::move(tell)),
      written_(loop_, *this)
{
    const auto kept = memory_ ? memory_->all() : Result<std::vector<SlotCount>>();
    if (kept)
        book_.replace(*kept);
    else
        log_unsaved(kept.error());
}

Result<SendingLimits> Postage::limits_of(const InboxId& account)
{
    const auto sending = directory_.sending(account);
    if (!sending) return pass(sending);
    if (!*sending) return fail(Fault::not_found, "there is no account {}", account.hex());
    const auto plan = settings_.plan((*sending)->plan);
    return SendingLimits{.per_hour = (*sending)->messages_per_hour.value_or(plan.messages_per_hour),
                         .per_day = (*sending)->messages_per_day.value_or(plan.messages_per_day)};
}

asio::awaitable<Result<net::Frame>> Postage::answer(net::Frame request)
{
    const auto question = sys::decode<login::CountSending>(request);
    if (!question) co_return pass(question);
    if (question->recipients > SendingBook::most_at_once)
        co_return fail(Fault::invalid, "{} recipients are more than any message has", question->recipients);
    const auto limits = limits_of(question->account);
    if (!limits) co_return pass(limits);
    if (const auto beyond = SendingBook::never_fits(question->recipients, *limits))
        co_return sys::encode(login::SendingCounted{.verdict = login::SendingVerdict::never,
                                                    .most = most_of(*limits, *beyond),
                                                    .is_of_a_day = *beyond == Window::day});
    reread(question->account);
    const auto now = clock_.now();
    const auto reached = book_.count(question->account, question->recipients, *limits, now);
    if (reached)
        refuse(question->account, *reached, *limits);
    else
        written_.noted();
    co_return sys::encode(login::SendingCounted{
        .verdict = reached ? login::SendingVerdict::limit : login::SendingVerdict::allowed, .at = now});
}

asio::awaitable<Result<net::Frame>> Postage::take_back(net::Frame told)
{
    const auto back = sys::decode<login::GiveBackSending>(told);
    if (!back) co_return pass(back);
    reread(back->account);
    book_.uncount(back->account, back->recipients, back->at);
    written_.noted();
    co_return sys::encode(login::Stored{});
}

std::uint64_t Postage::sent(const InboxId& account, Window window)
{
    reread(account);
    return book_.sent(account, window, clock_.now());
}

void Postage::refuse(const InboxId& account, Window window, const SendingLimits& limits)
{
    const bool is_of_a_day = window == Window::day;
    const login::SendingStopped stopped{
        .account = account, .most = most_of(limits, window), .is_of_a_day = is_of_a_day};
    const auto now = clock_.now();
    const auto told = told_.find(account);
    if (told != told_.end() && now < told->second) return;
    std::erase_if(told_, [now](const auto& each) { return each.second <= now; });
    told_[account] = now + tell_after_fault;
    sys::log(sys::Level::warning, "sending.limit",
             {{"account", account.hex()}, {"most", stopped.most}, {"in", is_of_a_day ? "a day" : "an hour"}});
    net::spawn(loop_, tell(stopped), "notice of a sending limit");
}

asio::awaitable<void> Postage::tell(login::SendingStopped stopped)
{
    const auto done = co_await tell_(stopped);
    if (done)
        told_[stopped.account] = clock_.now() + tell_again;
    else
        sys::log(sys::Level::warning, "sending.untold",
                 {{"account", stopped.account.hex()}, {"why", done.error().text}});
}

void Postage::reread(const InboxId& account)
{
    if (!memory_ || !written_.is_catching_up()) return;
    written_.finish_writing();
    const auto kept = memory_->of(account);
    if (kept) book_.replace(account, *kept);
}

WrittenBook::Page Postage::take_unsaved()
{
    const auto now = clock_.now();
    book_.forget_old(now);
    const auto counts = std::make_shared<const std::vector<SlotCount>>(book_.take_uncounted());
    return {.write = [this, counts, now] { return memory_ ? memory_->add(*counts, now) : Result<void>(); },
            .give_back =
                [this, counts](const Error& error) {
                    book_.give_back(*counts);
                    log_unsaved(error);
                }};
}

std::function<void()> Postage::read_again()
{
    if (!memory_) return [] {};
    return [this, kept = memory_->all()] {
        if (kept) book_.replace(*kept);
    };
}

} // namespace metka::auth
