// Generations on disk: whole or not there, and believed only as far as their manifest goes.

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/sys/file.h"
#include "daemon/metkad/configuration/generations.h"
#include "tests/unit/metkad/state_folder.h"

namespace metka::metkad {

namespace {

namespace fs = std::filesystem;
using settings::Reader;
using test::with_recipients;

struct State : test::StateFolder {
    Generations open() const { return Generations::open(folder.get(), {}).value(); }
    fs::path file(std::string_view inner) const { return path / "generations" / inner; }
    void append(std::string_view inner, std::string_view text) const
    {
        std::ofstream(file(inner), std::ios::app) << text;
    }
};

} // namespace

TEST_CASE("the same settings make the same files, whatever their number but for the number itself")
{
    const auto first = make_generation(with_recipients(500), 1);
    const auto second = make_generation(with_recipients(500), 2);
    CHECK(first.files == make_generation(with_recipients(500), 1).files);
    CHECK(first.files != second.files);
    CHECK(first.input() == second.input());
    CHECK(first.input() != make_generation(with_recipients(501), 1).input());
    CHECK(first.input().size() == 64);
    CHECK(first.files.size() == 5);
}

TEST_CASE("a generation is read back as it was written, and the switch is a link")
{
    const State state;
    auto generations = state.open();
    CHECK_FALSE(generations.current());
    CHECK(generations.next() == 1);
    const auto written = make_generation(with_recipients(500), 1);
    REQUIRE(generations.write(written));
    CHECK_FALSE(generations.current()); // it is there, and nothing runs it yet
    REQUIRE(generations.point_to(1));
    CHECK(generations.current() == 1);
    CHECK(generations.next() == 2);
    const auto read = generations.read(1).value();
    CHECK(read.number == 1);
    CHECK(read.files == written.files);
    CHECK(read.engine_file(Reader::smtp).contains("recipients: 500"));
    CHECK(generations.hand_edits(1).empty());
    CHECK(fs::is_symlink(state.file("current")));
    CHECK((fs::status(state.file("1/engine/metka-smtp.yaml")).permissions() & fs::perms::others_all) ==
          fs::perms::none);
}

TEST_CASE("a generation whose files are not what its manifest says is refused, and each of them is named")
{
    const State state;
    auto generations = state.open();
    REQUIRE(generations.write(make_generation(with_recipients(500), 1)));
    SUBCASE("a changed file")
    {
        state.append("1/engine/metka-smtp.yaml", "# a note\n");
        CHECK(generations.read(1).error().fault == Fault::conflict);
        REQUIRE(generations.hand_edits(1).size() == 1);
        CHECK(generations.hand_edits(1).front().contains("engine/metka-smtp.yaml was changed by hand"));
    }
    SUBCASE("a missing file")
    {
        fs::remove(state.file("1/engine/metka-auth.yaml"));
        CHECK(generations.read(1).error().text.contains("engine/metka-auth.yaml"));
    }
    SUBCASE("an added file")
    {
        state.append("1/engine/mine.yaml", "mine\n");
        CHECK(generations.read(1).error().text.contains("engine/mine.yaml was added by hand"));
    }
    SUBCASE("a file that has become a link")
    {
        fs::rename(state.file("1/engine/metka-smtp.yaml"), state.file("1/elsewhere"));
        fs::create_symlink("../elsewhere", state.file("1/engine/metka-smtp.yaml"));
        CHECK(generations.read(1).error().fault == Fault::conflict);
    }
    SUBCASE("a pipe in the place of a file, which nobody writes to")
    {
        fs::remove(state.file("1/engine/metka-smtp.yaml"));
        REQUIRE(mkfifo(state.file("1/engine/metka-smtp.yaml").c_str(), 0640) == 0);
        CHECK(generations.read(1).error().text.contains("engine/metka-smtp.yaml: "));
    }
    SUBCASE("a manifest cut off anywhere")
    {
        std::ifstream in(state.file("1/manifest"));
        const std::string whole((std::istreambuf_iterator<char>(in)), {});
        for (std::size_t size = 0; size < whole.size(); ++size) {
            std::ofstream(state.file("1/manifest"), std::ios::trunc) << whole.substr(0, size);
            CHECK_FALSE(generations.read(1));
        }
    }
    SUBCASE("a manifest that leaves a program out")
    {
        std::ifstream in(state.file("1/manifest"));
        std::string kept;
        for (std::string line; std::getline(in, line);)
            if (!line.ends_with("metka-smtp.yaml")) kept += line + "\n";
        std::ofstream(state.file("1/manifest"), std::ios::trunc) << kept;
        fs::remove(state.file("1/engine/metka-smtp.yaml"));
        CHECK(generations.read(1).error().text.contains("does not name engine/metka-smtp.yaml"));
    }
    SUBCASE("no manifest")
    {
        fs::remove(state.file("1/manifest"));
        CHECK(generations.read(1).error().text.contains("manifest"));
    }
}

TEST_CASE("a number that is not there is not found")
{
    const State state;
    const auto generations = state.open();
    CHECK(generations.read(7).error().fault == Fault::not_found);
    CHECK(generations.hand_edits(7).size() == 1);
}

TEST_CASE("what a killed daemon left half made goes with the next start, and no number is given twice")
{
    const State state;
    fs::create_directories(state.file("new/engine"));
    state.append("new/engine/metka-smtp.yaml", "half");
    fs::create_symlink("1", state.file("current.new"));
    auto generations = state.open();
    CHECK_FALSE(fs::exists(state.file("new")));
    CHECK_FALSE(fs::is_symlink(state.file("current.new")));
    REQUIRE(generations.write(make_generation(with_recipients(500), 1)));
    REQUIRE(generations.write(make_generation(with_recipients(501), 2)));
    REQUIRE(generations.point_to(1));
    CHECK(generations.next() == 3); // 2 was refused, say
}

TEST_CASE("the oldest generations go, but never the one that runs nor the one before it")
{
    const State state;
    auto generations = state.open();
    for (std::uint64_t number = 1; number <= 10; ++number)
        REQUIRE(generations.write(make_generation(with_recipients(100 + number), number)));
    REQUIRE(generations.point_to(2));
    generations.prune(3, 4);
    CHECK(generations.numbers() == std::vector<std::uint64_t>{2, 4, 8, 9, 10});
}

TEST_CASE("a current that leads nowhere, or is no number, is no generation")
{
    const State state;
    const auto generations = state.open();
    fs::create_symlink("../../etc", state.file("current"));
    CHECK_FALSE(generations.current());
    fs::remove(state.file("current"));
    fs::create_symlink("12", state.file("current"));
    CHECK(generations.current() == 12);
    CHECK_FALSE(generations.read(12));
    CHECK(generations.next() == 13);
    for (const auto* const name : {"007", "18446744073709551615"}) {
        fs::remove(state.file("current"));
        fs::create_symlink(name, state.file("current"));
        CHECK_FALSE(generations.current());
        CHECK(generations.next() == 1);
    }
}

} // namespace metka::metkad
