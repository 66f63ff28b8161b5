// The sections `plan` and `plans`, and the kinds of values that they brought: truths, days, languages.

#include <doctest/doctest.h>

#include "core/settings/settings.h"

using namespace metka;
using settings::load;
using settings::Reader;
using settings::Settings;

namespace {

Settings loaded(std::string_view yaml)
{
    const auto settings = load(yaml, "m", Reader::metkad);
    REQUIRE_MESSAGE(settings, show(settings.error()));
    return *settings;
}

std::string problems_of(std::string_view yaml, Reader reader = Reader::metkad)
{
    const auto settings = load(yaml, "m", reader);
    return settings ? std::string("no problems") : show(settings.error());
}

} // namespace

TEST_CASE(
    "a plan has its own numbers, and those of the standard plan where it says none, wherever that stands")
{
    const auto settings = loaded("plans:\n"
                                 "  big:\n    disk_limit: 10G\n    capacity: 1G\n    notice_days: \"60,14\"\n"
                                 "  small: {free_mailboxes_per_shell: 1}\n"
                                 "plan:\n  grace_days: 14\n  self_service_aliases: 9\n");
    REQUIRE(settings.plans.size() == 2);
    const auto big = settings.plan("big");
    CHECK(big.name == "big");
    CHECK(big.disk_limit == Capacity(10_GiB));
    CHECK(big.capacity == Capacity(1_GiB));
    CHECK(big.notice_days == NoticeDays{60, 14});
    CHECK(big.grace_days == 14);
    CHECK(big.self_service_aliases == 9);
    CHECK(big.free_mailboxes_per_shell == 5);
    CHECK(settings.plan("small").free_mailboxes_per_shell == 1);
    CHECK(settings.plan("small").disk_limit == Capacity(500_MiB));
    CHECK(settings.standard().name == "standard");
    CHECK(settings.standard().disk_limit == Capacity(500_MiB)); // what other plans say is theirs alone
    CHECK(settings.plan("gone") == settings.standard());
}

TEST_CASE("a plan that cannot be is refused where it stands")
{
    struct Row {
        const char* yaml;
        const char* shown;
    };
    const Row table[] = {
        {"plans:\n  standard:\n    capacity: 1M\n",
         "m:2:3: plans.standard: the standard plan stands in the section “plan”"},
        {"plans:\n  big:\n    colour: red\n",
         "m:3:5: plans.big.colour: a plan has no such number; the section “plan” has all"},
        {"plans: big\n",
         "m:1:8: plans: plans stand below it, indented, like “firm:” and below that “capacity: 1G”"},
        {"plans:\n  big: 5\n", "m:2:8: plans.big: its numbers stand below it, indented, like “capacity: 1G”"},
    };
    for (const auto& row : table)
        CHECK(problems_of(row.yaml) == row.shown);
    CHECK(problems_of("plans:\n  Big Plan:\n    capacity: 1M\n").starts_with("m:2:3: plans.Big Plan: "));
    CHECK(
        problems_of("plans:\n  big:\n    capacity: 1M\n  big:\n    capacity: 2M\n").contains("stands twice"));
    CHECK(problems_of("plans:\n  big:\n    capacity: many\n").starts_with("m:3:15: "));
    for (const auto reader : {Reader::store, Reader::smtp, Reader::access, Reader::auth})
        CHECK(problems_of("plans:\n  big:\n    capacity: 1M\n", reader) != "no problems");
}

TEST_CASE("days, truths and languages are read as they are written, and nothing else is")
{
    const auto settings = loaded("plan: {notice_days: \"7,30,1\", grace_days: 0}\n"
                                 "accounts: {maildir_link: no}\noperator: {language: en}\n");
    CHECK(settings.plan_notice_days == NoticeDays{30, 7, 1}); // the largest first
    CHECK(settings.plan_grace_days == 0);
    CHECK_FALSE(settings.accounts_maildir_link);
    CHECK(settings.operator_language == Language::english);
    CHECK(loaded("plan: {notice_days: none}\n").plan_notice_days.empty());
    CHECK(Settings().accounts_maildir_link);
    CHECK(Settings().operator_language == Language::polish);
    CHECK(Settings().plan_notice_days == NoticeDays{30, 7, 1});
    for (const auto* wrong :
         {"plan: {notice_days: \"0\"}", "plan: {notice_days: \"366\"}",
          "plan: {notice_days: \"1,2,3,4,5,6,7,8,9\"}", "plan: {notice_days: soon}", "plan: {grace_days: -1}",
          "plan: {grace_days: 36501}", "accounts: {maildir_link: maybe}", "operator: {language: de}",
          "accounts: {home_folder: home}"}) {
        CAPTURE(wrong);
        CHECK(problems_of(wrong) != "no problems");
    }
}

TEST_CASE("metka-auth is told of every plan how much may be sent, and nothing else")
{
    const auto settings = loaded("plan: {messages_per_hour: 100}\n"
                                 "plans:\n  big:\n    capacity: 1G\n    messages_per_day: 0\n  small: {}\n");
    const auto text = render(settings, Reader::auth, 7);
    CHECK_FALSE(text.contains("capacity"));
    const auto told = load(text, "m", Reader::auth);
    REQUIRE_MESSAGE(told, show(told.error()));
    CHECK(told->plan("big").messages_per_hour == 100);
    CHECK(told->plan("big").messages_per_day == 0);
    CHECK(told->plan("small").messages_per_day == 1000);
    CHECK(told->plan("gone").messages_per_hour == 100);
    CHECK_FALSE(render(settings, Reader::smtp, 7).contains("plans"));
    CHECK(
        problems_of("generation: 1\nplans:\n  big:\n    capacity: 1M\n", Reader::auth) ==
        "m:4:5: plans.big.capacity: this is not for metka-auth, which takes only what metkad writes for it");
}
