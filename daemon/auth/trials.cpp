#include "daemon/auth/trials.h"

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/base/text.h"
#include "core/domain/address.h"

namespace metka::auth {

namespace {

constexpr std::size_t most_waiting = 256;

// A name as it is told apart from others: by the rules of addresses if it is one.
std::string folded(const std::string& name)
{
    const auto address = Address::parse(name);
    return address ? address->text() : lower(name);
}

} // namespace

// Gives back what it holds of somebody's patience, however the hash ends.
class Trials::UnderWay {
  public:
    UnderWay(Trials& trials, const Guess& guess, Patience::Admitted admitted)
        : trials_(trials), guess_(guess), admitted_(admitted)
    {
    }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;
    ~UnderWay() { settle(Outcome::none); }
    void settle(Outcome outcome)
    {
        if (std::exchange(is_settled_, true)) return;
        trials_.patience_.settle(guess_, admitted_, outcome, trials_.stopwatch_());
        if (trials_.bell_) trials_.bell_->cancel();
    }

  private:
    Trials& trials_;
    const Guess& guess_;
    Patience::Admitted admitted_;
    bool is_settled_ = false;
};

// Names that nobody has are of any length.
std::string Trials::key_of(const Candidate& candidate) const
{
    if (candidate.account) return candidate.account->hex();
    const auto digest = names_.digest({folded(candidate.name)});
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

asio::awaitable<Result<void>> Trials::wait_for_an_outcome()
{
    if (waiting_ >= most_waiting)
        co_return fail(Fault::unavailable, "{} log-ins wait for others to be checked", waiting_);
    if (!bell_) {
        const auto loop = co_await asio::this_coro::executor;
        bell_.emplace(loop, asio::steady_timer::time_point::max());
    }
    ++waiting_;
    asio::error_code ignored;
    co_await bell_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    --waiting_;
    co_return Result<void>{};
}

asio::awaitable<Result<Patience::Admitted>> Trials::admit(const Guess& guess)
{
    for (;;) {
        const auto admitted = patience_.admit(guess, stopwatch_());
        if (admitted.admission != Patience::Admission::wait) co_return admitted;
        const auto waited = co_await wait_for_an_outcome();
        if (!waited) co_return pass(waited);
    }
}

asio::awaitable<Result<bool>> Trials::is_right(const Candidate& candidate, const Secret& password)
{
    const auto& lock = candidate.lock;
    const bool is_open = candidate.account && lock;
    const auto now = stopwatch_();
    if (is_open && remembered_.knows(*candidate.account, password, lock->version, now)) co_return true;
    const auto changes = remembered_.changes();
    const std::string against = is_open ? lock->hash : hashes_.hasher().dummy();
    const auto matches = co_await hashes_.verify(password, against);
    if (!matches) co_return pass(matches);
    if (!is_open || !*matches) co_return false;
    remembered_.note(*candidate.account, password, lock->version, stopwatch_(), changes);
    co_return true;
}

asio::awaitable<Result<Tried>> Trials::try_password(Candidate candidate, const Secret& password)
{
    const Guess guess{.from = candidate.from, .account = key_of(candidate)};
    const auto wrong = [&] {
        return Tried{.verdict = Tried::Verdict::wrong, .wait = patience_.delay(guess, stopwatch_())};
    };
    const auto name = folded(candidate.name);
    const std::string version = candidate.lock ? candidate.lock->version : hashes_.hasher().dummy();
    // No account can have such a password, and this one was wrong before: to say so tells nobody anything.
    if (!check_password(password.reveal()) || wrong_.knows(name, password, version)) co_return wrong();

    const auto admitted = co_await admit(guess);
    if (!admitted) co_return pass(admitted);
    if (admitted->admission == Patience::Admission::refuse)
        co_return Tried{.verdict = Tried::Verdict::refused, .wait = patience_.delay(guess, stopwatch_())};
    UnderWay under_way(*this, guess, *admitted);
    const auto right = co_await is_right(candidate, password);
    if (!right) co_return pass(right);
    if (*right) {
        under_way.settle(Outcome::right);
        co_return Tried{.verdict = Tried::Verdict::right};
    }
    const bool is_counted = wrong_.knows(name, password, version); // the same was under way twice
    wrong_.note(name, password, version);
    under_way.settle(is_counted ? Outcome::none : Outcome::wrong);
    co_return wrong();
}

} // namespace metka::auth
