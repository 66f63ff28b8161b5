"""App passwords open POP3 and submission, one each for a program, and are gone the moment they are removed."""

import base64
import concurrent.futures
import contextlib
import itertools
import json
import os
import poplib
import random
import re
import smtplib
import socket
import statistics
import subprocess
import time

from harness import DOMAIN, PASSWORD, Instance, Skipped, eventually, main, need, shows

BIURO, SKLEP, MARKETING = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}", f"marketing@{DOMAIN}"
RECEIPT = re.compile(r" \[\w{4}-\w{4}\]$")  # another with every refusal, of SMTP alone
LETTERS = re.compile(r"(?:[a-hjkmnp-z]{4} ){4}[a-hjkmnp-z]{4}")
WRONG = "abcd efgh jkmn pqrs tuvw"


class Patient(Instance):
    settings = {"auth": {"guesses_per_address": 40, "guesses_per_network": 10000, "guesses_per_account": 10000}}


def add(metka, name, *options, address=BIURO):
    made = metka.json("mailbox", "app-password", "add", address, "--name", name, *options)
    assert LETTERS.fullmatch(made["password"]), made
    return made["password"]


def remove(metka, name, address=BIURO):
    return metka.told("mailbox", "app-password", "remove", address, "--name", name, "--yes")


def listed(metka, address=BIURO):
    return {row["name"]: row for row in metka.json("mailbox", "app-password", "list", address)}


def pop3(metka, password, login=BIURO):
    """Whether it is let in; else what it is told."""
    try:
        client = metka.pop3(login, password)
    except poplib.error_proto as refused:
        return refused.args[0].decode()
    client.quit()
    return "in"


def submission(metka, password, login=BIURO):
    try:
        client = metka.submission(login, password)
    except smtplib.SMTPAuthenticationError as refused:
        return RECEIPT.sub("", refused.smtp_error.decode())
    client.quit()
    return "in"


def curl(metka, password, *words):
    done = subprocess.run(["curl", "--silent", "--show-error", "--cacert", metka.ca, "--user", f"{BIURO}:{password}", *words],
                          capture_output=True, text=True, timeout=30)
    return done.returncode


@shows("curl sends over submission and fetches over POP3S with an app password, as it was shown and as a telephone types it")
def _(metka):
    need("curl")
    shown = add(metka, "Curl")
    message = metka.folder / "message"
    message.write_text(f"From: {BIURO}\r\nTo: {BIURO}\r\nSubject: by curl\r\n\r\nHello\r\n")
    for typed in (shown, shown.replace(" ", ""), shown.replace(" ", "-").capitalize()):
        assert curl(metka, typed, f"smtp://localhost:{metka.port['submission']}/client.test", "--ssl-reqd",
                    "--mail-from", BIURO, "--mail-rcpt", BIURO, "--upload-file", str(message)) == 0, typed
        assert curl(metka, typed, f"pop3s://localhost:{metka.port['pop3s']}/1") == 0, typed
    denied = 67
    assert curl(metka, shown[:-1] + "a" * (shown[-1] != "a") + "b" * (shown[-1] == "a"), f"pop3s://localhost:{metka.port['pop3s']}/1") == denied
    assert len(metka.fetch()) == 3
    metka.empty()


@shows("it opens by any name of the account, beside its own password, and opens no other account")
def _(metka):
    password = add(metka, "Telefon")
    for way in (pop3, submission):
        for login in (BIURO, MARKETING):
            assert way(metka, password, login) == "in"
            assert way(metka, PASSWORD, login) == "in"
        assert way(metka, password, SKLEP) == way(metka, WRONG, "nobody@" + DOMAIN)


@shows("the list says when, from where and to what each was last used, and no list shows a password")
def _(metka):
    password = add(metka, "Drukarka")
    assert listed(metka)["Drukarka"]["last_used"] is None
    assert submission(metka, password) == "in"
    row = listed(metka)["Drukarka"]
    assert row["service"] == "submission" and row["peer"] in ("127.0.0.1", "::1") and row["last_used"], row
    shown = metka.told("mailbox", "app-password", "list", BIURO) + metka.told("log", "--json") + metka.log()
    assert password not in shown and password.replace(" ", "") not in shown
    audited = [row for row in metka.json("log") if row["verb"] == "mailbox.app-password.add" and "Drukarka" in row["after"]]
    assert len(audited) == 1 and audited[0]["subject"] == BIURO, audited


@shows("a removed one is wrong at once, also where it let somebody in a moment ago, and a session under way goes on")
def _(metka):
    password = add(metka, "Laptop")
    session = metka.pop3(BIURO, password)
    said = remove(metka, "Laptop")
    assert "sessions that it opened go on" in said, said
    session.noop()
    session.quit()
    refusal = pop3(metka, WRONG, f"nobody@{DOMAIN}")
    assert pop3(metka, password) == refusal and refusal.startswith("-ERR [AUTH]"), refusal
    assert submission(metka, password) != "in"
    assert "Laptop" not in listed(metka)
    assert metka.control("mailbox", "app-password", "remove", BIURO, "--name", "Laptop", "--yes").returncode == 67
    assert add(metka, "Laptop") != password


@shows("metka-auth keeps them over its restart, and rename keeps them, too")
def _(metka):
    password = add(metka, "Tablet")
    before = metka.programs()["auth"]["pid"]
    metka.told("engine", "restart", "auth", "--yes")
    eventually(lambda: metka.programs()["auth"]["pid"] not in (None, before), what="metka-auth runs again")
    eventually(lambda: pop3(metka, password) == "in", what="a log-in after the restart")
    other = f"kontakt@{DOMAIN}"
    metka.told("mailbox", "rename", BIURO, "--to", other)
    assert pop3(metka, password, other) == "in"
    metka.told("mailbox", "rename", other, "--to", BIURO)
    assert pop3(metka, password) == "in"


@shows("a new main password leaves app passwords valid and says which, or removes them all when it is told to; their names complete")
def _(metka):
    password = add(metka, "Stary telefon", address=SKLEP)

    def given(*words):
        return metka.told("mailbox", "set", SKLEP, "--password-stdin", *words, input=PASSWORD + "\n")
    assert "stay valid (1): “Stary telefon”; --revoke-app-passwords removes them" in given("--dry-run")
    given()
    assert pop3(metka, password, SKLEP) == "in"
    program, *options = metka.environment["METKACTL"].split()
    words = [program, "__complete", *options, "mailbox", "app-password", "remove", SKLEP, "--name", "Stary"]
    assert subprocess.run(words, capture_output=True, text=True, timeout=30).stdout == "Stary telefon\n"
    assert "that are removed (1)" in given("--revoke-app-passwords", "--dry-run")
    assert pop3(metka, password, SKLEP) == "in"
    given("--revoke-app-passwords")
    assert pop3(metka, password, SKLEP).startswith("-ERR [AUTH]") and not listed(metka, SKLEP)
    assert pop3(metka, PASSWORD, SKLEP) == "in"


@shows("an end is a day to come, and is told; names and numbers are bounded")
def _(metka):
    assert pop3(metka, add(metka, "Kiosk", "--valid-until", "+1d"), BIURO) == "in"
    row = listed(metka)["Kiosk"]
    assert row["valid_until"] and row["state"] == "active", row

    def refused(*words):
        done = metka.control("mailbox", "app-password", "add", BIURO, *words)
        assert done.stdout == "", done.stdout
        return done.returncode
    assert refused("--name", "gone", "--valid-until", "2001-01-01") == 65
    assert refused("--name", "Kiosk") == 65
    for name in ("", " x", "a\tb", "x" * 41, "a\u202eb"):
        assert refused("--name", name) == 65, name
    assert refused() == 64
    planned = metka.json("mailbox", "app-password", "add", BIURO, "--name", "Plan", "--dry-run")
    assert "password" not in planned and "Plan" not in listed(metka), planned
    while len(listed(metka)) < 20:
        add(metka, f"Żółty {len(listed(metka))}")
    assert refused("--name", "one more") == 73


def letter_of(number):
    return "abcdefghjkmnpqrstuvxyz"[number]


def answer(metka, service, source, name, password):
    """What a client at that address is told, and how long it took."""
    plain = base64.b64encode(f"\0{name}\0{password}".encode())
    opened = socket.create_connection(("127.0.0.1", metka.port[service]), timeout=30, source_address=(source, 0))
    with metka.tls().wrap_socket(opened, server_hostname="localhost") as channel, channel.makefile("rb") as lines:
        lines.readline()
        if service == "submissions":
            channel.sendall(b"EHLO client.test\r\n")
            while lines.readline()[3:4] == b"-":
                pass
        began = time.monotonic()
        channel.sendall(b"AUTH PLAIN " + plain + b"\r\n")
        told, seconds = RECEIPT.sub("", lines.readline().decode().rstrip()), time.monotonic() - began
        channel.sendall(b"QUIT\r\n")  # and the inbox is free for the next
        lines.readline()
        return told, seconds


def are_alike(times):
    """What else the machine does only adds: so the quickest are, or what one took more than the other round by round."""
    quickest = [min(measured) for measured in times.values()]
    enough = max(0.05 * min(quickest), 0.015)
    if max(quickest) - min(quickest) < enough:
        return True
    pairs = itertools.combinations(times.values(), 2)
    more = [statistics.median(a - b for a, b in zip(one, other)) for one, other in pairs]
    return len(next(iter(times.values()))) >= 60 and max(map(abs, more)) < enough


@shows("an account with twenty, one with none and a name that nobody has are refused alike, in the same time")
def _(metka):
    assert len(listed(metka)) == 20 and not listed(metka, SKLEP)
    names = (BIURO, SKLEP, f"nobody@{DOMAIN}")
    said = {answer(metka, "pop3s", "127.0.7.1", name, WRONG)[0] for name in names}
    assert len(said) == 1 and said.pop().startswith("-ERR [AUTH]"), said
    times, said = {name: [] for name in names}, set()
    for n in range(1, 121):
        for name in random.sample(names, len(names)):
            told, seconds = answer(metka, "submissions", f"127.0.9.{n}", name, f"{letter_of(n // 20)}{letter_of(n % 20)}{WRONG[2:]}")
            said.add(told)
            times[name].append(seconds)
        if n % 15 == 0 and are_alike(times):
            break
    else:
        raise AssertionError({name: [f"{seconds:.3f}" for seconds in sorted(measured)[:30]] for name, measured in times.items()})
    assert len(said) == 1 and said.pop().startswith("535 5.7.8"), said


def processor_time(pid):
    """Seconds that a process has had of the processors, in all its threads: however busy others keep them."""
    return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) makes it


@shows("a refusal costs metka-auth as much for an account with twenty, one with none and a name that nobody has")
def _(metka):
    assert len(listed(metka)) == 20 and not listed(metka, SKLEP)
    auth = metka.programs()["auth"]["pid"]
    taken = dict.fromkeys((BIURO, SKLEP, f"nobody@{DOMAIN}"), 0.0)
    for n in range(1, 16):
        for name in taken:
            before = processor_time(auth)
            told, _ = answer(metka, "submissions", f"127.0.10.{n}", name, WRONG[:-2] + "z" + "abcdefghjkmnpqrstuvxyz"[n])
            assert told.startswith("535 5.7.8"), told
            taken[name] += processor_time(auth) - before
    assert max(taken.values()) < 1.5 * min(taken.values()), taken  # a hash more or less would be a half or the double


@shows("wrong ones are counted as wrong passwords are, and meanwhile a right one lets its owner in elsewhere")
def _(metka):
    for row in listed(metka):
        if row.startswith("Żółty"):
            remove(metka, row)
    password, source = add(metka, "Zegarek"), "127.0.8.1"
    guesses = [WRONG[:-2] + a + b for a in "abcd" for b in "defghjkmnp"]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(guesses)) as pool:
        answers = [told for told, _ in pool.map(lambda guess: answer(metka, "pop3s", source, BIURO, guess), guesses)]
    wrong, took = sum(told.startswith("-ERR [AUTH]") for told in answers), time.monotonic() - began
    assert 0 < wrong <= 20 + took / 3 + 1, (wrong, took, answers)  # half of forty a minute at once, the others one by one
    assert wrong + sum(told.startswith("-ERR [SYS/TEMP]") for told in answers) == len(guesses), answers
    assert answer(metka, "pop3s", "127.0.8.2", BIURO, password)[0].startswith("+OK")


@contextlib.contextmanager
def unix_user(login):
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", login], check=True, capture_output=True)
    try:
        subprocess.run(["chpasswd"], input=f"{login}:{PASSWORD}\n", text=True, check=True, capture_output=True)
        yield
    finally:
        subprocess.run(["userdel", "--remove", login], capture_output=True)


@shows("a shell user makes one for mail alone; it opens an account without a Unix password, and none that is locked or closed")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root can make Unix users")
    login = f"mtk-w{os.getpid()}"
    with unix_user(login):
        metka.told("shell", "add", login, "--customer", "firma", "--adopt", "--disk-limit", "500M", "--free-domain", DOMAIN)
        made = metka.control("my", "app-password", "add", "Telefon", "--json", user=login)
        assert made.returncode == 0, made
        password = json.loads(made.stdout)["password"]
        changes = [([], True), (["--lock"], False), (["--unlock"], True), (["--password", "*"], True), (["--expiredate", "1"], False),
                   (["--expiredate", ""], True)]
        for words, is_open in changes:
            if words:
                subprocess.run(["usermod", *words, login], check=True, capture_output=True)
            told = answer(metka, "pop3s", "127.0.6.1", login, password)[0]
            assert told.startswith("+OK" if is_open else "-ERR [AUTH]"), (words, told)
        denied = metka.control("my", "password", "--password-stdin", input=f"{password}\nanother pass phrase\n", user=login)
        assert denied.returncode == 77, denied
        metka.told("shell", "app-password", "remove", login, "--name", "Telefon", "--yes")
        assert answer(metka, "pop3s", "127.0.6.1", login, password)[0].startswith("-ERR [AUTH]")
        metka.told("shell", "remove", login, "--recursive", "--yes")


main(instance=Patient)
