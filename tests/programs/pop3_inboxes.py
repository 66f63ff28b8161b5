"""One session an inbox, what other programs do to a Maildir meanwhile, and UIDLs for ever: over POP3, with the real programs."""

import contextlib
import os
import poplib
import shutil
import signal
import subprocess
import time

from harness import DOMAIN, PASSWORD, eventually, main, shows
from ledger import maildirs
from traffic import deliver, message

SILENT = f"cisza@{DOMAIN}"
INBOX = f"wspolna@{DOMAIN}"
SILENCE = 30  # seconds after which a session may be taken over (DESIGN §7)
silent = {}


def refused(act, word=""):
    """What an act is refused with, and it must be."""
    try:
        said = act()
    except poplib.error_proto as why:
        assert word.encode() in why.args[0], why
        return why.args[0]
    raise AssertionError(f"not refused: {said}")


def filled(metka, login, count=4):
    """Messages numbered from 1, in the order they came; returns their folder."""
    if not any(row["address"] == login for row in metka.json("mailbox", "list")):
        metka.mailbox(login.split("@")[0])
    metka.empty(login)
    for number in range(1, count + 1):
        deliver(metka, login, message(f"letter-{number}", "a@example.org", f"this is {number}\r\n".encode() * number * 100))
    return maildirs(metka, [login])[login]


def files(folder):
    """By age, whichever folder they lie in."""
    return sorted((path for part in ("new", "cur") for path in (folder / part).iterdir()), key=lambda path: path.name)


def number_in(client, number):
    """Which letter it is that RETR sends under a number, and that it is whole."""
    lines = client.retr(number)[1]
    (subject,) = (line for line in lines if line.startswith(b"Subject: "))
    letter = int(subject.removeprefix(b"Subject: letter-"))
    body = lines[lines.index(b"") + 1:]
    assert body == [b"this is %d" % letter] * letter * 100, body[:3]
    return letter


def uids(client):
    return [line.split(b" ", 1)[1] for line in client.uidl()[1]]


def uids_now(metka, login):
    client = metka.pop3(login)
    found = uids(client)
    client.quit()
    return found


@shows("a second session is told [IN-USE]; the first is silent from now on")
def _(metka):
    filled(metka, SILENT)
    since = time.monotonic()
    first = metka.pop3(SILENT)
    first.dele(1)
    silent.update(client=first, since=since)
    refused(lambda: metka.pop3(SILENT, patient=False), "[IN-USE]")


@shows("QUIT frees an inbox at once, a broken connection soon, and two at a time are never in")
def _(metka):
    filled(metka, INBOX, 1)
    for _ in range(20):
        client = metka.pop3(INBOX, patient=False)
        assert client.stat()[0] == 1
        client.quit()
    client = metka.pop3(INBOX)
    refused(lambda: metka.pop3(INBOX, patient=False), "[IN-USE]")
    client.close()

    def is_free():
        try:
            metka.pop3(INBOX, patient=False).quit()
            return True
        except poplib.error_proto as why:
            assert b"[IN-USE]" in why.args[0], why
    eventually(is_free, SILENCE, "the inbox of a session that broke is free")


@shows("a message that another program removed is a clean -ERR; the others keep their numbers and their content")
def _(metka):
    folder = filled(metka, INBOX)
    client = metka.pop3(INBOX)
    files(folder)[1].unlink()
    for act in (lambda: client.retr(2), lambda: client.top(2, 1)):
        refused(act)
    assert [number_in(client, number) for number in (1, 3, 4)] == [1, 3, 4]
    assert client.stat()[0] == 4 and client.list(3)
    client.dele(2)
    client.dele(3)
    client.quit()  # what somebody else removed before us is removed
    client = metka.pop3(INBOX)
    assert [number_in(client, number) for number in (1, 2)] == [1, 4]
    for path in files(folder):
        path.unlink()
    refused(lambda: client.retr(1))
    assert client.noop()
    client.quit()


@shows("messages whose flags another program changes are read and deleted under the same number and UIDL")
def _(metka):
    folder = filled(metka, INBOX)
    client = metka.pop3(INBOX)
    before = uids(client)
    for flags in (":2,S", ":2,RS", ":2,DRST"):
        for path in files(folder):
            path.rename(folder / "cur" / (path.name.split(":2,")[0] + flags))
        assert uids(client) == before == [line.split(b" ")[2] for line in (client.uidl(n) for n in range(1, 5))]
        assert [number_in(client, number) for number in range(1, 5)] == [1, 2, 3, 4]
    client.dele(1)
    client.dele(3)
    for path in files(folder):  # and once more before QUIT
        path.rename(folder / "new" / path.name.split(":2,")[0])
    client.quit()
    assert uids_now(metka, INBOX) == [before[1], before[3]]


@shows("a message swapped for another's file while it is listed is never sent: by a link, a pipe, a folder, or another message")
def _(metka):
    folder = filled(metka, INBOX)
    secret = files(filled(metka, f"biuro@{DOMAIN}", 1))[0]
    client = metka.pop3(INBOX)
    for number, swap in enumerate((lambda path: path.symlink_to(secret), os.mkfifo, os.mkdir), start=1):
        path = files(folder)[number - 1]
        path.unlink()
        swap(path)
        refused(lambda number=number: client.retr(number))
    assert number_in(client, 4) == 4, (number_in(client, 4), [path.name for path in files(folder)])
    client.quit()
    for path in files(folder)[:3]:
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


@shows("after 30 s of silence another session takes over; the first is told so at its next word, and deletes nothing")
def _(metka):
    first = silent["client"]

    def takes_over():
        try:
            return metka.pop3(SILENT, patient=False)
        except poplib.error_proto as why:
            assert b"[IN-USE]" in why.args[0], why
            time.sleep(1)
    second = eventually(takes_over, 2 * SILENCE, "the silent session is taken over")
    took = time.monotonic() - silent["since"]
    assert took >= SILENCE - 1, f"it was taken over after {took:.0f} s"
    assert [number_in(second, number) for number in range(1, 5)] == [1, 2, 3, 4]
    refused(first.quit, "taken")
    assert [number_in(second, number) for number in range(1, 5)] == [1, 2, 3, 4]
    second.dele(4)
    second.quit()
    assert len(uids_now(metka, SILENT)) == 3


@shows("UIDLs are the same after a restart of all programs, and after a backup that was restored with other inodes and times")
def _(metka):
    folder = filled(metka, INBOX)
    path = files(folder)[0]
    path.rename(folder / "cur" / f"{path.name}:2,S")
    (folder / "new/1700000000.odd name ą").write_bytes(b"Subject: letter-1\n\n" + b"this is 1\n" * 100)  # a hash is its UIDL
    shutil.chown(folder / "new/1700000000.odd name ą", *("metka-mail",) * 2 if os.geteuid() == 0 else (None, os.getgid()))
    before = uids_now(metka, INBOX)
    assert len(set(before)) == 5, before
    metka.kill()
    metka.start_again()
    assert uids_now(metka, INBOX) == before
    assert metka.stop().returncode == 0
    mail, backup = metka.state / "mail", metka.folder / "mail.tar"
    subprocess.run(["tar", "-C", metka.state, "-cpf", backup, "mail"], check=True)
    inodes = {path.name: path.stat().st_ino for path in files(folder)}
    mail.rename(mail.with_name("mail.before"))
    subprocess.run(["tar", "-C", metka.state, "-xpmf", backup], check=True)  # m: times are those of the restoring
    assert any(path.stat().st_ino != inodes[path.name] for path in files(folder))
    shutil.rmtree(mail.with_name("mail.before"))
    metka.start_again()
    client = metka.pop3(INBOX)
    assert uids(client) == before
    assert [number_in(client, number) for number in range(1, 6)] == [1, 1, 2, 3, 4]
    client.quit()


def killed(metka, program):
    pid = metka.programs()[program]["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: metka.programs()[program]["pid"] not in (pid, 0) and metka.programs()[program]["state"] == "running",
               what=f"metka-{program} is there again")


def store_killed(metka, client):
    killed(metka, "store")

    def is_refused():
        client.sock.sendall(b"NOOP\r\n")
        return client.file.readline().startswith(b"-ERR [SYS/TEMP]")
    eventually(is_refused, what="the session hears that its store has gone")
    assert client.file.readline() == b"", "it has ended, so that its client logs in anew"


def metkad_killed(metka):
    metka.kill()
    metka.start_again()


ENDS = {
    "its connection breaks": lambda metka, client: client.close(),
    "metka-access is killed": lambda metka, client: killed(metka, "access"),
    "metka-store is killed": store_killed,
    "metkad is killed": lambda metka, client: metkad_killed(metka),
}


@shows("what a session deleted is there still if it ends without QUIT: a broken connection, silence, kill -9 of any program")
def _(metka):
    filled(metka, INBOX)

    def all_there(name):
        def can_log_in():
            try:
                return metka.pop3(INBOX)
            except (OSError, poplib.error_proto):
                return None
        client = eventually(can_log_in, SILENCE + 30, f"a log-in when {name}")
        assert [number_in(client, number) for number in range(1, 5)] == [1, 2, 3, 4], name
        client.quit()
    for name, end in ENDS.items():
        client = metka.pop3(INBOX)
        client.dele(1)
        client.dele(4)
        end(metka, client)
        all_there(name)
    metka.applied({"pop3": {"idle_timeout": "1s"}})

    def deleted():
        client = metka.pop3(INBOX)
        try:
            client.dele(2)
            return client
        except (OSError, poplib.error_proto):  # it took us longer than that to say it
            return None
    heard = eventually(deleted, what="DELE within a second").file.readline()
    assert heard == b"", f"a silent session is ended: {heard}"
    metka.applied({"pop3": {"idle_timeout": None}})
    all_there("it was silent")


@shows("what QUIT was told to be deleted stays deleted when everything is killed the moment after")
def _(metka):
    folder = filled(metka, INBOX)
    client = metka.pop3(INBOX)
    client.dele(2)
    client.dele(3)
    assert client.quit().startswith(b"+OK")
    pids = [metka.pid, *(row["pid"] for row in metka.programs().values())]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # without metkad they end by themselves
            os.kill(pid, signal.SIGKILL)
    metka.wait_until_gone()
    metka.start_again()
    assert len(files(folder)) == 2
    client = metka.pop3(INBOX)
    assert [number_in(client, number) for number in (1, 2)] == [1, 4]
    client.quit()


main()
