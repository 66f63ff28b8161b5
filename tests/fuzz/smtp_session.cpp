// A whole SMTP session, fuzzed in each of its states over a socket pair, with the directory, the store and
// the passwords of the unit tests. The first byte chooses the state, the second how the bytes are cut.
//
// Whatever a client says: every answer is a reply line, nothing is left behind, nothing is delivered that is
// not a whole text with our trace in front, and how the bytes are cut changes nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "tests/unit/smtp/world.h"

using namespace metka;
using smtp::test::Connection;
using smtp::test::World;

namespace {

constexpr std::string_view tls = "STARTTLS";
constexpr std::string_view greeting = "EHLO klient.example.org\r\n";
constexpr std::string_view envelope =
    "MAIL FROM:<jan@example.org> SMTPUTF8\r\nRCPT TO:<biuro@moja-firma.lublin.pl>\r\n";
constexpr std::string_view own_envelope =
    "MAIL FROM:<biuro@moja-firma.lublin.pl>\r\nRCPT TO:<sklep@moja-firma.lublin.pl>\r\n";
constexpr std::string_view login = "AUTH PLAIN AGJpdXJvQG1vamEtZmlybWEubHVibGluLnBsAHNla3JldC1iaXVybw==\r\n";

// What is said before the fuzzed bytes; those in the clear come first, they are cheaper.
using Way = std::vector<std::string_view>;
const std::array<Way, 13>& ways()
{
    static const std::array<Way, 13> all{{
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
    }};
    return all;
}

struct Run {
    std::vector<std::string> heard;
    std::vector<std::string> delivered;
    bool operator==(const Run&) const = default;
};

void must(bool holds)
{
    if (!holds) std::abort();
}

void hear_all(dialogues::Client& client, Run& run)
{
    while (auto line = client.read_line()) {
        const auto digit = [&](std::size_t i) { return (*line)[i] >= '0' && (*line)[i] <= '9'; };
        must(line->size() >= 4 && digit(0) && digit(1) && digit(2) &&
             ((*line)[3] == ' ' || (*line)[3] == '-'));
        must(line->size() <= 510 && !has_control(*line));
        // Ids and receipt codes are new each time.
        if (line->starts_with("250 2.0.0 Ok: ")) line->resize(13);
        if (line->ends_with(']')) line->resize(line->rfind(" ["));
        run.heard.push_back(std::move(*line));
    }
}

// A delivered text without what differs from run to run; all of it is looked at.
std::string settled(const smtp::test::MemorySink::Delivered& delivered)
{
    auto text = delivered.text;
    must(text.starts_with("Return-Path: <") && text.ends_with('\n'));
    must(!text.contains('\r') && !text.contains('\0'));
    must(text.size() == delivered.written.size.count);
    const auto header = text.substr(0, text.find("\n\n") + 1);
    must(lower(header).find("\nreturn-path") == std::string::npos);
    must(!delivered.inboxes.empty());
    const auto id = text.substr(text.find(" id ") + 4, 32);
    must(std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
    for (auto at = text.find(id); at != std::string::npos; at = text.find(id))
        text.replace(at, id.size(), "ID");
    return text;
}

Run play(const Way& way, std::string_view bytes, std::size_t piece)
{
    World world;
    world.house.limits.errors = 1000;
    Run run;
    {
        Connection connection(world, "smtp");
        dialogues::Client client(connection.take_client(), connection.pump());
        hear_all(client, run);
        for (const auto said : way) {
            client.send(said);
            if (said == tls) {
                client.send("\r\n");
                hear_all(client, run);
                must(client.start_tls());
            }
            hear_all(client, run);
        }
        for (std::size_t i = 0; i < bytes.size(); i += piece) {
            if (!client.send(bytes.substr(i, piece))) break;
            if (piece < bytes.size()) connection.pump()();
        }
        hear_all(client, run);
    }
    must(world.sink.held() == 0);
    for (const auto& each : world.sink.delivered)
        run.delivered.push_back(settled(each));
    return run;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const bool quiet = (sys::log_from(sys::Level::error), true);
    if (size < 2 || !quiet) return 0;
    const auto& way = ways()[bytes[0] % ways().size()];
    const std::string_view said(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    const auto whole = play(way, said, said.size() + 1);
    // What waits behind STARTTLS is refused, and whether it waits is a matter of time.
    if (lower(said).contains("starttls")) return 0;
    must(play(way, said, std::size_t{bytes[1]} % 64 + 1) == whole);
    return 0;
}
