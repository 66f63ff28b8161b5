// A whole SMTP session, fuzzed in each of its states over a socket pair, with the directory, the store and
// the passwords of the unit tests. The first byte chooses the state and the world, the second how the bytes
// are cut.
//
// Whatever a client says: a witness who reads it slowly hears one reply for each command and none for what is
// no command; what is delivered is byte for byte what was accepted, behind our trace fields; nothing is left
// behind; and how the bytes are cut changes nothing.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "tests/fuzz/smtp/delivery.h"
#include "tests/fuzz/smtp/witness.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using fuzz::must;
using smtp::test::Connection;
using smtp::test::World;

namespace {

constexpr std::string_view tls = "STARTTLS\r\n";
constexpr std::string_view greeting = "EHLO klient.example.org\r\n";
constexpr std::string_view envelope =
    "MAIL FROM:<jan@example.org> SMTPUTF8\r\nRCPT TO:<biuro@moja-firma.lublin.pl>\r\n";
constexpr std::string_view two = "MAIL FROM:<>\r\nRCPT TO:<biuro@moja-firma.lublin.pl>\r\n"
                                 "RCPT TO:<sklep@moja-firma.lublin.pl>\r\n";
constexpr std::string_view own_envelope =
    "MAIL FROM:<biuro@moja-firma.lublin.pl>\r\nRCPT TO:<sklep@moja-firma.lublin.pl>\r\n";
constexpr std::string_view login = "AUTH PLAIN AGJpdXJvQG1vamEtZmlybWEubHVibGluLnBsAHNla3JldC1iaXVybw==\r\n";

// What is said before the fuzzed bytes; those in the clear come first, they are cheaper.
using Way = std::vector<std::string_view>;
const std::array<Way, 25>& ways()
{
    static const auto lines = [] { // more than is kept in memory when that is short
        std::string text = "Subject: a\r\n\r\n";
        while (text.size() < 4990)
            text += "..line\r\n";
        return text;
    }();
    static const auto data = "DATA\r\n" + lines;
    static const auto chunk = "BDAT " + std::to_string(lines.size()) + "\r\n" + lines;
    static const std::array<Way, 25> all{{
        {},
        {greeting},
        {"HELO klient\r\n"},
        {greeting, "MAIL FROM:<jan@example.org>\r\n"},
        {greeting, envelope},
        {greeting, envelope, "DATA\r\n"},
        {greeting, envelope, "DATA\r\nFrom: a@example.org\r\n\r\n"},
        {greeting, envelope, "BDAT 10\r\nSubject: a"},
        {greeting, envelope, "BDAT 1000 LAST\r\n"},
        {tls, greeting},
        {tls, greeting, "AUTH LOGIN\r\n"},
        {tls, greeting, login, own_envelope},
        {tls, greeting, login, own_envelope, "DATA\r\n"},
        {greeting, two, "DATA\r\n"},
        {greeting, envelope, "BDAT 12\r\nSubject: a\r\n"},
        {tls, greeting, "AUTH PLAIN\r\n"},
        {tls, greeting, "AUTH LOGIN Yml1cm9AbW9qYS1maXJtYS5sdWJsaW4ucGw=\r\n"},
        {tls, greeting, login},
        {tls, greeting, login, own_envelope, "BDAT 3\r\na: "},
        {tls, greeting, envelope},
        {greeting, two, data},
        {greeting, envelope, chunk},
        {tls, greeting, login, own_envelope, data},
        {greeting, envelope, tls},
        {greeting, envelope, "BDAT 4\r\na: b", tls},
    }};
    return all;
}

struct Enough final : login::SendingCounter { // one recipient, and never two
    asio::awaitable<Result<login::SendingAnswer>> count(InboxId, std::uint64_t recipients) override
    {
        const auto verdict = recipients == 1 ? login::SendingVerdict::allowed : login::SendingVerdict::never;
        co_return login::SendingAnswer{.verdict = verdict, .most = 1};
    }
};

void has_little_patience(World& world)
{
    auto& limits = world.house.limits;
    limits = {.message = Bytes{300},
              .line = 100,
              .login_line = 60,
              .commands = 12,
              .errors = 4,
              .failed_logins = 2,
              .recipients = 3,
              .hops = 2};
}

void knows_who_sends(World& world)
{
    static Enough enough;
    world.collaborators.sending = &enough;
    world.protect_senders("moja-firma.lublin.pl");
}

// Where one byte chooses among eight.
struct Circumstances {
    std::string_view listener = "smtp";
    enum class Memory { enough, spent } memory = Memory::enough; // spent: a message gets its file at once
    void (*make)(World&) = nullptr;
};
constexpr std::array<Circumstances, 8> circumstances{{
    {},
    {.memory = Circumstances::Memory::spent},
    {.make = has_little_patience},
    {.make = [](World& world) { world.sink.failures.commit = Fault::unavailable; }},
    {.memory = Circumstances::Memory::spent, .make = [](World& world) { world.sink.disk_full = true; }},
    {.make = knows_who_sends},
    {.listener = "submission"},
    {.listener = "submissions"},
}};

struct Run {
    std::vector<std::string> heard;
    std::vector<std::string> delivered;
    bool operator==(const Run&) const = default;
};

// Everything that was said, and all lines that were heard.
struct Talk {
    std::string clear, secret;
    bool is_secret = false;
    std::vector<std::string> heard;
};

void hear_all(dialogues::Client& client, Talk& talk)
{
    while (auto line = client.read_line())
        talk.heard.push_back(std::move(*line));
}

bool say(dialogues::Client& client, std::string_view bytes, Talk& talk)
{
    (talk.is_secret ? talk.secret : talk.clear) += bytes;
    return client.send(bytes);
}

void begin_tls(dialogues::Client& client, Talk& talk)
{
    must(client.start_tls());
    talk.is_secret = true;
    hear_all(client, talk);
}

void go(dialogues::Client& client, const Circumstances& among, const Way& way, Talk& talk)
{
    const bool is_at_once = among.listener == "submissions";
    if (is_at_once) begin_tls(client, talk);
    hear_all(client, talk);
    for (const auto said : way) {
        if (said == tls && is_at_once) continue;
        say(client, said, talk);
        hear_all(client, talk);
        if (said == tls) begin_tls(client, talk);
    }
}

void say_in_pieces(dialogues::Client& client, Connection& connection, std::string_view bytes,
                   std::size_t piece, Talk& talk)
{
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
        if (!say(client, bytes.substr(i, piece), talk)) break;
        if (piece < bytes.size()) connection.pump()();
    }
    hear_all(client, talk);
}

std::vector<fuzz::AcceptedMail> witnessed(const World& world, const Circumstances& among, const Talk& talk)
{
    fuzz::SmtpWitness witness({.tls_at_once = among.listener == "submissions",
                               .login_required = among.listener != "smtp",
                               .line = world.house.limits.line,
                               .login_line = world.house.limits.login_line},
                              talk.heard);
    witness.follow(talk.clear);
    if (talk.is_secret) {
        witness.tls_begins();
        witness.follow(talk.secret);
    }
    witness.nothing_more();
    return witness.accepted();
}

// Ids and receipt codes are new each time.
void settle(std::vector<std::string>& heard)
{
    for (auto& line : heard) {
        if (line.starts_with("250 2.0.0 Ok: ")) line.resize(13);
        if (line.ends_with(']')) line.resize(line.rfind(" ["));
    }
}

std::string settled(std::string text)
{
    const auto id = text.substr(text.find(" id ") + 4, 32);
    must(id.find_first_not_of("0123456789abcdef") == std::string::npos);
    for (auto at = text.find(id); at != std::string::npos; at = text.find(id))
        text.replace(at, id.size(), "ID");
    return text;
}

std::unique_ptr<World> make_world(const Circumstances& among)
{
    auto world = std::make_unique<World>();
    world->house.limits.errors = 1000;
    if (among.make != nullptr) among.make(*world);
    return world;
}

// To make a directory takes longer than a session: there is one for all, and its inboxes are emptied.
World& world_of(const Circumstances& among)
{
    static std::array<std::unique_ptr<World>, circumstances.size()> worlds;
    auto& world = worlds.at(static_cast<std::size_t>(&among - circumstances.data()));
    if (!world) world = make_world(among);
    smtp::test::MemorySink emptied;
    emptied.capacities = world->sink.capacities;
    emptied.failures = world->sink.failures;
    emptied.disk_full = world->sink.disk_full;
    world->sink = std::move(emptied);
    return *world;
}

Run play(const Circumstances& among, const Way& way, std::string_view bytes, std::size_t piece)
{
    auto& world = world_of(among);
    smtp::Allowance::Share all_of_it(world.memory);
    if (among.memory == Circumstances::Memory::spent) all_of_it.hold(smtp::kept_in_memory.count);
    Talk talk;
    {
        Connection connection(world, among.listener);
        dialogues::Client client(connection.take_client(), connection.pump());
        go(client, among, way, talk);
        say_in_pieces(client, connection, bytes, piece, talk);
    }
    must(world.sink.held() == 0);
    const auto accepted = witnessed(world, among, talk);
    must(accepted.size() == world.sink.delivered.size());
    Run run{.heard = std::move(talk.heard), .delivered = {}};
    settle(run.heard);
    for (std::size_t i = 0; i < accepted.size(); ++i) {
        check_delivery(world, accepted[i], world.sink.delivered[i]);
        run.delivered.push_back(settled(world.sink.delivered[i].text));
    }
    return run;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const bool quiet = (sys::log_from(sys::Level::error), true);
    if (size < 2 || !quiet) return 0;
    const auto& way = ways()[bytes[0] % 32 % ways().size()];
    const auto& among = circumstances[bytes[0] / 32];
    const std::string_view said(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    const auto whole = play(among, way, said, said.size() + 1);
    // What waits behind STARTTLS is refused, and whether it waits is a matter of time.
    if (lower(said).contains("starttls")) return 0;
    must(play(among, way, said, std::size_t{bytes[1]} % 64 + 1) == whole);
    return 0;
}
