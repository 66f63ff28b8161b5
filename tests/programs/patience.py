"""Patience is counted: brute force, mis-set clients, crowds, slow clients and accounts that send too much"""

import base64
import concurrent.futures
import contextlib
import email
import email.policy
import json
import os
import re
import select
import signal
import socket
import threading
import time

from harness import DOMAIN, PASSWORD, Instance, eventually, main, shows

BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"
POSTMASTER = "postmaster@metka.test"
BCRYPT = "$2b$10$abcdefghijklmnopqrstuuycnjUYN9vnljd1MnXLWWc3apDbz5Q2q"  # of "of another system"
GUESSES = 8  # of one address in a minute


class Patient(Instance):
    settings = {"auth": {"guesses_per_address": GUESSES, "guesses_per_network": 10000, "guesses_per_account": 10000},
                "smtp": {"data_timeout": "2s", "slowest_rate": "100"},
                "plan": {"messages_per_hour": 6, "messages_per_day": 8}}

    def open(self, service, source):
        """A connection of a client at that address, under TLS where that comes first."""
        plain = socket.create_connection(("127.0.0.1", self.port[service]), timeout=40, source_address=(source, 0))
        if service not in ("submissions", "pop3s"):
            return Client(plain)
        return Client(self.tls().wrap_socket(plain, server_hostname="localhost"))

    def guess(self, service, source, name, password):
        """One log-in over a connection of its own: the answer, and how long it took."""
        with contextlib.closing(self.open(service, source)) as client:
            client.hear()
            plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
            if service == "submissions":
                client.say("EHLO client.test")
            began = time.monotonic()
            answer, seconds = client.say(f"AUTH PLAIN {plain}"), time.monotonic() - began
            if service == "pop3s" and is_in(answer):
                client.say("QUIT")  # and the inbox is free for the next
            return answer, seconds

    def opens_at_once(self, service, source, name):
        """Whether the right password is not held back: what else the machine does only adds to what it takes."""
        times = []
        while len(times) < 10 and min(times, default=1) >= 1:
            answer, seconds = self.guess(service, source, name, PASSWORD)
            assert is_in(answer), answer
            times.append(seconds)
        assert min(times) < 1, times

    def guess_with_nothing_left(self, service, source, name, password):
        """The answer to one that comes behind others, which use up what has come back meanwhile."""
        with contextlib.ExitStack() as opened:
            clients = [opened.enter_context(contextlib.closing(self.open(service, source))) for _ in range(GUESSES + 1)]
            for client in clients:
                client.hear()
                if service == "submissions":
                    client.say("EHLO client.test")
            for number, client in enumerate(clients):
                said = password if client is clients[-1] else f"before {password} {number}"
                plain = base64.b64encode(f"\0{name}\0{said}".encode()).decode()
                client.channel.sendall(f"AUTH PLAIN {plain}\r\n".encode())
            return clients[-1].hear()

    def letters(self, login):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.fetch(login)]


class Client:
    def __init__(self, channel):
        self.channel = channel
        self.lines = channel.makefile("rb")

    def hear(self):
        """The last line of a reply; empty: the server has gone."""
        while True:
            line = self.lines.readline().decode()
            if line[3:4] != "-" or not line[:3].isdigit():
                return line.rstrip()

    def say(self, line):
        self.channel.sendall(line.encode() + b"\r\n")
        return self.hear()

    def close(self):
        self.lines.close()
        self.channel.close()


def together(jobs):
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        return [each.result() for each in [pool.submit(*job) for job in jobs]]


RECEIPT = re.compile(r" \[\w{4}-\w{4}\]$")  # another with every refusal, of SMTP alone


def is_wrong(answer):
    return answer.startswith(("535 5.7.8", "-ERR [AUTH]"))


def is_not_now(answer):
    return answer.startswith(("454 4.7.0", "-ERR [SYS/TEMP]"))


def is_in(answer):
    return answer.startswith(("235", "+OK"))


def are_answered_alike(metka, names, network):
    """Wrong passwords of these names, each time at once."""
    times = {name: [] for name in names}
    for i in range(1, 31):  # what else the machine does only adds: the quickest of four are alike, or never will be
        told = together([(metka.guess, "submissions", f"{network}.{i}", name, f"measured {i}") for name in names])
        for (_, seconds), measured in zip(told, times.values(), strict=True):
            measured.append(seconds)
        quickest = [min(measured[-4:]) for measured in times.values()]  # steps may have become longer before
        if i > 3 and max(quickest) - min(quickest) < max(0.05 * max(quickest), 0.015):
            return
    raise AssertionError(times)


@shows("guesses from one address are counted over SMTP and POP3 together, and beyond them nothing is learnt; the owner gets in elsewhere")
def _(metka):
    services = ("submissions", "pop3s")
    jobs = [(metka.guess, services[i % 2], "127.0.1.1", BIURO, f"guess {i}") for i in range(30)]
    answers = [answer for answer, _ in together(jobs)]
    wrong = sum(map(is_wrong, answers))
    assert 1 <= wrong <= GUESSES, answers
    assert wrong + sum(map(is_not_now, answers)) == len(answers), answers
    for service in services:  # the right one, and a wrong one: the same
        for password in (PASSWORD, "another"):
            answer = metka.guess_with_nothing_left(service, "127.0.1.1", BIURO, password)
            assert is_not_now(answer), answer
    for service in services:
        metka.opens_at_once(service, "127.0.1.2", BIURO)


@shows("names that nobody has get the same answers in the same time, up to the limit and beyond it")
def _(metka):
    for service in ("submissions", "pop3s"):
        names = {BIURO: f"127.0.2.{len(service)}", f"nobody@{DOMAIN}": f"127.0.3.{len(service)}"}
        one_by_one = [(lambda name, source: [metka.guess(service, source, name, f"{service} {i}")[0] for i in range(3)], *each)
                      for each in names.items()]
        first = dict(zip(names, together(one_by_one), strict=True))
        more = together([(metka.guess, service, source, name, f"{service} more {i}") for i in range(6) for name, source in names.items()])
        (known, unknown), answers = first.values(), [RECEIPT.sub("", answer) for answer, _ in more]
        known, unknown = ([RECEIPT.sub("", answer) for answer in each] for each in (known, unknown))
        assert known == unknown and all(map(is_wrong, known)), first
        assert set(answers[::2]) == set(answers[1::2]) and len(set(answers)) == 2, answers
    are_answered_alike(metka, (BIURO, f"nobody@{DOMAIN}"), "127.0.4")


@shows("a mailbox that came with a hash of another system is not told from others by the time of a wrong password")
def _(metka):
    foreign = f"obcy@{DOMAIN}"  # whose hash takes five times as long as ours
    metka.told("apply", "-", "--yes", input=json.dumps({"mailboxes": [
        {"address": foreign, "customer": "firma", "capacity": "10M", "password_hash": BCRYPT}]}))
    are_answered_alike(metka, (BIURO, foreign, f"nobody@{DOMAIN}"), "127.0.11")
    answer, _ = metka.guess("pop3s", "127.0.12.1", foreign, "of another system")
    assert is_in(answer), answer


@shows("one client that repeats the same wrong password leaves the office at its address alone")
def _(metka):
    office = "127.0.5.1"
    stop = threading.Event()
    said = []

    def repeat(service):
        while not stop.is_set():
            said.append(metka.guess(service, office, SKLEP, "of last year")[0])
    threads = [threading.Thread(target=repeat, args=(service,)) for service in ("submissions", "pop3s", "pop3s", "pop3s")]
    for each in threads:
        each.start()
    try:
        for _ in range(10):
            for name in (BIURO, f"marketing@{DOMAIN}", SKLEP):
                metka.opens_at_once("submissions", office, name)
        eventually(lambda: len(said) > 3 * GUESSES, what="the client has repeated itself")
    finally:
        stop.set()
        for each in threads:
            each.join()
    assert all(map(is_wrong, said)), said


@shows("an account that logged in from an address lately still does when a neighbour there has used up what it had")
def _(metka):
    office = "127.0.6.1"
    assert is_in(metka.guess("pop3s", office, SKLEP, PASSWORD)[0])
    together([(metka.guess, "submissions", office, f"nobody@{DOMAIN}", f"of a neighbour {i}") for i in range(12)])
    assert is_not_now(metka.guess("submissions", office, BIURO, PASSWORD)[0])
    metka.opens_at_once("submissions", office, SKLEP)


@shows("a message that drips is ended soon, and so is one that stops")
def _(metka):
    def drip(data, pause):
        with contextlib.closing(metka.open("smtp", "127.0.7.1")) as client:
            client.hear()
            for line in ("EHLO client.test", "MAIL FROM:<jan@example.org>", f"RCPT TO:<{BIURO}>"):
                assert client.say(line).startswith("250"), line
            assert client.say("DATA").startswith("354")
            began = time.monotonic()
            while time.monotonic() - began < 20:
                with contextlib.suppress(OSError):
                    client.channel.sendall(data)
                if select.select([client.channel], [], [], pause)[0]:
                    return client.hear(), time.monotonic() - began
            raise AssertionError("it goes on")
    (dripped, after), (stopped, at_once) = together([(drip, b"x", 0.3), (drip, b"", 10)])
    assert dripped.startswith("421 4.4.2") and after < 15, (dripped, after)
    assert stopped.startswith("421 4.4.2") and at_once < 15, (stopped, at_once)


@shows("connections are bounded by address, by network, in a minute and in all; when it is crowded the greediest gives way")
def _(metka):
    crowd = {"connections": 20, "connections_per_address": 4, "connections_per_network": 8, "limit_loopback": "yes"}
    metka.applied({"smtp": crowd})
    with contextlib.ExitStack() as held:
        def come(source):
            client = held.enter_context(contextlib.closing(metka.open("smtp", source)))
            return client, client.hear()

        def greeted(source, count):
            clients = [come(source) for _ in range(count)]
            assert all(word.startswith("220") for _, word in clients), clients
            return [client for client, _ in clients]
        known = greeted("127.0.8.1", 4)
        refused = come("127.0.8.1")[1]
        assert refused.startswith("421 4.7.0") and RECEIPT.search(refused), refused
        shown = metka.told("explain", "receipt", refused[-10:-1])
        assert "127.0.8.1" in shown and "smtp.connections_per_address" in shown, shown
        flood = [come("127.0.8.1")[1] for _ in range(50)]
        assert set(flood) == {refused}, flood
        greeted("127.0.8.2", 4)
        assert come("127.0.8.3")[1].startswith("421 4.7.0")
        def logged():
            log = (metka.folder / "metkad.log").read_text(errors="replace")
            return [line for line in log.splitlines() if "listener.refused" in line and "peer=127.0.8." in line]
        eventually(lambda: len(logged()) >= 2, what="refusals are in the log")
        assert len(logged()) == 2 and f"receipt={refused[-10:-1]}" in logged()[0], logged()
        for network in (9, 10):
            for address in (1, 2, 3, 4, 5):
                greeted(f"127.0.{network}.{address}", 1)
        # Eighteen of twenty: from here on each costs another its place. The oldest of 127.0.8.1 is in a message.
        for line, code in (("HELO client.test", "250"), ("MAIL FROM:<jan@example.org>", "250"),
                           (f"RCPT TO:<{BIURO}>", "250"), ("DATA", "354")):
            assert known[0].say(line).startswith(code), line
        late = greeted("127.0.11.1", 1)[0]
        assert known[1].hear().startswith("421")
        assert known[0].say("Subject: it stays\r\n\r\n.").startswith("250")
        assert late.say("NOOP").startswith("250")
    # For other tests, and with a pace.
    calm = {key: None for key in crowd}
    metka.applied({"smtp": {**calm, "limit_loopback": "yes", "connections_per_minute": 6}})
    words = []
    for _ in range(5):
        with contextlib.closing(metka.open("smtp", "127.0.12.1")) as client:
            words.append(client.hear()[:3])
    assert words == ["220"] * 3 + ["421"] * 2, words
    metka.applied({"smtp": {**calm, "connections_per_minute": None}})


@shows("an account sends what it may in an hour; beyond it mail is to come later, and owner and operator are told, once")
def _(metka):
    def send(*recipients):
        with contextlib.closing(metka.open("submissions", "127.0.13.1")) as client:
            client.hear()
            client.say("EHLO client.test")
            plain = base64.b64encode(f"\0{SKLEP}\0{PASSWORD}".encode()).decode()
            assert client.say(f"AUTH PLAIN {plain}").startswith("235")
            for line in (f"MAIL FROM:<{SKLEP}>", *(f"RCPT TO:<{each}>" for each in recipients)):
                assert client.say(line).startswith("250"), line
            answer = client.say("DATA")
            return client.say("Subject: oferta\r\n\r\nx\r\n.") if answer.startswith("354") else answer
    for login in (BIURO, SKLEP, POSTMASTER):
        metka.told("mailbox", "set", login, "--password-stdin", input=PASSWORD + "\n")
        metka.empty(login)
    for _ in range(3):
        assert send(BIURO, SKLEP).startswith("250")
    for _ in range(3):
        assert send(BIURO).startswith("450 4.7.1")
    eventually(lambda: metka.letters(POSTMASTER), what="the operator is told")
    eventually(lambda: len(metka.letters(SKLEP)) == 4, what="the owner is told")
    # All six are spent; in another account it is seen what spends nothing, and what never fits.
    with contextlib.closing(metka.open("submissions", "127.0.13.2")) as client:
        client.hear()
        client.say("EHLO client.test")
        plain = base64.b64encode(f"\0{BIURO}\0{PASSWORD}".encode()).decode()
        assert client.say(f"AUTH PLAIN {plain}").startswith("235")

        def envelope(count):
            for line in (f"MAIL FROM:<{BIURO}>", *[f"RCPT TO:<{SKLEP}>"] * count):
                assert client.say(line).startswith("250"), line
        for _ in range(3):
            envelope(6)
            assert client.say("DATA").startswith("354")
            assert client.say("From: prezes@example.org\r\n\r\nx\r\n.").startswith("550 5.7.1")
        envelope(6)
        assert client.say("BDAT 3\r\na").startswith("250")
        assert client.say("RSET").startswith("250")
        envelope(7)
        answer = client.say("DATA")
        assert answer.startswith("554 5.5.3") and "to 6 at most" in answer, answer
    with contextlib.closing(metka.open("submissions", "127.0.13.2")) as client:  # gone before its final dot
        client.hear()
        client.say("EHLO client.test")
        client.say(f"AUTH PLAIN {plain}")
        envelope(6)
        assert client.say("DATA").startswith("354")
        client.channel.sendall(b"Subject: half\r\n")

    def six():
        with contextlib.closing(metka.open("submissions", "127.0.13.2")) as client:
            client.hear()
            client.say("EHLO client.test")
            client.say(f"AUTH PLAIN {plain}")
            for line in (f"MAIL FROM:<{BIURO}>", *[f"RCPT TO:<{SKLEP}>"] * 6):
                client.say(line)
            answer = client.say("DATA")
            return client.say("Subject: six\r\n\r\nx\r\n.") if answer.startswith("354") else answer
    eventually(lambda: six().startswith("250"), what="what was not accepted may be sent still")
    assert six().startswith("450 4.7.1")
    old = metka.programs()["auth"]["pid"]

    def assert_remembered():
        assert metka.programs()["auth"]["pid"] != old
        assert send(BIURO).startswith("450 4.7.1")
    metka.told("engine", "restart", "auth")
    assert_remembered()
    old = metka.programs()["auth"]["pid"]
    os.kill(old, signal.SIGKILL)
    eventually(lambda: metka.programs()["auth"]["state"] == "running" and metka.programs()["auth"]["pid"] != old, what="metka-auth is back")
    eventually(lambda: is_in(metka.guess("submissions", "127.0.13.1", BIURO, PASSWORD)[0]), what="metka-smtp has met the new one")
    assert_remembered()
    metka.applied({"plan": {"messages_per_hour": 9}})
    assert send(BIURO, SKLEP).startswith("250")
    assert send(BIURO).startswith("450 4.7.1")  # eight a day
    metka.applied({"plan": {"messages_per_hour": None, "messages_per_day": 0}})
    assert send(BIURO).startswith("250")
    own = [letter for letter in metka.letters(SKLEP) if letter["Auto-Submitted"]]
    to_operator = [letter for letter in metka.letters(POSTMASTER) if SKLEP in letter["Subject"]]
    assert [letter["Subject"] for letter in own + to_operator] == [f"Konto {SKLEP} osiągnęło limit wysyłania"] * 2
    for letter in (*own, *to_operator):
        text = " ".join(letter.get_content().split())
        assert f"Limit wysyłania z konta {SKLEP} w ciągu" in text and " wynosi 6;" in text, text


main(instance=Patient)
