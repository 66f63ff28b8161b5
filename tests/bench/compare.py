#!/usr/bin/env python3
"""usage: compare.py BUILD-FOLDER [--messages N] [--rounds N]

Each round: every server takes N messages of 10 kB on 32 connections (each durable before its 250, counted when all of
them lie in their inboxes), then all of it is fetched over POP3S, then the empty inboxes are logged in to. CPU is that
of the servers' processes alone, whatever they started included.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import time

import servers
from servers import BOXES, Metka, Others, delivered, harness

OCTETS = 10_000
CONNECTIONS = 32
LOGINS = 400


def load(*words):
    done = subprocess.run([harness.BUILD / "tests/bench-load", *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench-load {' '.join(map(str, words))}: {done.stderr}")
    pieces, messages, octets, seconds = done.stdout.split()
    return int(pieces), int(messages), int(octets), float(seconds)


def intake(server, messages):
    before, already, began = server.cpu(), delivered(server), time.monotonic()
    seconds = load("smtp", "127.0.0.1", server.smtp, CONNECTIONS, messages, OCTETS, BOXES, server.domain)[3]
    harness.eventually(lambda: delivered(server) - already >= messages, seconds=300, what=f"{server.name} delivers")
    whole = time.monotonic() - began
    used = server.cpu() - before
    return {"intake: accepted a second": messages / seconds, "intake: delivered a second": messages / whole,
            "intake: CPU ms a message": 1000 * used / messages}


def fetch(server):
    before = server.cpu()
    _, messages, octets, seconds = load("pop3", "127.0.0.1", server.pop3s, 8, BOXES, BOXES, server.domain, harness.PASSWORD)
    used = server.cpu() - before
    assert messages == delivered(server), (messages, delivered(server))
    return {"POP3S: messages a second": messages / seconds, "POP3S: CPU ms a message": 1000 * used / messages}


def log_in(server):
    before = server.cpu()
    sessions, _, _, seconds = load("pop3", "127.0.0.1", server.pop3s, 8, LOGINS, BOXES, server.domain, harness.PASSWORD)
    used = server.cpu() - before
    return {"POP3S: sessions a second": sessions / seconds, "POP3S: CPU ms a session": 1000 * used / sessions}


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
        houses.append(Others(harness.pathlib.Path(houses[0].instance.ca).parent))
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
