#include "tests/unit/metkad/office.h"

#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include "core/sys/log.h"

namespace metka::metkad::test {

asio::awaitable<Result<void>> NotingKeys::set_password(InboxId account, Secret password)
{
    notes.emplace_back("key.set");
    passwords[account] = std::string(password.reveal());
    co_return Result<void>();
}

asio::awaitable<Result<void>> NotingKeys::remove(InboxId account)
{
    notes.emplace_back("key.remove");
    passwords.erase(account);
    co_return Result<void>();
}

asio::awaitable<Result<std::optional<sys::Descriptor>>> NotingTrees::make(maildir::InboxPlace place)
{
    notes.emplace_back("tree.make");
    co_await asio::post(asio::use_awaitable); // as over a wire: others come in between
    if (out_of_order) co_return fail(Fault::unavailable, "the store is away");
    made.insert(place.inbox);
    co_return std::optional<sys::Descriptor>();
}

asio::awaitable<Result<void>> NotingTrees::remove(maildir::InboxPlace place)
{
    notes.emplace_back("tree.remove");
    if (out_of_order) co_return fail(Fault::unavailable, "the store is away");
    made.erase(place.inbox);
    co_return Result<void>();
}

asio::awaitable<Result<maildir::Usage>> NotingTrees::usage(maildir::InboxPlace)
{
    if (out_of_order) co_return fail(Fault::unavailable, "the store is away");
    co_return maildir::Usage{.used = used, .messages = 3};
}

Result<std::optional<UnixUser>> NotingAccounts::find(const std::string& login) const
{
    const auto found = users.find(login);
    if (found == users.end()) return std::optional<UnixUser>();
    return std::optional(UnixUser{.login = login, .uid = found->second, .gid = found->second});
}

asio::awaitable<Result<UnixUser>> NotingAccounts::create(std::string login)
{
    notes.emplace_back("user.create");
    users[login] = 2000;
    co_return UnixUser{.login = login, .uid = 2000, .gid = 2000};
}

asio::awaitable<Result<void>> NotingAccounts::remove(std::string login)
{
    notes.emplace_back("user.remove");
    users.erase(login);
    co_return Result<void>();
}

std::optional<std::string> NamedUsers::name_of(std::uint32_t uid) const
{
    const auto found = names.find(uid);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

bool NamedUsers::is_member(const std::string& user, const std::string& group) const
{
    return user == "boss" && group == "metka-admin";
}

TestOffice::TestOffice()
    : clock(Instant(std::chrono::sys_days(std::chrono::year(2026) / 3 / 10))),
      provisioning({.registry = registry,
                    .settings = settings,
                    .clock = clock,
                    .keys = keys,
                    .trees = trees,
                    .unix_accounts = unix_accounts,
                    .users = users,
                    .administrators = {.own_uid = 0, .group = "metka-admin"},
                    .programs = [this] { return programs; },
                    .started = clock.now()})
{
    sys::log_as("unit-metkad", sys::Level::error);
    settings.operator_domain = DomainName::parse("platon.man.lublin.pl").value();
    settings.operator_local_zones = {DomainName::parse("lublin.pl").value()};
    unix_accounts.users["anna"] = 1001;
}

std::string TestOffice::line(std::string line, std::uint32_t uid)
{
    auto answer = asio::co_spawn(loop, provisioning.answer(uid, std::move(line)), asio::use_future);
    loop.restart();
    loop.run();
    return answer.get();
}

std::vector<std::string> TestOffice::at_once(const std::vector<std::string>& lines)
{
    std::vector<std::future<std::string>> answers;
    for (const auto& line : lines)
        answers.push_back(asio::co_spawn(loop, provisioning.answer(0, line), asio::use_future));
    loop.restart();
    loop.run();
    std::vector<std::string> heard;
    for (auto& answer : answers)
        heard.push_back(answer.get());
    return heard;
}

Result<Json> TestOffice::ask(std::string_view method, std::string_view params, std::uint32_t uid)
{
    const auto answer =
        line(fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"{}","params":{}}})", method, params), uid);
    return control::parse_answer(answer, 1);
}

Json TestOffice::done(std::string_view method, std::string_view params)
{
    const auto answer = ask(method, params);
    REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    return *answer;
}

Error TestOffice::refused(std::string_view method, std::string_view params, std::uint32_t uid)
{
    const auto answer = ask(method, params, uid);
    REQUIRE_FALSE(answer.has_value());
    return answer.error();
}

void TestOffice::settle()
{
    done("customer.add", R"({"name":"firma","title":"Moja Firma","contact":"anna@example.org"})");
    done("domain.add", R"({"domain":"moja-firma.lublin.pl","customer":"firma"})");
    done("shell.add", R"({"login":"anna","customer":"firma","adopt":true,"disk_limit":"500M",
        "free_domain":"moja-firma.lublin.pl"})");
    notes.clear();
}

std::vector<std::string> steps_of(const Json& answer)
{
    std::vector<std::string> steps;
    for (const auto& step : *answer.member("steps")->array())
        steps.push_back(*step.text());
    return steps;
}

} // namespace metka::metkad::test
