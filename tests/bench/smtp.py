#!/usr/bin/env python3
"""usage: smtp.py BUILD-FOLDER [--rounds N] [--messages N] [--cases A,B] [--servers A,B] [--json FILE]

Mail in, over the clear and over STARTTLS and AUTH: messages a second, counted when all of them lie in their inboxes, and
CPU a message of all processes of the server. The servers take turns, each figure is the median of the rounds. Only
ratios within one run count. One account logs in, all the time: Metka hashes its password once a minute, and the others
compare it as it is.
"""

import argparse
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import recipients
from figures import Aim, Figures, in_turn, verdict
from peers import PEERS
from servers import TOOLS, Metka, Server, await_delivered, delivered, harness, load

SETTINGS = {"smtp": {"connections_per_address": 1000}, "plan": {"messages_per_hour": 0, "messages_per_day": 0}}
FEW, MANY = 1000, 1_000_000  # mailboxes
GROWTH = 1.25  # the most that a RCPT may cost more among MANY: what is left of a tree's two more levels


@dataclasses.dataclass(frozen=True)
class Case:
    key: str
    title: str
    octets: int
    share: float  # of --messages
    cpu_aim: int  # at most 1/this of the best peer's CPU a message
    rate_aim: float = None  # at least this times the best peer's messages a second
    stretch: int = None
    recipients: int = 1
    connections: int = 32
    a_connection: int = 100
    login: bool = False


CASES = [
    Case("4k", "4 kB to one recipient", 4000, 1, cpu_aim=6, stretch=12, rate_aim=5),
    Case("64k", "64 kB", 64_000, 0.5, cpu_aim=6),
    Case("5m", "5 MB", 5_000_000, 0.025, cpu_aim=5, connections=16),
    Case("20", "4 kB to 20 recipients in one transaction", 4000, 0.1, cpu_aim=12, recipients=20),
    Case("tls", "4 kB over STARTTLS and AUTH", 4000, 1, cpu_aim=6, login=True),
    Case("tls-one", "4 kB over STARTTLS and AUTH, one message a connection", 4000, 0.25, cpu_aim=5, a_connection=1,
         login=True),
]


def send(server, case, messages):
    """Sends and waits for the inboxes; seconds."""
    already, began = delivered(server), time.monotonic()
    load("smtp", port=server.submission if case.login else server.smtp, connections=min(case.connections, messages),
         messages=messages, octets=case.octets, recipients=case.recipients, a_connection=case.a_connection,
         login="starttls" if case.login else "none")
    await_delivered(server, already + messages * case.recipients)
    return time.monotonic() - began


def measure(server, case, messages):
    small = dataclasses.replace(case, octets=4000)
    send(server, small, case.connections)  # so that processes are there, and each login has been seen once
    os.sync()
    before = server.cpu_at_rest()
    seconds = send(server, case, messages)
    return {"rate": messages / seconds, "cpu": 1000 * (server.cpu_at_rest() - before) / messages}


def measure_floor(messages):
    folder = tempfile.mkdtemp(prefix="metka-bench-floor-", dir="/var/tmp")
    try:
        done = subprocess.run([TOOLS / "bench-floor", folder, "16", str(max(messages, 640)), "4000"], check=True,
                              capture_output=True, text=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        return {name: {"rate": float(rate), "cpu": float(cpu) / 1000} for name, rate, cpu in rows}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def all_rounds(servers, cases, wanted):
    figures = Figures()
    for case in cases:
        messages = max(case.connections, int(wanted.messages * case.share))
        able = [server for server in servers if not (case.login and server.no_tls)]
        for number in range(wanted.rounds):
            for server in in_turn(able, number):
                print(f"{case.title}: round {number + 1}, {messages} messages, {server.name}", file=sys.stderr, flush=True)
                try:
                    figures.add(case.key, server.name, measure(server, case, messages))
                except Exception as fault:
                    figures.lack(server, case.title, fault)
    for _ in range(wanted.rounds if "floor" in wanted.cases else 0):
        for name, found in measure_floor(wanted.messages).items():
            figures.add("floor", name, found)
    return figures


def judge(case, medians):
    ours = medians.get(Metka.name)
    peers = {kind.name: medians[kind.name] for kind in PEERS if kind.name in medians and not kind.not_durable}
    if not ours or not peers:
        return []
    aims = [Aim("cpu", "CPU a message", part=case.cpu_aim, stretch=case.stretch)]
    if case.rate_aim:
        aims.append(Aim("rate", "messages a second", times=case.rate_aim))
    return [aim.judge(ours, peers) for aim in aims]


def show(title, medians, lines=()):
    ours = medians.get(Metka.name)
    print(f"\n{title}\n{'':52}{'messages/s':>12}{'CPU ms/message':>16}" + (f"{'rate':>9}{'CPU':>9}   to Metka" if ours else ""))
    for who, found in medians.items():
        ratio = f"{found['rate'] / ours['rate']:8.2f}x{found['cpu'] / ours['cpu']:8.1f}x" if ours else ""
        print(f"  {who:50}{found['rate']:12.0f}{found['cpu']:16.3f}{ratio}")
    print("".join(f"{line}\n" for line in lines), end="", flush=True)


def measure_recipients(wanted):
    found = {}
    for mailboxes in FEW, wanted.mailboxes:
        print(f"RCPT among {mailboxes} mailboxes", file=sys.stderr, flush=True)
        found[mailboxes] = recipients.measure(mailboxes, max(1000, 10 * wanted.messages))
    return found


def show_recipients(found):
    print("\nCPU µs a RCPT")
    for mailboxes, by_program in found.items():
        words = "".join(f"{'metka-' + name:>14}{cpu:8.1f}" for name, cpu in by_program.items())
        print(f"  among {mailboxes:>9,} mailboxes{words}")
    few, many = (sum(by_program.values()) for by_program in found.values())
    print(verdict("growth", f"{many / few:.2f} times", f"at most {GROWTH} times", many <= GROWTH * few))


def arguments():
    names = [case.key for case in CASES] + ["floor", "rcpt"]
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--cases", default=",".join(names))
    parser.add_argument("--servers", default=",".join(kind.key for kind in (Metka, *PEERS)))
    parser.add_argument("--mailboxes", type=int, default=MANY)
    parser.add_argument("--unpacked", required=True)
    parser.add_argument("--json")
    wanted = parser.parse_args()
    wanted.cases, wanted.servers = wanted.cases.split(","), wanted.servers.split(",")
    for given, known in (wanted.cases, names), (wanted.servers, [kind.key for kind in (Metka, *PEERS)]):
        if unknown := set(given) - set(known):
            parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return wanted


def start(server):
    print(f"starting {server.name}", file=sys.stderr, flush=True)
    try:
        server.start()
    except Exception:
        print(server.log(), file=sys.stderr)
        raise


def measure_all(wanted):
    """Metka is there in any case: it has the certificate."""
    cases = [case for case in CASES if case.key in wanted.cases]
    houses = []
    try:
        if cases:
            houses.append(Metka(SETTINGS))
            start(houses[0])
        for kind in PEERS if cases else ():
            if kind.key in wanted.servers:
                houses.append(kind(houses[0].certificate_folder))
                start(houses[-1])
        return all_rounds([house for house in houses if house.key in wanted.servers], cases, wanted)
    finally:
        for house in houses:
            try:
                house.stop()
            except Exception:
                traceback.print_exc()


def main():
    wanted = arguments()
    Server.unpacked_folder = wanted.unpacked
    figures = measure_all(wanted)
    for case in CASES:
        if case.key in figures.rounds:
            medians = figures.medians(case.key)
            show(case.title, medians, judge(case, medians))
    if "floor" in wanted.cases:
        show("The floor: no server, 4 kB files made durable by 16 writers", figures.medians("floor"))
    of_recipients = measure_recipients(wanted) if "rcpt" in wanted.cases else {}
    if of_recipients:
        show_recipients(of_recipients)
    for kind in PEERS:
        for why in (kind.not_durable, kind.no_tls) if kind.key in wanted.servers else ():
            print(f"{kind.name}: {why}" if why else "", end="\n" if why else "")
    if wanted.json:
        with open(wanted.json, "w") as file:
            json.dump({"rounds": figures.rounds, "medians": {case: figures.medians(case) for case in figures.rounds},
                       "rcpt_cpu_us": of_recipients, "faults": figures.faults}, file, indent=1)
    for fault in figures.faults:
        print(f"no figure: {fault}")
    sys.exit(1 if figures.faults else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and everything is ended as ever
    try:
        main()
    except harness.Skipped as why:
        print(f"skipped: {why}")
        sys.exit(75)
