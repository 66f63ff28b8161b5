"""When the disk refuses, senders are told to wait, nothing half-done is left, and mail flows again by itself when it can."""

import contextlib
import os
import shutil
import stat
import subprocess

from harness import DOMAIN, PASSWORD, Instance, Skipped, eventually, main, need, shows
from ledger import Ledger, Refused, Session, letter, maildirs
from volumes import OnVolume, Volume, run

INBOXES = [f"skrzynka{n}@{DOMAIN}" for n in range(3)]
SEVERAL = 150
KINDS = (300, 4_000, 60_000, 1_000_000)
numbers = iter(range(1, 1 << 30))


def provision(metka):
    for address in INBOXES:
        metka.told("mailbox", "add", address, "--customer", "firma", "--capacity", "4G", "--password-stdin", input=PASSWORD + "\n")
    metka.folders, metka.ledger = maildirs(metka, INBOXES), Ledger()


def send(metka, size, to, chunks=0):
    """None if it was taken, else the answer; the ledger knows."""
    name = f"letter-{next(numbers)}"
    session = Session(metka)
    try:
        taken = session.transaction(letter(name, size), to, lambda inboxes: metka.ledger.offers(name, inboxes), chunks=chunks)
        metka.ledger.took(name, taken)
        return None
    except Refused as why:
        metka.ledger.offered[name].clear()  # refused is refused: it must be nowhere
        return why.args
    finally:
        session.close()


def assert_told_to_wait(answer):
    assert answer, "it was taken"
    what, code, text = answer
    assert 400 <= code < 500 and text.startswith("4."), f"{what}: {code} {text}"


def all_refused(metka, to, sizes=KINDS):
    for size in sizes:
        assert_told_to_wait(send(metka, size, to))
    metka.ledger.check(metka.folders)


def all_taken(metka, to, sizes=KINDS):
    for size in sizes:
        answer = send(metka, size, to)
        assert answer is None, f"{size} bytes: {answer}"
    metka.ledger.check(metka.folders)


def descriptors(metka, program="store"):
    return len(os.listdir(f"/proc/{metka.programs()[program]['pid']}/fd"))


@contextlib.contextmanager
def on(volume_of, *arguments):
    """An instance of its own on a volume of its own."""
    metka = volume_of(*arguments)
    try:
        metka.start()
        metka.provision()
        provision(metka)
        yield metka
    finally:
        metka.purge()


def fill(path):
    """To the last block, and what is given back while it is done."""
    for _ in range(3):
        with contextlib.suppress(OSError), open(path, "ab", buffering=0) as file:
            while file.write(bytes(4096)):
                os.fsync(file.fileno())


class OnSmallDisk(OnVolume):
    def __init__(self, *make):
        super().__init__(Volume("ext4", 160 << 20, make=["-m", "0", *make]))


@shows("a full disk: 4yz for every size and every number of inboxes, nothing half-done is left, POP3 still deletes")
def _():
    with on(OnSmallDisk) as metka:
        all_taken(metka, INBOXES)
        all_taken(metka, INBOXES[:1])
        before = descriptors(metka)
        filler = metka.volume.mount / "filler"
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, metka.room() - (600 << 10))
        taken = 0
        while send(metka, 60_000, INBOXES) is None:
            taken += 1
            assert taken < 100, "the disk does not become full"
        for to in (INBOXES, INBOXES[1:2]):
            for size in (60_000, 1_000_000):
                assert_told_to_wait(send(metka, size, to))
        for to in (INBOXES, INBOXES[:1]):
            for size in KINDS:
                fill(metka.volume.mount / "rest")
                answer = send(metka, size, to)
                if answer or size > 4_000:  # a block or two may be given back at any moment
                    assert_told_to_wait(answer)
        metka.ledger.check(metka.folders)
        eventually(lambda: descriptors(metka) <= before + 2, what=lambda: f"{descriptors(metka)} descriptors become {before} again")
        fetched = len(metka.fetch(INBOXES[2]))
        assert fetched >= 4
        metka.empty(INBOXES[2])
        metka.ledger.judged.clear()
        metka.ledger.deleted |= {(INBOXES[2], name) for name in metka.ledger.accepted}
        filler.unlink()
        (metka.volume.mount / "rest").unlink()
        eventually(lambda: metka.room() > 20 << 20, what="there is room again")
        all_taken(metka, INBOXES)
        all_taken(metka, INBOXES[:1])
        assert metka.fetch(INBOXES[2])


@shows("no inode is left: the same, and mail flows again when there are some")
def _():
    with on(OnSmallDisk, "-N", "700") as metka:
        all_taken(metka, INBOXES, (300,))
        many = metka.volume.mount / "many"
        many.mkdir()
        with contextlib.suppress(OSError):
            for number in range(1000):
                (many / str(number)).touch()
        all_refused(metka, INBOXES)
        shutil.rmtree(many)
        all_taken(metka, INBOXES)


class OnFailingDisk(OnVolume):
    """An ext4 whose disk has holes that cannot be filled once `fail` was called: writing there is an input/output error."""

    def __init__(self):
        below = Volume("tmpfs", 400 << 20)
        try:
            # What mkfs writes is there for good: the journal and the tables; data is not.
            make = ["-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"]
            volume = Volume("ext4", 900 << 20, inside=below.mount, make=make)
        except BaseException:
            below.close()
            raise
        super().__init__(volume, below)

    def fail(self):
        run("sync", "--file-system", self.volume.mount)
        with contextlib.suppress(OSError), open(self.below[0].mount / "filler", "wb") as file:
            while file.write(bytes(1 << 20)):
                pass

    def mend(self):
        (self.below[0].mount / "filler").unlink()


@shows("fsync fails: nothing is acknowledged that is not on the disk, and after a new start every letter is there")
def _():
    with on(OnFailingDisk) as metka:
        for _ in range(5):
            all_taken(metka, INBOXES)
        metka.fail()
        refused = 0
        for number in range(12):
            answer = send(metka, KINDS[number % 4], INBOXES[:1 + number % 3])
            if answer:
                assert_told_to_wait(answer)
                refused += 1
        assert refused >= 3, "the disk did not fail"
        metka.mend()
        assert metka.stop().returncode == 0
        metka.volume.detach()
        metka.volume.attach(metka.volume.image)  # what was in memory only is forgotten; the journal is replayed
        metka.ledger.judged.clear()
        metka.start_again()
        metka.ledger.check(metka.folders)
        all_taken(metka, INBOXES)


@shows("a new/ that nothing can be put into: 4yz, none of the other inboxes has it, and it mends by itself")
def _():
    need("chattr")
    with on(OnSmallDisk) as metka:
        all_taken(metka, INBOXES)
        locked = metka.folders[INBOXES[1]] / "new"
        run("chattr", "+i", locked)
        try:
            all_refused(metka, INBOXES)
            all_refused(metka, INBOXES[1:2])
            all_taken(metka, [INBOXES[0], INBOXES[2]])
        finally:
            run("chattr", "-i", locked)
        all_taken(metka, INBOXES)


@shows("a Maildir that was taken away or given to somebody else: 4yz, and it mends by itself when it is back")
def _():
    with on(Instance) as metka:
        all_taken(metka, INBOXES)
        maildir = metka.folders[INBOXES[1]]
        away = maildir.with_name("away")
        maildir.rename(away)
        metka.told("engine", "restart", "store")
        answers = [send(metka, size, [INBOXES[1]]) for size in KINDS]
        maildir_is_back = not maildir.exists()
        for answer in answers:
            assert_told_to_wait(answer)
        assert maildir_is_back
        away.rename(maildir)
        all_taken(metka, INBOXES)
        mode = stat.S_IMODE((maildir / "new").stat().st_mode)
        owner = (maildir / "new").stat()
        if metka_store_is_root(metka):
            return  # nothing is closed to it
        os.chown(maildir / "new", 0, 0)
        (maildir / "new").chmod(0)
        metka.told("engine", "restart", "store")
        for size in KINDS:
            assert_told_to_wait(send(metka, size, [INBOXES[1]]))
        os.chown(maildir / "new", owner.st_uid, owner.st_gid)
        (maildir / "new").chmod(mode)
        all_taken(metka, INBOXES)


def metka_store_is_root(metka):
    return os.stat(f"/proc/{metka.programs()['store']['pid']}").st_uid == 0


class Begun:
    """A large letter that has been sent but for its last bytes; or the refusal that came before."""

    def __init__(self, metka, name, to):
        self.ledger, self.name, self.to, self.refusal = metka.ledger, name, to, None
        try:
            self.session = Session(metka, timeout=5)
        except Refused as why:
            self.session, self.refusal = None, why.args
            return
        try:
            self.session.send(f"MAIL FROM:<a@example.org>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode())
            for what, code in (("MAIL", 250), ("RCPT", 250), ("DATA", 354)):
                self.session.expect(what, code)
            self.session.send(letter(name, 200_000).replace(b"\r\n.", b"\r\n..")[:-2])
        except Refused as why:
            self.refusal = why.args

    def end(self):
        try:
            if self.refusal:
                return self.refusal
            self.ledger.offers(self.name, [self.to])
            self.session.send(b"\r\n.\r\n")
            self.session.expect("the end", 250)
            self.ledger.took(self.name, [self.to])
            return "taken"
        except Refused as why:
            return why.args
        except OSError:
            return "hung up"
        finally:
            if self.session:
                self.session.close()


class WithFewDescriptors(Instance):
    settings = {"smtp": {"connections_per_address": "1000"}}

    def quickstart(self, *options, environment=None):
        command = ["prlimit", "--nofile=160:160", "bash", self.root / "config/quickstart", "--build", self.build, *options, self.folder]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                              env={**os.environ, "HOME": "/nonexistent", **(environment or {})}, cwd="/")


@shows("without descriptors: 4yz or no connection, nothing is lost, and it goes on when there are some again")
def _():
    need("prlimit")
    with on(WithFewDescriptors) as metka:
        all_taken(metka, INBOXES)
        before = {program: descriptors(metka, program) for program in ("store", "smtp")}
        pids = {program: row["pid"] for program, row in metka.programs().items()}
        begun, outcomes = [], []
        for number in range(SEVERAL):  # each as far as the last byte, until nobody is let in any more
            try:
                begun.append(Begun(metka, f"crowd-{number}", INBOXES[number % 3]))
            except OSError:
                break
        for each in begun:
            outcomes.append(each.end())
        print(f"        {SEVERAL} large letters at once: {outcomes.count('taken')} taken, {SEVERAL - outcomes.count('taken')} not", flush=True)
        for outcome in outcomes:
            assert outcome in ("taken", "hung up") or 400 <= outcome[1] < 500, outcome
        assert outcomes.count("taken") < SEVERAL, "there were descriptors enough"
        assert {program: row["pid"] for program, row in metka.programs().items()} == pids, "a program has died"
        metka.ledger.check(metka.folders)
        for program, had in before.items():
            eventually(lambda: descriptors(metka, program) <= had + 2, what=f"the descriptors of metka-{program} are given back")
        all_taken(metka, INBOXES)


@shows("what an older version left in mail/incoming is gone after a start, and nothing is ever put there")
def _():
    with on(Instance) as metka:
        assert metka.stop().returncode == 0
        incoming = metka.state / "mail/incoming"
        mail = (metka.state / "mail").stat()
        (incoming / "deep").mkdir(parents=True)
        for name in ("1.half", "deep/2.half"):
            (incoming / name).write_bytes(b"half a message")
        for path in (incoming, incoming / "deep", incoming / "1.half", incoming / "deep/2.half"):
            os.chown(path, mail.st_uid, mail.st_gid)
        metka.start_again()
        eventually(lambda: not incoming.exists(), what="mail/incoming is gone")
        all_taken(metka, INBOXES)
        known = {"box", "shell", "trash"}
        assert {path.name for path in (metka.state / "mail").iterdir() if path.is_dir()} <= known


main(instance=None)
