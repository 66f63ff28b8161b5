"""Mailboxes end as they should: people are told once and in time, nothing goes early, and a sweep may die anywhere."""

import contextlib
import datetime
import email
import email.policy
import json
import os
import pathlib
import poplib
import signal
import smtplib
import sqlite3
import subprocess
import threading
import zoneinfo

from harness import DOMAIN, PASSWORD, Instance, as_user, eventually, main, shows, zone_of_noon

DAY = 86_400_000
MANY = int(os.environ.get("METKA_MAILBOXES", "1000"))
MONTHS = {"pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia".split(),
          "en": "January February March April May June July August September October November December".split()}


ZONE = zone_of_noon()


class InItsZone(Instance):
    settings = {"operator": {"time_zone": ZONE}}


def day(ahead):
    return datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).date() + datetime.timedelta(ahead)


LONG_AGO = str(day(-52))  # and its grace of 30 days is over, too


def written(date, language):
    return f"{date.day} {MONTHS[language][date.month - 1]} {date.year}"


def mailbox(metka, name, until, *options, capacity="10M"):
    address = f"{name}@{DOMAIN}"
    metka.told("mailbox", "add", address, "--customer", "firma", "--capacity", capacity, "--valid-until", str(until), *options,
               "--password-stdin", input=PASSWORD + "\n")
    return address


def sweep(metka, *words, kind="expiry"):
    return json.loads(metka.told("sweep", kind, *words, "--json"))


def letters(metka, address):
    """What the account reads, decoded as a mail program would."""
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in metka.fetch(address)]


def notices(metka, address):
    return [letter for letter in letters(metka, address) if letter["Auto-Submitted"] == "auto-generated"]


def rcpt(metka, address):
    with metka.smtp() as client:
        client.mail("anna@example.org")
        return client.rcpt(address)


def deliver(metka, address, size=10):
    body = "From: anna@example.org\r\nSubject: x\r\n\r\n" + ("y" * 70 + "\r\n") * (size // 72 + 1)
    with metka.smtp() as client:
        client.sendmail("anna@example.org", [address], body)


@contextlib.contextmanager
def while_stopped(metka, *path):
    """A database of the instance, changed behind its back: the only way to make time pass."""
    done = metka.stop()
    assert done.returncode == 0, done.stderr
    file = metka.state.joinpath(*path)
    with contextlib.closing(sqlite3.connect(file)) as database:
        yield database
        database.commit()
    metka.start()


def age_notices(metka, days):
    with while_stopped(metka, "store", "memory.db") as memory:
        memory.execute("UPDATE notice SET at = at - ?", (days * DAY,))


@shows("a mailbox near its end is told so in its language, once for each of the plan's days")
def _(metka):
    for language in ("pl", "en"):
        address = mailbox(metka, f"koniec30-{language}", day(30), "--language", language)
        tomorrow = mailbox(metka, f"koniec1-{language}", day(1), "--language", language)
        mailbox(metka, f"daleko-{language}", day(31), "--language", language)
        rehearsed = sweep(metka, "--dry-run")
        assert rehearsed["noticed"] == 2 and not letters(metka, address), rehearsed
        assert sweep(metka)["noticed"] == 2 and sweep(metka)["noticed"] == 0
        (letter,), (last,) = letters(metka, address), letters(metka, tomorrow)
        text = " ".join(letter.get_content().split())
        assert written(day(30), language) in letter["Subject"] and address in letter["Subject"], letter["Subject"]
        assert written(day(30), language) in text and letter["To"].addresses[0].addr_spec == address, text
        assert letter["Content-Language"] == language and letter["Return-Path"] == "<>", letter.items()
        left = {"pl": ("pozostało 30 dni", "pozostał 1 dzień"), "en": ("30 days are left", "1 day is left")}[language]
        assert left[0] in text and left[1] in " ".join(last.get_content().split()), (text, last.get_content())
        assert not letters(metka, f"daleko-{language}@{DOMAIN}")
        print(letter["Subject"], letter.get_content(), last["Subject"], last.get_content(), sep="\n") if os.environ.get("METKA_SHOW") else None


@shows("the notices are listed with whom, which and when")
def _(metka):
    rows = [line.split("\t") for line in metka.told("notices", "list").splitlines()]
    assert len(rows) == 4 and {row[2] for row in rows} == {"near_expiry"}, rows
    (row,) = metka.json("notices", "list", "--inbox", f"koniec30-pl@{DOMAIN}")
    assert row["to"] == f"koniec30-pl@{DOMAIN}" and str(day(30)) in row["about"] and "30 days before" in row["about"], row


@shows("an expired mailbox is told once, takes no mail, sends none, and is read and not emptied by POP3")
def _(metka):
    for language, expired in (("pl", "wygasła"), ("en", "has expired")):
        address = mailbox(metka, f"stara-{language}", day(1), "--language", language)
        deliver(metka, address)
        metka.told("mailbox", "set", address, "--valid-until", str(day(-1)))
        assert sweep(metka)["expired"] == 1 and sweep(metka)["expired"] == 0
        code, text = rcpt(metka, address)
        assert code == 550 and text.startswith(b"5.2.1"), (code, text)
        client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
        client.user(address)
        greeting = client.pass_(PASSWORD)
        assert b"expired" in greeting and client.stat()[0] == 2, (greeting, client.stat())
        try:
            client.dele(1)
            raise AssertionError("an expired mailbox was emptied")
        except poplib.error_proto as why:
            assert why.args[0] == b"-ERR [SYS/PERM] read only until renewed", why
        client.quit()
        letter = [each for each in letters(metka, address) if each["Auto-Submitted"]][0]
        assert expired in letter["Subject"] and written(day(-1), language) in " ".join(letter.get_content().split()), letter.as_string()
        print(letter["Subject"], letter.get_content(), sep="\n") if os.environ.get("METKA_SHOW") else None
        try:
            metka.submission(address).sendmail(address, [f"biuro@{DOMAIN}"], "Subject: x\r\n\r\nx\r\n")
            raise AssertionError("an expired mailbox sent")
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused) as why:
            assert why.smtp_code in (535, 550), why
        alias = f"do-{address}"
        metka.told("alias", "add", alias, "--to", address)
        assert rcpt(metka, alias)[0] == 550


@shows("renewed, it takes mail, sends and deletes again, and nothing was lost")
def _(metka):
    address = f"stara-en@{DOMAIN}"
    metka.told("mailbox", "renew", address, "--until", "+1y")
    code, text = rcpt(metka, address)
    assert code == 250, (code, text)
    held = letters(metka, address)
    assert len(held) == 2, [each.as_string() for each in held]
    metka.submission(address).quit()
    metka.empty(address)
    assert not letters(metka, address)


@shows("a suspended mailbox tries later, and a right password hears that it is suspended")
def _(metka):
    address = mailbox(metka, "wstrzymana", "none")
    metka.told("mailbox", "suspend", address)
    code, text = rcpt(metka, address)
    assert code == 450 and text.startswith(b"4.2.1"), (code, text)
    for password, says in ((PASSWORD, b"[SYS/PERM] account suspended"), ("wrong", b"[AUTH]")):
        try:
            metka.pop3(address, password)
            raise AssertionError("a suspended mailbox let somebody in")
        except poplib.error_proto as why:
            assert says in why.args[0], why
    try:
        metka.submission(address)
        raise AssertionError("a suspended mailbox let somebody in")
    except smtplib.SMTPAuthenticationError as why:
        assert why.smtp_code == 535 and why.smtp_error.startswith(b"5.7.13"), why
    metka.told("mailbox", "resume", address)
    code, text = rcpt(metka, address)
    assert code == 250, (code, text)


@shows("at 90 % one notice comes, past a full mailbox too, and again only after it had been below 85 %")
def _(metka):
    for language, full, share in (("pl", "jest prawie pełna", "%)"), ("en", "is nearly full", " %)")):
        address = mailbox(metka, f"pelna-{language}", "none", "--language", language, capacity="100K")
        deliver(metka, address, 80_000)
        assert not notices(metka, address)
        deliver(metka, address, 14_000)
        eventually(lambda: notices(metka, address), what="a notice that it is nearly full")
        deliver(metka, address, 1_000)
        assert sweep(metka, kind="quota")["noticed"] == 0
        (letter,) = notices(metka, address)
        text = " ".join(letter.get_content().split())
        assert full in letter["Subject"] and share in text and "100 KiB" in text, (letter["Subject"], text)
        print(letter["Subject"], letter.get_content(), sep="\n") if os.environ.get("METKA_SHOW") else None
        metka.empty(address)
        sweep(metka, kind="quota")  # sees that there is room
        deliver(metka, address, 96_000)
        eventually(lambda: notices(metka, address), what="a notice when it is full again")
        assert rcpt(metka, address)[0] in (250, 452)
        with metka.smtp() as client:
            client.mail("anna@example.org", options=["SIZE=50000"])
            assert client.rcpt(address)[0] == 452
        metka.told("mailbox", "set", address, "--valid-until", str(day(1)))
        assert sweep(metka)["noticed"] == 1 and len(notices(metka, address)) == 2


@shows("a rehearsal of another day says what would be, and changes nothing")
def _(metka):
    address = mailbox(metka, "proba", day(3))
    said = sweep(metka, "--at", str(day(4)))
    assert said["summary"].startswith("rehearsal: ") and said["expired"] >= 1, said
    assert any(address in step and "expired" in step for step in said["steps"]), said
    assert any(address in step for step in sweep(metka, "--at", str(day(60)))["steps"] if "purge" in step)
    assert metka.json("mailbox", "show", address)["state"] == "active" and not letters(metka, address)
    plain = metka.told("sweep", "expiry", "--at", "+3d")
    assert plain.startswith("rehearsal: ") and plain.count("\n") > 1, plain
    assert metka.control("sweep", "expiry", "--at", "soon").returncode == 65


@shows("cron hears one line, and one more for each thing that a person must look at")
def _(metka):
    sweep(metka)
    for kind in ("expiry", "quota"):
        done = metka.control("sweep", kind)
        assert done.returncode == 0 and done.stderr == "" and done.stdout.count("\n") == 1, (done.stdout, done.stderr)
    metka.told("sweep", "expiry", "--dry-run")
    done = subprocess.run(as_user("nobody", [*metka.environment["METKACTL"].split(), "sweep", "expiry"]), capture_output=True, text=True)
    assert os.geteuid() != 0 or done.returncode == 77, (done.returncode, done.stderr)
    assert metka.control("sweep", "everything").returncode == 64


@shows("a mailbox is purged after its grace, when its user was told a week before, and its mail and address are gone")
def _(metka):
    address = mailbox(metka, "przeszla", day(1), "--language", "en")
    deliver(metka, address)
    folder = metka.state / metka.json("mailbox", "show", address)["maildir"]
    assert folder.is_dir(), folder
    metka.told("alias", "add", f"przeszla-tez@{DOMAIN}", "--to", address)
    metka.told("mailbox", "set", address, "--valid-until", LONG_AGO)
    first = sweep(metka)
    assert "For 7 more days" in " ".join(notices(metka, address)[0].get_content().split()), "a late notice promises what is true"
    assert first["expired"] == 1 and first["purged"] == 0, first
    assert any(address in each and "not told long enough ago" in each for each in first["held"]), first
    done = metka.control("sweep", "expiry")
    assert done.returncode == 0 and done.stdout.count("\n") == 2 and done.stdout.splitlines()[1].startswith("held: "), done.stdout
    age_notices(metka, 6)
    assert sweep(metka)["purged"] == 0 and rcpt(metka, address)[1].startswith(b"5.2.1")
    age_notices(metka, 2)
    assert sweep(metka, "--dry-run")["purged"] == 1 and folder.is_dir()
    assert sweep(metka)["purged"] == 1
    assert not folder.exists() and metka.control("mailbox", "show", address).returncode == 67
    code, text = rcpt(metka, address)
    assert code == 550 and text.startswith(b"5.1.1"), (code, text)
    assert rcpt(metka, f"przeszla-tez@{DOMAIN}")[1].startswith(b"5.1.1")
    assert mailbox(metka, "przeszla", "none") == address  # its old customer may have it again at once


@shows("a late sweep, a clock that went back and a great share of mailboxes hold the purge back until a person says yes")
def _(metka):
    address = mailbox(metka, "hamulec", day(1))
    metka.told("mailbox", "set", address, "--valid-until", LONG_AGO)
    sweep(metka)
    age_notices(metka, 8)
    with while_stopped(metka, "directory", "metka.db") as directory:
        directory.execute("UPDATE sweep SET ended = ended - ?", (4 * DAY,))
    late = sweep(metka)
    assert late["purged"] == 0 and "the last sweep was 4 days ago" in " ".join(late["held"]), late
    with while_stopped(metka, "directory", "metka.db") as directory:
        directory.execute("UPDATE audit SET at = at + ? WHERE rowid = (SELECT max(rowid) FROM audit)", (30 * DAY,))
    backwards = sweep(metka)
    assert backwards["purged"] == 0 and "the clock is before the newest entry" in " ".join(backwards["held"]), backwards
    assert sweep(metka, "--yes")["purged"] == 1
    with while_stopped(metka, "directory", "metka.db") as directory:
        directory.execute("UPDATE audit SET at = at - ? WHERE at > ?", (30 * DAY, 1000 * datetime.datetime.now().timestamp()))
    for number in range(11):
        mailbox(metka, f"udzial{number}", day(1))
        metka.told("mailbox", "set", f"udzial{number}@{DOMAIN}", "--valid-until", LONG_AGO)
    sweep(metka)
    age_notices(metka, 8)
    many = sweep(metka)
    assert many["purged"] == 0 and "more than 5 %" in " ".join(many["held"]), many
    assert sweep(metka, "--yes")["purged"] == 11


@shows("removed mail waits for its grace in the trash, and the sweep after it deletes it")
def _(metka):
    address = mailbox(metka, "usunieta", "none")
    deliver(metka, address)
    folder = metka.state / metka.json("mailbox", "show", address)["maildir"]
    metka.told("mailbox", "remove", address, "--yes")
    assert rcpt(metka, address)[1].startswith(b"5.1.1") and folder.is_dir()
    assert sweep(metka)["trash"] == 0 and folder.is_dir()
    with while_stopped(metka, "directory", "metka.db") as directory:
        directory.execute("UPDATE removed SET purge_after = purge_after - ?", (31 * DAY,))
    assert sweep(metka)["trash"] == 1 and not folder.exists()


@shows("killed in the middle of thousands of notices and run again, a sweep sends each exactly once; two never overlap")
def _(metka):
    described = {"mailboxes": [{"address": f"masa{n}@{DOMAIN}", "customer": "firma", "capacity": "1M", "valid_until": str(day(1))}
                               for n in range(MANY)]}
    done = metka.control("apply", "-", "--yes", input=json.dumps(described))
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    command = [*metka.environment["METKACTL"].split(), "sweep", "expiry"]

    def sent():
        with contextlib.closing(sqlite3.connect(f"file:{metka.state}/store/memory.db?mode=ro", uri=True)) as memory:
            return memory.execute("SELECT count(*), count(DISTINCT inbox) FROM notice WHERE login LIKE 'masa%'").fetchone()
    for share in (0.2, 0.4):
        store = metka.programs()["store"]["pid"]
        process = subprocess.Popen(as_user(metka.user, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually(lambda: sent()[0] > MANY * share, seconds=60, what="the sweep is under way")
        os.kill(store, signal.SIGSTOP)  # so that it is, as long as we look
        try:
            second = metka.control("sweep", "expiry")
            os.kill(metka.pid, signal.SIGKILL)
        finally:
            os.kill(store, signal.SIGCONT)
        assert second.returncode == 75 and "runs already" in second.stderr, (second.returncode, second.stdout, second.stderr)
        process.communicate(timeout=60)
        assert process.returncode == 75, process.returncode
        metka.start()
        assert sent()[0] < MANY, f"it was over before it was killed: {sent()}"
    last = sweep(metka)
    assert sent() == (MANY, MANY), sent()
    assert 0 < last["noticed"] < MANY and sweep(metka)["noticed"] == 0, last
    files = subprocess.run(["grep", "-rlE", "^To: <masa[0-9]+@", metka.state / "mail/box"], capture_output=True, text=True).stdout
    assert files.count("\n") == MANY, files.count("\n")


@shows("killed in the middle of a great purge and run again, it leaves neither mail nor a name behind, and takes nobody else's")
def _(metka):
    deliver(metka, f"biuro@{DOMAIN}")
    some = MANY // 8
    described = {"mailboxes": [{"address": f"masa{n}@{DOMAIN}", "customer": "firma", "valid_until": LONG_AGO} for n in range(some)]}
    done = metka.control("apply", "-", "--yes", input=json.dumps(described))
    assert done.returncode == 0 and f"{some} changed" in done.stdout, done.stdout[-500:] + done.stderr
    sweep(metka)
    age_notices(metka, 8)

    def left():
        return sum(row["address"].startswith("masa") for row in metka.json("mailbox", "list"))

    def left_in_file():  # a look takes less time than one purge
        with contextlib.closing(sqlite3.connect(f"file:{metka.state}/directory/metka.db?mode=ro", uri=True)) as directory:
            return directory.execute("SELECT count(*) FROM mailbox WHERE address LIKE 'masa%'").fetchone()[0]
    for share in (0.8, 0.4):
        process = subprocess.Popen(as_user(metka.user, [*metka.environment["METKACTL"].split(), "sweep", "expiry", "--yes"]),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually(lambda: left_in_file() < MANY - some + some * share, seconds=60, what="the purge is under way")
        os.kill(metka.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        metka.start()
    between = left()
    sweep(metka, "--yes")
    assert left() == MANY - some < between, (left(), between)
    trees = {str(path.relative_to(metka.state)) for path in (metka.state / "mail/box").glob("*/*")}
    known = {str(pathlib.Path(metka.json("mailbox", "show", row["address"])["maildir"]).parent)
             for row in metka.json("mailbox", "list") if not row["address"].startswith("masa")}
    assert known <= trees and len(trees) == len(metka.json("mailbox", "list")), (known - trees, len(trees))
    eventually(lambda: not list((metka.state / "mail/trash").glob("*")), what="nothing is left in the trash")
    assert metka.fetch(f"biuro@{DOMAIN}")


main(instance=InItsZone)
