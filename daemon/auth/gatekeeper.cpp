#include "daemon/auth/gatekeeper.h"

#include <array>

#include "core/maildir/protocol.h"
#include "core/policy/login.h"
#include "core/sys/log.h"
#include "daemon/auth/kept_hash.h"

namespace metka::auth {

namespace {

using login::CheckLogin;
using login::LoginChecked;
using login::Service;
using login::Verdict;
using net::Frame;

struct ServiceRow {
    Service service;
    std::string_view name;
    policy::LoginPurpose purpose;
};
constexpr std::array<ServiceRow, 2> services{{
    {Service::submission, "submission", policy::LoginPurpose::sending},
    {Service::pop3, "pop3", policy::LoginPurpose::reading},
}};

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

const ServiceRow& row(Service service)
{
    return services[static_cast<std::size_t>(service)];
}

void log_checked(const CheckLogin& question, std::string_view verdict)
{
    sys::log(sys::Level::info, "login.checked",
             {{"verdict", verdict},
              {"service", row(question.service).name},
              {"name", question.name},
              {"peer", question.peer}});
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
    auto question = sys::decode<CheckLogin>(request);
    if (!question) co_return pass(question);
    if (question->service != service)
        co_return sys::bad_frame(
            fmt::format("a log-in for {} where {} belongs", row(question->service).name, row(service).name));
    auto answer = co_await check(std::move(*question));
    co_return answer;
}

Gatekeeper::Answer Gatekeeper::answer_metkad(Frame request)
{
    struct Row {
        std::uint16_t kind;
        Answer (Gatekeeper::*answer)(Frame);
    };
    static constexpr std::array<Row, 5> rows{{
        {login::SetPassword::kind, &Gatekeeper::set_password},
        {login::SetHashes::kind, &Gatekeeper::set_hashes},
        {login::VerifyPassword::kind, &Gatekeeper::verify_password},
        {login::PasswordChanged::kind, &Gatekeeper::forget_password},
        {login::RemoveSecrets::kind, &Gatekeeper::remove_secrets},
    }};
    for (const auto& each : rows)
        if (each.kind == request.kind) return (this->*each.answer)(std::move(request));
    return set_password(std::move(request)); // whose reader says which kind belongs here
}

Gatekeeper::Answer Gatekeeper::check(CheckLogin question)
{
    const auto account = directory_.login(question.name);
    if (!account) co_return pass(account);
    Candidate candidate{.from = net::origin_of(question.peer), .name = question.name};
    const auto tried = co_await try_password(std::move(candidate), *account, question.password);
    if (!tried) co_return pass(tried);
    if (tried->verdict != Tried::Verdict::right) {
        const bool is_wrong = tried->verdict == Tried::Verdict::wrong;
        log_checked(question, is_wrong ? "wrong" : "not-now");
        co_return sys::encode(LoginChecked{.verdict = is_wrong ? Verdict::wrong : Verdict::not_now,
                                           .wait = static_cast<std::uint64_t>(tried->wait.count())});
    }
    const auto judged = policy::judge_login(
        {.suspended = (*account)->suspended, .valid_ends = (*account)->valid_ends, .now = clock_.now()});
    const auto& verdict = verdicts[static_cast<std::size_t>(judged)];
    log_checked(question, verdict.name);
    LoginChecked checked{.verdict = verdict.said};
    if (judged != policy::LoginVerdict::suspended)
        checked = {verdict.said, (*account)->id, (*account)->login};
    auto answer = sys::encode(checked);
    if (question.service == Service::pop3 && policy::lets_in(judged, row(question.service).purpose)) {
        auto inbox = co_await open_inbox((*account)->id);
        if (!inbox) co_return pass(inbox);
        answer.descriptors[0] = std::move(*inbox);
    }
    co_return answer;
}

Result<std::optional<Lock>> Gatekeeper::lock_of(const directory::InboxRecord& account)
{
    if (unix_users_ != nullptr && account.kind == directory::InboxKind::shell) {
        auto entry = unix_users_->find(account.login, account.shell_uid, clock_.now());
        if (!entry) return pass(entry);
        if (!*entry || !Hasher::knows((*entry)->hash)) return std::optional<Lock>();
        return std::optional(Lock{.hash = std::move((*entry)->hash), .version = std::move((*entry)->line)});
    }
    const auto stored = secrets_.hash_of(account.id);
    if (!stored) return pass(stored);
    if (!*stored) return std::optional<Lock>();
    return std::optional(Lock{.hash = **stored, .version = **stored});
}

asio::awaitable<Result<Tried>> Gatekeeper::try_password(Candidate candidate,
                                                        const std::optional<directory::InboxRecord>& account,
                                                        const Secret& password)
{
    if (account) {
        auto lock = lock_of(*account);
        if (!lock) co_return pass(lock);
        candidate.account = account->id;
        candidate.lock = std::move(*lock);
    }
    auto tried = co_await trials_.try_password(std::move(candidate), password);
    co_return tried;
}

// One wire that reaches this inbox and no other: one end to the store, the other to the session that logged
// in.
asio::awaitable<Result<sys::Descriptor>> Gatekeeper::open_inbox(InboxId inbox)
{
    auto wire = sys::make_wire();
    if (!wire) co_return pass(wire);
    auto request = sys::encode(maildir::GrantInbox{.inbox = inbox});
    request.descriptors[0] = std::move(wire->one);
    const auto granted = co_await store_.ask(std::move(request));
    if (!granted) co_return pass(granted);
    const auto done = sys::decode<maildir::Done>(*granted);
    if (!done) co_return fail(Fault::unavailable, "metka-store broke the rules of its wire");
    co_return std::move(wire->other);
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
    // Its owner's own shell: a place that no attacker from outside can use up.
    Candidate candidate{.from = net::origin_of("my " + question->account.hex()),
                        .name = *account ? (*account)->login : std::string()};
    const auto name = candidate.name;
    const auto tried = co_await try_password(std::move(candidate), *account, question->password);
    if (!tried) co_return pass(tried);
    constexpr std::array<std::string_view, 3> words{"right", "wrong", "not-now"};
    sys::log(sys::Level::info, "login.checked",
             {{"verdict", words.at(static_cast<std::size_t>(tried->verdict))},
              {"service", "my"},
              {"name", name},
              {"peer", "metkad"}});
    if (tried->verdict == Tried::Verdict::refused)
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
    if (!removed) co_return pass(removed);
    co_return sys::encode(login::Stored{});
}

} // namespace metka::auth
