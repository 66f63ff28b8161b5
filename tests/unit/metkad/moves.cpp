// A mailbox that moves to another space, or out of all: copied, then the row switches, then the old tree
// goes.

#include <algorithm>

#include <asio/use_future.hpp>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using control::to_text;

namespace {

// Shell accounts anna and jan with free mailboxes in one domain; free mailbox a of anna.
void prepare(TestOffice& office)
{
    office.settle();
    office.unix_accounts.users["jan"] = 1004;
    office.done("shell.add", R"({"login":"jan","customer":"firma","adopt":true,"disk_limit":"20M",
        "free_domain":"moja-firma.lublin.pl"})");
    office.free_mailbox("a@moja-firma.lublin.pl");
}

Result<Json> move(TestOffice& office, std::string_view to, std::string_view more = "")
{
    return office.ask("mailbox.set", fmt::format(R"({{"address":"a@moja-firma.lublin.pl",{}{}}})", to, more));
}

InboxId id_of(TestOffice& office, std::string_view login)
{
    return office.registry.shell_account(login)->value().id;
}

constexpr std::string_view to_jan = R"("shell":"jan")";
constexpr std::string_view to_customer = R"("customer":"firma")";

} // namespace

TEST_CASE("a free mailbox becomes paid, and another account's, with its mail, its password and its aliases")
{
    TestOffice office;
    prepare(office);
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    const auto key = office.keys.passwords.at(id);
    const auto paid = move(office, to_customer);
    REQUIRE_MESSAGE(paid.has_value(), paid.error().text);
    CHECK(steps_of(*paid) == std::vector<std::string>{"kind: “free, of anna” becomes “paid”"});
    CHECK(office.notes == Notes{"tree.make", "tree.carry", "tree.carry last", "tree.remove"});
    CHECK(office.trees.made.contains({id, InboxId()}));
    CHECK_FALSE(office.trees.made.contains({id, id_of(office, "anna")}));
    REQUIRE(move(office, to_jan).has_value());
    CHECK(office.trees.made.contains({id, id_of(office, "jan")}));
    CHECK_FALSE(office.trees.made.contains({id, InboxId()}));
    CHECK(office.mailbox_id("a@moja-firma.lublin.pl") == id);
    CHECK(office.keys.passwords.at(id) == key);
    CHECK(text_of(office.done("alias.show", R"({"address":"b@moja-firma.lublin.pl"})"), "to") ==
          "a@moja-firma.lublin.pl");
    CHECK(text_of(office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})"), "shell") == "jan");
}

TEST_CASE("a mailbox that somebody reads is not moved, and all stays as it was")
{
    TestOffice office;
    prepare(office);
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.trees.in_session.insert(id);
    const auto before = office.dump();
    const auto refused = move(office, to_jan);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == Fault::conflict);
    CHECK(office.dump() == before);
    CHECK(office.trees.made.contains({id, id_of(office, "anna")}));
    office.trees.in_session.clear();
    CHECK(move(office, to_jan).has_value());
}

TEST_CASE("a move that breaks a rule is refused before anything is copied")
{
    TestOffice office;
    prepare(office);
    office.settle_neighbours();
    office.done("shell.set", R"({"login":"jan","free_mailboxes":1})");
    struct Row {
        std::string_view to, more;
        Fault fault;
        std::string_view says;
    };
    const Row rows[] = {
        {R"("shell":"ewa")", "", Fault::conflict, "another customer"},
        {R"("customer":"other")", "", Fault::conflict, "another customer"},
        {R"("shell":"nikt")", "", Fault::not_found, "no shell account nikt"},
        {to_jan, R"(,"customer":"firma")", Fault::invalid, "not both"},
        {to_jan, R"(,"capacity":"21M")", Fault::limit, "disk limit is 20 MiB"},
        {to_jan, R"(,"capacity":"unlimited")", Fault::limit, "need a capacity"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.to);
        const auto answer = move(office, row.to, row.more);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().fault == row.fault);
        CHECK_MESSAGE(answer.error().text.contains(row.says), answer.error().text);
    }
    office.done("mailbox.add",
                R"({"address":"z@moja-firma.lublin.pl","shell":"jan","capacity":"1M","password":"x"})");
    office.notes.clear();
    CHECK(move(office, to_jan).error().text.contains("jan has 1 of 1"));
    CHECK(office.notes.empty());
}

TEST_CASE("a full domain lets a mailbox of its own change places, but takes no paid one in")
{
    TestOffice office;
    prepare(office);
    office.done("domain.set", R"({"domain":"moja-firma.lublin.pl","free_mailboxes":1})");
    CHECK(move(office, to_jan).has_value());
    office.done("mailbox.add",
                R"({"address":"p@moja-firma.lublin.pl","customer":"firma","capacity":"1M","password":"x"})");
    CHECK(office.refused("mailbox.set", R"({"address":"p@moja-firma.lublin.pl","shell":"anna"})")
              .text.contains("has 1 of 1"));
}

TEST_CASE("a mailbox that holds more than the capacity it moves with is refused unless forced")
{
    TestOffice office;
    prepare(office);
    office.trees.uses[office.mailbox_id("a@moja-firma.lublin.pl")] = 5_MiB;
    const auto refused = move(office, to_customer, R"(,"capacity":"2M")");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().fault == Fault::limit);
    CHECK(move(office, to_customer, R"(,"capacity":"2M","force":true)").has_value());
}

TEST_CASE("a dry run of a move says the same and moves nothing")
{
    TestOffice office;
    prepare(office);
    const auto before = office.dump();
    const auto rehearsed = move(office, to_jan, R"(,"dry_run":true)");
    REQUIRE(rehearsed.has_value());
    CHECK(office.notes.empty());
    CHECK(office.dump() == before);
    CHECK(steps_of(*move(office, to_jan)) == steps_of(*rehearsed));
}

namespace {

// Mail comes to a@… at every call that metkad makes, into the place its row points at, unless it is closed.
struct Deliveries {
    explicit Deliveries(TestOffice& of) : office(of), id(of.mailbox_id("a@moja-firma.lublin.pl"))
    {
        office.troubles.on_call = [this](const std::string&) { deliver(); };
    }
    ~Deliveries() { office.troubles.on_call = {}; }
    Deliveries(const Deliveries&) = delete;
    Deliveries& operator=(const Deliveries&) = delete;

    void deliver()
    {
        const auto record = office.registry.inbox(id)->value();
        const auto name = fmt::format("m{}", ++count);
        if (record.closed) return; // its sender tries again
        office.trees.mail[place()].insert(name);
        accepted.insert(name);
    }
    TestOffice::Tree place() const
    {
        return {id, office.registry.inbox(id)->value().shell.value_or(InboxId())};
    }
    void check_whole() const // one tree, with all that was accepted
    {
        CHECK(office.trees.mail[place()] == accepted);
        const auto is_its = [&](const TestOffice::Tree& each) { return each.first == id; };
        CHECK(std::ranges::count_if(office.trees.made, is_its) == 1);
        CHECK(office.trees.made.contains(place()));
        CHECK(office.registry.moves()->empty());
    }

    TestOffice& office;
    InboxId id;
    int count = 0;
    std::set<std::string> accepted;
};

constexpr std::string_view moving_to_jan = R"({"address":"a@moja-firma.lublin.pl","shell":"jan"})";

// The old tree cannot be taken away: the move has switched and stands.
void leave_standing(TestOffice& office)
{
    office.troubles.fails_at = office.troubles.calls() + 3;
    const auto moved = move(office, to_jan);
    REQUIRE_MESSAGE(moved.has_value(), moved.error().text);
    CHECK(steps_of(*moved).back().contains("copies of its mail are still in"));
    REQUIRE(office.registry.moves()->size() == 1);
}

std::string problems_of(TestOffice& office)
{
    return to_text(*office.done("status", "{}").member("problems"));
}

} // namespace

TEST_CASE(
    "a move that was cut off anywhere, with mail under way, is ended by the next sweep: all is there, once")
{
    for (const bool dies : {true, false})
        for (std::size_t n = 0; n < 7; ++n) {
            CAPTURE(dies);
            CAPTURE(n);
            TestOffice office;
            prepare(office);
            Deliveries deliveries(office);
            office.trees.mail_at_once = 2;
            for (int i = 0; i < 3; ++i)
                deliveries.deliver();
            (dies ? office.troubles.dies_at : office.troubles.fails_at) = office.troubles.calls() + n;
            (void)office.is_killed("mailbox.set", moving_to_jan);
            office.done("sweep.quota", "{}");
            deliveries.check_whole();
            deliveries.deliver();
            if (deliveries.place().second != id_of(office, "jan")) CHECK(move(office, to_jan).has_value());
            CHECK(deliveries.place().second == id_of(office, "jan"));
            deliveries.check_whole();
        }
}

TEST_CASE("mail is carried in steps until all of it is there")
{
    TestOffice office;
    prepare(office);
    Deliveries deliveries(office);
    office.trees.mail_at_once = 3;
    for (int i = 0; i < 8; ++i)
        deliveries.deliver();
    CHECK(move(office, to_jan).has_value());
    CHECK(std::ranges::count(office.notes, "tree.carry") >= 3);
    deliveries.check_whole();
}

TEST_CASE("status tells of a move that stands, and show of its mailbox does not")
{
    TestOffice office;
    prepare(office);
    leave_standing(office);
    CHECK(problems_of(office).contains("a@moja-firma.lublin.pl has been on its way from the space of anna to "
                                       "the space of jan since"));
    CHECK_FALSE(to_text(office.done("mailbox.show", R"({"address":"a@moja-firma.lublin.pl"})"))
                    .contains("on its way"));
    office.done("sweep.quota", "{}");
    CHECK_FALSE(problems_of(office).contains("on its way"));
}

TEST_CASE("a sweep that cannot end a move says so, and a rehearsal leaves it alone")
{
    TestOffice office;
    prepare(office);
    leave_standing(office);
    office.notes.clear();
    office.done("sweep.quota", R"({"dry_run":true})");
    CHECK(std::ranges::count(office.notes, "tree.remove") == 0);
    CHECK(office.registry.moves()->size() == 1);
    office.troubles.fails_at = office.troubles.calls();
    const auto swept = office.done("sweep.quota", "{}");
    CHECK(to_text(*swept.member("problems")).contains("on its way"));
    CHECK(office.registry.moves()->size() == 1);
}

TEST_CASE("whatever is done to a mailbox whose move stands ends that first")
{
    struct Row {
        std::string_view verb, params;
    };
    const Row rows[] = {{"mailbox.set", R"({"address":"a@moja-firma.lublin.pl","shell":"anna"})"},
                        {"mailbox.set", R"({"address":"a@moja-firma.lublin.pl","customer":"firma"})"},
                        {"mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})"},
                        {"shell.remove", R"({"login":"jan","recursive":true})"},
                        {"shell.remove", R"({"login":"anna","recursive":true})"},
                        {"customer.remove", R"({"name":"firma","recursive":true})"}};
    for (const auto& row : rows) {
        CAPTURE(row.verb);
        CAPTURE(row.params);
        TestOffice office;
        prepare(office);
        const TestOffice::Tree old{office.mailbox_id("a@moja-firma.lublin.pl"), id_of(office, "anna")};
        leave_standing(office);
        const auto before = office.registry.mailboxes()->size();
        office.troubles.fails_at = office.troubles.calls();
        CHECK(office.refused(row.verb, row.params).text.contains("on its way"));
        CHECK(office.registry.moves()->size() == 1);
        CHECK(office.registry.mailboxes()->size() == before);
        office.done(row.verb, row.params);
        CHECK(office.registry.moves()->empty());
        const bool is_back = row.params.contains("anna") && row.verb == "mailbox.set";
        CHECK(office.trees.made.contains(old) == is_back);
    }
}

TEST_CASE("a mailbox is renamed while its move stands, and that ends as before")
{
    TestOffice office;
    prepare(office);
    leave_standing(office);
    office.done("mailbox.rename", R"({"address":"a@moja-firma.lublin.pl","to":"n@moja-firma.lublin.pl"})");
    CHECK(problems_of(office).contains("n@moja-firma.lublin.pl has been on its way"));
    office.done("sweep.quota", "{}");
    CHECK(office.registry.moves()->empty());
}

TEST_CASE("what an earlier metkad was cut off in is ended at the start, before anybody asks")
{
    TestOffice office;
    prepare(office);
    office.troubles.dies_at = office.troubles.calls() + 2; // closed, and nothing has switched
    REQUIRE(office.is_killed("mailbox.set", moving_to_jan));
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    REQUIRE(office.registry.inbox(id)->value().closed);
    auto ending = office.provisioning.end_what_was_cut_off();
    auto ended = asio::co_spawn(office.loop, std::move(ending), asio::use_future);
    office.loop.restart();
    office.loop.run();
    ended.get();
    CHECK(office.registry.moves()->empty());
    CHECK_FALSE(office.registry.inbox(id)->value().closed);
    CHECK_FALSE(office.trees.made.contains({id, id_of(office, "jan")}));
    CHECK(office.trees.made.contains({id, id_of(office, "anna")}));
}

TEST_CASE("no mailbox moves while metka-store is being replaced")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    office.programs.push_back({.name = "metka-store", .state = "draining"});
    const auto refused =
        office.refused("mailbox.set", R"({"address":"a@moja-firma.lublin.pl","customer":"firma"})");
    CHECK(refused.fault == Fault::unavailable);
    CHECK(office.registry.moves().value().empty());
}
