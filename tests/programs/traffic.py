"""Mail that flows while a test does something to the programs, and the ledger of what became of it."""

import contextlib
import hashlib
import random
import smtplib
import socket
import threading
import time

from harness import DOMAIN, after_trace, eventually, header

SKLEP, BIURO = f"sklep@{DOMAIN}", f"biuro@{DOMAIN}"
STRANGER = "anna@example.org"


def message(identifier, sender, body=b""):
    head = (f"From: {sender}\r\nTo: {BIURO}\r\nSubject: {identifier}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0100\r\n"
            f"Message-ID: <{identifier}@client.test>\r\n\r\n")
    return head.encode() + (body or f"{identifier}\r\n".encode() * random.randrange(1, 200))


class Ledger:
    """What was sent, by how the sender was answered; what is fetched must agree with it, byte for byte."""

    def __init__(self):
        self.digests, self.accepted, self.doubtful = {}, set(), set()

    def about(self, identifier, content):
        self.digests[identifier] = hashlib.sha256(content).digest()
        self.doubtful.add(identifier)

    def took(self, identifier):
        self.accepted.add(identifier)
        self.doubtful.discard(identifier)

    def check(self, metka, login=BIURO):
        found = []
        for fetched in metka.fetch(login):
            identifier = header(fetched, "Subject")
            found.append(identifier)
            assert self.digests.get(identifier) == hashlib.sha256(after_trace(fetched)).digest(), f"{identifier} is torn"
        lost = self.accepted - set(found)
        assert not lost, f"{len(lost)} of {len(self.accepted)} acknowledged messages are lost: {sorted(lost)[:5]}"
        assert len(found) == len(set(found)), "a message is there twice"
        assert set(found) <= self.accepted | self.doubtful, "a message is there that was refused"
        return len(found)


class Client(threading.Thread):
    """Does one thing again and again, and remembers what went wrong."""

    def __init__(self, metka):
        super().__init__(daemon=True)
        self.metka = metka
        self.ended = threading.Event()
        self.turns, self.refused, self.broken = 0, [], []

    def turn(self):
        raise NotImplementedError

    def run(self):
        while not self.ended.is_set():
            try:
                self.turn()
                self.turns += 1
            except ConnectionRefusedError as why:
                self.refused.append(str(why))
                time.sleep(0.05)
            except Exception as why:  # whatever a client meets is what the test is about
                self.broken.append(f"{type(self).__name__}: {type(why).__name__}: {why}")
                time.sleep(0.05)


class Sender(Client):
    """A new connection for each message: from another server to port 25, or from a client by submission."""

    def __init__(self, metka, ledger, service):
        super().__init__(metka)
        self.ledger, self.service = ledger, service
        self.prefix = f"{service}-{random.randrange(1 << 40)}"

    def turn(self):
        identifier = f"{self.prefix}-{self.turns}-{len(self.broken)}"
        sender = STRANGER if self.service == "smtp" else SKLEP
        content = message(identifier, sender)
        client = self.metka.smtp() if self.service == "smtp" else self.metka.submission()
        with contextlib.closing(client):
            self.ledger.about(identifier, content)
            client.sendmail(sender, [BIURO], content)
            self.ledger.took(identifier)
            client.quit()


class Dripper(Client):
    """One message that takes as long as `lasts` says after its beginning, line by line."""

    def __init__(self, metka, ledger, begin):
        super().__init__(metka)
        self.ledger, self.begin = ledger, begin
        self.prefix = f"drip-{random.randrange(1 << 40)}"

    def turn(self):
        identifier = f"{self.prefix}-{self.turns}-{len(self.broken)}"
        goes_on = self.begin()
        with contextlib.closing(self.metka.smtp()) as client:
            client.mail(STRANGER)
            client.rcpt(BIURO)
            code, text = client.docmd("DATA")
            assert code == 354, (code, text)
            content = message(identifier, STRANGER, b"the first line\r\n")
            client.send(content)
            while goes_on() and not self.ended.is_set():
                line = b"%s\r\n" % random.randbytes(200).hex().encode()
                client.send(line)
                content += line
                self.ended.wait(0.02)
            self.ledger.about(identifier, content)
            client.send(b".\r\n")
            code, text = client.getreply()
            assert code == 250, (code, text)
            self.ledger.took(identifier)
            client.quit()


class Reader(Client):
    """Logs in, lists, fetches the first message, and says goodbye."""

    def __init__(self, metka, login, expected):
        super().__init__(metka)
        self.login, self.expected = login, hashlib.sha256(expected).digest()

    def turn(self):
        client = self.metka.pop3(self.login)
        with contextlib.closing(client):
            assert len(client.list()[1]) >= 1
            fetched = b"".join(line + b"\r\n" for line in client.retr(1)[1])
            assert hashlib.sha256(after_trace(fetched)).digest() == self.expected, "another message than was sent"
            client.quit()


class SlowReader(Client):
    """Fetches a large message, a little at a time."""

    def __init__(self, metka, login, expected, begin):
        super().__init__(metka)
        self.login, self.expected, self.begin = login, hashlib.sha256(expected).digest(), begin

    def turn(self):
        goes_on = self.begin()
        client = self.metka.pop3(self.login)
        with contextlib.closing(client):
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
            client._putcmd("RETR 1")
            client._getresp()
            fetched = []
            while (line := client.file.readline()) != b".\r\n":
                assert line, "the connection ended in the middle of a message"
                fetched.append(line)
                if len(fetched) % 200 == 0 and goes_on():
                    self.ended.wait(0.01)
            content = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in fetched)
            assert hashlib.sha256(after_trace(content)).digest() == self.expected, "another message than was sent"
            client.quit()


@contextlib.contextmanager
def under_way(clients):
    """Runs them meanwhile, and lets each finish what it has begun."""
    for client in clients:
        client.start()
    try:
        yield clients
    finally:
        for client in clients:
            client.ended.set()
        for client in clients:
            client.join(120)
    assert not [client for client in clients if client.is_alive()], "a client did not come to its end"


def all_get_on(clients, turns=1, seconds=60):
    """Until each of them has done its thing again."""
    before = [client.turns for client in clients]
    eventually(lambda: all(client.turns >= was + turns for client, was in zip(clients, before)), seconds=seconds,
               what=f"{', '.join(type(client).__name__ for client in clients)} get on")


def assert_undisturbed(clients):
    refused = [why for client in clients for why in client.refused]
    broken = [why for client in clients for why in client.broken]
    assert not refused, f"{len(refused)} connections were refused: {refused[:3]}"
    assert not broken, f"{len(broken)} sessions broke: {broken[:3]}"


def deliver(metka, to, content):
    with metka.smtp() as client:
        assert client.sendmail(STRANGER, [to], content) == {}


def recipients_taken(client, count, to=BIURO):
    """How many of so many RCPT are taken in the transaction that is open."""
    return sum(client.rcpt(to)[0] == 250 for _ in range(count))


def is_refused(where):
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(where, timeout=15).close()
        return False
    return True


def smtp_at(host, port):
    client = smtplib.SMTP(host, port, local_hostname="mx.example.org", timeout=30)
    client.ehlo()
    return client
