// login list and unblock, and the last log-in of an account.

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using namespace std::chrono_literals;
using login::Held;

namespace {

constexpr std::string_view biuro = "biuro@moja-firma.lublin.pl";
const Asker anna_in_english{.uid = 1001, .more = R"("language":"en")"};

// An office in which biuro logged in by POP3 a minute ago.
struct Logged : TestOffice {
    Logged()
    {
        settle();
        free_mailbox(biuro);
        logins.logins[mailbox_id(biuro)] = {
            .service = login::Service::pop3, .at = clock.now() - 1min, .peer = "192.0.2.7", .key = {}};
    }
    Json show() { return done("mailbox.show", R"({"address":"biuro@moja-firma.lublin.pl"})"); }
};

Json whom(TestOffice& office, std::string_view text)
{
    return office.done("login.unblock", fmt::format(R"({{"whom":"{}"}})", text));
}

} // namespace

TEST_CASE("show tells when an account last logged in, from where and by what")
{
    Logged office;
    const auto last = *office.show().member("last_login");
    CHECK(text_of(last, "at") == "2026-03-09T23:59:00Z");
    CHECK(text_of(last, "service") == "pop3");
    CHECK(text_of(last, "from") == "192.0.2.7");
    CHECK(last.member("app_password")->is_null());
    CHECK(last.member("problem")->is_null());
    auto& known = office.logins.logins[office.mailbox_id(biuro)];
    known.key = Id::make(office.clock.now());
    const auto app_password = [&] { return text_of(*office.show().member("last_login"), "app_password"); };
    CHECK(app_password() == known.key.hex()); // of which nobody knows the name now
    office.keys.apps[office.mailbox_id(biuro)].push_back(
        {.password = {.id = AppPasswordId(known.key), .name = "Telefon", .validity = {}, .made = {}}});
    CHECK(app_password() == "Telefon");
}

TEST_CASE("an account that never logged in says so, and one that nobody can tell of says that")
{
    Logged office;
    CHECK(office.done("shell.show", R"({"login":"anna"})").member("last_login")->is_null());
    CHECK(office.done("my.show", "{}", anna).member("last_login")->is_null());
    office.logins.out_of_order = true;
    const auto last = *office.show().member("last_login");
    CHECK(last.member("at")->is_null());
    CHECK(text_of(last, "problem") == "not known now: metka-auth does not answer");
    const auto polish = office.done("my.show", "{}", {.uid = 1001, .more = R"("language":"pl")"});
    CHECK(text_of(*polish.member("last_login"), "problem").starts_with("teraz nie wiadomo"));
    CHECK(text_of(*office.done("my.show", "{}", anna_in_english).member("last_login"), "problem")
              .starts_with("not known now"));
}

TEST_CASE("a list of who is held back names accounts, tells refused from delayed, and says until when")
{
    Logged office;
    office.logins.held = {
        {.held = Held::account,
         .account = office.mailbox_id(biuro),
         .wrong = 60,
         .left = 0,
         .since = 60'000,
         .free_in = 36'000},
        {.held = Held::address,
         .from = "192.0.2.1",
         .wrong = 5,
         .left = 3,
         .since = 5'000,
         .free_in = 8'000,
         .delay = 4'000},
        {.held = Held::address, .from = "192.0.2.2", .wrong = 1, .left = 7},
        {.held = Held::address, .from = "my " + office.mailbox_id(biuro).hex(), .wrong = 8, .left = 0},
        {.held = Held::nobody, .names = 12, .wrong = 600, .left = 0},
    };
    const auto rows = office.done("login.list", "{}");
    CHECK(column(rows, "what") == std::vector<std::string>{"account", "address", "address", "nobody"});
    CHECK(column(rows, "state") == std::vector<std::string>{"refused", "delayed", "refused", "refused"});
    const auto& list = *rows.array();
    CHECK(text_of(list[0], "account") == biuro);
    CHECK(list[0].member("from")->is_null());
    CHECK(text_of(list[0], "since") == "2026-03-09T23:59:00Z");
    CHECK(text_of(list[0], "until") == "2026-03-10T00:00:36Z");
    CHECK(number_of(list[1], "delay") == 4);
    CHECK(number_of(list[1], "left") == 3);
    CHECK(text_of(list[2], "from") == "metkactl my");
    CHECK(text_of(list[2], "account") == biuro);
    CHECK(number_of(list[3], "names") == 12);
    CHECK(list[3].member("account")->is_null());
    const auto all = office.done("login.list", R"({"all":true})");
    CHECK(column(all, "state")[2] == "counted");
    CHECK(all.array()->at(2).member("until")->is_null());
    CHECK(office.done("login.list", R"({"most":2})").array()->size() == 2);
}

TEST_CASE("a list that nobody can make is refused as unavailable")
{
    Logged office;
    office.logins.out_of_order = true;
    CHECK(office.refused("login.list", "{}").fault == Fault::unavailable);
}

TEST_CASE("unblock tells accounts, addresses and networks apart, and leaves a row in the record")
{
    Logged office;
    struct Row {
        std::string_view said;
        login::Pardoned whose;
        std::string_view source;
        std::string_view network;
        std::string_view subject;
    };
    using enum login::Pardoned;
    for (const auto& row : std::vector<Row>{
             {"192.0.2.1", address, "192.0.2.1", "192.0.2.0/24", "192.0.2.1"},
             {"192.0.2.1/32", address, "192.0.2.1", "192.0.2.0/24", "192.0.2.1"},
             {"192.0.2.9/24", network, "", "192.0.2.0/24", "192.0.2.0/24"},
             {"::ffff:192.0.2.1", address, "192.0.2.1", "192.0.2.0/24", "192.0.2.1"},
             {"2001:db8::1", address, "2001:db8::/64", "2001:db8::/48", "2001:db8::/64"},
             {"2001:db8::/64", address, "2001:db8::/64", "2001:db8::/48", "2001:db8::/64"},
             {"2001:db8::/48", network, "", "2001:db8::/48", "2001:db8::/48"},
             {"BIURO@moja-firma.lublin.pl", account, "", "", biuro},
             {"anna", account, "", "", "anna"},
         }) {
        CAPTURE(row.said);
        const auto steps = steps_of(whom(office, row.said));
        const auto& wanted = office.logins.unblocked.back();
        CHECK(wanted.whose == row.whose);
        CHECK(wanted.source == row.source);
        CHECK(wanted.network == row.network);
        CHECK(wanted.account.empty() == (row.whose != account));
        CHECK(steps == std::vector{fmt::format(
                           "forget the wrong guesses held against {}: 1 network, 1 address", row.subject)});
        const auto log = office.done("log", R"({"most":1})");
        CHECK(text_of(log.array()->at(0), "verb") == "login.unblock");
        CHECK(text_of(log.array()->at(0), "subject") == row.subject);
    }
    office.done("login.unblock", R"({"all":true})");
    CHECK(office.logins.unblocked.back().whose == all);
}

TEST_CASE("where nothing is held, unblock says so and leaves no row in the record")
{
    Logged office;
    office.logins.counters.assign(6, 0);
    const auto before = office.dump();
    CHECK(steps_of(whom(office, "192.0.2.1")) ==
          std::vector<std::string>{"nothing is held against 192.0.2.1"});
    CHECK(steps_of(office.done("login.unblock", R"({"all":true})")) ==
          std::vector<std::string>{"nothing is held against anybody"});
    CHECK(office.dump() == before);
}

TEST_CASE("unblock refuses what it cannot know, and both or none of whom and --all")
{
    Logged office;
    const auto refused = [&](std::string_view params) { return office.refused("login.unblock", params); };
    CHECK(refused("{}").field == "whom");
    CHECK(refused(R"({"whom":"192.0.2.1","all":true})").field == "whom");
    for (const auto* const whom : {"nobody", "nikt@moja-firma.lublin.pl", "192.0.2"}) {
        CAPTURE(whom);
        const auto error = refused(fmt::format(R"({{"whom":"{}"}})", whom));
        CHECK(error.fault == Fault::not_found);
        CHECK(error.text.contains(whom));
    }
    for (const auto* const whom :
         {"192.0.2.0/16", "2001:db8::/32", "x/24", "192.0.2.0/", "/", "192.0.2.0/48"}) {
        CAPTURE(whom);
        const auto error = refused(fmt::format(R"({{"whom":"{}"}})", whom));
        CHECK(error.fault == Fault::invalid);
        CHECK(error.text.contains("/48"));
    }
    CHECK(office.logins.unblocked.empty());
}

TEST_CASE("a log-in is explained with what is held against it, and a limit with what was sent")
{
    Logged office;
    office.logins.held = {
        {.held = Held::account, .account = office.mailbox_id(biuro), .wrong = 2, .left = 48},
        {.held = Held::address, .from = "192.0.2.1", .wrong = 5, .left = 3}};
    const auto explain = [&] {
        return office.done("explain.login", R"({"name":"biuro@moja-firma.lublin.pl"})");
    };
    const auto card = explain();
    CHECK(text_of(*card.member("last_login"), "from") == "192.0.2.7");
    REQUIRE(card.member("guesses")->array()->size() == 1);
    CHECK(number_of(card.member("guesses")->array()->at(0), "wrong") == 2);
    const auto limit = office.done("explain.limit", R"({"name":"anna"})");
    CHECK(number_of(limit, "sent_in_hour") == 7);
    CHECK(number_of(limit, "sent_in_day") == 40);
    office.logins.out_of_order = true;
    CHECK(explain().member("guesses")->is_null());
    CHECK(office.done("explain.limit", R"({"name":"anna"})").member("sent_in_day")->is_null());
}
