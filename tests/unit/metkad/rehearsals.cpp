// Every verb that changes something, first with --dry-run: it goes through the same checks, says the same
// steps, and leaves everything as it was.

#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

struct Rehearsed {
    std::string_view params; // without its closing brace
    bool by_anna = false;
};

const std::map<std::string_view, Rehearsed> rehearsals{
    {"customer.add", {R"({"name":"nowa","title":"N","contact":"n@example.org")"}},
    {"customer.set", {R"({"name":"firma","title":"Inna","language":"en","state":"suspended")"}},
    {"customer.rename", {R"({"name":"firma","to":"inna")"}},
    {"customer.suspend", {R"({"name":"firma")"}},
    {"customer.resume", {R"({"name":"zawieszona")"}},
    {"customer.remove", {R"({"name":"firma","recursive":true)"}},
    {"domain.add", {R"({"domain":"nowa.lublin.pl","customer":"firma")"}},
    {"domain.set", {R"({"domain":"moja-firma.lublin.pl","free_mailboxes":7)"}},
    {"domain.suspend", {R"({"domain":"moja-firma.lublin.pl")"}},
    {"domain.resume", {R"({"domain":"zawieszona.lublin.pl")"}},
    {"domain.remove", {R"({"domain":"moja-firma.lublin.pl","recursive":true)"}},
    {"domain.prove", {R"({"domain":"example.com")"}},
    {"shell.add", {R"({"login":"jan","customer":"firma","password":"y")"}},
    {"shell.set", {R"({"login":"anna","disk_limit":"1G","aliases":9,"password":"y")"}},
    {"shell.rename", {R"({"login":"ola","to":"ola2")"}},
    {"shell.suspend", {R"({"login":"anna")"}},
    {"shell.resume", {R"({"login":"ola")"}},
    {"shell.remove", {R"({"login":"anna","recursive":true)"}},
    {"mailbox.add", {R"({"address":"n@moja-firma.lublin.pl","shell":"anna","capacity":"1M","password":"y")"}},
    {"mailbox.set",
     {R"({"address":"a@moja-firma.lublin.pl","capacity":"20M","customer":"firma","host_name":"x","password":"y")"}},
    {"mailbox.rename",
     {R"({"address":"a@moja-firma.lublin.pl","to":"z@moja-firma.lublin.pl","keep_alias":true)"}},
    {"mailbox.suspend", {R"({"address":"a@moja-firma.lublin.pl")"}},
    {"mailbox.resume", {R"({"address":"s@moja-firma.lublin.pl")"}},
    {"mailbox.renew", {R"({"address":"a@moja-firma.lublin.pl")"}},
    {"mailbox.remove", {R"({"address":"a@moja-firma.lublin.pl")"}},
    {"alias.add", {R"({"address":"n@moja-firma.lublin.pl","to":"anna")"}},
    {"alias.set", {R"({"address":"b@moja-firma.lublin.pl","to":"anna")"}},
    {"alias.rename", {R"({"address":"b@moja-firma.lublin.pl","to":"z@moja-firma.lublin.pl")"}},
    {"alias.remove", {R"({"address":"b@moja-firma.lublin.pl")"}},
    {"shell.app-password.add", {R"({"login":"anna","name":"Drukarka")"}},
    {"shell.app-password.remove", {R"({"login":"anna","name":"Telefon")"}},
    {"mailbox.app-password.add", {R"({"address":"a@moja-firma.lublin.pl","name":"x","valid_until":"+1y")"}},
    {"mailbox.app-password.remove", {R"({"address":"a@moja-firma.lublin.pl","name":"Telefon")"}},
    {"my.app-password.add", {R"({"name":"Drukarka")", true}},
    {"my.app-password.remove", {R"({"name":"Telefon","mailbox":"a@moja-firma.lublin.pl")", true}},
    {"login.unblock", {R"({"whom":"192.0.2.1")"}},
    {"my.alias.add", {R"({"address":"n@moja-firma.lublin.pl")", true}},
    {"my.alias.rename", {R"({"address":"m@moja-firma.lublin.pl","to":"z@moja-firma.lublin.pl")", true}},
    {"my.alias.remove", {R"({"address":"m@moja-firma.lublin.pl")", true}},
    {"my.mailbox.add", {R"({"address":"n@moja-firma.lublin.pl","capacity":"1M","password":"y")", true}},
    {"my.mailbox.set", {R"({"address":"a@moja-firma.lublin.pl","capacity":"20M")", true}},
    {"my.mailbox.rename", {R"({"address":"a@moja-firma.lublin.pl","to":"z@moja-firma.lublin.pl")", true}},
    {"my.mailbox.remove", {R"({"address":"a@moja-firma.lublin.pl")", true}},
    {"my.password", {R"({"mailbox":"a@moja-firma.lublin.pl","password":"y")", true}},
};

const std::set<std::string_view> tested_elsewhere{"sweep.expiry", "sweep.quota",     "apply",
                                                  "config.apply", "config.rollback", "engine.restart",
                                                  "daemon.reload"};

void prepare(TestOffice& office)
{
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.free_mailbox("s@moja-firma.lublin.pl");
    office.done("mailbox.suspend", R"({"address":"s@moja-firma.lublin.pl"})");
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    office.done("my.alias.add", R"({"address":"m@moja-firma.lublin.pl"})", anna);
    office.done("shell.add", R"({"login":"ola","customer":"firma"})");
    office.done("shell.suspend", R"({"login":"ola"})");
    office.done("domain.add", R"({"domain":"zawieszona.lublin.pl","customer":"firma"})");
    office.done("domain.suspend", R"({"domain":"zawieszona.lublin.pl"})");
    office.done("customer.add", R"({"name":"zawieszona","title":"Z","contact":"z@example.org"})");
    office.done("customer.suspend", R"({"name":"zawieszona"})");
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    office.done("shell.app-password.add", R"({"login":"anna","name":"Telefon"})");
    office.done("mailbox.app-password.add", R"({"address":"a@moja-firma.lublin.pl","name":"Telefon"})");
    office.resolver.records.mx = {{.preference = 10, .host = "mail.man.lublin.pl"}};
    office.notes.clear();
}

} // namespace

TEST_CASE("every verb that writes says with --dry-run what it then does, and changes nothing before")
{
    for (const auto& verb : control::verbs()) {
        const auto method = verb.method();
        if (control::only_reads(verb.effect) || tested_elsewhere.contains(method)) continue;
        CAPTURE(method);
        REQUIRE_MESSAGE(rehearsals.contains(method), "say in this table how it is rehearsed");
        const auto& [params, by_anna] = rehearsals.at(method);
        const Asker asker = by_anna ? anna : Asker{};
        TestOffice office;
        prepare(office);
        const auto before = office.dump();
        const auto zones = office.zones_written;
        const auto rehearsed = office.done(method, fmt::format("{},\"dry_run\":true}}", params), asker);
        CHECK(*rehearsed.member("done") == Json(false));
        CHECK(office.dump() == before);
        std::erase(office.notes, "dns.ask");
        CHECK(office.notes.empty());
        CHECK(office.zones_written == zones);
        const auto real = office.done(method, fmt::format("{}}}", params), asker);
        CHECK(*real.member("done") == Json(true));
        CHECK(steps_of(real) == steps_of(rehearsed));
        CHECK(office.dump() != before);
    }
}

TEST_CASE("a dry run is refused where the real order would be")
{
    TestOffice office;
    prepare(office);
    for (const std::string_view dry : {"false", "true"}) {
        const auto refusal = [&](std::string_view method, std::string_view params) {
            return office.refused(method, fmt::format("{},\"dry_run\":{}}}", params, dry)).fault;
        };
        CHECK(refusal("customer.add", R"({"name":"firma","title":"N","contact":"n@example.org")") ==
              Fault::conflict);
        CHECK(refusal("domain.add", R"({"domain":"lublin.pl","customer":"firma")") == Fault::invalid);
        CHECK(refusal("shell.set", R"({"login":"anna","disk_limit":"19M")") == Fault::limit);
        CHECK(refusal("shell.remove", R"({"login":"anna")") == Fault::conflict);
        CHECK(refusal("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"1G")") ==
              Fault::limit);
        CHECK(refusal("mailbox.remove", R"({"address":"nic@moja-firma.lublin.pl")") == Fault::not_found);
        CHECK(refusal("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"anna")") == Fault::conflict);
    }
}
