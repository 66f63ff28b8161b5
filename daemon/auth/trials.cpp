#include "daemon/auth/trials.h"

#include <asio/redirect_error.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "core/base/text.h"
#include "core/domain/address.h"

namespace metka::auth {

namespace {

// A name as it is told apart from others: by the rules of addresses if it is one.
std::string folded(const std::string& name)
{
    const auto address = Address::parse(name);
    return address ? address->text() : lower(name);
}

// Of one question, while its hash is under way.
class Noted {
  public:
    Noted(std::unordered_set<std::string>& questions, std::string key)
        : questions_(questions), key_(std::move(key))
    {
        questions_.insert(key_);
    }
    Noted(const Noted&) = delete;
    Noted& operator=(const Noted&) = delete;
    ~Noted() { questions_.erase(key_); }

  private:
    std::unordered_set<std::string>& questions_;
    std::string key_;
};

std::string text_of(const DigestKey::Digest& digest)
{
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
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
    return text_of(names_.digest({folded(candidate.name)}));
}

std::string Trials::version_of(const Candidate& candidate) const
{
    return candidate.lock ? candidate.lock->version : hashes_.hasher().dummy();
}

asio::awaitable<Result<void>> Trials::wait_for_an_outcome(Seat& seat, const net::Origin& from, Asker asker)
{
    if (!seat) seat = waiting_.enter(from, asker);
    if (!seat)
        co_return fail(Fault::unavailable,
                       "{} log-ins wait for others to be checked, and {} has its share of the places",
                       waiting_.taken(), from.network);
    if (!bell_) {
        const auto loop = co_await asio::this_coro::executor;
        bell_.emplace(loop, asio::steady_timer::time_point::max());
    }
    asio::error_code ignored;
    co_await bell_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return Result<void>{};
}

asio::awaitable<Result<Patience::Admitted>> Trials::admit(const Guess& guess)
{
    Seat seat;
    for (;;) {
        const auto admitted = patience_.admit(guess, stopwatch_());
        if (admitted.admission != Patience::Admission::wait) co_return admitted;
        const auto waited = co_await wait_for_an_outcome(seat, guess.from, asker_of(admitted));
        if (!waited) co_return pass(waited);
    }
}

Patience::Pardons Trials::pardon(const Patience::Pardon& pardon)
{
    const auto pardons = patience_.pardon(pardon, stopwatch_());
    if (bell_) bell_->cancel(); // whoever waits may have one left now
    return pardons;
}

void Trials::forget(const InboxId& account)
{
    remembered_.forget(account);
    hashed_anew_.forget(account);
}

void Trials::replace(const InboxId& account, const Secret& password, const std::string& version)
{
    hashed_anew_.note(account, password, version, stopwatch_(), hashed_anew_.changes());
}

bool Trials::remembers(const InboxId& account, const Secret& password, const std::string& version) const
{
    const auto now = stopwatch_();
    return remembered_.knows(account, password, version, now) ||
           hashed_anew_.knows(account, password, version, now);
}

// What an app password opens, and what was found out before, also while this one waited.
std::optional<bool> Trials::known_answer(const Question& question)
{
    const auto& [candidate, name, version, password] = question;
    if (candidate.account && candidate.app_password) return true;
    const bool is_open = candidate.account && candidate.lock;
    if (is_open && remembers(*candidate.account, password, version)) return true;
    if (wrong_.knows(name, password, version)) return false;
    return std::nullopt;
}

asio::awaitable<Result<bool>> Trials::is_right(const Question& question, Asker asker)
{
    std::string key;
    const auto& from = question.candidate.from;
    std::optional<WaitingRoom::Place> place; // where hashes are made
    Seat seat;
    for (;;) {
        const auto known = known_answer(question);
        if (known) co_return *known;
        if (key.empty())
            key = text_of(names_.digest({question.name, question.version, question.password.reveal()}));
        if (!hashed_now_.contains(key)) place = hashing_.enter(from, asker);
        if (place) break;
        const auto waited = co_await wait_for_an_outcome(seat, from, asker);
        if (!waited) co_return pass(waited);
    }
    seat.reset();
    const Noted noted(hashed_now_, key);
    auto hashed = co_await hash(question, asker);
    co_return hashed;
}

asio::awaitable<Result<bool>> Trials::hash(const Question& question, Asker asker)
{
    const auto& [candidate, name, version, password] = question;
    const bool is_open = candidate.account && candidate.lock;
    const auto changes = remembered_.changes();
    const std::string against = is_open ? candidate.lock->hash : hashes_.hasher().dummy();
    const auto matches = co_await hashes_.verify(password, against, asker);
    if (!matches) co_return pass(matches);
    if (!is_open || !*matches) co_return false;
    remembered_.note(*candidate.account, password, version, stopwatch_(), changes);
    co_return true;
}

// Beyond what may be guessed the same is said of the same password as before, and nothing else is known.
Tried::Verdict Trials::told_before(const std::string& name, const std::string& version,
                                   const Secret& password)
{
    if (wrong_.knows(name, password, version)) return Tried::Verdict::wrong;
    const bool was_unheard = wrong_.knows(name, password, hashes_.hasher().dummy());
    return was_unheard ? Tried::Verdict::unheard : Tried::Verdict::refused;
}

asio::awaitable<Result<Tried>> Trials::try_password(Candidate candidate, const Secret& password,
                                                    OpensStill opens_still)
{
    const Guess guess{.from = candidate.from, .account = key_of(candidate)};
    const auto say = [&](Tried::Verdict verdict) {
        return Tried{.verdict = verdict, .wait = patience_.delay(guess, stopwatch_())};
    };
    const auto name = folded(candidate.name);
    auto version = version_of(candidate);
    // No account can have such a password, and this one was wrong before: to say so tells nobody anything.
    const bool was_wrong = !candidate.app_password && wrong_.knows(name, password, version);
    if (!check_password(password.reveal()) || was_wrong) co_return say(Tried::Verdict::wrong);

    const auto admitted = co_await admit(guess);
    if (!admitted) co_return pass(admitted);
    if (admitted->admission == Patience::Admission::refuse)
        co_return say(told_before(name, version, password));
    const bool is_unheard = admitted->admission == Patience::Admission::unheard;
    if (is_unheard) { // from here on a name that nobody has
        candidate.account.reset();
        candidate.lock.reset();
        candidate.app_password.reset();
        version = version_of(candidate);
    }
    UnderWay under_way(*this, guess, *admitted);
    const Question question{.candidate = candidate, .name = name, .version = version, .password = password};
    const auto right = co_await is_right(question, asker_of(*admitted));
    if (!right) co_return pass(right);
    if (*right) {
        const auto opens = opens_still ? opens_still() : Result<bool>(true);
        if (!opens) co_return pass(opens);
        if (!*opens) co_return say(Tried::Verdict::wrong);
        under_way.settle(Outcome::right);
        co_return Tried{.verdict = Tried::Verdict::right, .app_password = candidate.app_password};
    }
    const bool is_counted = wrong_.knows(name, password, version); // the same was under way twice
    wrong_.note(name, password, version);
    under_way.settle(is_counted ? Outcome::none : Outcome::wrong);
    co_return say(is_unheard ? Tried::Verdict::unheard : Tried::Verdict::wrong);
}

} // namespace metka::auth
