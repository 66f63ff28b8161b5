// A whole POP3 session, fuzzed in each of its states over a socket pair, with the inboxes and the passwords
// of the unit tests. The first byte chooses the state, the second how the bytes are cut.
//
// Whatever a client says: every answer is an answer, what it may not delete is there, what it has not ended
// with QUIT deletes nothing, the inbox is free afterwards, and how the bytes are cut changes nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "tests/unit/access/world.h"

using namespace metka;
using access::test::Conversation;
using access::test::Line;
using access::test::World;

namespace {

constexpr std::string_view expired = "wygasla@moja-firma.lublin.pl";

struct Way {
    Line line;
    std::string_view said; // before the fuzzed bytes
};

constexpr std::array<Way, 7> ways{{
    {Line::clear, ""},
    {Line::as_if_tls, ""},
    {Line::as_if_tls, "USER biuro@moja-firma.lublin.pl\r\n"},
    {Line::as_if_tls, "AUTH PLAIN\r\n"},
    {Line::as_if_tls, "USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\n"},
    {Line::as_if_tls, "USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\nDELE 2\r\n"},
    {Line::as_if_tls, "USER wygasla@moja-firma.lublin.pl\r\nPASS sekret-wygasla\r\n"},
}};

constexpr std::array<std::string_view, 3> messages{"Subject: one\n\nfirst\n", "Subject: two\n\n.dots\n..\n",
                                                   "Subject: three\n\nno end"};

struct Run {
    std::string heard;
    std::vector<std::string> removed;
    bool operator==(const Run&) const = default;
};

void must(bool holds)
{
    if (!holds) std::abort();
}

// Lines in CRLF, none without an end: an answer, or what follows one.
void must_be_answers(std::string_view heard)
{
    must(heard.starts_with("+OK Metka ready\r\n") && heard.ends_with("\r\n"));
    for (std::size_t i = 0; i < heard.size(); ++i) {
        if (heard[i] == '\n') must(heard[i - 1] == '\r');
        if (heard[i] == '\r') must(heard[i + 1] == '\n');
    }
}

Run play(const Way& way, std::string_view bytes, std::size_t piece)
{
    World world;
    world.limits.errors = 1000;
    world.limits.wrong_passwords = 1000;
    for (const auto message : messages) {
        world.box().add(std::string(message));
        world.boxes[std::string(expired)].add(std::string(message));
    }
    Run run;
    {
        Conversation client(world, way.line);
        run.heard = client.listen();
        run.heard += client.say(way.said);
        for (std::size_t i = 0; i < bytes.size() && !client.is_over(); i += piece)
            run.heard += client.say(bytes.substr(i, piece));
        if (!run.heard.ends_with("+OK goodbye\r\n")) must(world.box().removed.empty());
    }
    must_be_answers(run.heard);
    must(!world.box().in_use && world.boxes[std::string(expired)].removed.empty());
    must(world.box().messages.size() + world.box().removed.size() == messages.size());
    run.removed = world.box().removed;
    return run;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const bool quiet = (sys::log_from(sys::Level::error), true);
    if (size < 2 || !quiet) return 0;
    const auto& way = ways[bytes[0] % ways.size()];
    const std::string_view said(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    const auto whole = play(way, said, said.size() + 1);
    // What waits behind STLS is refused, and whether it waits is a matter of time.
    if (way.line == Line::clear && lower(said).contains("stls")) return 0;
    must(play(way, said, std::size_t{bytes[1]} % 64 + 1) == whole);
    return 0;
}
