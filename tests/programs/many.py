"""Thousands of connections at once, and clients who take for ever, do not keep anybody else waiting."""

import base64
import os
import socket
import threading
import time

from crowds import Crowd, descriptors_of, memory_of, raise_limit
from harness import DOMAIN, eventually, main, shows
from ledger import Ledger, Refused, Session, letter, maildirs

MANY = int(os.environ.get("METKA_MANY", "5000"))
SLOW = int(os.environ.get("METKA_SLOW", "2000"))
MOST_GROWTH = 64 << 20
BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"


def passes(metka, ledger, prefix, count):
    """So many letters, each on a connection of its own, and one is fetched; the seconds each took."""
    times = []
    for number in range(count):
        began = time.monotonic()
        name = f"{prefix}-{number}"
        service = "submissions" if number % 4 == 3 else "smtp"
        session = Session(metka, service)
        taken = session.transaction(letter(name, 4_000, session.sender), [BIURO], lambda to, name=name: ledger.offers(name, to))
        ledger.took(name, taken)
        session.close()
        times.append(time.monotonic() - began)
    client = metka.pop3(BIURO)
    assert client.stat()[0] >= count
    client.retr(1)
    client.quit()
    return sorted(times)


def told(times):
    return f"median {times[len(times) // 2] * 1000:.0f} ms, longest {times[-1] * 1000:.0f} ms"


@shows(f"{MANY} connections at once are greeted, and mail passes meanwhile")
def _(metka):
    raise_limit(MANY + SLOW + 1000)
    metka.change({"smtp": {"connections": str(MANY + SLOW + 1000)}})
    ledger, folders = Ledger(), maildirs(metka, [BIURO])
    before = passes(metka, ledger, "alone", 60)
    memory, crowd = memory_of(metka, "smtp"), Crowd(metka)
    try:
        for _ in range(MANY):
            crowd.add("smtp")
            if len(crowd.sockets) % 100 == 0:
                crowd.listen(0)
        crowd.wait_for_greetings()
        grown = memory_of(metka, "smtp") - memory
        during = passes(metka, ledger, "crowd", 60)
        crowd.listen(0)
        assert crowd.alive() == MANY, f"{MANY - crowd.alive()} connections ended"
        for client in crowd.sockets[::50]:  # and they are served, too
            client.setblocking(True)
            client.settimeout(30)
            client.sendall(b"EHLO a.example\r\n")
            assert client.recv(4096).startswith(b"250-")
    finally:
        crowd.close()
    ledger.check(folders)
    print(f"        {MANY} connections: {grown / (1 << 20):.0f} MiB more in metka-smtp, {grown // MANY / 1024:.1f} KiB each; a letter "
          f"alone: {told(before)}; among them: {told(during)}", flush=True)
    eventually(lambda: descriptors_of(metka, "smtp") < 200, what="their descriptors are gone")


@shows("one address alone gets no more than its share, and others are served meanwhile")
def _(metka):
    clients = []
    try:
        for _ in range(80):
            client = socket.socket()
            client.settimeout(30)
            client.bind(("127.99.0.1", 0))
            client.connect(("127.0.0.1", metka.port["smtp"]))
            clients.append(client)
        answers = [client.recv(200) for client in clients]
        greeted = [text for text in answers if text.startswith(b"220 ")]
        refused = [text for text in answers if text.startswith(b"421 ")]
        assert len(greeted) == 50 and len(refused) == 30, (len(greeted), refused[:3])
        passes(metka, Ledger(), "others", 4)
    finally:
        for client in clients:
            client.close()


HELLO = bytes.fromhex("16030101fa010001f60303") + bytes(range(200))  # the beginning of a TLS ClientHello
PROLOGUE = f"EHLO a.example\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<{SKLEP}>\r\nDATA\r\n".encode()
LOGIN = b"AUTH LOGIN " + base64.b64encode(SKLEP.encode()) + b"\r\n"

# What the slow ones say at once, and what they then drip, byte by byte.
DRIPS = {
    "a command": ("smtp", b"EHLO a.example\r\n", b"MAIL FROM:<" + b"a" * 4000),
    "DATA": ("smtp", PROLOGUE, b"Subject: x\r\n\r\n" + b"drip drip\r\n" * 400),
    "a TLS handshake": ("submissions", b"", HELLO),
    "a TLS handshake after STARTTLS": ("submission", b"EHLO a.example\r\nSTARTTLS\r\n", HELLO),
    "nothing": ("smtp", b"", b""),
    "commands one after another": ("smtp", b"EHLO a.example\r\n", b"NOOP\r\n" * 700),
}


class Slow(threading.Thread):
    """Slow clients of every kind, in one thread: each says another byte about twice a second."""

    def __init__(self, metka, count):
        super().__init__(daemon=True)
        self.crowd, self.kinds = Crowd(metka), list(DRIPS.values())
        self.count, self.rounds = count, 0
        self.ready, self.ended = threading.Event(), threading.Event()

    def drip(self, number, client):
        _, _, drops = self.kinds[number % len(self.kinds)]
        try:
            if drops:
                client.send(drops[self.rounds % len(drops):][:1])
        except OSError:
            pass

    def begin(self):
        for number in range(self.count):
            service, prologue, _ = self.kinds[number % len(self.kinds)]
            client = self.crowd.add(service)
            for line in prologue.splitlines(keepends=True):
                client.send(line)
            if number % 50 == 0:
                self.crowd.listen(0)

    def run(self):
        self.begin()
        while not self.ended.is_set():
            began = time.monotonic()
            for number, client in enumerate(self.crowd.sockets):
                self.drip(number, client)
            self.crowd.listen(0)
            self.rounds += 1
            if self.rounds == 2:
                self.ready.set()
            self.ended.wait(max(0, 0.5 - (time.monotonic() - began)))
        self.crowd.close()


@shows(f"{SLOW} clients that drip commands, DATA or handshakes do not keep others waiting, and cost little memory")
def _(metka):
    raise_limit(MANY + SLOW + 1000)
    assert metka.stop().returncode == 0  # what thousands of connections had is not counted as there already
    metka.start_again()
    ledger, folders = Ledger(), maildirs(metka, [BIURO])
    metka.empty(BIURO)
    before = passes(metka, ledger, "quick", 60)
    memory = {program: memory_of(metka, program) for program in ("smtp", "store", "auth")}
    slow = Slow(metka, SLOW)
    slow.start()
    try:
        assert slow.ready.wait(120), "the slow ones have not begun"
        during = passes(metka, ledger, "meanwhile", 120)
        grown = {program: memory_of(metka, program) - had for program, had in memory.items()}
        print(f"        {SLOW} slow clients, {slow.crowd.alive()} of them still there: "
              + ", ".join(f"metka-{program} {octets / (1 << 20):+.0f} MiB" for program, octets in grown.items())
              + f"; a letter alone: {told(before)}; among them: {told(during)}", flush=True)
        assert max(grown.values()) <= MOST_GROWTH, grown
    except Refused as why:
        raise AssertionError("somebody else was refused because of the slow ones") from why
    finally:
        slow.ended.set()
        slow.join(60)
    ledger.check(folders)
    eventually(lambda: descriptors_of(metka, "smtp") < 200, what="their descriptors are gone")
    assert list((folders[BIURO] / "tmp").iterdir()) == []
    metka.empty(SKLEP)


@shows("what a slow client has begun ends when its time is over, however it drips")
def _(metka):
    metka.change({"smtp": {"command_timeout": "3s", "data_timeout": "2s", "transfer_timeout": "4s"}})
    clients = {}
    try:
        for what in ("a command", "DATA"):
            _, prologue, drops = DRIPS[what]
            client = socket.create_connection(("127.0.0.1", metka.port["smtp"]))
            for line in prologue.splitlines(keepends=True):
                client.sendall(line)
            client.setblocking(False)
            clients[what] = (client, iter(drops))

        def all_hung_up():
            for what, (client, drops) in list(clients.items()):
                try:
                    client.send(bytes([next(drops)]))
                    while client.recv(4096):
                        pass
                    del clients[what]
                except BlockingIOError:
                    pass
                except OSError:
                    del clients[what]
            time.sleep(0.1)  # a drop, ten times a second
            return not clients
        eventually(all_hung_up, seconds=30, what="slow clients are hung up on")
    finally:
        for client, _ in clients.values():
            client.close()
        metka.change({"smtp": {"command_timeout": None, "data_timeout": None, "transfer_timeout": None}})


main()
