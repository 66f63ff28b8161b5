"""Thousands of POP3 clients who wait, drip, flood or read nothing cost others nothing and us little memory."""

import os
import select
import socket
import ssl
import statistics
import threading
import time

from crowds import Counted, address_of, descriptors_of, memory_of, raise_limit
from harness import DOMAIN, PASSWORD, eventually, main, shows
from traffic import deliver, message

IDLE = int(os.environ.get("METKA_IDLE", "5000"))
DRIPPING = int(os.environ.get("METKA_DRIPPING", "500"))
READERS = 10  # of those, who take a large message a byte at a time
CONNECTING = 20  # seconds: on a slow machine those are many enough who are there by then
BIURO = f"biuro@{DOMAIN}"
MIB = 1 << 20


class Idle:
    """Connections under TLS that say nothing; made by several threads, each session resumed as mail programs do."""

    def __init__(self, metka, most):
        self.metka, self.most, self.channels, self.lock = metka, most, [], threading.Lock()
        self.context, self.failures = metka.tls(), []
        self.next = iter(range(10 * most))
        threads = [threading.Thread(target=self.make, daemon=True) for _ in range(4)]
        self.until = time.monotonic() + CONNECTING
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def make(self):
        session = None
        while time.monotonic() < self.until:
            with self.lock:
                number = next(self.next)
            if number >= self.most:
                return
            try:
                channel = connected(self.metka, self.context, number, session)
                session = session or channel.session
            except OSError as why:
                self.failures.append(why)
                return
            with self.lock:
                self.channels.append(channel)

    def alive(self):
        """Who has not been hung up on; none has been sent anything since the greeting."""
        poller = select.poll()
        for channel in self.channels:
            poller.register(channel, select.POLLIN)
        ended = 0
        for descriptor, _ in poller.poll(0):
            ended += socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM).recv(1, socket.MSG_PEEK) == b""
        return len(self.channels) - ended

    def close(self):
        for channel in self.channels:
            channel.close()


def connected(metka, context, number, session=None):
    plain = socket.socket()
    plain.bind((address_of(number), 0))
    plain.settimeout(60)
    plain.connect(("127.0.0.1", metka.port["pop3s"]))
    channel = context.wrap_socket(plain, server_hostname="localhost", session=session)
    greeting = channel.recv(512)
    assert greeting.startswith(b"+OK"), greeting
    return channel


def opened(metka, login=BIURO, number=None):
    """A logged-in channel; the words are read, the rest is left to whoever has it."""
    channel = connected(metka, metka.tls(), number) if number is not None else metka.tls_socket("pop3s")
    if number is None:
        assert channel.recv(512).startswith(b"+OK")
    for words in (f"USER {login}", f"PASS {PASSWORD}"):
        channel.sendall(words.encode() + b"\r\n")
        answer = channel.recv(512)
        assert answer.startswith(b"+OK"), answer
    return channel


class Dripping(threading.Thread):
    """Each says, or takes, another byte about twice a second."""

    HELLO = bytes.fromhex("16030101fa010001f60303") + bytes(range(200))
    WORDS = (HELLO, b"USER " + b"a" * 100, b"CAPA\r\n" * 20)

    def __init__(self, metka, first, count, logins):
        super().__init__(daemon=True)
        self.metka, self.first, self.count, self.logins = metka, first, count, logins
        self.talkers, self.readers, self.taken = [], [], 0
        self.ready, self.ended = threading.Event(), threading.Event()

    def begin(self):
        context = self.metka.tls()
        for number in range(self.first, self.first + self.count):
            words = self.WORDS[number % len(self.WORDS)]
            if words is self.HELLO:
                channel = socket.socket()
                channel.bind((address_of(number), 0))
                channel.connect(("127.0.0.1", self.metka.port["pop3s"]))
            else:
                channel = connected(self.metka, context, number)
            channel.setblocking(False)
            self.talkers.append((channel, words))
        for at, login in enumerate(self.logins):
            channel = opened(self.metka, login, self.first + self.count + at)
            channel.sendall(b"RETR 1\r\n")
            self.readers.append(channel)

    def run(self):
        self.begin()
        turn = 0
        while not self.ended.is_set():
            began = time.monotonic()
            for channel, words in self.talkers:
                try:
                    channel.send(words[turn % len(words):][:1])
                except OSError:
                    pass
            for channel in self.readers:
                self.taken += len(channel.recv(1))
            turn += 1
            if turn == 2:
                self.ready.set()
            self.ended.wait(max(0, 0.5 - (time.monotonic() - began)))
        for channel in [*self.readers, *(channel for channel, _ in self.talkers)]:
            channel.close()


def assert_given_back(metka, before, grown):
    """What a crowd took goes back to the system when it has left: near to what there was."""
    allowed = before + max(grown // 4, 12 * MIB)
    eventually(lambda: memory_of(metka, "access") < allowed, seconds=120, what=f"metka-access has {allowed} bytes again")
    print(f"        when they have gone: {memory_of(metka, 'access') / MIB:.0f} MiB, of {before / MIB:.0f} before and "
          f"{(before + grown) / MIB:.0f} with them", flush=True)


def served(metka, count=20):
    """So many sessions of somebody who only wants his mail; the seconds each took."""
    times = []
    for _ in range(count):
        began = time.monotonic()
        client = metka.pop3(BIURO)
        assert client.stat()[0] == len(client.uidl()[1]) == 1
        assert b"for biuro" in client.retr(1)[1]
        client.quit()
        times.append(time.monotonic() - began)
    return f"median {statistics.median(times) * 1000:.0f} ms, longest {max(times) * 1000:.0f} ms"


def one_letter(metka, body=b"for biuro\r\n"):
    metka.empty(BIURO)
    deliver(metka, BIURO, message("one", "a@example.org", body))


@shows(f"up to {IDLE} idle and {DRIPPING} dripping clients: each stays, somebody else is served, and little memory is taken")
def _(metka):
    raise_limit(2 * (IDLE + DRIPPING) + 1000)
    metka.applied({"pop3": {"connections": 2 * (IDLE + DRIPPING), "login_timeout": "10m"}})
    logins = [metka.mailbox(f"wolny{number}") for number in range(READERS)]
    with metka.smtp() as client:
        client.sendmail("a@example.org", logins, message("large", "a@example.org", b"%s\r\n" % (b"x" * 70) * 30_000))
    one_letter(metka)
    alone = served(metka)
    before = memory_of(metka, "access")
    idle = Idle(metka, IDLE)
    count, each = len(idle.channels), None
    dripping = Dripping(metka, IDLE, DRIPPING, logins)
    try:
        assert not idle.failures and count >= min(IDLE, 300), (count, idle.failures[:3])
        each = (memory_of(metka, "access") - before) / count
        dripping.start()
        assert dripping.ready.wait(100), "those who drip have not begun"
        meanwhile = served(metka)
        assert idle.alive() == count, f"{count - idle.alive()} of {count} connections ended"
        grown = memory_of(metka, "access") - before
        print(f"        {count} idle: {each / 1024:.1f} KiB each; with {len(dripping.talkers)} that drip and {len(dripping.readers)} that "
              f"took {dripping.taken} bytes: {grown / MIB:.0f} MiB more; somebody else alone: {alone}; among them: {meanwhile}", flush=True)
        assert grown < 64 * MIB + count * 40 * 1024 + DRIPPING * 80 * 1024, grown
        assert dripping.taken >= READERS
    finally:
        dripping.ended.set()
        if dripping.is_alive():
            dripping.join(60)
        idle.close()
    eventually(lambda: descriptors_of(metka, "access") < 200, seconds=60, what="their descriptors are gone")
    assert_given_back(metka, before, grown)
    metka.write({"pop3": {"connections": None, "login_timeout": None}})
    assert metka.stop().returncode == 0  # what thousands of connections had is not counted as there already
    metka.start_again()


class Flood:
    """Words without end, in one thread: what the server says is read only on request."""

    def __init__(self, channel, words, times):
        self.channel, self.words, self.left = channel, words, len(words) * times
        self.at, self.answers, self.ended = 0, b"", False
        channel.setblocking(False)
        self.block = words * (65536 // len(words) + 2)

    def send(self):
        begin = self.at % len(self.words)
        try:
            sent = self.channel.send(self.block[begin:begin + min(self.left, 32768)])
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return 0
        except OSError:
            self.ended, self.left = True, 0
            return 0
        self.at += sent
        self.left -= sent
        return sent

    def send_until_stuck(self, seconds=1.0):
        """To its end, or until the server has taken nothing for so long."""
        last = time.monotonic()
        while self.left and time.monotonic() < last + seconds:
            if self.send():
                last = time.monotonic()
            else:
                time.sleep(0.01)

    def read(self):
        try:
            got = self.channel.recv(1 << 16)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return select.select([self.channel], [], [], 0.05)[0]
        except OSError:
            got = b""
        self.answers += got
        self.ended = self.ended or not got
        return bool(got)

    def read_until(self, is_enough, seconds=100):
        deadline = time.monotonic() + seconds
        while not is_enough() and not self.ended:
            assert time.monotonic() < deadline, f"{len(self.answers)} bytes of answers, {self.left} bytes unsent"
            while self.left and self.send():
                pass
            self.read()


NOOPS = 300_000


@shows(f"{NOOPS:,} NOOPs and 1,000 RETR of a large message, sent before anything is read, are held back in little memory")
def _(metka):
    one_letter(metka, b"%s\r\n" % (b"y" * 70) * 15_000)
    counted = Counted(metka, "access", "store")
    channel = opened(metka)
    flood = Flood(channel, b"NOOP\r\n", NOOPS)
    flood.send_until_stuck()
    held = NOOPS - flood.left // 6
    flood.read_until(lambda: not flood.left and flood.answers.count(b"\r\n") >= NOOPS)
    assert flood.answers == b"+OK\r\n" * NOOPS, flood.answers[:200]
    channel.close()

    def reopened():
        try:
            return opened(metka)
        except AssertionError as why:
            assert b"IN-USE" in why.args[0], why
    channel = eventually(reopened, 60, "the inbox is free again")
    flood = Flood(channel, b"RETR 1\r\n", 1000)
    flood.send_until_stuck()
    flood.read_until(lambda: len(flood.answers) > 5 * MIB)
    first, second = (flood.answers.split(b"\r\n.\r\n", 2)[at] for at in (0, 1))
    assert first == second and len(first) > MIB
    channel.close()
    one_letter(metka)
    counted.assert_small(f"{held} of {NOOPS} NOOPs before one answer was read")
    print(f"        meanwhile: {served(metka, 5)}", flush=True)


HUGE = (b"USER " + b"a" * 200_000, b"PASS " + b"b" * 5_000_000, b"AUTH PLAIN " + b"A" * 1_000_000, b"Q" * 100_000, b"RETR " + b"1" * 400,
        b"RETR 99999999999999999999999", b"TOP 1 18446744073709551616", b"TOP 4294967297 1", b"DELE 4294967297", b"LIST -1", b"RETR 0",
        b"UIDL 1 1", b"RETR 1\0")


@shows("lines without an end, and arguments larger than any, are refused in little memory, and change nothing")
def _(metka):
    one_letter(metka)
    counted = Counted(metka, "access", "store")
    for logged_in in (False, True):
        for words in HUGE:
            channel = eventually(lambda: free(metka, logged_in), 60, "the inbox is free again")
            flood = Flood(channel, words + b"\r\n", 1)
            flood.read_until(lambda: not flood.left and b"\r\n" in flood.answers)
            assert flood.answers.startswith(b"-ERR"), (words[:40], flood.answers[:200])
            channel.close()
        channel = eventually(lambda: free(metka, logged_in), 60, "the inbox is free again")
        flood = Flood(channel, b"NOOP" * 16, MIB)  # 64 MiB before its line ends
        flood.send_until_stuck()
        if not flood.ended:
            channel.setblocking(True)
            channel.sendall(b"\r\n")
            assert channel.recv(512).startswith(b"-ERR")
        channel.close()
    counted.assert_small("huge lines")
    served(metka, 3)


def free(metka, logged_in):
    if not logged_in:
        channel = metka.tls_socket("pop3s")
        assert channel.recv(512).startswith(b"+OK")
        return channel
    try:
        return opened(metka)
    except AssertionError as why:
        assert b"IN-USE" in why.args[0], why
        return None


main()
