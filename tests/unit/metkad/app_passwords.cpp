// App passwords through the handlers.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

using Texts = std::vector<std::string>;
const Asker in_english{.uid = 1001, .more = R"("language":"en")"};
const Asker in_polish{.uid = 1001, .more = R"("language":"pl")"};
constexpr auto a_mailbox = R"({"address":"a@moja-firma.lublin.pl","name":"Telefon"})";
constexpr auto a_list = R"({"address":"a@moja-firma.lublin.pl"})";
constexpr auto a_list_of_mailbox = R"({"mailbox":"a@moja-firma.lublin.pl"})";

bool says(const Json& answer, std::string_view words)
{
    return to_text(*answer.member("steps")).contains(words);
}

struct AppOffice : TestOffice {
    AppOffice()
    {
        settle();
        settle_neighbours();
        free_mailbox("a@moja-firma.lublin.pl");
        notes.clear();
    }
    std::string last_audit()
    {
        const auto rows = done("log", "{}");
        return to_text(rows.array()->front());
    }
};

} // namespace

TEST_CASE("an app password is made, shown once, audited without itself, listed and removed")
{
    AppOffice office;
    const auto made = office.done("mailbox.app-password.add", a_mailbox);
    CHECK(text_of(made, "password") == "abcd efgh jkmn pqrs tuvw");
    CHECK(office.notes == Notes{"key.app.add"});
    CHECK(office.last_audit().contains("mailbox.app-password.add"));
    CHECK(office.last_audit().contains("Telefon"));
    CHECK_FALSE(office.last_audit().contains("abcd"));
    const auto rows = office.done("mailbox.app-password.list", a_list);
    CHECK(column(rows, "name") == Texts{"Telefon"});
    CHECK(column(rows, "state") == Texts{"active"});
    CHECK_FALSE(to_text(rows).contains("abcd"));
    const auto removed = office.done("mailbox.app-password.remove", a_mailbox);
    CHECK(to_text(removed).contains("sessions that it opened go on until they end"));
    CHECK(office.last_audit().contains("mailbox.app-password.remove"));
    CHECK(office.done("mailbox.app-password.list", a_list).array()->empty());
    CHECK(office.refused("mailbox.app-password.remove", a_mailbox).fault == Fault::not_found);
}

TEST_CASE("a dry run makes and removes nothing, and shows no password")
{
    AppOffice office;
    const auto before = office.dump();
    const auto planned = office.done("mailbox.app-password.add",
                                     R"({"address":"a@moja-firma.lublin.pl","name":"x","dry_run":true})");
    CHECK(planned.member("password") == nullptr);
    office.done("mailbox.app-password.add", a_mailbox);
    const auto between = office.dump();
    office.done("mailbox.app-password.remove",
                R"({"address":"a@moja-firma.lublin.pl","name":"Telefon","dry_run":true})");
    CHECK(office.dump() == between);
    CHECK(before != between); // the audit of the real one
    CHECK(column(office.done("mailbox.app-password.list", a_list), "name") == Texts{"Telefon"});
}

TEST_CASE("an end is a day to come, and one that is over is told apart")
{
    AppOffice office;
    const auto add = [](std::string_view name, std::string_view until) {
        return fmt::format(R"({{"address":"a@moja-firma.lublin.pl","name":"{}","valid_until":"{}"}})", name,
                           until);
    };
    office.done("mailbox.app-password.add", add("short", "+1d"));
    office.done("mailbox.app-password.add", add("endless", "none"));
    const auto over = office.refused("mailbox.app-password.add", add("gone", "2001-01-01"));
    CHECK(over.fault == Fault::invalid);
    CHECK(over.field == "valid_until");
    CHECK(office.refused("mailbox.app-password.add", add("bad", "2027-02-30")).field == "valid_until");
    office.pass(std::chrono::hours(72));
    CHECK(column(office.done("mailbox.app-password.list", a_list), "state") == Texts{"expired", "active"});

    const std::string setting = R"({"address":"a@moja-firma.lublin.pl","dry_run":true,)";
    CHECK(says(office.done("mailbox.set", setting + R"("password":"new"})"), "stay valid (1): “endless”"));
    CHECK(says(office.done("mailbox.set", setting + R"("revoke_app_passwords":true})"),
               "removed (2): “short”, “endless”"));
}

TEST_CASE("names are taken once in an account, and a slip is told the nearest")
{
    AppOffice office;
    office.done("mailbox.app-password.add", a_mailbox);
    CHECK(office.refused("mailbox.app-password.add", a_mailbox).fault == Fault::conflict);
    office.done("shell.app-password.add", R"({"login":"anna","name":"Telefon"})");
    const auto slip = office.refused("mailbox.app-password.remove",
                                     R"({"address":"a@moja-firma.lublin.pl","name":"Telefom"})");
    CHECK(slip.text == "a@moja-firma.lublin.pl has no app password “Telefom”; did you mean “Telefon”?");
    CHECK(office.refused("mailbox.app-password.add", R"({"address":"a@moja-firma.lublin.pl","name":" x"})")
              .field == "name");
    for (int i = 2; i <= 20; ++i)
        office.done("shell.app-password.add", fmt::format(R"({{"login":"anna","name":"n {}"}})", i));
    CHECK(office.refused("shell.app-password.add", R"({"login":"anna","name":"n 21"})").fault ==
          Fault::limit);
}

TEST_CASE("by self-service one has app passwords of one's own account and mailboxes, and of nobody else's")
{
    AppOffice office;
    const auto said = office.done("my.app-password.add", R"({"name":"Telefon"})", in_polish);
    CHECK(to_text(said).contains("hasło aplikacji „Telefon” dla anna"));
    office.done("my.app-password.add", R"({"name":"Drukarka","mailbox":"a@moja-firma.lublin.pl"})", anna);
    CHECK(column(office.done("my.app-password.list", "{}", anna), "name") == Texts{"Telefon"});
    CHECK(column(office.done("my.app-password.list", a_list_of_mailbox, anna), "name") == Texts{"Drukarka"});
    const Asker of_ewa{.uid = 1002, .more = R"("language":"en")"};
    for (const auto* const verb : {"my.app-password.add", "my.app-password.remove"})
        CHECK(
            office.refused(verb, R"({"name":"Drukarka","mailbox":"a@moja-firma.lublin.pl"})", of_ewa).fault ==
            Fault::not_found);
    CHECK(office.refused("my.app-password.list", a_list_of_mailbox, of_ewa).fault == Fault::not_found);
    CHECK(office.done("my.app-password.list", "{}", of_ewa).array()->empty());
    office.done("mailbox.suspend", a_list);
    CHECK(office
              .refused("my.app-password.remove", R"({"name":"Drukarka","mailbox":"a@moja-firma.lublin.pl"})",
                       in_english)
              .fault == Fault::denied);
    office.done("my.app-password.remove", R"({"name":"Telefon"})", anna);
    office.done("shell.suspend", R"({"login":"anna"})");
    CHECK(office.refused("my.app-password.add", R"({"name":"Telefon"})", in_english).fault == Fault::denied);
}

TEST_CASE("without metka-auth nothing is made, and the refusal says to try again")
{
    AppOffice office;
    office.troubles.fails_at = office.troubles.calls();
    CHECK(office.refused("mailbox.app-password.add", a_mailbox).fault == Fault::unavailable);
    CHECK(office.done("mailbox.app-password.list", a_list).array()->empty());
}

TEST_CASE("a renamed mailbox keeps its app passwords, and one that is removed takes them along")
{
    AppOffice office;
    office.done("mailbox.app-password.add", a_mailbox);
    office.done("mailbox.rename", R"({"address":"a@moja-firma.lublin.pl","to":"b@moja-firma.lublin.pl"})");
    CHECK(column(office.done("mailbox.app-password.list", R"({"address":"b@moja-firma.lublin.pl"})"),
                 "name") == Texts{"Telefon"});
    office.done("mailbox.remove", R"({"address":"b@moja-firma.lublin.pl"})");
    CHECK(office.keys.apps.empty());
}

TEST_CASE("a new password or another owner says which app passwords stay valid, and removes them if told to")
{
    struct Row {
        std::string_view method, params;
        Asker asker = {};
        bool is_of_anna = false;
    };
    const std::vector<Row> rows{
        {"mailbox.set", R"("address":"a@moja-firma.lublin.pl","password":"new")"},
        {"mailbox.set", R"("address":"a@moja-firma.lublin.pl","customer":"firma")"},
        {"mailbox.set", R"("address":"a@moja-firma.lublin.pl")"}, // nothing else is changed
        {"my.password", R"("mailbox":"a@moja-firma.lublin.pl","password":"new")", in_english},
        {"my.password", R"("password":"new")", {.uid = 0, .more = R"("as":"anna","language":"en")"}, true},
        {"shell.set", R"("login":"anna","password":"new")", {}, true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.method);
        CAPTURE(row.params);
        AppOffice office;
        for (const auto* const name : {"Telefon", "Laptop"}) {
            const auto added = fmt::format(R"("name":"{}"}})", name);
            office.done("mailbox.app-password.add", R"({"address":"a@moja-firma.lublin.pl",)" + added);
            office.done("shell.app-password.add", R"({"login":"anna",)" + added);
        }
        const auto left = [&] {
            const auto of_anna =
                office.done("shell.app-password.list", R"({"login":"anna"})").array()->size();
            const auto of_mailbox = office.done("mailbox.app-password.list", a_list).array()->size();
            CHECK((row.is_of_anna ? of_mailbox : of_anna) == 2); // those of the other one
            return row.is_of_anna ? of_anna : of_mailbox;
        };
        const auto ask = [&](std::string_view more) {
            return office.done(row.method, fmt::format("{{{}{}}}", row.params, more), row.asker);
        };
        constexpr std::string_view revoking = R"(,"revoke_app_passwords":true)";
        const auto names = std::string("(2): “Telefon”, “Laptop”");
        CHECK(says(ask(fmt::format(R"({},"dry_run":true)", revoking)), "that are removed " + names));
        const bool is_alone = row.params.ends_with(R"(lublin.pl")");
        if (!is_alone) CHECK(says(ask(R"(,"dry_run":true)"), "that stay valid " + names));
        CHECK(left() == 2);
        const bool is_move = row.params.contains("customer");
        if (!is_alone && !is_move) CHECK(says(ask(""), "that stay valid"));
        CHECK(left() == 2);
        CHECK(says(ask(revoking), "that are removed"));
        CHECK(left() == 0);
    }
}

TEST_CASE("an order whose app passwords cannot be removed changes nothing else")
{
    AppOffice office;
    office.done("mailbox.app-password.add", a_mailbox);
    const auto before = office.dump();
    const auto keys = office.keys.passwords;
    office.troubles.fails_at = office.troubles.calls();
    const auto error = office.refused(
        "mailbox.set",
        R"({"address":"a@moja-firma.lublin.pl","password":"new","revoke_app_passwords":true})");
    CHECK(error.fault == Fault::unavailable);
    CHECK(office.dump() == before);
    CHECK(office.keys.passwords == keys);
}

TEST_CASE("an account without app passwords hears nothing of them")
{
    AppOffice office;
    CHECK_FALSE(says(office.done("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","password":"new"})"),
                     "app password"));
}

TEST_CASE("who names an alias as a mailbox reads where it leads")
{
    AppOffice office;
    office.done("alias.add", R"({"address":"biuro@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    CHECK(office
              .refused("mailbox.app-password.add",
                       R"({"address":"biuro@moja-firma.lublin.pl","name":"Telefon"})")
              .text == "there is no mailbox biuro@moja-firma.lublin.pl: it is an alias, which leads to "
                       "a@moja-firma.lublin.pl");
}

TEST_CASE("names of app passwords complete for those who may know them")
{
    AppOffice office;
    office.done("mailbox.app-password.add", a_mailbox);
    office.done("shell.app-password.add", R"({"login":"anna","name":"Drukarka"})");
    const auto named = [&](std::string_view more, const Asker& asker = {}) {
        return column(
            office.done("complete", fmt::format(R"({{"of":"app-password","begins":""{}}})", more), asker),
            "name");
    };
    CHECK(named(R"(,"account":"a@moja-firma.lublin.pl")") == Texts{"Telefon"});
    CHECK(named(R"(,"account":"anna")") == Texts{"Drukarka"});
    CHECK(named(R"(,"account":"nobody")").empty());
    CHECK(named("").empty());
    CHECK(named("", anna) == Texts{"Drukarka"});
    CHECK(named(R"(,"account":"a@moja-firma.lublin.pl")", anna) == Texts{"Telefon"});
    CHECK(named(R"(,"account":"a@moja-firma.lublin.pl")", ewa).empty());
    CHECK(named(R"(,"account":"anna")", ewa).empty()); // a name is no way to another's
}
