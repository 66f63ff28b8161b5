// tests/dialogues/pop3 in memory: each case against a session of its own, in a world of its own.

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "tests/dialogues/player.h"
#include "world.h"

using namespace metka;
using namespace metka::access::test;

namespace {

std::filesystem::path corpus()
{
    return std::filesystem::path(METKA_DIALOGUES) / "pop3";
}

std::string content(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    REQUIRE(in.good());
    return {std::istreambuf_iterator<char>(in), {}};
}

World world_of(const dialogues::Dialogue& dialogue)
{
    World world;
    if (dialogue.header("inbox").empty()) return world;
    const auto messages = corpus() / dialogue.header("inbox");
    for (const auto* name : {"1.eml", "2.eml", "3.eml"})
        world.box().add(content(messages / name));
    return world;
}

} // namespace

TEST_CASE("every POP3 dialogue goes as it is written")
{
    const auto all = dialogues::read_all_dialogues(corpus());
    CHECK(all.size() >= 20);
    for (const auto& dialogue : all) {
        auto world = world_of(dialogue);
        Conversation client(world);
        const auto outcome = dialogues::play(dialogue, client.take_client(), dialogues::Opening::clear,
                                             [&] { client.work(); });
        CHECK(outcome.wrong == "");
    }
}
