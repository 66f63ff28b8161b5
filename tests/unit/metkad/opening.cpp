// Which generation an instance begins with.

#include <filesystem>

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/sys/file.h"
#include "daemon/metkad/configuration/opening.h"
#include "tests/unit/metkad/state_folder.h"

namespace metka::metkad {

namespace {

namespace fs = std::filesystem;
using directory::SwitchEntry;
using test::with_recipients;

// An instance that has run.
struct Past : test::StateFolder {
    Past() : generations(Generations::open(folder.get(), {}).value()) {}

    void ran(std::uint64_t recipients)
    {
        const auto number = generations->next();
        REQUIRE(generations->write(make_generation(with_recipients(recipients), number)));
        REQUIRE(generations->point_to(number));
    }
    void note(SwitchEntry entry)
    {
        entry.id = directory::SwitchId::make(now);
        entry.at = now;
        entry.actor = "root";
        REQUIRE(registry.note_switch(entry));
        now += std::chrono::seconds(1);
    }
    Chosen choose(std::uint64_t recipients)
    {
        return choose_generation(with_recipients(recipients), *generations, registry).value();
    }

    std::optional<Generations> generations;
    directory::MemoryDirectory registry;
    Instant now = from_unix_ms(1'800'000'000'000);
};

std::string input_of(std::uint64_t recipients)
{
    return make_generation(with_recipients(recipients), 1).input();
}

} // namespace

TEST_CASE("a first start makes generation 1")
{
    Past past;
    const auto chosen = past.choose(500);
    CHECK(chosen.is_new);
    CHECK(chosen.generation.number == 1);
    CHECK_FALSE(chosen.before);
    CHECK(chosen.remark.empty());
}

TEST_CASE("files that say what ran are no new generation")
{
    Past past;
    past.ran(500);
    const auto chosen = past.choose(500);
    CHECK_FALSE(chosen.is_new);
    CHECK(chosen.generation.number == 1);
}

TEST_CASE("files that say something else are a new generation, and the one that ran is there if it fails")
{
    Past past;
    past.ran(500);
    const auto chosen = past.choose(600);
    CHECK(chosen.is_new);
    CHECK(chosen.generation.number == 2);
    CHECK(chosen.before == 1);
    CHECK(chosen.loaded.settings.smtp_recipients == 600);
}

TEST_CASE("files that were refused are not tried again until they change")
{
    Past past;
    past.ran(500);
    past.note({.from = 1,
               .to = 2,
               .cause = "apply",
               .outcome = "refused",
               .message = "no port",
               .input = input_of(600)});
    const auto chosen = past.choose(600);
    CHECK_FALSE(chosen.is_new);
    CHECK(chosen.generation.number == 1);
    CHECK(chosen.loaded.settings.smtp_recipients == 500);
    CHECK(chosen.remark.contains("no port"));
    CHECK(past.choose(601).is_new);
}

TEST_CASE("a rollback lasts over a restart, until the files change")
{
    Past past;
    past.ran(500);
    past.ran(600);
    REQUIRE(past.generations->point_to(1));
    past.note({.from = 1, .to = 2, .cause = "apply", .outcome = "running", .input = input_of(600)});
    past.note({.from = 2, .to = 1, .cause = "rollback", .outcome = "running", .input = input_of(600)});
    const auto chosen = past.choose(600);
    CHECK_FALSE(chosen.is_new);
    CHECK(chosen.generation.number == 1);
    CHECK(chosen.remark.contains("rollback"));
    CHECK(past.choose(700).is_new);
}

TEST_CASE("a rollback counts no longer when something else has run since then")
{
    Past past;
    past.ran(700);
    past.note({.from = 2, .to = 1, .cause = "rollback", .outcome = "running", .input = input_of(600)});
    past.note({.from = 1, .to = 3, .cause = "apply", .outcome = "running", .input = input_of(700)});
    const auto chosen = past.choose(600);
    CHECK(chosen.is_new);
    CHECK(chosen.remark.empty());
}

TEST_CASE("a rollback that metkad died in after the rename lasts as any other")
{
    Past past;
    past.ran(500);
    past.ran(600);
    REQUIRE(past.generations->point_to(1));
    past.note({.from = 2, .to = 1, .cause = "rollback", .outcome = "begun", .input = input_of(600)});
    const auto chosen = past.choose(600);
    CHECK(past.registry.switches(1).value().front().outcome == "running");
    CHECK_FALSE(chosen.is_new);
    CHECK(chosen.generation.number == 1);
    CHECK(chosen.before == 2);
}

TEST_CASE("files that were applied again after a rollback are not set aside")
{
    Past past;
    past.ran(500);
    past.note({.from = 2, .to = 1, .cause = "rollback", .outcome = "running", .input = input_of(600)});
    past.note({.from = 1, .to = 2, .cause = "apply", .outcome = "running", .input = input_of(600)});
    CHECK(past.choose(600).is_new);
}

TEST_CASE("a switch that a killed metkad had begun ends in the history as it turned out")
{
    Past past;
    past.ran(500);
    SUBCASE("before the rename: cut off")
    {
        past.note({.from = 1, .to = 2, .cause = "apply", .outcome = "begun", .input = input_of(600)});
        const auto chosen = past.choose(500);
        CHECK(past.registry.switches(1).value().front().outcome == "cut off");
        CHECK_FALSE(chosen.before);
    }
    SUBCASE("after it: it runs, and the one before is there if it does not come up")
    {
        past.ran(600);
        past.note({.from = 1, .to = 2, .cause = "apply", .outcome = "begun", .input = input_of(600)});
        const auto chosen = past.choose(600);
        CHECK(past.registry.switches(1).value().front().outcome == "running");
        CHECK_FALSE(chosen.is_new);
        CHECK(chosen.generation.number == 2);
        CHECK(chosen.before == 1);
    }
}

TEST_CASE("a generation that was changed by hand is not begun with: the files make a new one")
{
    Past past;
    past.ran(500);
    fs::resize_file(past.path / "generations/1/engine/metkad.yaml", 100);
    const auto chosen = past.choose(500);
    CHECK(chosen.is_new);
    CHECK(chosen.generation.number == 2);
    CHECK_FALSE(chosen.before);
    CHECK(chosen.remark.contains("changed by hand"));
}

TEST_CASE("a number that was refused and has gone is not given again")
{
    Past past;
    past.ran(500);
    past.note({.from = 1, .to = 7, .cause = "apply", .outcome = "refused", .input = input_of(600)});
    CHECK(past.choose(700).generation.number == 8);
}

TEST_CASE("a first start that was cut off has nothing before it to go back to")
{
    Past past;
    past.ran(500);
    past.note({.from = 0, .to = 1, .cause = "start", .outcome = "begun", .input = input_of(500)});
    CHECK_FALSE(past.choose(500).before);
}

TEST_CASE("a generation whose settings this metkad cannot read is none to go back to")
{
    Past past;
    auto foreign = make_generation(with_recipients(500), 1);
    foreign.files.at("engine/metkad.yaml") += "\nfuture:\n  key: 1\n";
    REQUIRE(past.generations->write(foreign));
    REQUIRE(past.generations->point_to(1));
    const auto chosen = past.choose(600);
    CHECK(chosen.is_new);
    CHECK_FALSE(chosen.before);
}

} // namespace metka::metkad
