#!/usr/bin/env python3
"""usage: pop3.py BUILD-FOLDER [--rounds N] [--sessions N] [--cases A,B] [--servers A,B] [--json FILE]

Mail out over POP3S: sessions a second by the clock, and CPU a session of all processes of the server. The servers take
turns, each figure is the median of the rounds. Only ratios within one run count. Client and servers share the machine's
processors: where the client needs more CPU than the server, it is the client that is measured by the clock, and this is
said. No server hashes a password while it is measured, but Courier, which takes one SHA-256.
"""

import argparse
import contextlib
import dataclasses
import json
import resource
import signal
import subprocess
import sys
import traceback

import idle
import inboxes
from figures import Aim, Figures, drop_caches, in_turn
from pop3_servers import PEERS, Mailboxes, Pop3Metka
from servers import TOOLS, Server, WaitingLoad, harness, load

CONNECTIONS = 8
LISTINGS = 10  # warm, a round
DESCRIPTORS = 100_000


@dataclasses.dataclass(frozen=True)
class Case:
    key: str
    title: str
    script: str
    aims: tuple = ()
    resumed: bool = False
    share: float = 1  # of --sessions


POLL = (Aim("cpu", "CPU a poll", part=4), Aim("rate", "polls a second", times=3))
SESSION = (Aim("cpu", "CPU a session", part=5, stretch=7), Aim("rate", "sessions a second", times=3))
CASES = [
    Case("poll", "log-in, STAT, QUIT; full handshake", "poll", POLL),
    Case("poll-resumed", "log-in, STAT, QUIT; resumed", "poll", POLL, resumed=True),
    Case("session", "log-in, STAT, UIDL, RETR 1, QUIT; full handshake", "session", SESSION),
    Case("session-resumed", "log-in, STAT, UIDL, RETR 1, QUIT; resumed", "session", SESSION, resumed=True),
    Case("retr10", "log-in, STAT, RETR of 10 messages of 4 kB, QUIT; full handshake", "ten",
         (Aim("cpu", "CPU a session", part=5, stretch=7),), share=0.5),
]
LISTS = {"inbox10k": inboxes.LIST_10K, "inbox35k": inboxes.LIST_35K}
OTHERS = [*LISTS, "download", "idle", "floor"]


def sessions(server, case, count):
    with WaitingLoad("pop3", port=server.pop3s, connections=CONNECTIONS, sessions=count, boxes=inboxes.BOXES, wait="yes",
                     script=case.script, tls="resumed" if case.resumed else "full") as client:
        before = server.cpu_at_rest()
        done = client.go_on()
        used = server.cpu_at_rest() - before
    return {"rate": count / done.seconds, "cpu": 1000 * used / count, "client": 1000 * done.cpu / count,
            "resumed": 100 * done.resumed / count}


def list_once(server, number, count=1):
    before = server.cpu_at_rest()
    done = load("pop3", port=server.pop3s, connections=1, sessions=count, first=number, boxes=1, script="list", tls="full")
    return 1000 * (server.cpu_at_rest() - before) / count, 1000 * done.seconds / count


def lists(server, number):
    """Cold: nothing of it in memory, but the programs have been used."""
    warm = list_once(server, number, LISTINGS)
    server.restart()
    drop_caches()
    load("pop3", port=server.pop3s, connections=1, sessions=1, boxes=1, script="poll")
    cold = list_once(server, number)
    return {"cpu": warm[0], "time": warm[1], "cold_cpu": cold[0], "cold_time": cold[1]}


def download(server, count=3):
    with WaitingLoad("pop3", port=server.pop3s, connections=1, sessions=count, first=inboxes.LARGE, boxes=1, wait="yes") as client:
        before = server.cpu_at_rest()
        done = client.go_on()
        used = server.cpu_at_rest() - before
    megabytes = done.octets / 1e6
    return {"rate": megabytes / done.seconds, "cpu": 1000 * used / megabytes, "client": 1000 * done.cpu / megabytes}


def measure_floor():
    done = subprocess.run([TOOLS / "bench-tls-floor", Server.certificates], check=True, capture_output=True, text=True)
    return {name: float(figure) for name, figure in (line.split("\t") for line in done.stdout.splitlines())}


def rounds(servers, wanted, figures):
    """(case, title, what measures it) for each case with rounds."""
    work = [(case.key, case.title, lambda server, case=case: sessions(server, case, int(wanted.sessions * case.share)))
            for case in CASES]
    work += [(key, f"the listing of {key}", lambda server, number=number: lists(server, number)) for key, number in LISTS.items()]
    work += [("download", "one message of 100 MB", download)]
    for key, title, measure in work:
        if key not in wanted.cases:
            continue
        for number in range(wanted.rounds):
            for server in in_turn(servers, number):
                attempt(figures, server, key, f"{title}: round {number + 1}", measure)


def attempt(figures, server, key, title, measure):
    print(f"{title}, {server.name}", file=sys.stderr, flush=True)
    try:
        figures.add(key, server.name, measure(server))
    except Exception as fault:
        traceback.print_exc()
        figures.lack(server, title, fault)


def first_listings(servers, wanted, figures):
    """Of an inbox that the server has never seen; there is only one such moment."""
    for key, number in LISTS.items():
        for server in servers if key in wanted.cases else ():
            attempt(figures, server, key + " first", f"the very first listing of {key}",
                    lambda server, number=number: dict(zip(("cpu", "time"), list_once(server, number))))


COLUMNS = {"rate": ("a second", "{:.0f}"), "cpu": ("CPU ms", "{:.3f}"), "client": ("client's CPU ms", "{:.3f}"),
           "resumed": ("resumed %", "{:.0f}"), "time": ("ms by the clock", "{:.1f}"), "cold_cpu": ("cold CPU ms", "{:.1f}"),
           "cold_time": ("cold, by the clock", "{:.1f}")}


def show(title, medians, aims=(), columns=COLUMNS):
    if not medians:
        return
    ours = medians.get(Pop3Metka.name)
    keys = next(iter(medians.values())).keys()
    print(f"\n{title}\n{'':28}" + "".join(f"{columns[key][0]:>20}" for key in keys))
    for who, found in medians.items():
        print(f"  {who:26}" + "".join(f"{columns[key][1].format(found[key]) + ratio(ours, found, key):>20}" for key in keys))
    peers = {who: found for who, found in medians.items() if found is not ours}
    for aim in aims if ours and peers else ():
        print(aim.judge(ours, peers))
    if ours and "client" in ours and ours["client"] > ours["cpu"]:
        print("  the client needs more CPU than Metka does: by the clock it is the client that is measured")


def ratio(ours, found, key):
    return f" ({found[key] / ours[key]:5.2f}x)" if ours and key not in ("client", "resumed") else ""


def show_all(figures):
    for case in CASES:
        show(case.title, figures.medians(case.key), case.aims)
    for key in LISTS:
        show(f"{key}: log-in, STAT, UIDL, QUIT; its very first time", figures.medians(key + " first"))
        show(f"{key}: log-in, STAT, UIDL, QUIT; warm, and after a restart with dropped caches", figures.medians(key),
             (Aim("cpu", "warm CPU", part=5),) if key == "inbox10k" else ())
    show("one message of 100 MB: MB, and CPU a MB", figures.medians("download"), (Aim("cpu", "CPU a MB", part=5),))
    idle.show(figures)
    floor = figures.medians("floor").get("OpenSSL", {})
    print("\nThe floor: OpenSSL alone, both sides of a connection in one process\n" if floor else "", end="")
    for name, found in floor.items():
        print(f"  {name:50}{found:10.1f}")
    for fault in figures.faults:
        print(f"no figure: {fault}")


def arguments():
    names = [case.key for case in CASES] + OTHERS
    kinds = {kind.key: kind for kind in (Pop3Metka, *PEERS)}
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--cases", default=",".join(names))
    parser.add_argument("--servers", default=",".join(kinds))
    parser.add_argument("--unpacked", required=True)
    parser.add_argument("--json")
    wanted = parser.parse_args()
    wanted.cases, wanted.servers = wanted.cases.split(","), wanted.servers.split(",")
    for given, known in (wanted.cases, names), (wanted.servers, list(kinds)):
        if unknown := set(given) - set(known):
            parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    wanted.kinds = [kinds[key] for key in kinds if key in wanted.servers]
    return wanted


def start(server, wanted):
    print(f"starting {server.name}", file=sys.stderr, flush=True)
    try:
        server.start()
        inboxes.fill_all(server, wanted.cases)
    except Exception:
        print(server.log(), file=sys.stderr)
        raise


def measure_all(wanted, figures):
    """Metka is there in any case: it has the certificate."""
    houses = []
    try:
        houses.append(Pop3Metka())
        start(houses[0], wanted)
        Server.certificates = houses[0].certificate_folder
        for kind in wanted.kinds:
            if kind is Pop3Metka:
                continue
            houses.append(kind(houses[0].certificate_folder))
            try:
                start(houses[-1], wanted)
            except Exception as fault:
                figures.lack(houses[-1], "the start", fault)
                houses.pop().stop()
        servers = [house for house in houses if house.key in wanted.servers]
        first_listings(servers, wanted, figures)
        rounds(servers, wanted, figures)
        for server in servers if "idle" in wanted.cases else ():
            idle.measure(server, figures, attempt)
        for _ in range(wanted.rounds if "floor" in wanted.cases else 0):
            figures.add("floor", "OpenSSL", measure_floor())
    finally:
        for house in houses:
            try:
                house.stop()
            except Exception:
                traceback.print_exc()


def allow_descriptors():
    """For servers and clients of thousands of connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(hard, DESCRIPTORS)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main():
    wanted = arguments()
    allow_descriptors()
    Server.unpacked_folder = wanted.unpacked
    if "idle" in wanted.cases:
        Mailboxes.accounts = inboxes.FIRST_IDLE + max(idle.COUNTS)
    figures = Figures()
    try:
        measure_all(wanted, figures)
    finally:  # what there is, if it was ended before its time
        show_all(figures)
        if wanted.json:
            with open(wanted.json, "w") as file:
                json.dump({"rounds": figures.rounds, "medians": {case: figures.medians(case) for case in figures.rounds},
                           "faults": figures.faults}, file, indent=1)
    sys.exit(1 if figures.faults else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and everything is ended as ever
    try:
        main()
    except harness.Skipped as why:
        print(f"skipped: {why}")
        sys.exit(75)
