// tests/dialogues/pop3 in memory: each case against a session of its own, in a world of its own.

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>

#include <doctest/doctest.h>

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

// What “=== world: …” of a case stands for.
struct Difference {
    std::string_view words;
    void (*make)(World&);
};

void lose_inbox(World& world)
{
    auto& box = world.box();
    box.octets_fault = box.uids_fault = box.read_fault = box.remove_fault = Fault::conflict;
}

void shut_out(World& world)
{
    auto& box = world.box();
    box.octets_fault = box.uids_fault = box.read_fault = box.remove_fault = Fault::denied;
}

void end_store(World& world)
{
    world.box().read_fault = Fault::unavailable;
    world.box().ends_when_asked = true;
}

constexpr std::array<Difference, 15> differences{{
    {"metka-auth is away", [](World& world) { world.book.away = true; }},
    {"another session has the inbox", [](World& world) { world.box().in_use = true; }},
    {"the messages are gone", [](World& world) { world.box().read_fault = Fault::not_found; }},
    {"the store cannot read", [](World& world) { world.box().read_fault = Fault::unavailable; }},
    {"the store cannot remove", [](World& world) { world.box().remove_fault = Fault::io; }},
    {"message 2 stays", [](World& world) { world.box().immovable.insert("2"); }},
    {"another session takes the inbox over", lose_inbox},
    {"the account is suspended meanwhile", shut_out},
    {"the mailbox expires meanwhile", [](World& world) { world.box().remove_fault = Fault::limit; }},
    {"the store ends when it is asked", end_store},
    {"three errors", [](World& world) { world.limits.errors = 3; }},
    {"a log-in in fifteen minutes",
     [](World& world) { world.limits.login_delay = std::chrono::minutes(15); }},
    {"wygasla has a message",
     [](World& world) { world.boxes["wygasla@moja-firma.lublin.pl"].add("Subject: a\n\nb\n"); }},
    {"no patience", [](World& world) { world.limits.login = std::chrono::milliseconds::zero(); }},
    {"responses of forty bytes", [](World& world) { world.limits.auth_line = 40; }},
}};

void make_different(World& world, const std::string& words)
{
    if (words.empty()) return;
    const auto* const found = std::ranges::find(differences, words, &Difference::words);
    REQUIRE_MESSAGE(found != differences.end(), words);
    found->make(world);
}

World world_of(const dialogues::Dialogue& dialogue)
{
    World world;
    make_different(world, dialogue.header("world"));
    if (dialogue.header("inbox").empty()) return world;
    const auto messages = corpus() / dialogue.header("inbox");
    for (const auto* name : {"1.eml", "2.eml", "3.eml"})
        world.box().add(content(messages / name));
    return world;
}

std::vector<std::string> play(const dialogues::Dialogue& dialogue)
{
    auto world = world_of(dialogue);
    const auto line = dialogue.header("listener") == "pop3" ? Line::clear : Line::as_if_tls;
    Conversation client(world, line);
    auto outcome =
        dialogues::play(dialogue, client.take_client(), dialogues::Opening::clear, [&] { client.work(); });
    CHECK(outcome.wrong == "");
    return std::move(outcome.heard);
}

// The first lines of all replies that daemon/access/replies.{h,cpp} hold, as patterns: a number stands for
// {}.
std::vector<std::string> all_replies()
{
    const std::regex text(R"re("((?:\+OK|-ERR|\+ )[^"]*)\\r\\n)re");
    const std::regex special(R"re([.\[\]()+*?^$|\\])re");
    std::vector<std::string> patterns;
    for (const auto* const file : {METKA_POP3_REPLIES ".h", METKA_POP3_REPLIES ".cpp"}) {
        const auto source = content(file);
        for (auto found = std::sregex_iterator(source.begin(), source.end(), text);
             found != std::sregex_iterator(); ++found) {
            auto line = (*found)[1].str();
            line.erase(std::min(line.find("\\r"), line.size()));
            line = std::regex_replace(line, special, R"(\$&)");
            patterns.push_back(std::regex_replace(line, std::regex(R"(\{\})"), "[0-9]+"));
        }
    }
    return patterns;
}

} // namespace

TEST_CASE("every POP3 dialogue goes as it is written, and every reply is said in one of them")
{
    const auto all = dialogues::read_all_dialogues(corpus());
    CHECK(all.size() >= 40);
    std::vector<std::string> heard;
    for (const auto& dialogue : all)
        std::ranges::move(play(dialogue), std::back_inserter(heard));

    const auto replies = all_replies();
    CHECK(replies.size() >= 45);
    for (const auto& reply : replies) {
        const std::regex whole(reply);
        const bool said =
            std::ranges::any_of(heard, [&](const auto& line) { return std::regex_match(line, whole); });
        CHECK_MESSAGE(said, reply);
    }
}
