#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;

namespace {

constexpr auto free_mailbox = R"({"address":"biuro@moja-firma.lublin.pl","shell":"anna","capacity":"50M",
    "valid_until":"2027-12-31","password":"tajne"})";
constexpr auto paid_mailbox =
    R"({"address":"sklep@moja-firma.lublin.pl","customer":"firma","capacity":"1G","password":"tajne"})";
constexpr auto biuro = R"({"address":"biuro@moja-firma.lublin.pl"})";

} // namespace

TEST_CASE("a mailbox is added secret first, tree next, row last, and removed row first, then secret, its "
          "mail stays")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    CHECK(office.notes == Notes{"key.set", "tree.make"});
    CHECK(office.keys.passwords.begin()->second == "tajne");
    office.notes.clear();
    office.done("mailbox.remove", biuro);
    CHECK(office.notes == Notes{"key.remove"});
    CHECK(office.registry.removed()->at(0).login == "biuro@moja-firma.lublin.pl");
    CHECK(office.refused("mailbox.show", biuro).fault == Fault::not_found);
}

TEST_CASE("a mailbox whose tree cannot be made leaves no row and no secret behind")
{
    TestOffice office;
    office.settle();
    office.trees.out_of_order = true;
    CHECK(office.refused("mailbox.add", paid_mailbox).fault == Fault::unavailable);
    CHECK(office.keys.passwords.empty());
    CHECK_FALSE(office.registry.mailbox(address("sklep@moja-firma.lublin.pl"))->has_value());
    office.trees.out_of_order = false;
    office.done("mailbox.add", paid_mailbox);
}

TEST_CASE("show says all that the table promises, in its order, and list a part of it")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    office.trees.used = 1_KiB;
    const auto card = office.done("mailbox.show", biuro);
    const auto id = office.registry.mailboxes()->front().id.hex();
    const auto shell = office.registry.shell_accounts()->front().id.hex();
    CHECK(*card.member("address") == Json("biuro@moja-firma.lublin.pl"));
    CHECK(*card.member("state") == Json("active"));
    CHECK(*card.member("kind") == Json("free"));
    CHECK(*card.member("customer") == Json("firma"));
    CHECK(*card.member("shell") == Json("anna"));
    CHECK(*card.member("capacity") == Json(std::int64_t{50 << 20}));
    CHECK(*card.member("usage") == Json(std::int64_t{1024}));
    CHECK(*card.member("messages") == Json(std::int64_t{3}));
    CHECK(*card.member("valid_until") == Json("2027-12-31"));
    CHECK(*card.member("maildir") == Json("mail/shell/" + shell + "/box/" + id + "/Maildir"));
    CHECK(*card.member("created") == Json("2026-03-10T00:00:00Z"));
}

TEST_CASE("show works while the store is away, what the store alone knows is null")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", paid_mailbox);
    office.trees.out_of_order = true;
    const auto card = office.done("mailbox.show", R"({"address":"sklep@moja-firma.lublin.pl"})");
    CHECK(card.member("usage")->is_null());
    CHECK(card.member("messages")->is_null());
    CHECK(*card.member("kind") == Json("paid"));
    CHECK(card.member("shell")->is_null());
}

TEST_CASE("without --valid-until and --capacity a mailbox has its plan's, none and unlimited leave them out")
{
    TestOffice office;
    office.settings.plan_lifetime = 10;
    office.settings.plan_capacity = 7_MiB;
    office.settle();
    office.done("mailbox.add", R"({"address":"a@moja-firma.lublin.pl","customer":"firma","password":"x"})");
    auto card = office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})");
    CHECK(*card.member("valid_until") == Json("2026-03-20"));
    CHECK(*card.member("capacity") == Json(std::int64_t{7 << 20}));
    office.done("mailbox.set",
                R"({"address":"a@moja-firma.lublin.pl","valid_until":"none","capacity":"unlimited"})");
    card = office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})");
    CHECK(card.member("valid_until")->is_null());
    CHECK(card.member("capacity")->is_null());
}

TEST_CASE("a mailbox is good through the end of its last day in the operator's time zone")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", R"({"address":"a@moja-firma.lublin.pl","customer":"firma","password":"x",
        "valid_until":"2026-03-10"})");
    const auto state = [&] {
        return *office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})")
                    .member("state")
                    ->text();
    };
    office.clock.advance(std::chrono::hours(23) - std::chrono::milliseconds(1)); // Warsaw is an hour ahead
    CHECK(state() == "active");
    office.clock.advance(std::chrono::milliseconds(1));
    CHECK(state() == "expired");
    office.done("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","valid_until":"+1d"})");
    CHECK(state() == "active");
}

TEST_CASE("a mailbox that breaks a rule is refused before anything is made")
{
    TestOffice office;
    office.settle();
    office.done("customer.add", R"({"name":"other","title":"Other","contact":"o@example.org"})");
    office.done("domain.add", R"({"domain":"other.lublin.pl","customer":"other"})");
    office.done("domain.add", R"({"domain":"example.com","customer":"firma"})");
    office.done("mailbox.add", free_mailbox);
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"anna"})");
    office.notes.clear();
    struct Row {
        std::string_view params;
        Fault fault;
        std::string_view says;
    };
    const Row rows[] = {
        {R"("address":"biuro@moja-firma.lublin.pl","shell":"anna")", Fault::conflict, "a mailbox already"},
        {R"("address":"info@moja-firma.lublin.pl","customer":"firma")", Fault::conflict, "an alias already"},
        {R"("address":"a@other.lublin.pl","customer":"firma")", Fault::conflict, "customer other"},
        {R"("address":"a@example.com","customer":"firma")", Fault::conflict, "pending"},
        {R"("address":"a@nowhere.pl","customer":"firma")", Fault::not_found, "no domain nowhere.pl"},
        {R"("address":"a@moja-firma.lublin.pl","customer":"nobody")", Fault::not_found, "no customer nobody"},
        {R"("address":"a@moja-firma.lublin.pl","shell":"nobody")", Fault::not_found,
         "no shell account nobody"},
        {R"("address":"a@moja-firma.lublin.pl")", Fault::invalid, "either --customer"},
        {R"("address":"a@moja-firma.lublin.pl","customer":"firma","shell":"anna")", Fault::invalid, "either"},
        {R"("address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"451M")", Fault::limit,
         "disk limit"},
        {R"("address":"a@moja-firma.lublin.pl","shell":"anna","capacity":"unlimited")", Fault::limit,
         "capacity"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.params);
        const auto error = office.refused("mailbox.add", fmt::format(R"({{{},"password":"x"}})", row.params));
        CHECK(error.fault == row.fault);
        CHECK_MESSAGE(error.text.contains(row.says), error.text);
    }
    CHECK(office.notes.empty());
}

TEST_CASE("the sixth free mailbox of a shell account is refused, a paid one is not")
{
    TestOffice office;
    office.settle();
    for (int i = 1; i <= 5; ++i)
        office.done("mailbox.add",
                    fmt::format(R"({{"address":"m{}@moja-firma.lublin.pl","shell":"anna","capacity":"1M",
                        "password":"x"}})",
                                i));
    const auto error = office.refused("mailbox.add", R"({"address":"m6@moja-firma.lublin.pl","shell":"anna",
        "capacity":"1M","password":"x"})");
    CHECK(error.fault == Fault::limit);
    CHECK(error.text.contains("5 of 5"));
    office.done("mailbox.add", paid_mailbox);
}

TEST_CASE("orders that come at once are carried out one after the other, so that no rule is passed twice")
{
    TestOffice office;
    office.settings.plan_free_mailboxes_per_shell = 2;
    office.settle();
    std::vector<std::string> lines;
    for (int i = 1; i <= 4; ++i)
        lines.push_back(fmt::format(R"({{"jsonrpc":"2.0","id":{0},"method":"mailbox.add","params":{{"address":
            "m{0}@moja-firma.lublin.pl","shell":"anna","capacity":"1M","password":"x"}}}})",
                                    i));
    const auto answers = office.at_once(lines);
    int accepted = 0;
    for (int i = 1; i <= 4; ++i)
        accepted += control::parse_answer(answers[static_cast<std::size_t>(i - 1)], i).has_value() ? 1 : 0;
    CHECK(accepted == 2);
    CHECK(office.registry.totals()->mailboxes == 2 + 1); // and the operator's
    CHECK(office.notes == Notes{"key.set", "tree.make", "key.set", "tree.make"});
}

TEST_CASE("a dry run says what would be done, goes through the same checks, and does nothing")
{
    TestOffice office;
    office.settle();
    const auto before = office.registry.audit({.most = 100})->size();
    const auto answer = office.done("mailbox.add", R"({"address":"a@moja-firma.lublin.pl","customer":"firma",
        "dry_run":true})");
    CHECK(*answer.member("done") == Json(false));
    CHECK(steps_of(answer).front().contains("add paid mailbox a@moja-firma.lublin.pl"));
    CHECK(office.notes.empty());
    CHECK_FALSE(office.registry.mailbox(address("a@moja-firma.lublin.pl"))->has_value());
    CHECK(office.registry.audit({.most = 100})->size() == before);
    CHECK(office.refused("mailbox.add", R"({"address":"a@nowhere.pl","customer":"firma","dry_run":true})")
              .fault == Fault::not_found);
}

TEST_CASE("setting a mailbox changes what is said and nothing else, and setting it again is no fault")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    const auto answer =
        office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","capacity":"60M",
        "state":"suspended"})");
    CHECK(steps_of(answer) == std::vector<std::string>{"capacity: “50 MiB” becomes “60 MiB”",
                                                       "state: “active” becomes “suspended”"});
    const auto again =
        office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","capacity":"60M"})");
    CHECK(steps_of(again).front().contains("like that already"));
    CHECK(*office.done("mailbox.show", biuro).member("state") == Json("suspended"));
    CHECK(office.refused("mailbox.set", biuro).text.contains("say what to set"));
}

TEST_CASE("a capacity below what is used, or beyond the disk limit, is refused")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    office.trees.used = 20_MiB;
    CHECK(
        office.refused("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","capacity":"19M"})").fault ==
        Fault::limit);
    CHECK(office.refused("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","capacity":"490M"})")
              .fault == Fault::limit);
    office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","capacity":"480M"})");
}

TEST_CASE("a new password reaches the keys, is told in the audit, and is never written there")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    office.done("mailbox.set", R"({"address":"biuro@moja-firma.lublin.pl","password":"nowe-haslo"})");
    CHECK(office.keys.passwords.begin()->second == "nowe-haslo");
    const auto rows = office.registry.audit({.most = 100}).value();
    CHECK(rows.front().verb == "mailbox.set");
    CHECK(rows.front().actor == "root");
    for (const auto& row : rows) {
        CHECK_FALSE((row.before + row.after).contains("nowe-haslo"));
        CHECK_FALSE((row.before + row.after).contains("tajne"));
    }
}

TEST_CASE("a mailbox takes the aliases that lead to it along when it is removed")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    office.done("alias.add", R"({"address":"info@moja-firma.lublin.pl","to":"biuro@moja-firma.lublin.pl"})");
    const auto answer = office.done("mailbox.remove", biuro);
    CHECK(steps_of(answer) == std::vector<std::string>{"remove mailbox biuro@moja-firma.lublin.pl",
                                                       "remove alias info@moja-firma.lublin.pl",
                                                       "its mail is kept; days until it is deleted: 30"});
    CHECK(office.registry.aliases()->empty());
}

TEST_CASE("a mailbox is suspended with its customer and with its domain")
{
    TestOffice office;
    office.settle();
    office.done("mailbox.add", free_mailbox);
    const auto state = [&] { return *office.done("mailbox.show", biuro).member("state")->text(); };
    office.done("customer.set", R"({"name":"firma","state":"suspended"})");
    CHECK(state() == "suspended");
    office.done("customer.set", R"({"name":"firma","state":"active"})");
    CHECK(state() == "active");
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","state":"suspended"})");
    CHECK(state() == "suspended");
}
