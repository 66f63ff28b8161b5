"""When the power goes at any moment, what got 250 is on the disk, whole, and what was deleted stays gone.

The state lies on an ext4, or another btrfs, whose image is a file on a btrfs. A copy of that file by reference is the disk
at one moment: it has what the kernel had sent there, and nothing of what was still in memory. Mounting it replays the
journal, as the next start of a machine would. METKA_CUTS says how many copies are taken of each. What a disk may forget
besides, because nobody told it to flush, is tried in tests/unit/maildir/power.cpp.
"""

import os
import random
import subprocess
import time

from harness import DOMAIN, PASSWORD, eventually, main, need, shows
from ledger import Ledger, Remover, Sender, maildirs
from volumes import OnVolume, Volume, run

CUTS = int(os.environ.get("METKA_CUTS", "3"))
READ = f"czytany@{DOMAIN}"
KEPT = [f"zostaje{n}@{DOMAIN}" for n in range(3)]
SIZES, WEIGHTS = (300, 4_000, 40_000, 100_000, 1_000_000), (40, 30, 17, 9, 1)


class OnCuttableDisk(OnVolume):
    """On a file system of that kind in a file of a btrfs."""

    def __init__(self, kind, options):
        need("cp")
        below = Volume("btrfs", 12 << 30)
        try:
            volume = Volume(kind, 3 << 30, inside=below.mount, options=options)
        except BaseException:
            below.close()
            raise
        super().__init__(volume, below)
        self.cuts = 0

    def cut(self):
        """The disk as it is at this moment."""
        self.cuts += 1
        copy = self.below[0].mount / f"cut{self.cuts}.image"
        run("cp", "--reflink=always", self.volume.image, copy)
        return copy


class Mounted:
    """A copy, mounted for a look; the folders of `known` in it."""

    def __init__(self, metka, copy, folders):
        self.metka, self.copy = metka, copy
        self.folder = metka.below[0].folder / copy.stem
        self.folders = {inbox: self.folder / path.relative_to(metka.volume.mount) for inbox, path in folders.items()}

    def __enter__(self):
        self.folder.mkdir()
        self.device = run("losetup", "--find", "--show", self.copy).strip()
        try:
            run("mount", "-t", self.metka.volume.kind, self.device, self.folder)
        except subprocess.CalledProcessError as refused:
            run("losetup", "--detach", self.device)
            raise AssertionError(f"the disk cannot be mounted after the cut: {refused.stderr}") from refused
        return self.folders

    def __exit__(self, *_):
        run("umount", self.folder)
        run("losetup", "--detach", self.device)
        self.folder.rmdir()


class Load:
    def __init__(self, metka):
        self.ledger, self.folders = Ledger(), maildirs(metka, [*KEPT, READ])
        several = [*KEPT, READ]
        self.threads = [Sender(metka, self.ledger, several, sizes=SIZES, weights=WEIGHTS) for _ in range(3)]
        self.threads.append(Remover(metka, self.ledger, READ))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            thread.ended.set()
        for thread in self.threads:
            thread.join(60)

    def flows(self):
        before = len(self.ledger.accepted)
        eventually(lambda: len(self.ledger.accepted) > before + 20, seconds=60, what="mail flows")


def moment(metka, load):
    """A copy with what had to be there when it was begun."""
    load.flows()
    time.sleep(random.uniform(0, 0.3))  # the moment is what is random
    known = load.ledger.so_far()
    return metka.cut(), known


def cut_off(metka):
    """Under load, again and again; returns the last copy, what was known when it was begun, and the load."""
    for address in (READ, *KEPT):
        metka.told("mailbox", "add", address, "--customer", "firma", "--capacity", "2G", "--password-stdin", input=PASSWORD + "\n")
    run("sync", "--file-system", metka.volume.mount)  # what quickstart wrote is old where the power goes
    with Load(metka) as load:
        moments = [moment(metka, load) for _ in range(CUTS)]
    load.ledger.check(load.folders)
    seen = 0
    if metka.volume.kind == "btrfs":
        metka.stop()
        metka.volume.detach()  # two file systems of one name cannot be mounted at a time
    for copy, known in moments:
        with Mounted(metka, copy, load.folders) as folders:
            load.ledger.check(folders, known)
            seen += len(known[0])
        if copy != moments[-1][0]:
            copy.unlink()
    print(f"        {CUTS} cuts, {len(load.ledger.accepted)} letters acknowledged in all, {seen} looked for in the copies, "
          f"{len(load.ledger.deleted)} deleted, 0 lost, 0 torn", flush=True)
    return *moments[-1], load.ledger, load.folders


def start_from(metka, copy, known, ledger, folders):
    """The machine starts again with the disk as it was."""
    if metka.volume.device:
        os.kill(metka.pid, 9)
        metka.wait_until_gone()
        metka.volume.detach()
    metka.volume.attach(copy)
    metka.start_again()
    ledger.judged.clear()
    ledger.check(folders, known)
    for inbox in KEPT:
        octets = sum(path.stat().st_size for part in ("new", "cur") for path in (folders[inbox] / part).iterdir())
        assert metka.json("mailbox", "show", inbox)["usage"] == octets, inbox
    with Load(metka) as load:
        load.flows()
    load.ledger.offered.update(ledger.offered)
    load.ledger.attempts.update(ledger.attempts)
    load.ledger.check(load.folders)


DISKS = {
    "ext4": lambda: OnCuttableDisk("ext4", ("commit=30",)),
    "btrfs": lambda: OnCuttableDisk("btrfs", ("commit=30",)),
}
for name, disk in DISKS.items():
    def cut_and_start(disk=disk):
        metka = disk()
        try:
            metka.start()
            metka.provision()
            start_from(metka, *cut_off(metka))
        finally:
            metka.purge()
    shows(f"{CUTS} times cut off under load on {name}: what was acknowledged is there and whole, and a Metka starts from it")(cut_and_start)


main(instance=None)
