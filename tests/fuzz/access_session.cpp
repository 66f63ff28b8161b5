// A whole POP3 session, fuzzed in each of its states over a socket pair, with the inboxes and the passwords
// of the unit tests. The first byte chooses the state and the world, the second how the bytes are cut.
//
// Whatever a client says: a witness who knows what lies in each inbox hears nothing but what the client may
// hear, to the last byte; only QUIT removes, and only what was marked; the inbox is free afterwards; and how
// the bytes are cut changes nothing.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/sys/log.h"
#include "tests/dialogues/client.h"
#include "tests/fuzz/pop3/witness.h"
#include "tests/unit/access/world.h"

using namespace metka;
using access::test::Conversation;
using access::test::Line;
using access::test::World;
using fuzz::must;
using fuzz::PopInbox;

namespace {

constexpr std::string_view logged_in = "USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\n";

struct Way {
    Line line;
    std::string_view said;           // before the fuzzed bytes
    std::string_view under_tls = {}; // the same, behind the handshake; empty: there is none
};

constexpr std::array<Way, 14> ways{{
    {Line::clear, ""},
    {Line::as_if_tls, ""},
    {Line::as_if_tls, "USER biuro@moja-firma.lublin.pl\r\n"},
    {Line::as_if_tls, "AUTH PLAIN\r\n"},
    {Line::as_if_tls, logged_in},
    {Line::as_if_tls, "USER biuro@moja-firma.lublin.pl\r\nPASS sekret-biuro\r\nDELE 2\r\n"},
    {Line::as_if_tls, "USER wygasla@moja-firma.lublin.pl\r\nPASS sekret-wygasla\r\n"},
    {Line::as_if_tls, "USER biuro@krasnobród.pl\r\nPASS sekret-biuro\r\n"},
    {Line::as_if_tls, "USER gorliwa@moja-firma.lublin.pl\r\nPASS sekret-gorliwa\r\n"},
    {Line::as_if_tls, "USER wstrzymana@moja-firma.lublin.pl\r\nPASS sekret-wstrzymana\r\n"},
    {Line::as_if_tls, "UTF8\r\nUSER józek@krasnobród.pl\r\nPASS zażółć gęślą jaźń\r\n"},
    {Line::clear, "STLS\r\n", "CAPA\r\n"},
    {Line::clear, "CAPA\r\nSTLS\r\n", logged_in},
    {Line::clear, "USER nikt\r\nSTLS\r\n", "AUTH PLAIN\r\n"},
}};

// Nobody's words are another's.
const std::map<std::string, PopInbox, std::less<>>& inboxes()
{
    using enum PopInbox::Opens;
    static const auto large = [] { // more than is read or sent at once
        std::string text = "\n";
        while (text.size() < 66'000)
            text += "." + std::string(text.size() % 300, '.') + "\n";
        return text;
    }();
    static const std::map<std::string, PopInbox, std::less<>> known{
        {"biuro@moja-firma.lublin.pl",
         {"sekret-biuro",
          {"Subject: biuro-one\n\nfirst\n", "Subject: biuro-two\n\n.dots\n..\n",
           "Subject: biuro-three\n\nno end",
           std::string("Subject: biuro-four\r\n\r\n\0\xFF\r.\r\n\n.", 31)}}},
        {"wygasla@moja-firma.lublin.pl",
         {"sekret-wygasla", {"Subject: wygasla-one\n\n1\n", "wygasla-two"}, to_read}},
        {"biuro@krasnobród.pl", {"sekret-biuro", {"\n", "", ".\n", "Subject: krasnobrod\n", large}}},
        {"józek@krasnobród.pl", {"zażółć gęślą jaźń", {}}},
        {"gorliwa@moja-firma.lublin.pl", {"sekret-gorliwa", {"Subject: gorliwa-one\n\n1\n"}, nothing}},
        {"wstrzymana@moja-firma.lublin.pl",
         {"sekret-wstrzymana", {"Subject: wstrzymana-one\n\n1\n"}, nothing}},
    };
    return known;
}

// Where one byte chooses among eight.
using Circumstance = void (*)(World&);
constexpr std::array<Circumstance, 8> circumstances{
    [](World&) {},
    [](World& world) {
        world.limits.errors = 3;
        world.limits.wrong_passwords = 2;
        world.limits.line = 60;
        world.limits.auth_line = 70;
        world.limits.login_delay = std::chrono::seconds(61);
    },
    [](World& world) { world.box().lock_fault = Fault::conflict; },
    [](World& world) {
        world.box().uids_at_once = 1;
        world.box().uids_fault = Fault::unavailable;
        world.box().uids_had = 2;
    },
    [](World& world) { world.box().read_fault = Fault::not_found; },
    [](World& world) {
        world.box().unreadable = true;
        world.box().immovable = {"2", "3"};
    },
    [](World& world) {
        world.box().remove_fault = Fault::conflict;
        world.box().octets_fault = Fault::unavailable;
    },
    [](World& world) { world.box().octets_fault = world.box().read_fault = Fault::conflict; },
};

struct Run {
    std::string heard;
    std::vector<std::string> removed;
    bool operator==(const Run&) const = default;
};

// No CR and no LF but at the end of a line: of answers, and of all that is sent of these messages but one.
void must_be_lines(std::string_view heard)
{
    for (std::size_t i = 0; i < heard.size(); ++i)
        if (heard[i] == '\n') must(i > 0 && heard[i - 1] == '\r');
}

struct Talk {
    std::string clear, secret, heard;
};

void hear_all(dialogues::Client& client, Talk& talk)
{
    while (const auto line = client.read_line())
        talk.heard.append(*line).append("\r\n");
}

void talk_under_tls(World& world, const Way& way, std::string_view bytes, std::size_t piece, Talk& talk)
{
    Conversation conversation(world, way.line);
    dialogues::Client client(conversation.take_client(), [&] { conversation.work(); });
    hear_all(client, talk);
    talk.clear = way.said;
    must(client.send(way.said));
    hear_all(client, talk);
    must(client.start_tls());
    const auto say = [&](std::string_view said) {
        talk.secret += said;
        const bool is_there = client.send(said);
        if (is_there) conversation.work();
        return is_there;
    };
    say(way.under_tls);
    hear_all(client, talk);
    for (std::size_t i = 0; i < bytes.size() && say(bytes.substr(i, piece)); i += piece) {
    }
    hear_all(client, talk);
}

void talk_plainly(World& world, const Way& way, std::string_view bytes, std::size_t piece, Talk& talk)
{
    Conversation client(world, way.line);
    const auto say = [&](std::string_view said) {
        talk.clear += said;
        talk.heard += client.say(said);
    };
    talk.heard = client.listen();
    say(way.said);
    for (std::size_t i = 0; i < bytes.size() && !client.is_over(); i += piece)
        say(bytes.substr(i, piece));
}

fuzz::PopWitness witnessed(const World& world, const Way& way, std::size_t circumstance, const Talk& talk)
{
    using Witness = fuzz::PopWitness;
    Witness witness({.inboxes = inboxes(),
                     .world = circumstance < 2 ? Witness::World::sound : Witness::World::faulty,
                     .line = way.line == Line::clear ? Witness::Line::clear : Witness::Line::tls,
                     .line_most = world.limits.line,
                     .auth_line_most = world.limits.auth_line},
                    talk.heard);
    witness.follow(talk.clear);
    if (!way.under_tls.empty()) {
        witness.tls_begins();
        witness.follow(talk.secret);
    }
    witness.nothing_more();
    return witness;
}

// What lies there now, and what is gone, is what QUIT was asked to remove.
void check_removed(World& world, const fuzz::PopWitness& witness, std::size_t circumstance)
{
    for (const auto& [name, inbox] : inboxes()) {
        auto& box = world.boxes[name];
        must(!box.in_use && box.messages.size() + box.removed.size() == inbox.messages.size());
        std::vector<std::string> expected;
        for (const auto each : witness.to_remove())
            if (name == witness.opened() && !box.immovable.contains(std::to_string(each + 1)))
                expected.push_back(std::to_string(each + 1));
        const bool is_sound = circumstance < 2 || !box.immovable.empty() || name != access::test::somebody;
        must(box.removed == expected || (!is_sound && box.removed.empty()));
    }
}

void check_secrets(const Talk& talk, const fuzz::PopWitness& witness)
{
    constexpr std::array<std::string_view, 5> words{"biuro-", "wygasla-", "krasnobrod", "gorliwa-",
                                                    "wstrzymana-"};
    for (const auto word : words) {
        if (!talk.heard.contains(word)) continue;
        const auto name = witness.opened() == "biuro@krasnobród.pl" ? "krasnobrod" : witness.opened();
        must(!name.empty() && name.starts_with(word.substr(0, word.size() - 1)));
    }
}

Run play(const Way& way, std::size_t circumstance, std::string_view bytes, std::size_t piece)
{
    World world;
    world.limits.errors = 1000;
    world.limits.wrong_passwords = 1000;
    for (const auto& [name, inbox] : inboxes())
        for (const auto& message : inbox.messages)
            world.boxes[name].add(message);
    circumstances.at(circumstance)(world);
    Talk talk;
    if (way.under_tls.empty())
        talk_plainly(world, way, bytes, piece, talk);
    else
        talk_under_tls(world, way, bytes, piece, talk);
    must_be_lines(std::string_view(talk.heard).substr(0, talk.heard.find('\x15'))); // an alert of TLS is none
    const auto witness = witnessed(world, way, circumstance, talk);
    check_removed(world, witness, circumstance);
    check_secrets(talk, witness);
    return {.heard = std::move(talk.heard), .removed = world.box().removed};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    static const bool quiet = (sys::log_from(sys::Level::error), true);
    if (size < 2 || !quiet) return 0;
    const auto& way = ways[bytes[0] % 32 % ways.size()];
    const std::size_t circumstance = bytes[0] / 32;
    const std::string_view said(reinterpret_cast<const char*>(bytes) + 2, size - 2);
    const auto whole = play(way, circumstance, said, said.size() + 1);
    // What waits behind STLS is refused, and whether it waits is a matter of time.
    if (way.line == Line::clear && lower(said).contains("stls")) return 0;
    must(play(way, circumstance, said, std::size_t{bytes[1]} % 64 + 1) == whole);
    return 0;
}
