// V3 through the handlers: what a shell user sees, makes and changes without the administrator.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

using Texts = std::vector<std::string>;
const Asker in_polish{.uid = 1001, .more = R"("language":"pl")"};
const Asker in_english{.uid = 1001, .more = R"("language":"en")"};
const Asker in_place{.uid = 500, .more = R"("as":"anna")"};

std::string mailbox(std::string_view local, std::string_view more = R"("capacity":"1M","password":"x")")
{
    return fmt::format(R"({{"address":"{}@moja-firma.lublin.pl",{}}})", local, more);
}

std::string alias(std::string_view local)
{
    return fmt::format(R"({{"address":"{}@moja-firma.lublin.pl"}})", local);
}

} // namespace

TEST_CASE("my show counts what there is and what is left")
{
    TestOffice office;
    office.settle();
    office.unix_accounts.home.used = 3_MiB;
    office.done("sweep.quota", "{}");
    office.done("my.mailbox.add", mailbox("a", R"("capacity":"20M","password":"x")"), anna);
    office.done("my.alias.add", alias("b"), anna);
    office.done("alias.add", R"({"address":"c@moja-firma.lublin.pl","to":"anna"})"); // which does not count
    office.trees.used = 1_MiB;
    const auto card = office.done("my.show", "{}", anna);
    CHECK(text_of(card, "login") == "anna");
    CHECK(text_of(card, "customer") == "firma");
    CHECK(text_of(card, "state") == "active");
    CHECK(text_of(card, "host_address") == "anna@platon.man.lublin.pl");
    CHECK(text_of(card, "free_domain") == free_domain);
    CHECK(number_of(card, "disk_limit") == 500 << 20);
    CHECK(number_of(card, "space") == 5 << 20); // home, inbox, mailbox
    CHECK(number_of(card, "promised") == 20 << 20);
    CHECK(number_of(card, "aliases") == 1);
    CHECK(number_of(card, "most_aliases") == 5);
    CHECK(number_of(card, "mailboxes") == 1);
    CHECK(number_of(card, "most_mailboxes") == 5);
    CHECK(text_of(card, "maildir").ends_with("/Maildir"));
    CHECK(column(office.done("my.usage", "{}", anna), "what") ==
          Texts{"home", "inbox", "a@moja-firma.lublin.pl", "trash"});
    CHECK(column(office.done("my.alias.list", "{}", anna), "made_by") ==
          Texts{"self_service", "administrator"});
    CHECK(column(office.done("my.mailbox.list", "{}", anna), "address") == Texts{"a@moja-firma.lublin.pl"});
    CHECK(office.done("my.alias.list", "{}", in_place) == office.done("my.alias.list", "{}", anna));
}

TEST_CASE("five aliases are anybody's own to make, more are the administrator's, and renaming takes none")
{
    TestOffice office;
    office.settle();
    for (int i = 1; i <= 5; ++i)
        office.done("my.alias.add", alias(fmt::format("a{}", i)), anna);
    const auto error = office.refused("my.alias.add", alias("a6"), in_english);
    CHECK(error.fault == Fault::limit);
    CHECK(error.text ==
          "you have made 5 of 5 aliases; remove one, or ask the administrator, who can add more");
    office.done("alias.add", R"({"address":"a6@moja-firma.lublin.pl","to":"anna"})");
    office.done("my.alias.rename", R"({"address":"a1@moja-firma.lublin.pl","to":"b1@moja-firma.lublin.pl"})",
                anna);
    CHECK(office.refused("my.alias.remove", alias("a6"), anna).fault == Fault::denied);
    CHECK(office
              .refused("my.alias.rename",
                       R"({"address":"a6@moja-firma.lublin.pl","to":"c@moja-firma.lublin.pl"})", anna)
              .fault == Fault::denied);
    office.done("my.alias.remove", alias("a2"), anna);
    office.done("my.alias.add", alias("a7"), anna);
    office.done("shell.set", R"({"login":"anna","aliases":6})");
    office.done("my.alias.add", alias("a8"), anna);
    CHECK(office.refused("my.alias.add", alias("a9"), in_english).text.starts_with("you have made 6 of 6"));
}

TEST_CASE("a free mailbox lives in the agreed domain, within the count and the disk limit")
{
    TestOffice office;
    office.settle();
    office.done("domain.add", R"({"domain":"druga.lublin.pl","customer":"firma"})");
    const auto elsewhere = R"({"address":"a@druga.lublin.pl","capacity":"1M","password":"x"})";
    CHECK(office.refused("my.mailbox.add", elsewhere, in_english).text ==
          "your free mailboxes live in moja-firma.lublin.pl, not in druga.lublin.pl");
    office.unix_accounts.home.used = 100_MiB;
    office.done("sweep.quota", "{}");
    office.trees.uses[office.registry.shell_account("anna")->value().id] = 50_MiB;
    const auto too_large =
        office.refused("my.mailbox.add", mailbox("a", R"("capacity":"351M","password":"x")"), in_english);
    CHECK(too_large.fault == Fault::limit);
    CHECK(too_large.text.contains("501 MiB"));
    CHECK(too_large.text.contains("ask the administrator to raise the disk limit"));
    office.done("my.mailbox.add", mailbox("a", R"("capacity":"350M","password":"x")"), anna);
    CHECK(office.refused("my.mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"351M"})", anna)
              .fault == Fault::limit);
    office.trees.uses[office.mailbox_id("a@moja-firma.lublin.pl")] = 2_MiB;
    CHECK(office.refused("my.mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"1M"})", anna)
              .fault == Fault::limit);
    office.done("my.mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"2M"})", anna);
    for (int i = 2; i <= 5; ++i)
        office.done("my.mailbox.add", mailbox(fmt::format("m{}", i)), anna);
    CHECK(office.refused("my.mailbox.add", mailbox("m6"), in_english)
              .text.contains("you have 5 of 5 free mailboxes; remove one, or ask"));
    office.done("shell.set", R"({"login":"anna","free_mailboxes":0})");
    CHECK(office.refused("my.mailbox.add", mailbox("m7"), in_english).fault == Fault::limit);
}

TEST_CASE("without an agreed domain, or in one that is suspended, there are no free mailboxes to make")
{
    TestOffice office;
    office.settle();
    office.done("domain.suspend", R"({"domain":"moja-firma.lublin.pl"})");
    CHECK(office.refused("my.mailbox.add", mailbox("a"), anna).fault == Fault::conflict);
    CHECK(office.refused("my.alias.add", alias("a"), anna).fault == Fault::conflict);
    office.done("domain.resume", R"({"domain":"moja-firma.lublin.pl"})");
    office.done("shell.set", R"({"login":"anna","free_domain":"none"})");
    CHECK(office.refused("my.mailbox.add", mailbox("a"), in_english).text ==
          "no domain for free mailboxes is agreed; ask the administrator for one");
}

TEST_CASE(
    "a renamed mailbox keeps its mail, capacity and validity, and its old address if an alias is left for it")
{
    TestOffice office;
    office.settings.plan_self_service_aliases = 1;
    office.settle();
    office.done("my.mailbox.add", mailbox("a"), anna);
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    const auto until = text_of(office.done("my.mailbox.show", alias("a"), anna), "valid_until");
    office.notes.clear();
    office.done("my.mailbox.rename",
                R"({"address":"a@moja-firma.lublin.pl","to":"b@moja-firma.lublin.pl","keep_alias":true})",
                anna);
    CHECK(office.mailbox_id("b@moja-firma.lublin.pl") == id);
    CHECK(office.notes.empty());
    const auto card = office.done("my.mailbox.show", alias("b"), anna);
    CHECK(text_of(card, "valid_until") == until);
    CHECK(number_of(card, "capacity") == 1 << 20);
    const auto left_behind = office.done("alias.show", alias("a"));
    CHECK(text_of(left_behind, "to") == "b@moja-firma.lublin.pl");
    CHECK(text_of(left_behind, "made_by") == "self_service");
    CHECK(number_of(office.done("my.show", "{}", anna), "aliases") == 1);
    CHECK(office.refused("my.alias.add", alias("c"), anna).fault == Fault::limit);
    const auto again =
        R"({"address":"b@moja-firma.lublin.pl","to":"d@moja-firma.lublin.pl","keep_alias":true})";
    CHECK(office.refused("my.mailbox.rename", again, anna).fault == Fault::limit);
    office.done("my.alias.remove", alias("a"), anna);
    office.done("my.mailbox.rename", again, anna);
    CHECK(office
              .refused("my.mailbox.rename",
                       R"({"address":"d@moja-firma.lublin.pl","to":"d@platon.man.lublin.pl"})", anna)
              .fault == Fault::conflict);
}

TEST_CASE(
    "the own password wants the current one, unless an administrator stands in, a free mailbox's does not")
{
    TestOffice office;
    office.settle();
    office.done("shell.set", R"({"login":"anna","password":"stare"})");
    office.done("my.mailbox.add", mailbox("a"), anna);
    const auto id = office.registry.shell_account("anna")->value().id;
    const auto without = office.refused("my.password", R"({"password":"nowe"})", anna);
    CHECK(without.fault == Fault::invalid);
    CHECK(without.field == "current");
    CHECK(office.refused("my.password", R"({"password":"nowe","current":"zle"})", anna).fault ==
          Fault::denied);
    CHECK(office.refused("my.password", R"({"dry_run":true,"current":"zle"})", anna).fault == Fault::denied);
    CHECK(office.done("my.password", R"({"dry_run":true,"current":"stare"})", anna)
              .member("steps")
              ->array()
              ->size() == 1);
    CHECK(steps_of(office.done("my.password", R"({"dry_run":true})", anna)).back() ==
          "trzeba będzie wtedy podać swoje obecne hasło");
    CHECK(office.keys.passwords.at(id) == "stare");
    office.done("my.password", R"({"password":"nowe","current":"stare"})", anna);
    CHECK(office.keys.passwords.at(id) == "nowe");
    office.done("my.password", R"({"password":"inne"})", in_place);
    CHECK(office.keys.passwords.at(id) == "inne");
    office.done("my.password", R"({"mailbox":"a@moja-firma.lublin.pl","password":"skrzynki"})", anna);
    CHECK(office.keys.passwords.at(office.mailbox_id("a@moja-firma.lublin.pl")) == "skrzynki");
    for (const auto& row : *office.registry.audit({.most = 100}))
        for (const std::string_view secret : {"nowe", "stare", "inne", "skrzynki"})
            CHECK_FALSE((row.before + row.after).contains(secret));
}

TEST_CASE("where people have Unix passwords that is the one that changes, and what is remembered of it goes")
{
    TestOffice office;
    office.settle();
    office.done("shell.set", R"({"login":"anna","password":"stare"})");
    office.unix_accounts.unix_passwords = true;
    office.notes.clear();
    office.done("my.password", R"({"password":"nowe","current":"stare"})", anna);
    CHECK(office.unix_accounts.passwords.at("anna") == "nowe");
    CHECK(office.notes == Notes{"key.verify", "user.password", "key.elsewhere"});
}

TEST_CASE("who is suspended looks and changes nothing, whether the account is or its customer")
{
    TestOffice office;
    office.settle();
    office.done("my.mailbox.add", mailbox("a"), anna);
    office.done("my.alias.add", alias("b"), anna);
    SUBCASE("the account")
    {
        office.done("shell.suspend", R"({"login":"anna"})");
    }
    SUBCASE("its customer")
    {
        office.done("customer.suspend", R"({"name":"firma"})");
    }
    CHECK(text_of(office.done("my.show", "{}", anna), "state") == "suspended");
    for (const std::string_view look : {"my.usage", "my.log", "my.alias.list", "my.mailbox.list"})
        office.done(look, "{}", anna);
    CHECK(text_of(office.done("my.mailbox.show", alias("a"), anna), "state") == "suspended");
    const auto before = office.dump();
    const std::map<std::string_view, std::string> changes{
        {"my.alias.add", alias("c")},
        {"my.alias.rename", R"({"address":"b@moja-firma.lublin.pl","to":"c@moja-firma.lublin.pl"})"},
        {"my.alias.remove", alias("b")},
        {"my.mailbox.add", mailbox("c")},
        {"my.mailbox.set", R"({"address":"a@moja-firma.lublin.pl","capacity":"2M"})"},
        {"my.mailbox.rename", R"({"address":"a@moja-firma.lublin.pl","to":"c@moja-firma.lublin.pl"})"},
        {"my.mailbox.remove", alias("a")},
        {"my.password", R"({"mailbox":"a@moja-firma.lublin.pl","password":"y"})"},
        {"my.app-password.add", R"({"name":"Telefon"})"},
        {"my.app-password.remove", R"({"name":"Telefon","mailbox":"a@moja-firma.lublin.pl"})"},
    };
    for (const auto& verb : control::verbs()) {
        if (verb.who != control::Who::self || verb.effect == control::Effect::reads) continue;
        CAPTURE(verb.method());
        REQUIRE(changes.contains(verb.method()));
        const auto error = office.refused(verb.method(), changes.at(verb.method()), in_english);
        CHECK(error.fault == Fault::denied);
        CHECK(error.text == "your account is suspended; ask the administrator");
    }
    CHECK(office.dump() == before);
}

TEST_CASE("what the administrator has suspended is not made again under the same name")
{
    TestOffice office;
    office.settle();
    office.done("my.mailbox.add", mailbox("a"), anna);
    office.done("mailbox.suspend", R"({"address":"a@moja-firma.lublin.pl"})");
    for (const auto* const method : {"my.mailbox.remove", "my.mailbox.show"}) {
        CAPTURE(method);
        const bool looks = std::string_view(method).ends_with("show");
        const auto answer = office.ask(method, R"({"address":"a@moja-firma.lublin.pl"})", in_english);
        CHECK(answer.has_value() == looks);
        if (!answer) CHECK(answer.error().text.contains("is suspended; ask the administrator"));
    }
    CHECK(office
              .refused("my.mailbox.rename",
                       R"({"address":"a@moja-firma.lublin.pl","to":"b@moja-firma.lublin.pl"})", anna)
              .fault == Fault::denied);
    CHECK(
        office.refused("my.password", R"({"mailbox":"a@moja-firma.lublin.pl","password":"x"})", anna).fault ==
        Fault::denied);
}

TEST_CASE("my log does not show what an earlier account of the same name did")
{
    TestOffice office;
    office.settle();
    office.done("my.mailbox.add", mailbox("a"), anna);
    office.done("shell.remove", R"({"login":"anna","recursive":true})");
    office.pass(std::chrono::hours(1));
    office.done("shell.add",
                R"({"login":"anna","customer":"firma","adopt":true,"free_domain":"moja-firma.lublin.pl"})");
    CHECK(office.done("my.log", "{}", anna).array()->empty());
    office.done("my.mailbox.add", mailbox("b"), anna);
    CHECK(office.done("my.log", "{}", anna).array()->size() == 1);
}

TEST_CASE("answers are in the language that is asked for, or else the account's")
{
    TestOffice office;
    office.settle();
    const auto rehearsed = R"({"address":"a@moja-firma.lublin.pl","dry_run":true})";
    const auto english = steps_of(office.done("my.alias.add", rehearsed, in_english));
    const auto polish = steps_of(office.done("my.alias.add", rehearsed, in_polish));
    CHECK(english == Texts{"lead a@moja-firma.lublin.pl to anna"});
    CHECK(polish != english);
    CHECK(steps_of(office.done("my.alias.add", rehearsed, anna)) ==
          polish); // operator.language of a new customer
    office.done("shell.set", R"({"login":"anna","language":"en"})");
    CHECK(steps_of(office.done("my.alias.add", rehearsed, anna)) == english);
    CHECK(steps_of(office.done("my.alias.add", rehearsed, in_polish)) == polish);
    const auto nothing = R"({"address":"nic@moja-firma.lublin.pl"})";
    const auto refused = office.refused("my.alias.remove", nothing, in_english);
    const auto odmowa = office.refused("my.alias.remove", nothing, in_polish);
    CHECK(refused.fault == odmowa.fault);
    CHECK(refused.text != odmowa.text);
    CHECK(odmowa.text.contains("nic@moja-firma.lublin.pl"));
    CHECK(odmowa.text.contains("metkactl my alias list"));
    CHECK(office.refused("alias.show", nothing, {.uid = 0, .more = R"("language":"pl")"}).text ==
          office.refused("alias.show", nothing).text); // administrators read English
}

TEST_CASE("my log shows what was done by the account and in its place, and nobody else's doings")
{
    TestOffice office;
    office.settle();
    office.settle_neighbours();
    office.done("my.alias.add", R"({"address":"b@other.lublin.pl"})", ewa);
    office.done("my.alias.add", alias("b"), anna);
    office.done("my.alias.remove", alias("b"), in_place);
    CHECK(column(office.done("my.log", "{}", anna), "verb") == Texts{"my.alias.remove", "my.alias.add"});
    CHECK(column(office.done("my.log", R"({"most":1})", anna), "actor") == Texts{"boss"});
}
