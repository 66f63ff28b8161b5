#!/usr/bin/env python3
"""usage: compare.py BUILD-FOLDER [--messages N] [--rounds N]

Each round: every server takes N messages of 10 kB on 32 connections (each durable before its 250, counted when all of
them lie in their inboxes), then all of it is fetched over POP3S, then the empty inboxes are logged in to. CPU is that
of the servers' processes alone, whatever they started included.
"""

import argparse
import shutil
import statistics
import sys
import time

from peers import PostfixAndPop3
from servers import BOXES, Metka, await_delivered, delivered, load

OCTETS = 10_000
CONNECTIONS = 32
LOGINS = 400


def intake(server, messages):
    before, already, began = server.cpu(), delivered(server), time.monotonic()
    seconds = load("smtp", port=server.smtp, connections=CONNECTIONS, messages=messages, octets=OCTETS).seconds
    await_delivered(server, already + messages)
    whole = time.monotonic() - began
    used = server.cpu() - before
    return {"intake: accepted a second": messages / seconds, "intake: delivered a second": messages / whole,
            "intake: CPU ms a message": 1000 * used / messages}


def fetch(server):
    before = server.cpu()
    done = load("pop3", port=server.pop3s, connections=8, sessions=BOXES)
    used = server.cpu() - before
    assert done.messages == delivered(server), (done.messages, delivered(server))
    return {"POP3S: messages a second": done.messages / done.seconds, "POP3S: CPU ms a message": 1000 * used / done.messages}


def log_in(server):
    before = server.cpu()
    done = load("pop3", port=server.pop3s, connections=8, sessions=LOGINS)
    used = server.cpu() - before
    return {"POP3S: sessions a second": LOGINS / done.seconds, "POP3S: CPU ms a session": 1000 * used / LOGINS}


def clear(server):
    for folder in server.mail.rglob("new"), server.mail.rglob("cur"):
        for inbox in folder:
            for file in inbox.iterdir():
                file.unlink()
    time.sleep(1.1)  # a folder's time has whole seconds for some: the next change must show


def one_round(server, messages):
    figures = intake(server, messages) | fetch(server)
    clear(server)
    return figures | log_in(server)


def show(results):
    ours, theirs = results
    print(f"{'':28}{'Metka':>12}{'Postfix+Dovecot':>18}{'ratio':>10}")
    for name in ours[0]:
        mine, others = (statistics.median(figures[name] for figures in result) for result in (ours, theirs))
        better = others / mine if "CPU" in name else mine / others
        print(f"{name:28}{mine:12.2f}{others:18.2f}{better:9.2f}x")
    print(f"\nA ratio above 1 is in favour of Metka. Medians of {len(ours)} rounds, messages of {OCTETS} octets, "
          f"{BOXES} inboxes,\n{CONNECTIONS} connections in, 8 out. Passwords are yescrypt on both sides; Metka hashes one that was right only once a "
          f"minute\n(it keeps a keyed digest), Dovecot at each log-in.")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    if not shutil.which("postfix", path="/usr/sbin") or not shutil.which("dovecot", path="/usr/sbin"):
        sys.exit("Postfix and Dovecot are not installed; start tests/bench/run instead")
    houses = []
    try:
        houses.append(Metka())
        houses[0].start()
        houses.append(PostfixAndPop3(houses[0].certificate_folder))
        houses[1].start()
        results = [[], []]
        for number in range(wanted.rounds):
            for house, result in zip(houses, results):
                print(f"round {number + 1}: {house.name}", file=sys.stderr, flush=True)
                result.append(one_round(house, wanted.messages))
        show(results)
    finally:
        for house in houses:
            house.stop()


if __name__ == "__main__":
    main()
