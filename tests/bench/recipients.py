"""What a RCPT costs metka-smtp and metka-store, by how many mailboxes the directory holds."""

import os
import pathlib
import subprocess

from servers import TOOLS, harness, load

A_TRANSACTION = 100
ASKED = 1000  # of all mailboxes: those that have Maildirs
ROUNDS = 3
settings = {"smtp": {"commands": 10_000_000}}


def cpu_of(pid):
    """Seconds of all its threads; these programs have no children."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def seed(metka, mailboxes):
    """Straight into the database, with metkad stopped: they come in a batch, as no door offers it."""
    assert metka.stop().returncode == 0
    owner = os.stat(metka.state / "directory/metka.db")
    subprocess.run([TOOLS / "bench-seed", metka.state, str(mailboxes), str(ASKED)], check=True)
    for path in (metka.state / "directory").glob("metka.db*"):
        os.chown(path, owner.st_uid, owner.st_gid)
    metka.start_again()


def measure(mailboxes, recipients):
    """Microseconds of CPU a RCPT, {program: …}, the least of some rounds after one that does not count."""
    metka = harness.Instance()
    metka.settings = settings
    try:
        metka.start()
        seed(metka, mailboxes)
        pids = {name: row["pid"] for name, row in metka.programs().items() if name in ("smtp", "store")}
        found = {name: [] for name in pids}
        for _ in range(ROUNDS + 1):
            before = {name: cpu_of(pid) for name, pid in pids.items()}
            load("rcpt", port=metka.port["smtp"], connections=1, messages=recipients // A_TRANSACTION,
                 recipients=A_TRANSACTION, boxes=ASKED,
                 every=mailboxes // ASKED)
            for name, pid in pids.items():
                found[name].append(1e6 * (cpu_of(pid) - before[name]) / recipients)
        return {name: min(rounds[1:]) for name, rounds in found.items()}
    finally:
        metka.purge()
