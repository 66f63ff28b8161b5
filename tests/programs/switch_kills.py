"""metkad killed at any moment of a switch, or of its start, leaves the old generation or the new one, and that whole."""

import contextlib
import os
import pathlib
import random
import threading
import time

from harness import Instance, eventually, free_port_base, main, shows
from traffic import Ledger, Sender, all_get_on, under_way

KILLS = int(os.environ.get("METKA_KILLS", "3"))
ALL = "METKA_ALL" in os.environ  # else one point of each kind where the code is the same
rounds = iter(range(1, 10_000))
SWITCH = [  # where it dies, and whether the new generation is named, and whether it is the current one by then
    ("generation.half_written", False, False),
    ("generation.written", False, False),
    ("generation.named", True, False),
    ("generation.checked", True, False),
    ("generation.switched", True, True),
    ("generation.adopted", True, True),
    ("generation.settled", True, True),
]
START = [row for row in SWITCH if row[0] in ("generation.half_written", "generation.written", "generation.named",
                                             "generation.switched")]


def new_value():
    return {"smtp": {"recipients": 300 + next(rounds)}}


def names(metka):
    return {path.name for path in metka.generation_folder().parent.iterdir()}


def runs_whole(metka):
    """What runs is the current generation, as its manifest says; nothing half made is left."""
    generation = metka.json("status")["generation"]
    assert generation == metka.current()
    eventually(lambda: metka.all_run(generation), what=f"every program runs generation {generation}")
    for name in names(metka) - {"current"}:
        assert name.isdigit(), f"{name} is left half made"
        metka.assert_whole(name)
    return generation


def says(metka, keys):
    """What runs was made of these settings."""
    shown = {row["key"]: row["value"] for row in metka.json("config", "show", str(metka.current()))}
    assert {key: shown[key] for key in keys} == keys, (shown, keys)


def told_right(metka, dead, is_current):
    """The switch that metkad died in is in the history, with what became of it."""
    row = next(row for row in metka.history() if row["generation"] == dead and row["reason"] == "the deadly one")
    assert row["outcome"] == ("running" if is_current else "cut off") and row["message"], row
    assert not [row for row in metka.history() if row["outcome"] == "begun"], metka.history()


def another_works(metka):
    before = metka.current()
    generation = metka.applied(new_value(), "--reason", "afterwards")
    assert generation > before and metka.history()[0]["outcome"] == "running"
    assert runs_whole(metka) == generation and not metka.json("status")["problems"]


@contextlib.contextmanager
def mail_meanwhile(metka):
    """While metkad is dead nobody answers; but what got 250 is there."""
    metka.empty()
    ledger = Ledger()
    senders = [Sender(metka, ledger, "smtp"), Sender(metka, ledger, "submission")]
    with under_way(senders):
        all_get_on(senders)
        yield
        all_get_on(senders)
    ledger.check(metka)


for point, is_named, is_current in SWITCH:
    def dies_in_switch(metka, point=point, is_named=is_named, is_current=is_current):
        assert metka.stop().returncode == 0
        metka.start_again(environment={"METKA_FAULT_POINT": point})
        with mail_meanwhile(metka):
            before = metka.current()
            wanted = new_value()
            done = metka.apply(wanted, "--reason", "the deadly one")
            assert done.returncode not in (0, 1), "metkad did not die"
            metka.wait_until_gone()
            metka.assert_whole(before)
            assert (metka.current() != before) == is_current
            metka.assert_whole(metka.current())
            new = max(int(name) for name in names(metka) if name.isdigit())
            assert (new != before) == is_named
            metka.start_again()
            says(metka, {"smtp.recipients": str(wanted["smtp"]["recipients"])})
        told_right(metka, before + 1, is_current)
        running = runs_whole(metka)
        # A number that the history has is not given again, whether its generation came to be or not.
        assert running == (before + 1 if is_current else before + 2), (running, before)
        another_works(metka)
    shows(f"killed at {point} of a switch: one generation is whole, mail is there, and another switch works")(dies_in_switch)


ROLLBACK = [("generation.switched", True), ("generation.checked", False), ("generation.settled", True)]
for point, is_current in ROLLBACK if ALL else ROLLBACK[:1]:
    def dies_in_rollback(metka, point=point, is_current=is_current):
        assert metka.stop().returncode == 0
        metka.start_again()
        good, bad = metka.applied(new_value()), metka.applied(new_value())
        assert metka.stop().returncode == 0
        metka.start_again(environment={"METKA_FAULT_POINT": point})
        done = metka.control("config", "rollback", str(good), "--yes", "--reason", "the deadly one")
        assert done.returncode not in (0, 1), "metkad did not die"
        metka.wait_until_gone()
        metka.start_again()
        assert runs_whole(metka) == (good if is_current else bad)
        told_right(metka, good, is_current)
        another_works(metka)
    shows(f"killed at {point} of a rollback: what it pointed to then is what runs, whatever metka.yaml says")(dies_in_rollback)


def dies_at_start(metka, point):
    done = metka.quickstart("--no-build", "--no-demo", "--port-base", str(metka.base), environment={"METKA_FAULT_POINT": point})
    assert done.returncode != 0, "metkad did not die"


for point, is_named, is_current in START:
    def dies_with_changes(metka, point=point, is_current=is_current):
        assert metka.stop().returncode == 0
        before = metka.current()
        wanted = new_value()
        metka.write(wanted)
        dies_at_start(metka, point)
        assert (metka.current() != before) == is_current
        metka.assert_whole(before)
        metka.assert_whole(metka.current())
        metka.start_again()
        says(metka, {"smtp.recipients": str(wanted["smtp"]["recipients"])})
        assert runs_whole(metka) > before
        newest = metka.history()[0]
        assert (newest["cause"], newest["outcome"]) == ("start", "running"), newest
        another_works(metka)
    shows(f"killed at {point} of a start with other settings: the next start has them, and a switch works")(dies_with_changes)

    def dies_when_fresh(metka, point=point):
        fresh = Instance()
        try:
            fresh.base = free_port_base()
            dies_at_start(fresh, point)
            fresh.start()
            assert runs_whole(fresh) >= 1
            assert [row["outcome"] for row in fresh.history()] == ["running"], fresh.history()
            another_works(fresh)
        finally:
            fresh.purge()
    if ALL or point in ("generation.half_written", "generation.switched"):
        shows(f"killed at {point} of the first start of all: the next one finds its way")(dies_when_fresh)


@shows(f"killed {KILLS} times at any moment of a row of switches: each time one generation is whole, and mail is there")
def _(metka):
    assert metka.stop().returncode == 0
    metka.start_again()
    for _ in range(KILLS):
        with mail_meanwhile(metka):
            applying = threading.Thread(target=apply_until_it_dies, args=[metka], daemon=True)
            applying.start()
            time.sleep(random.uniform(0, 0.5))
            metka.kill()
            applying.join(60)
            assert not applying.is_alive()
            metka.assert_whole(metka.current())
            metka.start_again()
        runs_whole(metka)
        assert {row["outcome"] for row in metka.history()} <= {"running", "cut off"}, metka.history()
    another_works(metka)


def apply_until_it_dies(metka):
    while pathlib.Path(f"/proc/{metka.pid}").exists() and metka.apply(new_value()).returncode == 0:
        pass


main()
