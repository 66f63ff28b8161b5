// The load generator of tests/bench/run: as many threads as connections, each with the next piece of work.
//
//     bench-load smtp --port=N --connections=N --messages=N --octets=N
//         sends messages; --recipients=N each (1), --a-connection=N of them on one connection (100), and with
//         --login=starttls under STARTTLS and AUTH PLAIN as box0
//     bench-load rcpt --port=N --connections=N --messages=N --recipients=N --every=N
//         that many transactions that end in RSET, with so many of bench-seed's mailboxes (--boxes) each,
//         which are those of the numbers 0, N, 2 N…
//     bench-load pop3 --port=N --connections=N --sessions=N
//         under TLS: logs in, does what --script says, says QUIT: all (RETR of every message), ten (STAT,
//         RETR of the first ten), session (STAT, UIDL, RETR of the first), list (STAT, UIDL), poll (STAT).
//         With
//         --tls=resumed each inbox's client takes up its TLS session of the time before
//     bench-load idle --port=N --connections=N
//         under TLS: connects, with --login=yes logs in, each to an inbox of its own, and holds them all
//
// Besides, --host (127.0.0.1), --boxes=N (box0@DOMAIN, box1@…; --first=N: from that one on), --domain,
// --password. With --wait=yes, each of the inboxes is first seen by one client, unmeasured; then, and where
// idle has all its connections, it prints "ready" and waits for a line or the end of its input. At its end
// prints: pieces of work, messages (of rcpt: recipients), octets, seconds, TLS sessions that were taken up,
// seconds of its own CPU.

#include <cstdio>
#include <map>
#include <string>

#include "tests/bench/load.h"

namespace {

using namespace metka::bench;

const std::map<std::string, void (*)(const Options&)> modes{
    {"smtp", smtp}, {"rcpt", rcpt}, {"pop3", pop3}, {"idle", idle}};

} // namespace

int main(int count, char** words)
{
    const auto mode = modes.find(count > 1 ? words[1] : "");
    if (mode == modes.end()) {
        std::fputs("usage: bench-load smtp|rcpt|pop3|idle --NAME=VALUE…\n", stderr);
        return 64;
    }
    mode->second(Options(count, words));
}
