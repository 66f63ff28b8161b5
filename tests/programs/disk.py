"""A disk limit holds on btrfs, filled from the shell side and from the mail side, and nothing is lost."""

import collections
import contextlib
import errno
import os
import pathlib
import pwd
import smtplib
import sqlite3
import subprocess
import sys
import tempfile

from harness import DOMAIN, PASSWORD, Instance, Skipped, as_user, eventually, main, need, shows

LOGIN, AWAY = f"mtk-d{os.getpid()}", f"mtk-e{os.getpid()}"
ADDRESS, AWAY_ADDRESS = f"dysk@{DOMAIN}", f"daleko@{DOMAIN}"
LIMIT = 40 << 20
SLACK = 16 << 20

# As the user: writes until the kernel refuses; says how much went in, and the errno.
FILL = """
import os, sys
written = 0
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        while written < int(sys.argv[2]):
            written += file.write(os.urandom(1 << 20)); os.fsync(file.fileno())
    print(written, 0)
except OSError as refused:
    print(written, refused.errno)
"""


class Disk:
    """A btrfs in a file under /var/tmp, mounted; all of it goes with close()."""

    def __init__(self):
        need("mkfs.btrfs", "losetup", "mount")
        if os.geteuid() != 0:
            raise Skipped("only root can mount a file system")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-disk-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.mount = self.folder / "mount"
        self.mount.mkdir()
        self.device = None
        image = self.folder / "image"
        with open(image, "wb") as file:
            file.truncate(1 << 30)
        try:
            self.run("mkfs.btrfs", "-q", image)
            self.device = self.run("losetup", "--find", "--show", image).strip()
            self.run("mount", "-t", "btrfs", self.device, self.mount)
        except subprocess.CalledProcessError as refused:
            self.close()
            raise Skipped(f"no btrfs can be mounted here: {refused.stderr.strip()}") from refused

    @staticmethod
    def run(*command):
        return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout

    def close(self):
        subprocess.run(["umount", self.mount], capture_output=True)
        if self.device:
            subprocess.run(["losetup", "--detach", self.device], capture_output=True)
        subprocess.run(["rm", "-rf", "--one-file-system", self.folder], capture_output=True)


class OnBtrfs(Instance):
    """State folder and homes on one btrfs."""

    def __init__(self):
        self.disk = Disk()
        super().__init__()
        self.folder.rmdir()
        self.folder = self.disk.mount / "metka"
        self.folder.mkdir()
        self.homes = self.disk.mount / "homes"
        self.homes.mkdir()
        self.settings = {"accounts": {"home_folder": self.homes}}

    def purge(self):
        try:
            for login in (LOGIN, AWAY):
                subprocess.run(["userdel", "--remove", login], capture_output=True)
            super().purge()
        finally:
            self.disk.close()


def home_of(login):
    return pathlib.Path(pwd.getpwnam(login).pw_dir)


def fill(login, name, most=128 << 20):
    """As the user; says how much went in, and what the kernel said then."""
    done = subprocess.run(as_user(login, [sys.executable, "-c", FILL, home_of(login) / name, str(most)]),
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written, refused = map(int, done.stdout.split())
    return written, refused


def send(metka, octets, to=ADDRESS, subject="x"):
    """Says whether it was taken; a refusal must be the one for a full inbox."""
    client = metka.smtp()
    body = f"From: a@example.org\r\nSubject: {subject}\r\n\r\n" + ("y" * 76 + "\r\n") * (octets // 78)
    try:
        client.sendmail("a@example.org", [to], body)
        return True
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = refused.recipients[to]
        assert code == 452 and text.startswith(b"4.2.2"), (code, text)
    except smtplib.SMTPDataError as refused:
        assert refused.smtp_code == 452 and refused.smtp_error.startswith(b"4.2.2"), refused
    finally:
        client.close()
    return False


def subjects(metka, login=LOGIN):
    client = metka.pop3(login)
    count = client.stat()[0]
    found = [line for n in range(1, count + 1) for line in client.top(n, 0)[1] if line.lower().startswith(b"subject:")]
    client.quit()
    return found


def notices(metka, login=LOGIN):
    return [row for row in metka.json("notices", "list", "--inbox", login) if row["notice"] == "nearly_full"]


def add_shell(metka, login, address, limit=LIMIT):
    metka.told("shell", "add", login, "--customer", "firma", "--disk-limit", str(limit), "--free-domain", DOMAIN,
               "--password-stdin", input=PASSWORD + "\n")
    metka.told("alias", "add", address, "--to", login)


def subvolumes(metka):
    return subprocess.run(["btrfs", "subvolume", "list", metka.disk.mount], capture_output=True, text=True).stdout


def qgroups(metka):
    subprocess.run(["btrfs", "filesystem", "sync", metka.disk.mount], check=True, capture_output=True)
    shown = subprocess.run(["btrfs", "qgroup", "show", metka.disk.mount], capture_output=True, text=True).stdout
    return [line.split()[0] for line in shown.splitlines() if line[:1].isdigit()]


def let_the_grace_pass(metka):
    assert metka.stop().returncode == 0
    with contextlib.closing(sqlite3.connect(metka.state / "directory/metka.db")) as directory, directory:
        assert directory.execute("UPDATE removed SET purge_after = removed").rowcount
    metka.start()


@shows("home and mail of a new shell account are subvolumes behind one fence")
def _(metka):
    add_shell(metka, LOGIN, ADDRESS)
    assert home_of(LOGIN).stat().st_ino == 256
    card = metka.json("shell", "show", LOGIN)
    assert card["fence"] == "btrfs: home and mail" and card["problems"] == [], card


@shows("mail is taken up to the limit, refused with 452 4.2.2 beyond it, and none that was taken is lost")
def _(metka):
    taken = 0
    while taken < 20 and send(metka, 5 << 20, subject=f"big {taken}"):
        taken += 1
    assert 6 <= taken <= 8, taken
    assert not send(metka, 5 << 20, subject="refused")
    found = subjects(metka)
    assert [b"Subject: big %d" % n for n in range(taken)] == [line for line in found if b"big" in line], found
    assert b"Subject: refused" not in found


@shows("a notice comes although it is full, once, and what is deleted makes room at once")
def _(metka):
    metka.told("sweep", "quota")
    metka.told("sweep", "quota")
    found = subjects(metka)
    assert len([subject for subject in found if b"big" not in subject]) == 1, found
    assert len(notices(metka)) == 1, notices(metka)
    metka.empty(LOGIN)
    assert send(metka, 5 << 20)


@shows("the shell user is stopped by the kernel at the fence, and mail is refused then, and nothing is lost")
def _(metka):
    before = subjects(metka)
    written, refused = fill(LOGIN, "large")
    assert refused == errno.EDQUOT, (written, refused)
    assert LIMIT - (6 << 20) <= written <= LIMIT + SLACK, written
    told = metka.json("sweep", "quota")
    assert any(LOGIN in account for account in told["over"]), told
    assert not send(metka, 1 << 10)
    after = subjects(metka)
    assert not collections.Counter(before) - collections.Counter(after), (before, after)
    card = metka.json("shell", "show", LOGIN)
    assert card["home"] >= written and card["space"] >= card["home"] + (4 << 20), card


@shows("when all of it is full, deleting still works on both sides, and then mail is taken again")
def _(metka):
    metka.empty(LOGIN)
    assert subjects(metka) == [], subjects(metka)
    assert not send(metka, 1 << 20)
    subprocess.run(as_user(LOGIN, ["rm", home_of(LOGIN) / "large"]), check=True)
    metka.told("sweep", "quota")
    assert send(metka, 1 << 20)


@shows("a notice that the kernel had no room for comes when there is some")
def _(metka):
    metka.empty(LOGIN)
    sent = len(notices(metka))
    assert fill(LOGIN, "large", LIMIT - (1 << 20))[1] == 0
    assert fill(LOGIN, "rest")[1] == errno.EDQUOT
    told = metka.json("sweep", "quota")
    assert told["noticed"] == 0 and any("no room to say so" in problem for problem in told["problems"]), told
    subprocess.run(as_user(LOGIN, ["rm", home_of(LOGIN) / "rest"]), check=True)
    assert metka.json("sweep", "quota")["noticed"] == 1
    assert len(subjects(metka)) == 1 and len(notices(metka)) == sent + 1, (subjects(metka), notices(metka))
    metka.empty(LOGIN)


@shows("a raised limit helps at once, on both sides")
def _(metka):
    assert not send(metka, 5 << 20)
    metka.told("shell", "set", LOGIN, "--disk-limit", str(LIMIT + (30 << 20)))
    assert send(metka, 5 << 20)
    written, refused = fill(LOGIN, "more", 20 << 20)
    assert (written, refused) == (20 << 20, 0), (written, refused)
    assert metka.json("shell", "show", LOGIN)["problems"] == []


@shows("a lowered limit below what is used is refused unless forced, and forced deletes nothing")
def _(metka):
    metka.told("sweep", "quota")
    done = metka.control("shell", "set", LOGIN, "--disk-limit", str(LIMIT))
    assert done.returncode == 73 and "limit" in done.stderr, (done.returncode, done.stderr)
    metka.told("shell", "set", LOGIN, "--disk-limit", str(LIMIT), "--force")
    assert not send(metka, 1 << 20)
    assert (home_of(LOGIN) / "more").stat().st_size == 20 << 20 and len(subjects(metka)) >= 1
    metka.empty(LOGIN)
    for name in ("large", "more"):
        subprocess.run(as_user(LOGIN, ["rm", home_of(LOGIN) / name]), check=True)
    metka.told("sweep", "quota")


@shows("a removed free mailbox's mail counts for the limit, and goes first when room is needed")
def _(metka):
    first, second = f"pierwsza@{DOMAIN}", f"druga@{DOMAIN}"
    for address in (first, second):
        metka.told("mailbox", "add", address, "--shell", LOGIN, "--capacity", "18M", "--password-stdin",
                   input=PASSWORD + "\n")
    for n in range(3):
        assert send(metka, 5 << 20, first, subject=f"{n}")
    tree = metka.state / metka.json("mailbox", "show", first)["maildir"]
    assert len(list((tree / "new").iterdir())) == 3
    metka.told("--as", LOGIN, "my", "mailbox", "remove", first, "--yes")
    assert 14 << 20 <= metka.json("shell", "show", LOGIN)["space"] < 16 << 20, metka.json("shell", "show", LOGIN)
    assert any(row["what"] == "trash" and row["usage"] >= 14 << 20
               for row in metka.json("--as", LOGIN, "my", "usage")), metka.json("--as", LOGIN, "my", "usage")
    for n in range(7):
        assert send(metka, 5 << 20, subject=f"{n}"), n
    eventually(lambda: not tree.exists(), what="the removed mailbox is purged")
    assert metka.json("shell", "show", LOGIN)["space"] < 37 << 20
    metka.told("mailbox", "remove", second, "--yes")
    metka.empty(LOGIN)


@shows("a subvolume that the user nests in the home is reported by the sweep, and shown")
def _(metka):
    hidden = home_of(LOGIN) / "hidden"
    subprocess.run(as_user(LOGIN, ["btrfs", "subvolume", "create", hidden]), check=True, capture_output=True)
    told = metka.json("sweep", "quota")
    assert any("hidden" in problem and LOGIN in problem for problem in told["problems"]), told
    assert any("hidden" in problem for problem in metka.json("shell", "show", LOGIN)["problems"])
    subprocess.run(["btrfs", "subvolume", "delete", hidden], check=True, capture_output=True)
    told = metka.json("sweep", "quota")
    assert not any(LOGIN in problem for problem in told["problems"]), told


@shows("home and mail on two file systems have no fence, which is said, and the count holds")
def _(metka):
    away = metka.disk.folder / "homes"
    away.mkdir()
    metka.change({"accounts": {"home_folder": away}})
    add_shell(metka, AWAY, AWAY_ADDRESS)
    card = metka.json("shell", "show", AWAY)
    assert card["fence"].startswith("none: ") and "file system" in card["fence"], card
    assert fill(AWAY, "large", LIMIT - (2 << 20)) == (LIMIT - (2 << 20), 0)
    assert send(metka, 3 << 20, AWAY_ADDRESS)  # nobody has looked into the home since
    metka.told("sweep", "quota")
    assert not send(metka, 1 << 20, AWAY_ADDRESS)
    assert len(subjects(metka, AWAY)) == 2, subjects(metka, AWAY)  # and the notice
    subprocess.run(as_user(AWAY, ["rm", home_of(AWAY) / "large"]), check=True)
    metka.told("sweep", "quota")
    assert send(metka, 1 << 20, AWAY_ADDRESS)


@shows("a removed account's mail stays for its grace, and then leaves no subvolume, no qgroup and no file behind")
def _(metka):
    assert send(metka, 1 << 20)
    metka.told("shell", "remove", LOGIN, "--remove-unix-user", "--recursive", "--yes")
    assert "mail/shell/" in subvolumes(metka) and "homes/" not in subvolumes(metka), subvolumes(metka)
    metka.change({"plan": {"grace_days": "0"}})
    metka.told("shell", "remove", AWAY, "--remove-unix-user", "--recursive", "--yes")
    shell = metka.state / "mail/shell"
    assert len(list(shell.iterdir())) == 1, list(shell.iterdir())
    let_the_grace_pass(metka)
    metka.told("sweep", "expiry", "--yes")
    assert list(shell.iterdir()) == [] and list((metka.state / "mail/trash").iterdir()) == []
    assert subvolumes(metka) == "", subvolumes(metka)
    eventually(lambda: qgroups(metka) == ["0/5"], 60, "no qgroup is left: " + " ".join(qgroups(metka)))


if __name__ == "__main__":
    main(instance=OnBtrfs)
