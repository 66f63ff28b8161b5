"""Killed at random moments under load of every size: what got 250 is there, whole and once, and what was deleted stays gone."""

import os
import random
import signal
import time

from harness import DOMAIN, eventually, main, shows
from ledger import Ledger, Remover, Sender, Torn, letter, maildirs

KILLS = int(os.environ.get("METKA_KILLS", "12"))
READ = f"czytany@{DOMAIN}"
KEPT = [f"zostaje{n}@{DOMAIN}" for n in range(3)]
CAPACITY = ("--capacity", "8G")


class Load:
    """Four senders and a reader who deletes, for as long as the block lasts."""

    def __init__(self, metka):
        self.metka, self.ledger, self.listens_since = metka, Ledger(), time.monotonic()
        self.folders = maildirs(metka, [*KEPT, READ])
        for inbox in self.folders:
            metka.empty(inbox)
        # Who sends again what is in doubt sends to inboxes that nobody empties: there a copy can be counted.
        self.senders = [Sender(metka, self.ledger, KEPT, retries=True), Sender(metka, self.ledger, [*KEPT, READ]),
                        Sender(metka, self.ledger, [*KEPT, READ], sizes=(300, 4_000), weights=(1, 1)),
                        Sender(metka, self.ledger, [READ, KEPT[0]], service="submissions")]
        self.remover = Remover(metka, self.ledger, READ)

    def __enter__(self):
        for thread in (*self.senders, self.remover):
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in (*self.senders, self.remover):
            thread.ended.set()
        for thread in (*self.senders, self.remover):
            thread.join(60)
            assert not thread.is_alive(), "a client did not come to its end"

    def flows(self):
        before = len(self.ledger.accepted)
        eventually(lambda: len(self.ledger.accepted) > before + 25, seconds=60, what="mail flows")

    def unreachable(self):
        """What refused a connection that was begun since somebody listens."""
        return [why for sender in self.senders for begun, why in list(sender.unreachable) if begun >= self.listens_since]

    def check(self):
        self.ledger.check(self.folders)
        assert not self.remover.torn, self.remover.torn[:3]
        for sender in self.senders:
            for what, code, text in sender.refused:
                assert 400 <= code < 500, f"{what} was refused for good: {code} {text}"


# metkad lets a program that dies again and again rest, longer each time, up to half a minute.
MOST_IN_A_ROW = 6


class Killer:
    """Kills one program; before metkad grows impatient with it, metkad itself is stopped in good order and started again."""

    def __init__(self, metka, program):
        self.metka, self.program, self.kills, self.unreachable = metka, program, 0, []

    def __call__(self, load):
        if self.kills and self.kills % MOST_IN_A_ROW == 0:
            self.unreachable += load.unreachable()
            assert self.metka.stop().returncode == 0
            self.metka.start_again()
            load.listens_since = time.monotonic()
        self.kills += 1
        kill(self.metka, self.program)

    def assert_none_refused(self, load):
        refused = self.unreachable + load.unreachable()
        assert not refused, f"{len(refused)} connections were refused: {refused[:3]}"


def kill(metka, program):
    before = metka.programs()[program]["pid"]
    os.kill(before, signal.SIGKILL)

    def serves_again():
        row = metka.programs()[program]
        return row["pid"] not in (before, 0) and row["state"] == "running"
    eventually(serves_again, what=f"metka-{program} serves again")


def kill_metkad(load):
    load.metka.kill()
    load.metka.start_again()


def killed(metka, act, times):
    with Load(metka) as load:
        for _ in range(times):
            load.flows()
            time.sleep(random.uniform(0, 0.2))  # not to wait for anything: the moment is what is random
            act(load)
            load.check()
        load.flows()
    load.check()
    incoming = metka.state / "mail/incoming"
    assert not incoming.exists() or not list(incoming.iterdir())
    ledger = load.ledger
    again = sum(count - 1 for count in ledger.attempts.values())
    twice = ledger.twice.total()
    print(f"        {len(ledger.accepted)} letters acknowledged, {len(ledger.judged)} files judged, {times} kills, 0 lost, 0 torn; "
          f"{again} sent again, {twice} of them are there twice; {len(ledger.deleted)} deleted", flush=True)
    # One sender alone sends again, one letter at a time: of each kill it is in doubt about one, which may be in several inboxes.
    assert twice <= times, f"{twice} letters are there twice by {times} kills: {ledger.twice}"
    return load


def agree(metka, load):
    """What the store counts is what lies there, and nobody holds room that was promised to the dead."""
    def excess(inbox):
        octets = sum(path.stat().st_size for part in ("new", "cur") for path in (load.folders[inbox] / part).iterdir())
        return metka.json("mailbox", "show", inbox)["usage"] - octets
    for inbox in KEPT:
        eventually(lambda: excess(inbox) == 0, what=lambda: f"of {inbox} is counted what is there, not {excess(inbox)} bytes more")
        metka.empty(inbox)


def plant(folder, identifier, number, change=lambda content: content):
    content = b"Return-Path: <>\n" + letter(identifier, 4_000).replace(b"\r\n", b"\n")
    name = f"{number}.planted,S={len(content)},W={len(content) + content.count(10)}"
    (folder / "new" / name).write_bytes(change(content))


def complaint(ledger, folder, finds=AssertionError):
    try:
        ledger.check({READ: folder})
    except finds as found:
        return str(found)
    raise AssertionError("the ledger says that all is well")


@shows("what a letter's way may do to it is found by the ledger: lost, torn, there twice, there again, never sent")
def _(metka):
    folder = metka.folder / "planted"
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    ledger = Ledger()
    for name in ("one", "two"):
        ledger.offers(name, [READ])
        ledger.took(name, [READ])
    plant(folder, "one", 1)
    assert "1 of 2 acknowledged letters are lost: ['two']" in complaint(ledger, folder)
    plant(folder, "two", 2)
    ledger.check({READ: folder})
    plant(folder, "two", 3)
    assert "two is there 2 times, sent 1 times" in complaint(ledger, folder)
    ledger.offers("two", [READ])
    ledger.check({READ: folder})
    assert ledger.twice == {"two": 1}
    ledger.deleted.add((READ, "one"))
    assert "deleted letters are there again: ['one']" in complaint(ledger, folder)
    ledger.deleted.clear()
    plant(folder, "three", 4)
    assert "three was never sent there" in complaint(ledger, folder)
    ledger.offers("three", [READ])
    plant(folder, "three", 5, lambda content: content[:2000] + b"?" + content[2001:])
    assert "octets of a body of" in complaint(ledger, folder, Torn)
    plant(folder, "three", 5, lambda content: content[:2000])
    assert "2000 bytes" in complaint(ledger, folder, Torn)


@shows("metka-store killed at random moments: nothing acknowledged is lost, torn, or there twice unless it was sent twice")
def _(metka):
    for address in (READ, *KEPT):
        metka.told("mailbox", "add", address, "--customer", "firma", *CAPACITY, "--password-stdin",
                   input="a long enough pass phrase\n")
    killer = Killer(metka, "store")
    load = killed(metka, killer, KILLS - 2 * (KILLS // 3))
    killer.assert_none_refused(load)
    agree(metka, load)


@shows("metka-smtp killed at random moments: the same, and no connection is refused")
def _(metka):
    killer = Killer(metka, "smtp")
    load = killed(metka, killer, KILLS // 3)
    killer.assert_none_refused(load)
    agree(metka, load)


@shows("metkad killed at random moments and started again: the same")
def _(metka):
    agree(metka, killed(metka, kill_metkad, KILLS // 3))


main()
