#!/usr/bin/env python3
"""usage: provisioning.py BUILD-FOLDER [COUNT…]

How provisioning grows: for each COUNT (1000 10000) an instance of its own gets so many mailboxes by `metkactl apply`, the
same again (nothing to do), an expiry sweep with nothing due, a list of all, and one more mailbox by hand. Seconds, and the
ratio to the count before.
"""

import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "programs"))
counts = [int(word) for word in sys.argv[2:]] or [1000, 10_000]
del sys.argv[2:]
import harness  # reads the build folder from sys.argv


def timed(function, *arguments):
    began = time.monotonic()
    function(*arguments)
    return time.monotonic() - began


def describe(folder, count):
    path = pathlib.Path(folder) / "description.yaml"
    with path.open("w") as file:
        file.write(f"customers:\n  - {{name: firma, title: Firma, contact: anna@example.org}}\n"
                   f"domains:\n  - {{domain: {harness.DOMAIN}, customer: firma}}\nmailboxes:\n")
        for number in range(count):
            file.write(f"  - {{address: u{number}@{harness.DOMAIN}, customer: firma, capacity: 10M}}\n")
    return str(path)


def told(metka, *words):
    done = metka.control(*words, timeout=1800)
    assert done.returncode == 0, (words, done.returncode, done.stderr[-500:])


def measure(count):
    metka = harness.Instance().start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            description = describe(folder, count)
            return {
                "apply": timed(told, metka, "apply", description, "--yes"),
                "apply again": timed(told, metka, "apply", description, "--yes"),
                "expiry sweep, nothing due": timed(told, metka, "sweep", "expiry"),
                "quota sweep": timed(told, metka, "sweep", "quota"),
                "mailbox list": timed(told, metka, "mailbox", "list"),
                "one more mailbox": timed(told, metka, "mailbox", "add", f"one@{harness.DOMAIN}", "--customer", "firma",
                                          "--generate"),
            }
    finally:
        metka.purge()


before = None
for count in counts:
    seconds = measure(count)
    print(f"{count} mailboxes")
    for what, took in seconds.items():
        growth = f"  ({took / before[what]:.1f} times)" if before else ""
        print(f"  {what:<28}{took:9.2f} s{growth}", flush=True)
    before = seconds
