// sweep expiry: notices in time, once each; purges after the grace and the notice; brakes; crashes half way.

#include <algorithm>

#include "tests/unit/metkad/office.h"

using namespace metka;
using namespace metka::metkad::test;
using maildir::Notice;
using std::chrono::days;
using std::chrono::hours;

namespace {

constexpr auto sweep = "sweep.expiry";

void add(TestOffice& office, std::string_view local, std::string_view until, std::string_view more = "")
{
    office.done("mailbox.add",
                fmt::format(R"({{"address":"{}@moja-firma.lublin.pl","customer":"firma","capacity":"1M",
        "valid_until":"{}","password":"x"{}}})",
                            local, until, more));
}

// Ended and told so a day ago, with a grace of no more than that: for the next sweep to purge.
void add_ripe(TestOffice& office, int count)
{
    for (int i = 0; i < count; ++i)
        add(office, fmt::format("ripe{}", i), "2026-03-01", R"(,"grace_days":1)");
    office.done(sweep, "{}");
    office.pass(days(1));
}

bool is_there(TestOffice& office, std::string_view local)
{
    return office.registry.mailbox(address(fmt::format("{}@moja-firma.lublin.pl", local)))->has_value();
}

std::vector<std::string> told(const TestOffice& office)
{
    std::vector<std::string> list;
    for (const auto& each : office.trees.told)
        list.push_back(fmt::format("{} {} {} after {}", static_cast<int>(each.notice), each.about, each.days,
                                   (from_unix_ms(static_cast<std::int64_t>(each.at)) -
                                    Instant(std::chrono::sys_days(std::chrono::year(2026) / 3 / 10))) /
                                       days(1)));
    return list;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("each notice is sent once on its day, the last after the end, and the purge follows the grace")
{
    TestOffice office;
    office.settle();
    add(office, "a", "2026-04-20"); // in 41 days
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"a@moja-firma.lublin.pl"})");
    std::vector<std::int64_t> purged_on;
    for (int day = 0; day < 80; ++day) {
        for (int again = 0; again < 2; ++again)
            if (number_of(office.done(sweep, "{}"), "purged") == 1) purged_on.push_back(day);
        CHECK(is_there(office, "a") == (day < 72));
        office.pass(days(1));
    }
    CHECK(told(office) == Texts{"0 2026-04-20 30 after 11", "0 2026-04-20 7 after 34",
                                "0 2026-04-20 1 after 40", "1 2026-04-20 0 after 42"});
    CHECK(purged_on == std::vector<std::int64_t>{72});
    CHECK(office.registry.aliases()->empty());
    CHECK(office.registry.removed()->empty());
    CHECK_FALSE(office.has_tree(id));
    CHECK_FALSE(office.keys.passwords.contains(id));
    CHECK(office.registry.quarantine(address("b@moja-firma.lublin.pl"))->has_value());
}

TEST_CASE("a late sweep sends the one notice that is due, not all that were missed")
{
    TestOffice office;
    office.settle();
    add(office, "a", "2026-04-20");
    office.pass(days(37));
    CHECK(number_of(office.done(sweep, "{}"), "noticed") == 1);
    office.pass(days(2));
    office.done(sweep, "{}");
    office.pass(days(1));
    office.done(sweep, "{}");
    CHECK(told(office) == Texts{"0 2026-04-20 7 after 37", "0 2026-04-20 1 after 40"});
}

TEST_CASE("own notice days and grace take the place of the plan's, and none means no notice before the end")
{
    TestOffice office;
    office.settle();
    add(office, "a", "2026-03-15", R"(,"notice_days":"3","grace_days":2)");
    add(office, "b", "2026-03-15", R"(,"notice_days":"none")");
    for (int day = 0; day < 10; ++day) {
        office.done(sweep, "{}");
        office.pass(days(1));
    }
    auto all = told(office);
    std::ranges::sort(all);
    CHECK(all == Texts{"0 2026-03-15 3 after 2", "1 2026-03-15 0 after 6", "1 2026-03-15 0 after 6"});
    CHECK_FALSE(is_there(office, "a"));
    CHECK(is_there(office, "b"));
}

TEST_CASE("nobody is purged who was told less than a week ago, however long ago the grace ended, and --yes "
          "does not help")
{
    TestOffice office;
    office.settle();
    add(office, "a", "2026-03-10");
    office.pass(days(100));
    CHECK(texts(*office.done(sweep, "{}").member("held")).front() ==
          "a@moja-firma.lublin.pl is kept: its user was not told long enough ago");
    for (int day = 0; day < 6; ++day) {
        office.pass(days(1));
        CHECK(number_of(office.done(sweep, R"({"yes":true})"), "purged") == 0);
    }
    office.pass(days(1));
    CHECK(number_of(office.done(sweep, "{}"), "purged") == 1);
}

TEST_CASE("a mailbox that could not be told is kept and named, and the others have their turn")
{
    TestOffice office;
    office.settle();
    office.troubles.fails_at =
        office.troubles.calls() + 8; // each of the three takes two calls, and then one notice
    add_ripe(office, 3);
    const auto answer = office.done(sweep, "{}");
    CHECK(number_of(answer, "purged") == 2);
    CHECK(number_of(answer, "expired") == 1);
    office.pass(days(1));
    CHECK(number_of(office.done(sweep, "{}"), "purged") == 1);
}

TEST_CASE("that somebody could not be told is said")
{
    TestOffice office;
    office.settle();
    add(office, "a", "2026-03-01");
    office.troubles.fails_at = office.troubles.calls();
    const auto answer = office.done(sweep, "{}");
    CHECK(texts(*answer.member("held")).front() == "a@moja-firma.lublin.pl could not be told: not now");
    CHECK(number_of(answer, "expired") == 0);
}

TEST_CASE("each brake holds all deleting until somebody says --yes")
{
    TestOffice office;
    office.settle();
    std::string_view says;
    SUBCASE("the clock is before the newest entry of the audit")
    {
        add_ripe(office, 1);
        office.pass(hours(2));
        office.done("customer.set", R"({"name":"firma","title":"Inna"})");
        office.pass(-hours(1));
        says = "the clock is before";
    }
    SUBCASE("the last sweep was long ago")
    {
        add_ripe(office, 1);
        office.pass(days(2) + hours(1));
        says = "the last sweep was 3 days ago";
    }
    SUBCASE("too many mailboxes at once")
    {
        add_ripe(office, 11);
        says = "11 of 12 mailboxes would be purged at once";
    }
    const auto before = office.registry.mailboxes()->size();
    const auto held = office.done(sweep, R"({"dry_run":true})");
    CHECK_MESSAGE(texts(*held.member("held")).front().contains(says), texts(*held.member("held")).front());
    const auto really_held = office.done(sweep, "{}");
    CHECK(texts(*really_held.member("held")) == texts(*held.member("held")));
    CHECK(number_of(really_held, "purged") == 0);
    CHECK(office.registry.mailboxes()->size() == before);
    if (says.starts_with("the last")) office.pass(days(4)); // the sweep that was held was one, too
    CHECK(number_of(office.done(sweep, R"({"yes":true})"), "purged") > 0);
    CHECK_FALSE(is_there(office, "ripe0"));
}

TEST_CASE("ten at once are no reason to hold, nor is what others did while the sweep ran")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 10);
    office.troubles.on_call = [&](const std::string& note) {
        if (note != "notice.send") return;
        office.troubles.on_call = {};
        office.pass(hours(1));
        (void)office.on_its_way(request("customer.set", R"({"name":"firma","title":"Inna"})"));
    };
    const auto answer = office.done(sweep, "{}");
    CHECK(texts(*answer.member("held")).empty());
    CHECK(number_of(answer, "purged") == 10);
}

TEST_CASE("brakes hold what was removed, too")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    const auto id = office.mailbox_id("a@moja-firma.lublin.pl");
    office.done("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})");
    office.done(sweep, "{}");
    office.pass(days(30));
    const auto answer = office.done(sweep, "{}");
    CHECK(texts(*answer.member("held")).front().contains("0 mailboxes, 1 removed ones"));
    CHECK(office.has_tree(id));
    office.pass(days(1));
    CHECK(number_of(office.done(sweep, "{}"), "trash") == 1);
    CHECK_FALSE(office.has_tree(id));
    CHECK(office.registry.removed()->empty());
}

TEST_CASE("a mailbox that is renewed while the sweep runs is kept")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 2);
    office.troubles.on_call = [&](const std::string& note) {
        if (note != "notice.send") return;
        office.troubles.on_call = {};
        (void)office.on_its_way(
            request("mailbox.renew", R"({"address":"ripe1@moja-firma.lublin.pl","until":"+1y"})"));
    };
    CHECK(number_of(office.done(sweep, "{}"), "purged") == 1);
    CHECK_FALSE(is_there(office, "ripe0"));
    CHECK(is_there(office, "ripe1"));
}

TEST_CASE("a mailbox that is given a longer grace while the sweep runs is kept")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 2);
    office.troubles.on_call = [&](const std::string& note) {
        if (note != "notice.send") return;
        office.troubles.on_call = {};
        (void)office.on_its_way(
            request("mailbox.set", R"({"address":"ripe1@moja-firma.lublin.pl","grace_days":365})"));
    };
    CHECK(number_of(office.done(sweep, "{}"), "purged") == 1);
    CHECK_FALSE(is_there(office, "ripe0"));
    CHECK(is_there(office, "ripe1"));
}

TEST_CASE("a sweep that holds back ends no quarantine either: the clock may be wrong")
{
    TestOffice office;
    office.settle();
    office.free_mailbox("a@moja-firma.lublin.pl");
    const auto address = Address::parse("a@moja-firma.lublin.pl").value();
    office.done("mailbox.remove", R"({"address":"a@moja-firma.lublin.pl"})");
    office.done(sweep, "{}");
    office.pass(days(100));
    office.done(sweep, "{}");
    CHECK(office.registry.quarantine(address).value());
    office.pass(days(1));
    office.done(sweep, "{}");
    CHECK_FALSE(office.registry.quarantine(address).value());
}

TEST_CASE("of two sweeps at once the second is told to wait, and later sweeps run again")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 2);
    const auto answers = office.at_once({request(sweep, "{}"), request(sweep, "{}", 2)});
    CHECK(number_of(*control::parse_answer(answers[0], 1), "purged") == 2);
    CHECK(control::parse_answer(answers[1], 2).error().fault == Fault::unavailable);
    office.done(sweep, "{}");
}

TEST_CASE("--dry-run and --at change nothing, send nothing, and say what would be done")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 1);
    add(office, "a", "2026-03-16");
    add(office, "late", "2026-03-05");
    office.free_mailbox("gone@moja-firma.lublin.pl");
    office.done("mailbox.remove", R"({"address":"gone@moja-firma.lublin.pl"})");
    const auto before = office.dump();
    office.notes.clear();
    const auto today = office.done(sweep, R"({"dry_run":true})");
    CHECK(number_of(today, "noticed") == 1);
    CHECK(number_of(today, "expired") == 1);
    CHECK(number_of(today, "purged") == 1);
    const auto later = office.done(sweep, R"({"at":"2026-04-30"})");
    CHECK(number_of(later, "purged") == 3);
    CHECK(number_of(later, "trash") == 1);
    CHECK(text_of(later, "summary").starts_with("rehearsal: "));
    CHECK(steps_of(later).back() == "delete the mail of gone@moja-firma.lublin.pl, which was removed");
    CHECK(office.notes.empty());
    CHECK(office.dump() == before);
    CHECK(office.registry.last_sweep(directory::Sweep::expiry)->value() == office.clock.now() - days(1));
    CHECK(office.refused(sweep, R"({"at":"some day"})").field == "at");
}

TEST_CASE("what a dry run of today says is what the sweep then does")
{
    TestOffice office;
    office.settle();
    add_ripe(office, 3);
    add(office, "a", "2026-03-16");
    add(office, "late", "2026-03-05");
    const auto rehearsed = office.done(sweep, R"({"dry_run":true})");
    const auto real = office.done(sweep, "{}");
    CHECK(steps_of(rehearsed) == steps_of(real));
    CHECK(texts(*rehearsed.member("held")) == texts(*real.member("held")));
    for (const std::string_view number : {"mailboxes", "noticed", "expired", "purged", "trash"})
        CHECK(number_of(rehearsed, number) == number_of(real, number));
}

TEST_CASE("progress is told on the way")
{
    TestOffice office;
    office.settle();
    add(office, "a", "+1d");
    add(office, "b", "2026-03-01");
    office.done(sweep, "{}");
    REQUIRE(office.progress.size() == 2);
    CHECK(control::parse_progress(office.progress[1]) ==
          control::Progress{.done = 2, .total = 3, .what = "mailboxes"});
}

namespace {

// Two to purge, one of them with aliases, one to tell, and two removed whose grace is over: a free mailbox,
// and a shell account.
void prepare(TestOffice& office)
{
    office.settle();
    office.unix_accounts.users["jan"] = 1004;
    office.users.names[1004] = "jan";
    office.done("shell.add", R"({"login":"jan","customer":"firma","adopt":true,"password":"x"})");
    office.free_mailbox("gone@moja-firma.lublin.pl");
    office.done("mailbox.remove", R"({"address":"gone@moja-firma.lublin.pl"})");
    office.done("shell.remove", R"({"login":"jan"})");
    add(office, "ripe0", "2026-03-01");
    add(office, "ripe1", "2026-03-01");
    office.done(sweep, "{}");
    office.pass(days(30));
    office.done("alias.add", R"({"address":"b@moja-firma.lublin.pl","to":"ripe0@moja-firma.lublin.pl"})");
    add(office, "a", "2026-04-16");
}

// What must be the same in the end.
std::string outcome(TestOffice& office)
{
    std::string text;
    for (const std::string_view list : {"mailbox.list", "alias.list", "shell.list"})
        text += to_text(office.done(list, "{}")) + "\n";
    for (const std::string_view freed : {"ripe0", "ripe1", "b", "gone"})
        text +=
            office.registry.quarantine(address(fmt::format("{}@moja-firma.lublin.pl", freed)))->has_value()
                ? "q"
                : "-";
    return text + fmt::format("{} {} {} {} {}", office.registry.removed()->size(), office.trees.made.size(),
                              office.keys.passwords.size(), office.fences.standing.size(),
                              office.trees.told.size());
}

} // namespace

TEST_CASE("a sweep that was killed anywhere, or that lost a program anywhere, is simply run again")
{
    TestOffice undisturbed;
    prepare(undisturbed);
    const auto begun = undisturbed.troubles.calls();
    undisturbed.done(sweep, R"({"yes":true})");
    const auto calls = undisturbed.troubles.calls() - begun;
    const auto wanted = outcome(undisturbed);
    REQUIRE(calls > 8);
    for (const bool dies : {true, false})
        for (std::size_t n = 0; n < calls; ++n) {
            CAPTURE(dies);
            CAPTURE(n);
            TestOffice office;
            prepare(office);
            (dies ? office.troubles.dies_at : office.troubles.fails_at) = office.troubles.calls() + n;
            CHECK(office.is_killed(sweep, R"({"yes":true})") == dies);
            office.done(sweep, R"({"yes":true})");
            CHECK(outcome(office) == wanted);
        }
}
