"""A program is replaced while it serves: nobody is refused, nothing is lost, and what cannot start changes nothing"""

import contextlib
import os
import pathlib
import poplib
import shutil
import smtplib
import tempfile
import threading
import time

from harness import BUILD, DOMAIN, Instance, eventually, main, shows

SKLEP, BIURO = f"sklep@{DOMAIN}", f"biuro@{DOMAIN}"
PROGRAMS = ("smtp", "access", "auth", "store")
LINE = b"x" * 70 + b"\r\n"


class Upgraded(Instance):
    """Runs from a copy of the programs of its own, so that one can be replaced."""

    def __init__(self):
        self.copy = pathlib.Path(tempfile.mkdtemp(prefix="metka-copy-", dir="/var/tmp"))
        self.copy.chmod(0o755)
        shutil.copytree(BUILD / "bin", self.copy / "bin")
        super().__init__(build=self.copy)

    def purge(self):
        super().purge()
        shutil.rmtree(self.copy, ignore_errors=True)

    def rows(self, program):
        return [row for row in self.json("status")["programs"] if row["name"] == f"metka-{program}"]

    def restart(self, program):
        (before,) = [row for row in self.rows(program) if row["state"] == "running"]
        said = self.json("engine", "restart", program)
        (now,) = [row for row in self.rows(program) if row["state"] == "running"]
        assert now["pid"] != before["pid"] and now["pid"] == said["pid"], (before, now, said)
        return before["pid"], now["pid"]

    @contextlib.contextmanager
    def replaced(self, program, make):
        """An executable on the disk that is another one, put there as a package manager does it."""
        path, kept, new = (self.copy / f"bin/metka-{program}{ending}" for ending in ("", ".kept", ".new"))
        shutil.copy2(path, kept)
        make(new)
        os.rename(new, path)
        try:
            yield path
        finally:
            os.rename(kept, path)


class Load(threading.Thread):
    """Does one thing over and over, each time over a connection of its own, and remembers what went wrong."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act, self.done, self.refused, self.failed, self.ended = act, [], [], [], threading.Event()

    def run(self):
        number = 0
        while not self.ended.is_set():
            number += 1
            try:
                self.done.append(self.act(number))
            except ConnectionRefusedError as refusal:
                self.refused.append(str(refusal))
            except (smtplib.SMTPException, poplib.error_proto, OSError, EOFError) as failure:
                self.failed.append((time.time(), repr(failure)))


@contextlib.contextmanager
def under_load(metka, *acts):
    loads = [Load(act) for act in acts]
    for load in loads:
        load.start()
    try:
        yield loads
    finally:
        for load in loads:
            load.ended.set()
        for load in loads:
            load.join()


def message(identifier, lines=50):
    return f"From: {SKLEP}\r\nSubject: x\r\nX-Ledger: {identifier}\r\n\r\n".encode() + LINE * lines


def ledger(messages):
    return [line.split(b":")[1].strip().decode() for each in messages for line in each.split(b"\r\n") if line.startswith(b"X-Ledger:")]


def begin_data(metka, service="smtp"):
    """A session in the middle of a message."""
    client = metka.smtp() if service == "smtp" else metka.submission()
    client.mail("anna@example.org" if service == "smtp" else SKLEP)
    client.rcpt(BIURO)
    client.putcmd("DATA")
    assert client.getreply()[0] == 354
    return client


def finish_data(client, content):
    client.sock.sendall(content + b".\r\n")
    return client.getreply()


@shows("each program is replaced under load, time and again: no connection is refused, no message lost, no log-in fails")
def _(metka):
    def intake(name):
        def act(number):
            with metka.smtp() as client:
                client.sendmail("anna@example.org", [BIURO], message(f"{name}-{number}"))
            return f"{name}-{number}"
        return act

    def submit(number):
        with metka.submission() as client:
            client.sendmail(SKLEP, [BIURO], message(f"s-{number}"))
        return f"s-{number}"

    def poll(_):
        client = metka.pop3(SKLEP)
        client.stat()
        client.quit()
    with under_load(metka, intake("a"), intake("b"), submit, poll) as loads:
        for _ in range(3):
            for program in PROGRAMS:
                metka.restart(program)
                time.sleep(0.2)
    assert all(not load.refused for load in loads), [load.refused for load in loads]
    assert all(not load.failed for load in loads), [load.failed[:3] for load in loads]
    accepted = [name for load in loads[:3] for name in load.done]
    assert len(accepted) > 20 and len(loads[3].done) > 5, [len(load.done) for load in loads]
    found = ledger(metka.fetch())
    assert sorted(found) == sorted(accepted), (set(accepted) ^ set(found), len(found), len(accepted))
    metka.empty()


@shows("a long message and a session of POP3 that have begun go on in the old programs while all the others are replaced, too")
def _(metka):
    for program in PROGRAMS:
        eventually(lambda: len(metka.rows(program)) == 1, what=lambda: f"the end of what drained before: {metka.rows(program)}")
    metka.smtp().sendmail("anna@example.org", [BIURO], message("first", 2000))
    incoming, submitted, reader = begin_data(metka), begin_data(metka, "submission"), metka.pop3()
    sent = {program: metka.restart(program) for program in ("smtp", "access")}
    for program in ("smtp", "access"):
        states = {row["pid"]: row["state"] for row in metka.rows(program)}
        assert states == {sent[program][0]: "draining", sent[program][1]: "running"}, states
    for each in (incoming, submitted):
        each.sock.sendall(message("long") + LINE * 1000)
    for program in ("store", "auth", "store", "smtp"):
        metka.restart(program)
        for each in (incoming, submitted):
            each.sock.sendall(LINE * 1000)
    assert (sent["smtp"][0], "draining") in [(row["pid"], row["state"]) for row in metka.rows("smtp")], metka.rows("smtp")
    for each in (incoming, submitted):
        assert finish_data(each, LINE)[0] == 250
        each.quit()
    assert len(reader.retr(1)[1]) > 2000
    reader.dele(1)
    reader.quit()
    for program in ("smtp", "access", "store"):
        eventually(lambda: len(metka.rows(program)) == 1, what=f"the end of what drained of metka-{program}")
    found = metka.fetch()
    assert ledger(found) == ["long", "long"] and all(len(each) > 5000 * len(LINE) for each in found), ledger(found)
    metka.empty()


@shows("what never ends is cut after 30 s, with the farewell of its protocol, and nothing of it is stored")
def _(metka):
    stuck, silent = begin_data(metka), metka.pop3()
    stuck.sock.sendall(message("half"))
    began = time.monotonic()
    old = [metka.restart(program)[0] for program in ("smtp", "access")]
    stuck.sock.settimeout(60)
    status, text = stuck.getreply()
    took = time.monotonic() - began
    assert status == 421 and 20 < took < 60, (status, text, took)
    silent.sock.settimeout(60)
    with contextlib.suppress(ConnectionResetError):
        said = silent.file.readline()
        assert not said or said.startswith(b"-ERR"), said
    eventually(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in old), what="the end of the old programs")
    states = lambda: {row["state"] for program in PROGRAMS for row in metka.rows(program)}
    eventually(lambda: states() == {"running"}, what=lambda: f"all run, and none drains: {states()}")
    assert metka.fetch() == []


def another(program):
    return lambda path: shutil.copy2(shutil.which(program), path)


@shows("a program that cannot start leaves the old one serving, and metkactl says why")
def _(metka):
    for program in PROGRAMS:
        before = metka.rows(program)
        with metka.replaced(program, another("false")):
            done = metka.control("engine", "restart", program)
            assert done.returncode == 75 and f"metka-{program} did not start: exit status 1" in done.stderr, done
        assert metka.rows(program) == before, (before, metka.rows(program))
    with metka.replaced("smtp", os.mkfifo):
        done = metka.control("engine", "restart", "smtp")
        assert done.returncode != 0 and "metka-smtp" in done.stderr, done
    with metka.replaced("smtp", another("cat")):  # reads what is no word for it, and waits
        done = metka.control("engine", "restart", "smtp")
        assert done.returncode != 0 and "metka-smtp" in done.stderr, done
    with metka.replaced("access", lambda path: path.write_text("no program")):
        done = metka.control("engine", "restart", "access")
        assert done.returncode != 0 and "metka-access" in done.stderr, done
    metka.smtp().sendmail("anna@example.org", [BIURO], message("served"))
    assert ledger(metka.fetch()) == ["served"]
    metka.empty()


@shows("a new executable on the disk is what runs afterwards")
def _(metka):
    for program in PROGRAMS:
        path = metka.copy / f"bin/metka-{program}"
        with metka.replaced(program, lambda new: shutil.copy2(path, new)):
            assert any(f"engine restart {program}" in line for line in metka.json("status")["problems"]), metka.json("status")
            old, new = metka.restart(program)
            assert not any(f"engine restart {program}" in line for line in metka.json("status")["problems"])
            running = os.stat(f"/proc/{new}/exe")
            assert running.st_ino == path.stat().st_ino, (program, running, path.stat())
            with contextlib.suppress(FileNotFoundError):  # it may end at any moment
                assert os.stat(f"/proc/{old}/exe").st_ino != running.st_ino
        metka.restart(program)


@shows("two who restart one program at once both succeed, or hear why not; one process serves in the end")
def _(metka):
    for program in PROGRAMS:
        done = []
        threads = [threading.Thread(target=lambda: done.append(metka.control("engine", "restart", program))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0 in [each.returncode for each in done] and all(each.returncode == 0 or each.stderr for each in done), done
        eventually(lambda: [row["state"] for row in metka.rows(program)] == ["running"], what=f"one metka-{program}")
    metka.submission().sendmail(SKLEP, [BIURO], message("after"))
    assert "after" in ledger(metka.fetch())


@shows("a restart beside an apply leaves all programs under the same generation")
def _(metka):
    (metka.folder / "metka.d").mkdir()
    for number, program in enumerate(PROGRAMS * 2):
        (metka.folder / "metka.d/x.yaml").write_text(f"smtp:\n  errors: {100 + number}\n")
        restart = threading.Thread(target=metka.control, args=("engine", "restart", program))
        restart.start()
        metka.told("config", "apply")
        restart.join()
        serving = {row["name"]: row["generation"] for row in metka.json("status")["programs"] if row["state"] == "running"}
        assert set(serving.values()) == {metka.json("status")["generation"]} and len(serving) == 4, serving


main(instance=Upgraded)
