"""An inbox of more messages than are listed: log-in works, in little memory, and nothing is out of reach.

METKA_MESSAGES is how many there are; a million is what nobody should have.
"""

import os
import threading
import time

from crowds import Counted
from harness import main, shows
from ledger import maildirs
from traffic import deliver, message

MESSAGES = int(os.environ.get("METKA_MESSAGES", "110000"))
LISTED = 100_000  # at most, the oldest (metka-store(8))
MOST_MEMORY = 128 << 20


def fill(folder, count):
    """By hard links to a few files: as the store does it for many recipients."""
    content = b"Return-Path: <a@example.org>\nSubject: one of many\n\nfor biuro\n"
    owner = (folder / "new").stat()
    stem = f"S={len(content)},W={len(content) + content.count(10)}"
    for number in range(count):
        name = f"{1_700_000_000 + number // 10}.M{number}P1.test,{stem}"
        if number % 50_000 == 0:
            first = folder / "new" / name
            first.write_bytes(content)
            os.chown(first, owner.st_uid, owner.st_gid)
            first.chmod(0o440)
        else:
            os.link(first, folder / "new" / name)


class Others(threading.Thread):
    """Somebody else, who fetches his mail again and again meanwhile: at least once."""

    def __init__(self, metka, login):
        super().__init__(daemon=True)
        self.metka, self.login, self.times, self.ended = metka, login, [], threading.Event()

    def run(self):
        while not self.ended.is_set() or not self.times:
            began = time.monotonic()
            assert len(self.metka.fetch(self.login)) == 1
            self.times.append(time.monotonic() - began)

    def end(self):
        self.ended.set()
        self.join(60)
        assert self.times and not self.is_alive(), "somebody else was not served"
        return f"{len(self.times)} sessions of somebody else meanwhile, the longest {max(self.times):.2f} s"


@shows(f"of {MESSAGES:,} messages in an inbox the {LISTED:,} oldest are listed, in little memory, and the others when these are gone")
def _(metka):
    login = metka.mailbox("pelna")
    fill(maildirs(metka, [login])[login], MESSAGES)
    other = metka.mailbox("inna")
    deliver(metka, other, message("one", "a@example.org", b"for somebody else\r\n"))
    counted = Counted(metka, "access", "store")
    times, fourth, others = [], None, Others(metka, other)
    others.start()
    for gone in (0, 3):
        began = time.monotonic()
        client = metka.pop3(login)
        client.sock.settimeout(100)
        listed = min(MESSAGES - gone, LISTED)
        assert client.stat()[0] == listed
        rows = client.uidl()[1]
        times.append(time.monotonic() - began)
        assert len(rows) == len(client.list()[1]) == len({row.split(b" ")[1] for row in rows}) == listed
        for number in (1, listed // 2, listed):
            assert b"for biuro" in client.retr(number)[1]
        for number in range(1, 4):
            client.dele(number)
        assert fourth in (None, rows[0].split(b" ")[1]), (rows[0], fourth)
        fourth = rows[3].split(b" ")[1]
        client.quit()
    counted.assert_small(f"log-in, STAT and UIDL in {times[0]:.2f} s and {times[1]:.2f} s; {others.end()}", MOST_MEMORY)
    assert len(metka.fetch()) == 0


main()
