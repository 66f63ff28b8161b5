#include "daemon/metkad/provisioning/caller.h"

#include "daemon/metkad/provisioning/verbs.h"
#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad;
using namespace metka::metkad::test;

TEST_CASE("callers are told apart by their uid alone")
{
    TestOffice office;
    office.settle();
    office.users.names[1003] = "anna"; // somebody else took the name
    struct Row {
        std::uint32_t uid;
        Caller::Is is;
    };
    const Row rows[] = {
        {0, Caller::Is::administrator},    {77, Caller::Is::administrator}, {500, Caller::Is::administrator},
        {1001, Caller::Is::shell_account}, {1002, Caller::Is::nobody},      {1003, Caller::Is::nobody},
        {4711, Caller::Is::nobody},
    };
    for (const auto& row : rows) {
        CAPTURE(row.uid);
        const auto caller =
            identify(row.uid, {.own_uid = 77, .group = "metka-admin"}, office.users, office.registry);
        REQUIRE(caller.has_value());
        CHECK(caller->is == row.is);
    }
}

TEST_CASE("a uid that was given to somebody else is nobody's shell account")
{
    TestOffice office;
    office.settle();
    office.users.names[1001] = "ewa";
    const auto caller = identify(1001, {.own_uid = 77, .group = ""}, office.users, office.registry);
    REQUIRE(caller.has_value());
    CHECK(caller->is == Caller::Is::nobody);
}

TEST_CASE("without a group of administrators nobody is one by membership")
{
    TestOffice office;
    const auto caller = identify(500, {.own_uid = 77, .group = ""}, office.users, office.registry);
    CHECK(caller->is == Caller::Is::nobody);
}

TEST_CASE("every method of the table has a handler")
{
    for (const auto& verb : control::verbs())
        CHECK(handler_of(verb.method()) != nullptr);
}

TEST_CASE("an answer holds the fields that the table promises, in its order, or a part of them for lists")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add",
                R"({"address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"1M","password":"x",
                    "valid_until":"+1d"})");
    office.done("my.alias.add", R"({"address":"c@moja-firma.lublin.pl"})", anna);
    office.done("config.apply", "{}"); // one for the history
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"anna"})");
    office.programs.push_back(
        {.name = "store", .state = "running", .pid = 5, .restarts = 1, .generation = 2});
    office.done("sweep.expiry", "{}");
    office.refusals.kept["K7Q2-M3TX"] = {.at = office.clock.now(), .reply = "550 5.1.1 no such mailbox here"};
    office.logins.held.push_back({.held = login::Held::address, .from = "192.0.2.1", .wrong = 9});
    office.done("shell.app-password.add", R"({"login":"anna","name":"Telefon"})");
    office.done("mailbox.app-password.add", R"({"address":"a@moja-firma.lublin.pl","name":"Telefon"})");
    const std::map<std::string, std::string> keys{
        {"shell.app-password.list", R"({"login":"anna"})"},
        {"mailbox.app-password.list", R"({"address":"a@moja-firma.lublin.pl"})"},
        {"customer.show", R"({"name":"firma"})"},
        {"domain.show", R"({"domain":"moja-firma.lublin.pl"})"},
        {"shell.show", R"({"login":"anna"})"},
        {"mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})"},
        {"alias.show", R"({"address":"b@moja-firma.lublin.pl"})"},
        {"plan.show", R"({"name":"standard"})"},
        {"domain.dns", R"({"domain":"moja-firma.lublin.pl"})"},
        {"domain.check", R"({"domain":"moja-firma.lublin.pl"})"},
        {"my.mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})"},
        {"complete", R"({"of":"mailbox","begins":"a"})"},
        {"explain.recipient", R"({"address":"a@moja-firma.lublin.pl"})"},
        {"explain.sender", R"({"address":"a@moja-firma.lublin.pl"})"},
        {"explain.limit", R"({"name":"a@moja-firma.lublin.pl"})"},
        {"explain.login", R"({"name":"a@moja-firma.lublin.pl"})"},
        {"explain.receipt", R"({"code":"K7Q2-M3TX"})"},
    };
    for (const auto& verb : control::verbs()) {
        if (verb.effect != control::Effect::reads) continue;
        CAPTURE(verb.method());
        const auto params = keys.contains(verb.method()) ? keys.at(verb.method()) : "{}";
        const Asker asker = verb.who == control::Who::self ? anna : Asker{};
        const auto answer = office.done(verb.method(), params, asker);
        REQUIRE((answer.array() != nullptr) == (verb.shape == control::Shape::rows));
        const auto& object = answer.array() != nullptr ? answer.array()->at(0) : answer;
        std::set<std::string> promised;
        std::set<std::string> held;
        for (const auto& field : verb.fields)
            promised.emplace(field.name);
        for (const auto& member : *object.object())
            held.insert(member.name);
        CHECK(held == promised);
    }
}

TEST_CASE("status counts what there is and shows the programs")
{
    TestOffice office;
    office.settle();
    office.programs.push_back(
        {.name = "store", .state = "running", .pid = 5, .missing = {"landlock", "seccomp"}});
    office.clock.advance(std::chrono::seconds(90));
    const auto status = office.done("status", "{}");
    CHECK(*status.member("uptime") == Json(std::int64_t{90}));
    CHECK(*status.member("shells") == Json(std::int64_t{1}));
    CHECK(*status.member("programs")->array()->at(0).member("missing") == Json("landlock, seccomp"));
}

TEST_CASE("whatever is on the line, the answer is one line")
{
    TestOffice office;
    for (const std::string line : {"", "{", "null", "[1,2]", R"({"jsonrpc":"2.0","id":1,"method":"no"})"}) {
        const auto answer = office.line(line);
        CHECK(answer.find('\n') == answer.size() - 1);
        CHECK_FALSE(control::parse_answer(answer, 1).has_value());
    }
}
