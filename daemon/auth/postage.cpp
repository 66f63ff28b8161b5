#include "daemon/auth/postage.h"

#include <array>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "core/net/aside.h"
#include "core/net/spawn.h"
#include "core/sys/log.h"

namespace metka::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto save_after = 1s; // the first message
constexpr auto save_every = 60s;
constexpr auto longest_overlap = 40s; // of the one before, which drains for 30 s at most
constexpr auto tell_again = 1h;       // metkad sends each letter once a day
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
      pause_(loop_, asio::steady_timer::time_point::max()),
      end_of_catching_up_(loop_)
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
    if (is_catching_up_) reread(question->account);
    const bool is_first = !book_.has_uncounted();
    const auto now = clock_.now();
    const auto reached = book_.count(question->account, question->recipients, *limits, now);
    if (reached)
        refuse(question->account, *reached, *limits);
    else if (is_first)
        pause_.cancel(); // whoever writes down looks when that is due
    if (stopping_) save_now();
    co_return sys::encode(login::SendingCounted{
        .verdict = reached ? login::SendingVerdict::limit : login::SendingVerdict::allowed, .at = now});
}

asio::awaitable<Result<net::Frame>> Postage::take_back(net::Frame told)
{
    const auto back = sys::decode<login::GiveBackSending>(told);
    if (!back) co_return pass(back);
    if (is_catching_up_) reread(back->account);
    const bool is_first = !book_.has_uncounted();
    book_.uncount(back->account, back->recipients, back->at);
    if (is_first) pause_.cancel();
    if (stopping_) save_now();
    co_return sys::encode(login::Stored{});
}

std::uint64_t Postage::sent(const InboxId& account, Window window)
{
    if (is_catching_up_) reread(account);
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

asio::awaitable<void> Postage::run()
{
    using Steady = asio::steady_timer::clock_type;
    auto saved = Steady::now() - save_every;
    auto noticed = Steady::time_point::max(); // that there is something to write down
    while (!stopping_) {
        const bool is_idle = !book_.has_uncounted();
        noticed = is_idle ? Steady::time_point::max() : std::min(noticed, Steady::now());
        const auto due = is_idle ? noticed : std::max(saved + save_every, noticed + save_after);
        if (Steady::now() < due) {
            pause_.expires_at(due);
            asio::error_code ignored;
            co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
            continue;
        }
        saved = Steady::now();
        noticed = Steady::time_point::max();
        co_await save();
    }
}

asio::awaitable<void> Postage::catch_up()
{
    end_of_catching_up_.expires_after(longest_overlap);
    asio::error_code ignored;
    co_await end_of_catching_up_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (stopping_ || !memory_) co_return;
    co_await save();
    auto work = [memory = memory_.get()] { return memory->all(); };
    const auto kept = co_await net::run_aside(writer_, std::move(work));
    if (kept) book_.replace(*kept);
    is_catching_up_ = false;
}

void Postage::reread(const InboxId& account)
{
    const auto kept = memory_ ? memory_->of(account) : Result<std::vector<SlotCount>>();
    if (memory_ && kept) book_.replace(account, *kept);
}

void Postage::stop()
{
    stopping_ = true;
    pause_.cancel();
    end_of_catching_up_.cancel();
    save_now();
}

asio::awaitable<void> Postage::save()
{
    const auto now = clock_.now();
    book_.forget_old(now);
    auto counts = book_.take_uncounted();
    if (counts.empty() || !memory_) co_return;
    auto work = [memory = memory_.get(), &counts, now] { return memory->add(counts, now); };
    const auto saved = co_await net::run_aside(writer_, std::move(work));
    if (saved) co_return;
    book_.give_back(counts);
    log_unsaved(saved.error());
}

void Postage::save_now()
{
    const auto counts = book_.take_uncounted();
    if (counts.empty() || !memory_) return;
    const auto saved = memory_->add(counts, clock_.now());
    if (!saved) log_unsaved(saved.error());
}

} // namespace metka::auth
