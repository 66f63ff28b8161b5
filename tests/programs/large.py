"""Large messages, many recipients and nasty bytes: taken in little memory, stored once, and not a byte another.

METKA_LARGE is the size of the large one in MiB; 2047 is the largest that the settings allow by default.
"""

import hashlib
import os
import random
import re
import tempfile

from crowds import Counted
from harness import DOMAIN, PASSWORD, Skipped, eventually, main, shows
from ledger import STRANGER, Refused, Session, maildirs

LARGE = int(os.environ.get("METKA_LARGE", "150"))
BIG = [f"wielka{n}@{DOMAIN}" for n in range(3)]
MANY = [f"u{n}@{DOMAIN}" for n in range(1000)]
NASTY = f"dziwna@{DOMAIN}"
# An empty line of ours follows where what was sent does not begin as a header does (RFC 5322 section 3.5).
TRACE = re.compile(rb"Return-Path: <[^\n]*>\n(Delivered-To: [^\n]*\n)?Received: [^\n]*\n([ \t][^\n]*\n)*(?P<parted>\n)?\Z")


class Piece:
    """1 MiB of lines, some of dots; as it is, as DATA sends it, and as it is stored."""

    def __init__(self):
        text = random.Random(5).randbytes(1 << 19).hex().encode()
        lines = [b"." + text[at:at + 75] if at % 7 == 0 else text[at:at + 76] for at in range(0, len(text) - 30_000, 76)]
        self.stored = b"\n".join([*lines, b".", b""])
        self.plain = self.stored.replace(b"\n", b"\r\n")
        self.stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in self.plain.splitlines(keepends=True))


def only_file(folder):
    files = list((folder / "new").iterdir())
    assert len(files) == 1, f"{folder}: {len(files)} files"
    return files[0]


def digest_of_rest(stream, begin, keep=0):
    """SHA-256 of a stream from `begin` on, but its last `keep` bytes."""
    digest, tail, found = hashlib.sha256(), b"", False
    while block := stream.read(1 << 20):
        tail += block
        if not found:
            at = tail.find(begin)
            if at < 0:
                continue
            tail, found = tail[at:], True
        digest.update(tail[:len(tail) - keep])
        tail = tail[len(tail) - keep:]
    return digest.hexdigest(), tail


def send_large(session, head, pieces, piece):
    """One transaction by DATA; the digests of what was sent: as stored, and as it was on the wire."""
    stored, wire = hashlib.sha256(), hashlib.sha256()
    size = len(head) + pieces * len(piece.plain)
    session.send(f"MAIL FROM:<{STRANGER}> SIZE={size}\r\n".encode() + b"".join(b"RCPT TO:<%s>\r\n" % to.encode() for to in BIG) + b"DATA\r\n")
    session.expect("MAIL", 250)
    for _ in BIG:
        session.expect("RCPT", 250)
    session.expect("DATA", 354)
    session.send(head)
    stored.update(head.replace(b"\r\n", b"\n"))
    wire.update(head)
    for _ in range(pieces):
        session.send(piece.stuffed)
        stored.update(piece.stored)
        wire.update(piece.stuffed)
    session.send(b".\r\n")
    session.expect("the end of the message", 250)
    return stored.hexdigest(), wire.hexdigest()


@shows(f"{LARGE} MiB for three inboxes pass in less than 64 MiB of memory, are stored once, and come out as they went in")
def _(metka):
    metka.change({"smtp": {"message_size": "3G"}})
    for address in BIG:
        metka.told("mailbox", "add", address, "--customer", "firma", "--capacity", "8G", "--password-stdin", input=PASSWORD + "\n")
    piece, folders = Piece(), maildirs(metka, BIG)
    pieces = LARGE * (1 << 20) // len(piece.plain)
    head = f"X-Large: {LARGE} MiB\r\nFrom: {STRANGER}\r\n\r\n".encode()
    counted = Counted(metka, "smtp", "store")
    session = Session(metka, timeout=300)
    stored, wire = send_large(session, head, pieces, piece)
    session.close()
    counted.assert_small("taken")
    status = {(only_file(folder).stat().st_ino, only_file(folder).stat().st_nlink) for folder in folders.values()}
    assert len(status) == 1 and status.pop()[1] == 3, "not one file of three names"
    path = only_file(folders[BIG[0]])
    assert path.stat().st_blocks * 512 < path.stat().st_size * 1.01 + (8 << 20), path.stat()
    with path.open("rb") as file:
        assert digest_of_rest(file, b"X-Large")[0] == stored, "other bytes than were sent"

    counted = Counted(metka, "access", "store")
    client = metka.pop3(BIG[1])
    client._putcmd("RETR 1")
    client._getresp()

    class Wire:  # to the lone dot, which nothing follows
        octets = 0
        tail = b""

        def read(self, most):
            if self.tail.endswith(b"\r\n.\r\n"):
                return b""
            block = client.file.read1(most)
            self.tail = (self.tail + block)[-5:]
            return block
    digest, end = digest_of_rest(Wire(), b"X-Large", keep=3)
    assert (digest, end) == (wire, b".\r\n"), "POP3 sends other bytes than were sent"
    client.dele(1)
    client.quit()
    counted.assert_small("fetched")
    for address in (BIG[0], BIG[2]):
        metka.empty(address)


@shows("a thousand recipients in one transaction get one file of a thousand names; the next one is told to wait")
def _(metka):
    metka.change({"smtp": {"recipients": "1000"}})
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write("mailboxes:\n" + "".join(f"  - {{address: {address}, customer: firma, capacity: 10M}}\n" for address in MANY))
        file.flush()
        metka.told("apply", file.name, "--yes")
    counted = Counted(metka, "smtp", "store")
    session = Session(metka)
    taken = []
    content = f"From: {STRANGER}\r\nSubject: all\r\n\r\nwszystkim\r\n".encode()
    assert session.transaction(content, MANY, taken.extend) == MANY == taken
    session.send(f"MAIL FROM:<{STRANGER}>\r\n".encode() + b"".join(b"RCPT TO:<%s>\r\n" % to.encode() for to in [*MANY, NASTY]))
    session.expect("MAIL", 250)
    for _ in MANY:
        session.expect("RCPT", 250)
    code, text = session.reply()
    assert code == 452 and text.startswith("4.5.3"), (code, text)
    session.close()
    counted.assert_small("a thousand recipients")
    roots = [metka.state / metka.json("mailbox", "show", address)["maildir"] for address in (MANY[0], MANY[500], MANY[-1])]
    for root in roots:
        assert only_file(root).stat().st_nlink == 1000, only_file(root).stat()


def lines(*rows):
    return b"\r\n".join([*rows, b""])


HEAD = lines(b"From: anna@example.org", b"Subject: x")
CONTENTS = {
    "a header and nothing else": HEAD,
    "a header and its empty line": HEAD + b"\r\n",
    "dots of every number, alone, first and last": HEAD + lines(b"", b".", b"..", b"...", b".a", b"..a", b"a.", b". ", b".", b""),
    "a line of 100,000 bytes": HEAD + lines(b"", b"x" * 100_000, b"." + b"y" * 99_999),
    "every byte but CR, LF and NUL": HEAD + lines(b"", bytes(b for b in range(1, 256) if b not in (10, 13)) * 3),
    "UTF-8 cut anywhere": HEAD + lines(b"", "Zażółć gęślą jaźń".encode()[3:-1], b"\xff\xfe", b"\xc3"),
    "empty lines at the end": HEAD + lines(b"", b"", b"", b""),
    "no header at all": lines(b"", b"just a body"),
    "a first line that is no header field": lines(b"hello there", b"", b"body"),
    "tabs and spaces at the ends of lines": HEAD + lines(b"", b" \t ", b"x \t", b"\t"),
    "From_ in the body": HEAD + lines(b"", b"From anna Sat Nov 21", b">From x"),
    "40 kB": HEAD + lines(b"", *[b"z" * 70] * 570),
    "the edge of 48 KiB": HEAD + b"\r\n" + b"e" * (48 * 1024 - len(HEAD) - 4) + b"\r\n",
    "64 KiB and a little": HEAD + b"\r\n" + lines(*[b"w" * 62] * 1030),
    "a field of 60 kB": HEAD + lines(b"X-Long: " + b"v" * 60_000, b"", b"x"),
}
UNENDED = {"no CRLF at the end": HEAD + b"\r\nlast", "one byte": b"x", "nothing at all": b""}


def arrives(metka, folder, content, *, chunks=0):
    for path in (folder / "new").iterdir():
        path.unlink()
    session = Session(metka)
    session.transaction(content, [NASTY], lambda _: None, chunks=chunks)
    session.send(b"QUIT\r\n")
    session.close()
    path = only_file(folder)
    stored, expected = path.read_bytes(), content.replace(b"\r\n", b"\n")
    if expected and not expected.endswith(b"\n"):
        expected += b"\n"  # the last line gets its end: every message of a Maildir has one
    assert stored.endswith(expected), f"{stored[-200:]} is not {expected[-200:]}"
    trace = TRACE.match(stored[:len(stored) - len(expected)])
    assert trace, stored[:len(stored) - len(expected)][-300:]
    assert not trace["parted"] or not re.match(rb"[!-9;-~]+:|\r\n", content), "an empty line was put before a header"
    assert f",S={len(stored)},W={len(stored) + stored.count(10)}" in path.name, path.name


for what, content in {**CONTENTS, **UNENDED}.items():
    def preserved(metka, what=what, content=content):
        folder = nasty_folder(metka)
        session = Session(metka)
        chunking = "CHUNKING" in session.extensions
        session.close()
        if what not in UNENDED:
            arrives(metka, folder, content)
        elif not chunking:
            raise Skipped("only BDAT can send that, and it is not offered")
        if chunking:
            arrives(metka, folder, content, chunks=1)
            arrives(metka, folder, content, chunks=5)
    shows(f"bytes are stored as they were sent: {what}")(preserved)


def nasty_folder(metka):
    if not any(row["address"] == NASTY for row in metka.json("mailbox", "list")):
        metka.mailbox(NASTY.split("@")[0])
    return maildirs(metka, [NASTY])[NASTY]


@shows("an empty message is a message, and POP3 lists it")
def _(metka):
    folder = nasty_folder(metka)
    for path in (folder / "new").iterdir():
        path.unlink()
    session = Session(metka)
    session.send(f"MAIL FROM:<{STRANGER}>\r\nRCPT TO:<{NASTY}>\r\nDATA\r\n".encode())
    for what, code in (("MAIL", 250), ("RCPT", 250), ("DATA", 354)):
        session.expect(what, code)
    session.send(b".\r\n")
    session.expect("the end", 250)
    session.close()
    stored = only_file(folder).read_bytes()
    assert TRACE.match(stored), stored
    assert len(metka.fetch(NASTY)) == 1


@shows("what is refused in the middle of a large message leaves nothing, and the room it was promised comes back")
def _(metka):
    small = f"mala@{DOMAIN}"
    metka.told("mailbox", "add", small, "--customer", "firma", "--capacity", "2M", "--password-stdin", input=PASSWORD + "\n")
    folder = maildirs(metka, [small])[small]
    for _ in range(3):
        session = Session(metka)
        session.send(f"MAIL FROM:<{STRANGER}>\r\nRCPT TO:<{small}>\r\nDATA\r\n".encode())
        for what, code in (("MAIL", 250), ("RCPT", 250), ("DATA", 354)):
            session.expect(what, code)
        session.send(HEAD + b"\r\n" + b"x" * 70 + b"\r\n" + lines(*[b"y" * 70] * 40_000) + b".\r\n")
        code, text = session.reply()
        assert code in (452, 552), (code, text)
        session.close()
    for _ in range(3):  # and who hangs up in the middle
        session = Session(metka)
        session.send(f"MAIL FROM:<{STRANGER}>\r\nRCPT TO:<{small}>\r\nDATA\r\n".encode())
        for what, code in (("MAIL", 250), ("RCPT", 250), ("DATA", 354)):
            session.expect(what, code)
        session.send(HEAD + b"\r\n" + lines(*[b"y" * 70] * 10_000))
        session.close()
    assert list((folder / "new").iterdir()) == [] and list((folder / "tmp").iterdir()) == []

    def taken():
        session = Session(metka)
        try:
            return session.transaction(HEAD + b"\r\n" + lines(*[b"y" * 70] * 25_000), [small], lambda _: None)
        except Refused as why:
            assert why.args[1] == 452, why  # metka-smtp hears in its own time that somebody has hung up
        finally:
            session.close()
    eventually(taken, what="the room that was promised to those before comes back")
    assert len(list((folder / "new").iterdir())) == 1


main()
