#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <regex>

#include <doctest/doctest.h>

#include "tests/dialogues/player.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::test::Connection;
using smtp::test::World;

namespace {

struct Enough final : login::SendingCounter {
    enum class In { an_hour, a_day };
    explicit Enough(std::uint64_t recipients, In in = In::an_hour) : most(recipients), window(in) {}
    asio::awaitable<Result<login::SendingAnswer>> count(InboxId, std::uint64_t recipients) override
    {
        const bool ever = recipients <= most;
        co_return login::SendingAnswer{.verdict =
                                           ever ? login::SendingVerdict::limit : login::SendingVerdict::never,
                                       .most = most,
                                       .is_of_a_day = window == In::a_day};
    }
    std::uint64_t most;
    In window;
};

void has_sent_enough(World& world)
{
    static Enough enough(100);
    world.collaborators.sending = &enough;
}

void sends_to_one_in_an_hour(World& world)
{
    static Enough enough(1);
    world.collaborators.sending = &enough;
}

void sends_to_one_in_a_day(World& world)
{
    static Enough enough(1, Enough::In::a_day);
    world.collaborators.sending = &enough;
}

// What “=== world: …” of a case stands for.
struct Difference {
    std::string_view words;
    void (*make)(World&);
};

constexpr std::array<Difference, 17> differences{{
    {"the directory is away", [](World& world) { world.lent.away = true; }},
    {"the store promises nothing", [](World& world) { world.sink.failures.promise = Fault::unavailable; }},
    {"the store takes no message", [](World& world) { world.sink.failures.commit = Fault::unavailable; }},
    {"the disk is full", [](World& world) { world.sink.disk_full = true; }},
    {"metka-auth is away", [](World& world) { world.passwords.away = true; }},
    {"log-in lines of forty bytes", [](World& world) { world.house.limits.login_line = 40; }},
    {"the account has sent enough", has_sent_enough},
    {"the account sends to one in an hour", sends_to_one_in_an_hour},
    {"the account sends to one in a day", sends_to_one_in_a_day},
    {"there is no certificate", [](World& world) { world.certificate = nullptr; }},
    {"three commands", [](World& world) { world.house.limits.commands = 3; }},
    {"no patience", [](World& world) { world.house.limits.command = smtp::Patience::zero(); }},
    {"messages of a kilobyte", [](World& world) { world.house.limits.message = 1_KiB; }},
    {"biuro has room for three kilobytes",
     [](World& world) { world.set_capacity("biuro@moja-firma.lublin.pl", 3_KiB); }},
    {"too many passwords of biuro were wrong",
     [](World& world) {
         world.passwords.pages.find(smtp::test::biuro)->second.verdict = login::Verdict::not_now;
     }},
    {"biuro is suspended after its log-in", [](World& world) { world.suspend(smtp::test::biuro); }},
    {"moja-firma.lublin.pl protects its senders",
     [](World& world) { world.protect_senders("moja-firma.lublin.pl"); }},
}};
constexpr std::string_view going_down = "the service goes down";

void make_different(World& world, const std::string& words)
{
    if (words.empty() || words == going_down) return;
    const auto* const found = std::ranges::find(differences, words, &Difference::words);
    REQUIRE_MESSAGE(found != differences.end(), words);
    found->make(world);
}

std::vector<std::string> play(const dialogues::Dialogue& dialogue)
{
    World world;
    std::vector<std::string> heard;
    make_different(world, dialogue.header("world"));
    {
        const auto listener = dialogue.header("listener", "smtp");
        Connection connection(world, listener);
        if (dialogue.header("world") == going_down) connection.drain();
        const auto opening = listener == "submissions" ? dialogues::Opening::tls : dialogues::Opening::clear;
        auto outcome = dialogues::play(dialogue, connection.take_client(), opening, connection.pump());
        if (!outcome.wrong.empty()) FAIL_CHECK(outcome.wrong);
        heard = std::move(outcome.heard);
    }
    CHECK_MESSAGE(world.sink.held() == 0, dialogue.name);
    return heard;
}

struct NamedReply {
    std::string name;
    std::string begins; // of its line
};

// The replies that daemon/smtp/replies.h holds, read from its text.
std::vector<NamedReply> all_replies()
{
    std::ifstream file(METKA_SMTP_REPLIES);
    REQUIRE(file.good());
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    const std::regex row(R"re(constexpr\s+Reply\s+(\w+)\{\s*(\d+),\s*"([^"]*)",\s*"([^"]*)"\s*\};)re");
    std::vector<NamedReply> replies;
    for (auto found = std::sregex_iterator(source.begin(), source.end(), row);
         found != std::sregex_iterator(); ++found) {
        const auto& match = *found;
        auto line = match[2].str();
        for (const auto& part : {match[3].str(), match[4].str()})
            if (!part.empty()) line += " " + part;
        replies.push_back({.name = match[1].str(), .begins = std::move(line)});
    }
    return replies;
}

// Said before there is a session: the server of core/net has them to say, and a test of its own.
constexpr std::array<std::string_view, 2> said_elsewhere{"too_many_connections", "too_many_from_you"};

} // namespace

TEST_CASE("every SMTP dialogue goes as it is written, and every reply is said in one of them")
{
    const auto all = dialogues::read_all_dialogues(METKA_DIALOGUES "/smtp");
    CHECK(all.size() > 90);
    std::vector<std::string> heard;
    for (const auto& dialogue : all)
        std::ranges::move(play(dialogue), std::back_inserter(heard));

    const auto replies = all_replies();
    CHECK(replies.size() > 80);
    for (const auto& reply : replies) {
        const bool said =
            std::ranges::any_of(heard, [&](const auto& line) { return line.starts_with(reply.begins); });
        const bool elsewhere = std::ranges::find(said_elsewhere, reply.name) != said_elsewhere.end();
        CHECK_MESSAGE(said != elsewhere, reply.name);
    }
}
