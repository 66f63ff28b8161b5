// Every verb of the table, asked by every kind of caller. Parameters that no verb has stand in for real ones:
// who may not ask is refused before they are read.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

enum class For { administrators, accounts, everybody };

// A verb that is not here fails the test: whoever adds one says here who may ask it.
const std::map<std::string_view, For> expected{
    {"customer.add", For::administrators},
    {"customer.list", For::administrators},
    {"customer.show", For::administrators},
    {"customer.set", For::administrators},
    {"customer.rename", For::administrators},
    {"customer.suspend", For::administrators},
    {"customer.resume", For::administrators},
    {"customer.remove", For::administrators},
    {"plan.list", For::administrators},
    {"plan.show", For::administrators},
    {"domain.add", For::administrators},
    {"domain.list", For::administrators},
    {"domain.show", For::administrators},
    {"domain.set", For::administrators},
    {"domain.prove", For::administrators},
    {"domain.suspend", For::administrators},
    {"domain.resume", For::administrators},
    {"domain.remove", For::administrators},
    {"domain.dns", For::administrators},
    {"domain.check", For::administrators},
    {"shell.add", For::administrators},
    {"shell.list", For::administrators},
    {"shell.app-password.add", For::administrators},
    {"shell.app-password.list", For::administrators},
    {"shell.app-password.remove", For::administrators},
    {"mailbox.app-password.add", For::administrators},
    {"mailbox.app-password.list", For::administrators},
    {"mailbox.app-password.remove", For::administrators},
    {"my.app-password.add", For::accounts},
    {"my.app-password.list", For::accounts},
    {"my.app-password.remove", For::accounts},
    {"shell.show", For::administrators},
    {"shell.set", For::administrators},
    {"shell.rename", For::administrators},
    {"shell.suspend", For::administrators},
    {"shell.resume", For::administrators},
    {"shell.remove", For::administrators},
    {"mailbox.add", For::administrators},
    {"mailbox.list", For::administrators},
    {"mailbox.show", For::administrators},
    {"mailbox.set", For::administrators},
    {"mailbox.rename", For::administrators},
    {"mailbox.suspend", For::administrators},
    {"mailbox.resume", For::administrators},
    {"mailbox.renew", For::administrators},
    {"mailbox.remove", For::administrators},
    {"config.check", For::administrators},
    {"config.show", For::administrators},
    {"config.diff", For::administrators},
    {"config.apply", For::administrators},
    {"config.history", For::administrators},
    {"config.rollback", For::administrators},
    {"engine.restart", For::administrators},
    {"daemon.reload", For::administrators},
    {"explain.recipient", For::administrators},
    {"explain.sender", For::administrators},
    {"explain.limit", For::administrators},
    {"explain.login", For::administrators},
    {"explain.receipt", For::administrators},
    {"alias.add", For::administrators},
    {"alias.list", For::administrators},
    {"alias.show", For::administrators},
    {"alias.set", For::administrators},
    {"alias.rename", For::administrators},
    {"alias.remove", For::administrators},
    {"my.show", For::accounts},
    {"my.usage", For::accounts},
    {"my.password", For::accounts},
    {"my.log", For::accounts},
    {"my.alias.list", For::accounts},
    {"my.alias.add", For::accounts},
    {"my.alias.rename", For::accounts},
    {"my.alias.remove", For::accounts},
    {"my.mailbox.list", For::accounts},
    {"my.mailbox.show", For::accounts},
    {"my.mailbox.add", For::accounts},
    {"my.mailbox.set", For::accounts},
    {"my.mailbox.rename", For::accounts},
    {"my.mailbox.remove", For::accounts},
    {"sweep.expiry", For::administrators},
    {"sweep.quota", For::administrators},
    {"notices.list", For::administrators},
    {"login.list", For::administrators},
    {"login.unblock", For::administrators},
    {"status", For::administrators},
    {"log", For::administrators},
    {"version", For::everybody},
    {"apply", For::administrators},
    {"complete", For::everybody},
};

struct Person {
    std::string_view name;
    Asker asker;
    std::set<For> let_in;
    Fault refusal = Fault::denied;
};

const std::string as_anna = R"("as":"anna")";

const std::vector<Person>& people()
{
    using enum For;
    static const std::vector<Person> all{
        {"root", {.uid = 0}, {administrators, For::everybody}},
        {"a member of metka-admin", {.uid = 500}, {administrators, For::everybody}},
        {"a member that has a shell account, too", {.uid = 1002}, {administrators, accounts, For::everybody}},
        {"a shell user", {.uid = 1001}, {accounts, For::everybody}},
        {"a user without an account", {.uid = 1003}, {For::everybody}},
        {"a uid without a name", {.uid = 4711}, {For::everybody}},
        {"somebody who has the uid of an account now", {.uid = 1005}, {For::everybody}},
        {"somebody who has the name of an account now", {.uid = 1006}, {For::everybody}},
        {"root in the place of anna", {.uid = 0, .more = as_anna}, {accounts, For::everybody}},
        {"a member in the place of anna", {.uid = 500, .more = as_anna}, {accounts, For::everybody}},
        {"a shell user in the place of another", {.uid = 1004, .more = as_anna}, {}},
        {"a shell user in the own place", {.uid = 1001, .more = as_anna}, {}},
        {"a user without an account in the place of anna", {.uid = 1003, .more = as_anna}, {}},
        {"a uid without a name in the place of anna", {.uid = 4711, .more = as_anna}, {}},
        {"a shell user in a place that is not there", {.uid = 1001, .more = R"("as":"nikt")"}, {}},
        {"root in a place that is not there", {.uid = 0, .more = R"("as":"nikt")"}, {}, Fault::not_found},
        {"root in no place at all", {.uid = 0, .more = R"("as":"")"}, {}, Fault::not_found},
    };
    return all;
}

// anna and jan have shell accounts; ewa too, and is a member of metka-admin; ola's uid went to a stranger,
// and iza's name to another uid.
void settle_people(TestOffice& office)
{
    office.settle();
    office.settle_neighbours();
    for (const auto& [uid, login] :
         std::map<std::uint32_t, std::string>{{1004, "jan"}, {1005, "ola"}, {1007, "iza"}}) {
        office.users.names[uid] = login;
        office.unix_accounts.users[login] = uid;
        office.done("shell.add", fmt::format(R"({{"login":"{}","customer":"firma","adopt":true}})", login));
    }
    office.users.members.insert("ewa");
    office.users.names[1003] = "kto";
    office.users.names[1005] = "obcy";
    office.users.names[1006] = "iza";
    office.users.names.erase(1007);
    office.notes.clear();
}

} // namespace

TEST_CASE("every verb refuses every kind of caller that may not ask it, and no other")
{
    TestOffice office;
    settle_people(office);
    const auto before = office.dump();
    for (const auto& verb : control::verbs()) {
        const auto method = verb.method();
        CAPTURE(method);
        const auto row = expected.find(method);
        REQUIRE_MESSAGE(row != expected.end(), "say in this table who may ask it");
        for (const auto& person : people()) {
            CAPTURE(person.name);
            const auto error = office.refused(method, R"({"nonsense":1})", person.asker);
            const bool let_in = person.let_in.contains(row->second);
            CHECK_MESSAGE(error.fault == (let_in ? Fault::invalid : person.refusal), error.text);
            CHECK((error.field == "nonsense") == let_in);
        }
    }
    CHECK(expected.size() == control::verbs().size());
    CHECK(office.notes.empty());
    CHECK(office.dump() == before);
}

TEST_CASE("administrators without an account are told to say whose place they take")
{
    TestOffice office;
    office.settle();
    CHECK(office.refused("my.show", "{}").text ==
          "root has no shell account of its own; say --as LOGIN for whose it is");
    CHECK(office.refused("shell.list", "{}", {.uid = 0, .more = as_anna})
              .text.contains("leave --as out to ask as root"));
}

TEST_CASE("what belongs to somebody else is refused exactly as if it were not there")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("my.mailbox.add", R"({"address":"box@other.lublin.pl","capacity":"1M","password":"x"})", ewa);
    office.done("my.alias.add", R"({"address":"lead@other.lublin.pl"})", ewa);
    office.done("mailbox.add", R"({"address":"box@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    office.done("alias.add", R"({"address":"lead@moja-firma.lublin.pl","to":"box@moja-firma.lublin.pl"})");
    struct Row {
        std::string_view method, params, existing, missing;
    };
    const Row rows[] = {
        {"my.mailbox.show", R"({{"address":"{}"}})", "box@other.lublin.pl", "nic@other.lublin.pl"},
        {"my.mailbox.show", R"({{"address":"{}"}})", "box@moja-firma.lublin.pl", "nic@moja-firma.lublin.pl"},
        {"my.mailbox.set", R"({{"address":"{}","capacity":"2M"}})", "box@other.lublin.pl",
         "nic@other.lublin.pl"},
        {"my.mailbox.rename", R"({{"address":"{}","to":"a@moja-firma.lublin.pl"}})", "box@other.lublin.pl",
         "nic@other.lublin.pl"},
        {"my.mailbox.remove", R"({{"address":"{}"}})", "box@other.lublin.pl", "nic@other.lublin.pl"},
        {"my.mailbox.remove", R"({{"address":"{}"}})", "box@moja-firma.lublin.pl",
         "nic@moja-firma.lublin.pl"},
        {"my.mailbox.add", R"({{"address":"{}","capacity":"1M","password":"x"}})", "box@other.lublin.pl",
         "nic@other.lublin.pl"},
        {"my.password", R"({{"mailbox":"{}","password":"x"}})", "box@other.lublin.pl", "nic@other.lublin.pl"},
        {"my.alias.rename", R"({{"address":"{}","to":"a@moja-firma.lublin.pl"}})", "lead@other.lublin.pl",
         "nic@other.lublin.pl"},
        {"my.alias.remove", R"({{"address":"{}"}})", "lead@other.lublin.pl", "nic@other.lublin.pl"},
        {"my.alias.remove", R"({{"address":"{}"}})", "lead@moja-firma.lublin.pl", "nic@moja-firma.lublin.pl"},
        {"my.alias.add", R"({{"address":"{}"}})", "lead@other.lublin.pl", "nic@other.lublin.pl"},
        {"my.alias.add", R"({{"address":"{}"}})", "a@other.lublin.pl", "a@nigdzie.lublin.pl"},
        {"my.mailbox.add", R"({{"address":"{}","capacity":"1M","password":"x"}})", "a@other.lublin.pl",
         "a@nigdzie.lublin.pl"},
    };
    const auto before = office.dump();
    for (const auto& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.existing);
        const auto there =
            office.refused(row.method, fmt::format(fmt::runtime(row.params), row.existing), anna);
        auto not_there = office.refused(row.method, fmt::format(fmt::runtime(row.params), row.missing), anna);
        CHECK(there.fault == not_there.fault);
        for (auto at = not_there.text.find(row.missing); at != std::string::npos;
             at = not_there.text.find(row.missing))
            not_there.text.replace(at, row.missing.size(), row.existing);
        const std::string missing_domain(row.missing.substr(row.missing.find('@') + 1));
        const std::string existing_domain(row.existing.substr(row.existing.find('@') + 1));
        const auto at = not_there.text.find(missing_domain);
        if (at != std::string::npos) not_there.text.replace(at, missing_domain.size(), existing_domain);
        CHECK(there.text == not_there.text);
    }
    CHECK(office.dump() == before);
}

TEST_CASE("the audit keeps who really asked and in whose place")
{
    TestOffice office;
    office.settle();
    office.done("my.alias.add", R"({"address":"a@moja-firma.lublin.pl"})", {.uid = 500, .more = as_anna});
    office.done("my.alias.add", R"({"address":"b@moja-firma.lublin.pl"})", anna);
    const auto rows = office.registry.audit({.most = 2}).value();
    CHECK(rows[1].actor == "boss");
    CHECK(rows[1].actor_uid == 500);
    CHECK(rows[1].acting_as == "anna");
    CHECK(rows[1].verb == "my.alias.add");
    CHECK(rows[0].actor == "anna");
    CHECK(rows[0].actor_uid == 1001);
    CHECK(rows[0].acting_as.empty());
    const auto log = office.done("log", R"({"most":2})");
    CHECK(column(log, "actor") == std::vector<std::string>{"anna", "boss"});
    CHECK(column(log, "acting_as") == std::vector<std::string>{"", "anna"});
    CHECK(column(office.done("my.log", "{}", anna), "actor") == std::vector<std::string>{"anna", "boss"});
}

TEST_CASE("completion names to each caller what is the caller's to know")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("my.mailbox.add", R"({"address":"box@other.lublin.pl","capacity":"1M","password":"x"})", ewa);
    office.free_mailbox("box@moja-firma.lublin.pl");
    const auto names = [&](std::string_view of, const Asker& asker) {
        return column(office.done("complete", fmt::format(R"({{"of":"{}","begins":""}})", of), asker),
                      "name");
    };
    CHECK(names("shell", {}) == std::vector<std::string>{"anna", "ewa"});
    CHECK(names("shell", anna).empty());
    CHECK(names("customer", anna).empty());
    CHECK(names("domain", anna) == std::vector<std::string>{"moja-firma.lublin.pl"});
    CHECK(names("mailbox", anna) == std::vector<std::string>{"box@moja-firma.lublin.pl"});
    CHECK(names("mailbox", {.uid = 0, .more = as_anna}) ==
          std::vector<std::string>{"box@moja-firma.lublin.pl"});
    CHECK(names("mailbox", {.uid = 4711}).empty());
    CHECK(names("mailbox", {.uid = 500}).size() == 3);
}

TEST_CASE("an order that waited for its turn is refused if its caller's account has gone meanwhile")
{
    TestOffice office;
    office.settle();
    office.unix_accounts.users["jan"] = 1004;
    office.users.names[1004] = "jan";
    office.done("shell.add", R"({"login":"jan","customer":"firma","adopt":true})");
    const auto answers = office.at_once(
        {request("shell.remove", R"({"login":"jan"})"),
         request("my.alias.add", R"({"address":"a@moja-firma.lublin.pl"})", 2, R"("as":"jan")")});
    CHECK(control::parse_answer(answers[0], 1).has_value());
    CHECK(control::parse_answer(answers[1], 2).error().fault == Fault::not_found);
    CHECK(office.registry.aliases()->empty());
}
