"""What was sent and how it was answered; what lies in the Maildirs must agree with it, byte for byte.

Each letter says itself what it is: its name, its size and its digest stand in its header, so that a file can be
judged by anybody at any time, also after a power cut.
"""

import base64
import collections
import hashlib
import random
import re
import socket
import threading
import time

from harness import DOMAIN, PASSWORD

SIZES = (300, 4_000, 40_000, 100_000, 1_000_000)
WEIGHTS = (40, 30, 17, 9, 4)
STRANGER, SENDER = "anna@example.org", f"sklep@{DOMAIN}"
NAMED = re.compile(rb",S=(\d+),W=(\d+)(:2,[A-Z]*)?$")


def letter(identifier, size, sender=STRANGER):
    """About `size` bytes, with CRLF, a line of dots among them."""
    end = b"..\r\nthe end of " + identifier.encode() + b"\r\n"
    filling = random.Random(identifier).randbytes(max(0, size - 250) // 2).hex().encode()
    body = b"\r\n".join(filling[at:at + 74] for at in range(0, len(filling), 74)) + b"\r\n.\r\n" + end
    head = (f"X-Ledger: {identifier}\r\nX-Octets: {len(body)}\r\nX-Digest: {hashlib.sha256(body).hexdigest()}\r\n"
            f"From: {sender}\r\nDate: Sat, 21 Nov 2026 12:00:00 +0100\r\nMessage-ID: <{identifier}@client.test>\r\n\r\n")
    return head.encode() + body


class Torn(AssertionError):
    pass


def judged(content, where):
    """The name of a letter that is whole; `content` has LF or CRLF."""
    begin = content.find(b"X-Ledger: ")
    head, _, body = content[begin:].replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\n") if b": " in line)
    body = body.replace(b"\n", b"\r\n")
    if begin < 0 or not {b"X-Octets", b"X-Digest"} <= set(fields):
        raise Torn(f"{where}: the header is not whole: {content[:300]}")
    if len(body) != int(fields[b"X-Octets"]) or hashlib.sha256(body).hexdigest().encode() != fields[b"X-Digest"]:
        raise Torn(f"{where}: {len(body)} octets of a body of {fields[b'X-Octets'].decode()}")
    if content.count(b"X-Ledger: ") != 1 or not content.startswith(b"Return-Path: "):
        raise Torn(f"{where}: more or less before the letter than belongs there: {content[:300]}")
    return fields[b"X-Ledger"].decode()


def judged_file(path):
    """The same for a file of a Maildir, whose name says how large it is."""
    content = path.read_bytes()
    named = NAMED.search(path.name.encode())
    if not named:
        raise Torn(f"{path}: no message has such a name")
    if (len(content), len(content) + content.count(b"\n")) != (int(named[1]), int(named[2])):
        raise Torn(f"{path}: {len(content)} bytes")
    return judged(content, path)


class Ledger:
    """Any thread writes, by one step each."""

    def __init__(self):
        self.accepted = {}                         # letter: the inboxes it was accepted for
        self.attempts = collections.Counter()      # letter: how often its last byte was on its way
        self.offered = collections.defaultdict(set)  # letter: every inbox it may be in
        self.deleted, self.perhaps_deleted = set(), set()  # (inbox, letter)
        self.judged = {}                           # path: letter
        self.twice = collections.Counter()         # letter: how many copies of it an inbox has too many, at most

    def offers(self, identifier, inboxes):
        self.offered[identifier] |= set(inboxes)
        self.attempts[identifier] += 1

    def took(self, identifier, inboxes):
        self.accepted[identifier] = self.accepted.get(identifier, frozenset()) | frozenset(inboxes)

    def found_in(self, folders):
        """Counter of letters in the new/ and cur/ beneath a Maildir; each file is judged once."""
        found = collections.Counter()
        for part in ("new", "cur"):
            for path in (folders / part).iterdir():
                if path not in self.judged:
                    try:
                        self.judged[path] = judged_file(path)
                    except FileNotFoundError:
                        continue  # somebody fetched and deleted it meanwhile
                found[self.judged[path]] += 1
        return found

    def so_far(self):
        """What must be there from now on, and what must not."""
        return dict(self.accepted), set(self.deleted)

    def check(self, maildirs, known=None):
        """`maildirs`: inbox to folder, as they are now or were some time after `known`. Also while mail flows."""
        accepted, deleted = known or self.so_far()
        self.twice.clear()
        for inbox, folder in maildirs.items():
            found = self.found_in(folder)
            gone = {name for where, name in self.deleted | self.perhaps_deleted if where == inbox}
            lost = {name for name, inboxes in accepted.items() if inbox in inboxes} - set(found) - gone
            assert not lost, f"{inbox}: {len(lost)} of {len(accepted)} acknowledged letters are lost: {sorted(lost)[:5]}"
            back = {name for where, name in deleted if where == inbox} & set(found)
            assert not back, f"{inbox}: deleted letters are there again: {sorted(back)[:5]}"
            for name, copies in found.items():
                assert inbox in self.offered[name], f"{inbox}: {name} was never sent there, or refused"
                assert copies <= self.attempts[name], f"{inbox}: {name} is there {copies} times, sent {self.attempts[name]} times"
                if copies > 1:
                    self.twice[name] = max(self.twice[name], copies - 1)
            left = [path.name for path in (folder / "tmp").iterdir()]
            assert not left, f"{inbox}: left over in tmp/: {left[:5]}"


class Refused(Exception):
    """Answered, and not with what was hoped for: (what, code, text)."""


class Session:
    """A client that pipelines; the words of its faults are the server's."""

    def __init__(self, metka, service="smtp", login=SENDER, timeout=60):
        self.socket = metka.plain_socket(service) if service != "submissions" else metka.tls_socket(service)
        self.socket.settimeout(timeout)
        self.file = self.socket.makefile("rb")
        self.sender = STRANGER if service == "smtp" else login
        self.expect("greeting", 220)
        self.send(b"EHLO client.test\r\n")
        self.extensions = self.expect("EHLO", 250).upper()
        if service != "smtp":
            secret = base64.b64encode(f"\0{login}\0{PASSWORD}".encode())
            self.send(b"AUTH PLAIN " + secret + b"\r\n")
            self.expect("AUTH", 235)

    def send(self, content):
        self.socket.sendall(content)

    def reply(self):
        text = b""
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionResetError("the connection ended before the answer")
            text += line[4:]
            if line[3:4] == b" ":
                return int(line[:3]), text.decode(errors="replace")

    def expect(self, what, code):
        answer = self.reply()
        if answer[0] != code:
            raise Refused(what, *answer)
        return answer[1]

    def transaction(self, content, recipients, taken, *, chunks=0):
        """DATA, or so many BDAT; `taken(inboxes)` is called before the last byte goes out. Returns who was taken."""
        verbs = [f"MAIL FROM:<{self.sender}> SIZE={len(content)}\r\n", *(f"RCPT TO:<{to}>\r\n" for to in recipients)]
        self.send("".join(verbs).encode() + (b"" if chunks else b"DATA\r\n"))
        self.expect("MAIL", 250)
        answers = [self.reply() for _ in recipients]
        inboxes = [to for to, (code, _) in zip(recipients, answers) if code == 250]
        if not inboxes:
            if not chunks:
                self.reply()
            self.send(b"RSET\r\n")
            self.expect("RSET", 250)
            raise Refused("RCPT", *answers[0])
        if not chunks:
            self.expect("DATA", 354)
            stuffed = content.replace(b"\r\n.", b"\r\n..")
            self.send(stuffed[:-2])
            taken(inboxes)
            self.send(b"\r\n.\r\n")
        else:
            self.in_chunks(content, chunks, lambda: taken(inboxes))
        self.expect("the end of the message", 250)
        return inboxes

    def in_chunks(self, content, chunks, taken):
        """All at once, pipelined (RFC 3030 section 4.2)."""
        cuts = sorted(random.randrange(len(content) + 1) for _ in range(chunks - 1))
        for begin, end in zip([0, *cuts], cuts):
            self.send(b"BDAT %d\r\n" % (end - begin) + content[begin:end])
        taken()
        last = content[cuts[-1] if cuts else 0:]
        self.send(b"BDAT %d LAST\r\n" % len(last) + last)
        for _ in cuts:
            self.expect("BDAT", 250)

    def close(self):
        self.file.close()
        self.socket.close()


class Sender(threading.Thread):
    """Letters of every size, one after another, several on a connection. What is in doubt is sent again, if `retries`."""

    def __init__(self, metka, ledger, inboxes, *, service="smtp", retries=False, sizes=SIZES, weights=WEIGHTS):
        super().__init__(daemon=True)
        self.metka, self.ledger, self.inboxes = metka, ledger, inboxes
        self.service, self.retries, self.sizes, self.weights = service, retries, sizes, weights
        self.prefix = f"{service}-{random.randrange(1 << 40):x}"
        self.number, self.again = 0, None
        self.unreachable, self.refused = [], []
        self.ended = threading.Event()

    def next(self):
        if self.again:
            return self.again
        self.number += 1
        size = random.choices(self.sizes, self.weights)[0]
        count = random.choice((1, 1, 1, 2, len(self.inboxes)))
        return f"{self.prefix}-{self.number}", size, random.sample(self.inboxes, min(count, len(self.inboxes)))

    def one(self, session):
        order = self.next()
        identifier, size, recipients = order
        if self.retries:
            self.again = order
        chunks = random.choice((0, 0, 1, 3)) if "CHUNKING" in session.extensions else 0
        content = letter(identifier, size, session.sender)
        taken = session.transaction(content, recipients, lambda inboxes: self.ledger.offers(identifier, inboxes), chunks=chunks)
        self.ledger.took(identifier, taken)
        self.again = None

    def run(self):
        while not self.ended.is_set():
            begun = time.monotonic()
            try:
                session = Session(self.metka, self.service)
            except ConnectionRefusedError as why:
                self.unreachable.append((begun, str(why)))
                self.ended.wait(0.02)
                continue
            except (OSError, Refused):
                self.ended.wait(0.02)
                continue
            try:
                for _ in range(random.randrange(1, 30)):
                    if self.ended.is_set():
                        break
                    self.one(session)
            except Refused as why:
                self.refused.append(why.args)
                self.ended.wait(0.02)
            except OSError:
                pass
            finally:
                session.close()


class Remover(threading.Thread):
    """Fetches what is in an inbox, judges it, deletes it, and remembers what QUIT was answered."""

    def __init__(self, metka, ledger, login, most=10):
        super().__init__(daemon=True)
        self.metka, self.ledger, self.login, self.most = metka, ledger, login, most
        self.turns, self.torn = 0, []
        self.ended = threading.Event()

    def turn(self):
        client = self.metka.pop3(self.login)
        try:
            names = set()
            for number in range(1, min(client.stat()[0], self.most) + 1):
                content = b"".join(line + b"\r\n" for line in client.retr(number)[1])
                names.add((self.login, judged(content, f"{self.login} by POP3")))
                client.dele(number)
            self.ledger.perhaps_deleted |= names
            client.quit()
            self.ledger.deleted |= names
            self.turns += 1
        finally:
            client.close()

    def run(self):
        while not self.ended.is_set():
            try:
                self.turn()
            except Torn as torn:
                self.torn.append(str(torn))
            except Exception:  # a log-in that is refused, a connection that ends: what is being tried here
                pass
            self.ended.wait(0.05)


def maildirs(metka, inboxes):
    return {inbox: metka.state / metka.json("mailbox", "show", inbox)["maildir"] for inbox in inboxes}
