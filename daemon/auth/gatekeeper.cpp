#include "daemon/auth/gatekeeper.h"

#include <array>

#include <asio/this_coro.hpp>

#include "core/maildir/protocol.h"
#include "core/policy/login.h"
#include "core/sys/log.h"
#include "daemon/auth/app_password.h"
#include "daemon/auth/kept_hash.h"

namespace metka::auth {

namespace {

using login::CheckLogin;
using login::LoginChecked;
using login::Service;
using login::Verdict;
using net::Frame;

struct VerdictRow {
    policy::LoginVerdict judged;
    Verdict said;
    std::string_view name;
};
constexpr std::array<VerdictRow, 3> verdicts{{
    {policy::LoginVerdict::right, Verdict::right, "right"},
    {policy::LoginVerdict::suspended, Verdict::suspended, "suspended"},
    {policy::LoginVerdict::expired, Verdict::expired, "expired"},
}};

policy::LoginPurpose purpose_of(Service service)
{
    constexpr std::array<policy::LoginPurpose, 2> purposes{policy::LoginPurpose::sending,
                                                           policy::LoginPurpose::reading};
    return purposes.at(static_cast<std::size_t>(service));
}

std::string_view word_of(Tried::Verdict verdict)
{
    constexpr std::array<std::string_view, 4> words{"right", "wrong", "not-heard", "not-now"};
    return words.at(static_cast<std::size_t>(verdict));
}

void log_checked(const CheckLogin& question, std::string_view verdict)
{
    sys::log(sys::Level::info, "login.checked",
             {{"verdict", verdict},
              {"service", login::name_of(question.service)},
              {"name", question.name},
              {"peer", question.peer}});
}

void log_checked(const CheckLogin& question, std::string_view verdict, std::string_view app_password)
{
    sys::log(sys::Level::info, "login.checked",
             {{"verdict", verdict},
              {"service", login::name_of(question.service)},
              {"name", question.name},
              {"peer", question.peer},
              {"app_password", app_password}});
}

// Whether what was right then is so now: the app password if it was one, else the main one.
bool opens_as(const Openable& then, const Openable& now)
{
    if (!then.account || !now.account || then.account->id != now.account->id) return false;
    if (then.app_password) return now.app_password && now.app_password->id == then.app_password->id;
    return then.main && now.main && now.main->version == then.main->version;
}

asio::awaitable<Result<Frame>> refuse_kind(std::uint16_t kind)
{
    co_return sys::bad_frame(fmt::format("kind {:#06x} where an order of metkad's belongs", kind));
}

// As the login book has it.
Id key_of(const Tried& tried)
{
    return tried.app_password ? Id(tried.app_password->id) : Id();
}

} // namespace

Gatekeeper::Gatekeeper(directory::Directory& directory, Secrets& secrets, HashPool& hashes, net::Link& store,
                       const Clock& clock, Stopwatch stopwatch, const UnixUsers* unix_users,
                       PatienceLimits patience)
    : directory_(directory),
      secrets_(secrets),
      hashes_(hashes),
      store_(store),
      clock_(clock),
      unix_users_(unix_users),
      trials_(hashes, patience, std::move(stopwatch))
{
}

net::Wire::Handler Gatekeeper::handler_for(Service service)
{
    return [this, service](Frame request) { return answer_program(service, std::move(request)); };
}

net::Wire::Handler Gatekeeper::handler_for_metkad()
{
    return [this](Frame request) { return answer_metkad(std::move(request)); };
}

Gatekeeper::Answer Gatekeeper::answer_program(Service service, Frame request)
{
    if (service == Service::pop3 && request.kind == login::CameToNothing::kind) {
        auto forgiven = co_await forgive_delay(std::move(request));
        co_return forgiven;
    }
    auto question = sys::decode<CheckLogin>(request);
    if (!question) co_return pass(question);
    if (question->service != service)
        co_return sys::bad_frame(fmt::format("a log-in for {} where {} belongs",
                                             login::name_of(question->service), login::name_of(service)));
    auto answer = co_await check(std::move(*question));
    co_return answer;
}

Gatekeeper::Answer Gatekeeper::answer_metkad(Frame request)
{
    struct Row {
        std::uint16_t kind;
        Answer (Gatekeeper::*answer)(Frame);
    };
    static constexpr std::array<Row, 9> rows{{
        {login::SetPassword::kind, &Gatekeeper::set_password},
        {login::SetHashes::kind, &Gatekeeper::set_hashes},
        {login::VerifyPassword::kind, &Gatekeeper::verify_password},
        {login::PasswordChanged::kind, &Gatekeeper::forget_password},
        {login::RemoveSecrets::kind, &Gatekeeper::remove_secrets},
        {login::AddAppPassword::kind, &Gatekeeper::add_app_password},
        {login::ListAppPasswords::kind, &Gatekeeper::list_app_passwords},
        {login::RemoveAppPassword::kind, &Gatekeeper::remove_app_password},
        {login::RemoveAppPasswords::kind, &Gatekeeper::remove_app_passwords},
    }};
    for (const auto& each : rows)
        if (each.kind == request.kind) return (this->*each.answer)(std::move(request));
    return refuse_kind(request.kind);
}

Gatekeeper::Answer Gatekeeper::check(CheckLogin question)
{
    Candidate candidate{.from = net::origin_of(question.peer), .name = question.name};
    Key key{.find = [&] { return directory_.login(question.name); },
            .password = question.password,
            .opener = Opener::any_password};
    const auto opened = co_await try_password(std::move(candidate), std::move(key));
    if (!opened) co_return pass(opened);
    const auto* const tried = &opened->tried;
    const auto& account = opened->account;
    if (tried->verdict != Tried::Verdict::right) {
        const bool is_refused = tried->verdict == Tried::Verdict::refused;
        log_checked(question, word_of(tried->verdict));
        co_return sys::encode(LoginChecked{.verdict = is_refused ? Verdict::not_now : Verdict::wrong,
                                           .wait = static_cast<std::uint64_t>(tried->wait.count())});
    }
    const auto judged = policy::judge_login(
        {.suspended = account->suspended, .valid_ends = account->valid_ends, .now = clock_.now()});
    const bool is_let_in = policy::lets_in(judged, purpose_of(question.service));
    if (is_let_in && is_too_soon(account->id, question.service)) {
        log_checked(question, "too-soon");
        co_return sys::encode(LoginChecked{.verdict = Verdict::too_soon});
    }
    const auto& verdict = verdicts[static_cast<std::size_t>(judged)];
    if (tried->app_password)
        log_checked(question, verdict.name, tried->app_password->name);
    else
        log_checked(question, verdict.name);
    LoginChecked checked{.verdict = verdict.said};
    if (judged != policy::LoginVerdict::suspended) checked = {verdict.said, account->id, account->login};
    auto answer = sys::encode(checked);
    if (question.service == Service::pop3 && is_let_in) {
        auto inbox = open_inbox(account->id);
        if (!inbox) co_return pass(inbox);
        answer.descriptors[0] = std::move(*inbox);
    }
    if (is_let_in) logins_.note(account->id, key_of(*tried), question.service, question.peer, clock_.now());
    if (is_let_in && noted_) noted_();
    if (is_let_in && question.service == Service::pop3) in_vain_.erase(account->id.hex());
    co_return answer;
}

Gatekeeper::Answer Gatekeeper::forgive_delay(Frame request)
{
    const auto told = sys::decode<login::CameToNothing>(request);
    if (!told) co_return pass(told);
    (void)in_vain_.at(told->account.hex());
    co_return sys::encode(login::Stored{});
}

// A clock that was set back holds nobody up. Whoever was let in had waited for all that had opened before, so
// that a log-in that opened nothing leaves nothing to wait for.
bool Gatekeeper::is_too_soon(const InboxId& account, Service service)
{
    if (service != Service::pop3 || login_delay_.count() == 0) return false;
    if (in_vain_.peek(account.hex()) != nullptr) return false;
    if (reread_) reread_(account);
    const auto last = logins_.last(account, service);
    const auto now = clock_.now();
    return last && last->at <= now && now - last->at < login_delay_;
}

Result<Locks> Gatekeeper::locks_of(const directory::InboxRecord& account)
{
    if (unix_users_ != nullptr && account.kind == directory::InboxKind::shell) {
        auto entry = unix_users_->find(account.login, account.shell_uid, clock_.now());
        if (!entry) return pass(entry);
        if (!*entry) return Locks{.main = {}, .is_closed = true};
        if (!Hasher::knows((*entry)->hash)) return Locks{};
        return Locks{.main = Lock{.hash = std::move((*entry)->hash), .version = std::move((*entry)->line)}};
    }
    const auto stored = secrets_.hash_of(account.id);
    if (!stored) return pass(stored);
    if (!*stored) return Locks{};
    return Locks{.main = Lock{.hash = **stored, .version = **stored}};
}

Result<Openable> Gatekeeper::openable_by(const Key& key)
{
    auto account = key.find();
    if (!account) return pass(account);
    Locks locks{.main = {}, .is_closed = true};
    if (*account) {
        auto found = locks_of(**account);
        if (!found) return pass(found);
        locks = std::move(*found);
    }
    Openable openable{.account = std::move(*account), .main = std::move(locks.main), .app_password = {}};
    const auto letters = read_app_password(key.password.reveal());
    if (letters && key.opener == Opener::any_password) { // looked up for names that nobody has, too
        const auto id = openable.account ? openable.account->id : InboxId();
        auto found = secrets_.app_password(id, digest_of(id, *letters), clock_.now());
        if (!found) return pass(found);
        if (!locks.is_closed) openable.app_password = std::move(*found);
    }
    return openable;
}

Result<Openable> Gatekeeper::openable_still(const Key& key, const Openable& then, const SecretsMark& mark)
{
    const bool is_ours_alone = then.account && !then.app_password &&
                               (unix_users_ == nullptr || then.account->kind != directory::InboxKind::shell);
    if (!is_ours_alone || !mark || secrets_.mark() != mark) return openable_by(key);
    auto account = key.find();
    if (!account) return pass(account);
    const bool is_the_same = *account && (*account)->id == then.account->id;
    if (!is_the_same) return openable_by(key);
    return Openable{.account = std::move(*account), .main = then.main, .app_password = {}};
}

asio::awaitable<Result<Opened>> Gatekeeper::try_password(Candidate candidate, Key key)
{
    const auto asked = trials_.now();
    const auto mark = secrets_.mark();
    auto openable = openable_by(key);
    if (!openable) co_return pass(openable);
    if (openable->account) candidate.account = openable->account->id;
    candidate.lock = openable->main;
    candidate.app_password = openable->app_password;
    auto opens_still = [&]() -> Result<bool> {
        auto now = openable_still(key, *openable, mark);
        if (!now) return pass(now);
        const bool is_still_right = opens_as(*openable, *now) || opens_anew(*openable, *now, key.password);
        *openable = std::move(*now);
        return is_still_right;
    };
    auto tried = co_await trials_.try_password(std::move(candidate), key.password, std::move(opens_still));
    if (!tried) co_return pass(tried);
    if (tried->verdict != Tried::Verdict::right) {
        const auto now = trials_.now();
        tried->wait = answer_time_.wait(now - asked, tried->wait, now);
    }
    if (tried->verdict == Tried::Verdict::right && !tried->app_password) {
        const auto loop = co_await asio::this_coro::executor;
        replace_foreign_hash(*openable, key.password, loop);
    }
    co_return Opened{.tried = *tried, .account = std::move(openable->account)};
}

// One wire that reaches this inbox and no other: one end to the store, the other to the session that logged
// in. Nobody waits for the store here: what the session asks waits in the wire, and if the store takes no
// grant, the wire ends.
Result<sys::Descriptor> Gatekeeper::open_inbox(InboxId inbox)
{
    if (!store_.is_up()) return net::Link::nobody();
    auto wire = sys::make_wire();
    if (!wire) return pass(wire);
    auto grant = sys::encode(maildir::GrantInbox{.inbox = inbox});
    grant.descriptors[0] = std::move(wire->one);
    store_.tell(std::move(grant));
    return std::move(wire->other);
}

Gatekeeper::Answer Gatekeeper::set_password(Frame request)
{
    const auto wanted = sys::decode<login::SetPassword>(request);
    if (!wanted) co_return pass(wanted);
    const auto allowed = check_password(wanted->password.reveal());
    if (!allowed) co_return fail_field("password", allowed.error());
    const auto hash = co_await hashes_.hash(wanted->password);
    if (!hash) co_return pass(hash);
    const auto kept = secrets_.set(wanted->account, *hash, clock_.now());
    trials_.forget(wanted->account); // also where that failed: then it costs one hash, and nothing else
    if (!kept) co_return pass(kept);
    co_return sys::encode(login::Stored{});
}

Gatekeeper::Answer Gatekeeper::set_hashes(Frame request)
{
    const auto wanted = sys::decode<login::SetHashes>(request);
    if (!wanted) co_return pass(wanted);
    for (const auto& each : wanted->hashes) {
        const auto allowed = check_hash(each.hash.reveal());
        if (!allowed) co_return fail_field("password_hash", allowed.error());
    }
    const auto kept = secrets_.set(wanted->hashes, clock_.now());
    for (const auto& each : wanted->hashes)
        trials_.forget(each.account);
    if (!kept) co_return pass(kept);
    co_return sys::encode(login::Stored{});
}

Gatekeeper::Answer Gatekeeper::verify_password(Frame request)
{
    const auto question = sys::decode<login::VerifyPassword>(request);
    if (!question) co_return pass(question);
    const auto account = directory_.inbox(question->account);
    if (!account) co_return pass(account);
    Candidate candidate{.from = net::origin_of(login::shell_of_account(question->account.hex())),
                        .name = *account ? (*account)->login : std::string()};
    const auto name = candidate.name;
    Key key{.find = [&] { return directory_.inbox(question->account); },
            .password = question->password,
            .opener = Opener::main_password};
    const auto opened = co_await try_password(std::move(candidate), std::move(key));
    if (!opened) co_return pass(opened);
    const auto* const tried = &opened->tried;
    sys::log(sys::Level::info, "login.checked",
             {{"verdict", word_of(tried->verdict)}, {"service", "my"}, {"name", name}, {"peer", "metkad"}});
    if (tried->verdict == Tried::Verdict::refused || tried->verdict == Tried::Verdict::unheard)
        co_return fail(Fault::unavailable, "too many wrong passwords were given; try again in a minute");
    co_return sys::encode(login::Verified{.right = tried->verdict == Tried::Verdict::right});
}

Gatekeeper::Answer Gatekeeper::forget_password(Frame request)
{
    const auto changed = sys::decode<login::PasswordChanged>(request);
    if (!changed) co_return pass(changed);
    trials_.forget(changed->account);
    co_return sys::encode(login::Stored{});
}

Gatekeeper::Answer Gatekeeper::remove_secrets(Frame request)
{
    const auto wanted = sys::decode<login::RemoveSecrets>(request);
    if (!wanted) co_return pass(wanted);
    const auto removed = secrets_.remove(wanted->account);
    trials_.forget(wanted->account);
    logins_.forget(wanted->account);
    if (!removed) co_return pass(removed);
    co_return sys::encode(login::Stored{});
}

} // namespace metka::auth
