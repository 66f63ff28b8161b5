#include "tests/unit/metkad/office.h"

#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include "core/sys/log.h"
#include "daemon/metkad/provisioning/operator.h"

namespace metka::metkad::test {

std::string request(std::string_view method, std::string_view params, std::int64_t id,
                    const std::string& more)
{
    return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}{}{}}})", id, method, params,
                       more.empty() ? "" : ",", more);
}

TestOffice::TestOffice()
    : clock(Instant(std::chrono::sys_days(std::chrono::year(2026) / 3 / 10))),
      provisioning({.registry = registry,
                    .settings = settings,
                    .clock = clock,
                    .keys = keys,
                    .trees = trees,
                    .refusals = refusals,
                    .logins = logins,
                    .unix_accounts = unix_accounts,
                    .fences = fences,
                    .resolver = resolver,
                    .users = users,
                    .own_uid = 0,
                    .configuration = configuration,
                    .programs = [this] { return programs; },
                    .write_zones =
                        [this] {
                            ++zones_written;
                            return Result<void>();
                        },
                    .started = clock.now()})
{
    sys::log_as("unit-metkad", sys::Level::error);
    settings.operator_host = "mail.man.lublin.pl";
    settings.operator_domain = DomainName::parse("platon.man.lublin.pl").value();
    settings.operator_local_zones = {DomainName::parse("lublin.pl").value()};
    settings.operator_inbox = address("postmaster@platon.man.lublin.pl");
    REQUIRE(settle_host_domain(registry, settings, clock.now()).has_value());
    unix_accounts.users["anna"] = 1001;
    unix_accounts.users["ewa"] = 1002;
    unix_accounts.users["boss"] = 500;
}

std::string TestOffice::line(std::string line, std::uint32_t uid)
{
    const auto tell = [this](std::string told) { progress.push_back(std::move(told)); };
    auto answer = asio::co_spawn(loop, provisioning.answer(uid, std::move(line), tell), asio::use_future);
    loop.restart();
    loop.run();
    return answer.get();
}

std::future<std::string> TestOffice::on_its_way(std::string line)
{
    return asio::co_spawn(loop, provisioning.answer(0, std::move(line), {}), asio::use_future);
}

std::vector<std::string> TestOffice::at_once(const std::vector<std::string>& lines)
{
    std::vector<std::future<std::string>> answers;
    answers.reserve(lines.size());
    for (const auto& line : lines)
        answers.push_back(on_its_way(line));
    loop.restart();
    loop.run();
    std::vector<std::string> heard;
    heard.reserve(answers.size());
    for (auto& answer : answers)
        heard.push_back(answer.get());
    return heard;
}

Result<Json> TestOffice::ask(std::string_view method, std::string_view params, const Asker& asker)
{
    return control::parse_answer(line(request(method, params, 1, asker.more), asker.uid), 1);
}

Json TestOffice::done(std::string_view method, std::string_view params, const Asker& asker)
{
    const auto answer = ask(method, params, asker);
    REQUIRE_MESSAGE(answer.has_value(), answer.error().text);
    return *answer;
}

Error TestOffice::refused(std::string_view method, std::string_view params, const Asker& asker)
{
    const auto answer = ask(method, params, asker);
    REQUIRE_FALSE(answer.has_value());
    return answer.error();
}

bool TestOffice::is_killed(std::string_view method, std::string_view params)
{
    try {
        (void)line(request(method, params));
        return false;
    } catch (const Killed&) {
        return true;
    }
}

void TestOffice::settle()
{
    done("customer.add", R"({"name":"firma","title":"Moja Firma","contact":"anna@example.org"})");
    done("domain.add", R"({"domain":"moja-firma.lublin.pl","customer":"firma"})");
    done("shell.add", R"({"login":"anna","customer":"firma","adopt":true,"disk_limit":"500M",
        "free_domain":"moja-firma.lublin.pl"})");
    notes.clear();
}

void TestOffice::settle_neighbours()
{
    done("customer.add", R"({"name":"other","title":"Other","contact":"o@example.org"})");
    done("domain.add", R"({"domain":"other.lublin.pl","customer":"other"})");
    done("shell.add", R"({"login":"ewa","customer":"other","adopt":true,"disk_limit":"500M",
        "free_domain":"other.lublin.pl"})");
    notes.clear();
}

void TestOffice::free_mailbox(std::string_view address)
{
    done("mailbox.add",
         fmt::format(
             R"({{"address":"{}","shell":"anna","capacity":"10M","valid_until":"none","password":"x"}})",
             address));
    notes.clear();
}

std::string TestOffice::dump()
{
    std::string all;
    for (const std::string_view list :
         {"customer.list", "domain.list", "shell.list", "mailbox.list", "alias.list"})
        all += to_text(done(list, "{}")) + "\n";
    for (const auto& mailbox : *registry.mailboxes())
        all += fmt::format("{} {}\n", mailbox.address.text(), mailbox.host_name);
    for (const auto& removed : *registry.removed())
        all += fmt::format("removed {} {}\n", removed.login, to_unix_ms(removed.purge_after));
    for (const auto& [id, password] : keys.passwords)
        all += fmt::format("key {} {}\n", id.hex(), password);
    all +=
        fmt::format("trees {}, users {}, notices {}, audit {}\n", trees.made.size(),
                    unix_accounts.users.size(), trees.told.size(), registry.audit({.most = 10'000})->size());
    return all;
}

InboxId TestOffice::mailbox_id(std::string_view text)
{
    const auto mailbox = registry.mailbox(address(text));
    REQUIRE(mailbox->has_value());
    return (*mailbox)->id;
}

bool TestOffice::has_tree(const InboxId& inbox) const
{
    for (const auto& [id, shell] : trees.made)
        if (id == inbox) return true;
    return false;
}

Address address(std::string_view text)
{
    return Address::parse(text).value();
}

std::vector<std::string> texts(const Json& list)
{
    std::vector<std::string> sentences;
    for (const auto& each : *list.array())
        sentences.push_back(*each.text());
    return sentences;
}

std::vector<std::string> steps_of(const Json& answer)
{
    return texts(*answer.member("steps"));
}

std::string text_of(const Json& object, std::string_view member)
{
    return *object.member(member)->text();
}

std::int64_t number_of(const Json& object, std::string_view member)
{
    return *object.member(member)->number();
}

std::vector<std::string> column(const Json& rows, std::string_view member)
{
    std::vector<std::string> values;
    for (const auto& row : *rows.array())
        values.push_back(text_of(row, member));
    return values;
}

} // namespace metka::metkad::test
