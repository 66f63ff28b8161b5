"""Any process may be killed at any moment: what got 250 is there, what was commanded is there, and nobody is refused."""

import os
import random
import signal
import smtplib
import threading
import time

from harness import DOMAIN, PASSWORD, eventually, main, shows

SKLEP, BIURO = f"sklep@{DOMAIN}", f"biuro@{DOMAIN}"
ROUNDS = int(os.environ.get("METKA_KILLS", "6"))


class Sender(threading.Thread):
    """Sends numbered messages one after another and keeps the ledger of those that got 250."""

    def __init__(self, metka, name):
        super().__init__(daemon=True)
        self.metka, self.prefix = metka, name
        self.accepted, self.doubtful, self.refused_connections = [], [], []
        self.ended = threading.Event()

    def one(self, client, identifier):
        body = f"From: {SKLEP}\r\nSubject: {identifier}\r\nX-Ledger: {identifier}\r\n\r\n" + f"{identifier}\r\n" * 200
        try:
            client.sendmail(SKLEP, [BIURO], body)
        except (smtplib.SMTPServerDisconnected, OSError):
            self.doubtful.append(identifier)  # the answer was lost: it may be there or not
            raise
        self.accepted.append(identifier)

    def run(self):
        number = 0
        while not self.ended.is_set():
            try:
                client = self.metka.smtp()
                for _ in range(20):
                    if self.ended.is_set():
                        break
                    number += 1
                    self.one(client, f"{self.prefix}-{number}")
            except ConnectionRefusedError as refusal:
                self.refused_connections.append(str(refusal))
            except (smtplib.SMTPException, OSError):
                time.sleep(0.05)


def ledger(metka):
    fetched = metka.fetch()
    found = [line.split(b":")[1].strip().decode() for message in fetched for line in message.split(b"\r\n")
             if line.startswith(b"X-Ledger:")]
    assert all(message.endswith(f"{name}\r\n".encode()) and message.count(name.encode()) >= 202
               for message, name in zip(fetched, found)), "a torn message"
    return found


def check(metka, senders):
    accepted = [name for sender in senders for name in sender.accepted]
    doubtful = {name for sender in senders for name in sender.doubtful}
    found = ledger(metka)
    lost = set(accepted) - set(found)
    assert not lost, f"{len(lost)} of {len(accepted)} acknowledged messages are lost: {sorted(lost)[:5]}"
    assert len(found) == len(set(found)), "a message is there twice"
    assert set(found) <= set(accepted) | doubtful, "a message is there that was refused"
    return len(accepted)


def mail_flows(senders):
    def accepted():
        return sum(len(sender.accepted) for sender in senders)
    before = accepted()
    eventually(lambda: accepted() > before + 5, what="mail flows again")


def under_load(metka, act, rounds=ROUNDS):
    metka.empty()
    senders = [Sender(metka, f"s{n}-{random.randrange(1 << 30)}") for n in range(3)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(rounds):
            mail_flows(senders)
            time.sleep(random.uniform(0, 0.2))
            act()
        mail_flows(senders)
    finally:
        for sender in senders:
            sender.ended.set()
        for sender in senders:
            sender.join(60)
    return senders


def kill(metka, program):
    row = metka.programs()[program]
    os.kill(row["pid"], signal.SIGKILL)
    eventually(lambda: metka.programs()[program]["pid"] not in (row["pid"], 0), what=f"metka-{program} is started again")
    eventually(lambda: metka.programs()[program]["state"] == "running", what=f"metka-{program} serves again")


for program in ("store", "smtp", "auth", "access"):
    def killed(metka, program=program):
        senders = under_load(metka, lambda: kill(metka, program), rounds=max(2, ROUNDS // 3))
        assert not [refusal for sender in senders for refusal in sender.refused_connections], "a connection was refused"
        check(metka, senders)
        metka.submission().quit()
    shows(f"metka-{program} killed under load: nothing acknowledged is lost, no connection is refused, it comes back")(killed)


@shows("metkad killed under load and started again: nothing acknowledged is lost, every command is there")
def _(metka):
    commanded = []

    def kill_metkad():
        name = f"kolejny{len(commanded)}"
        metka.told("alias", "add", f"{name}@{DOMAIN}", "--to", BIURO)
        commanded.append(f"{name}@{DOMAIN}")
        os.kill(metka.pid, signal.SIGKILL)
        metka.start()

    senders = under_load(metka, kill_metkad, rounds=3)
    check(metka, senders)
    assert set(commanded) <= {row["address"] for row in metka.json("alias", "list")}


@shows("metkad killed in the middle of commands: each is there whole or not at all")
def _(metka):
    done = []

    def command():
        for number in range(400):
            address = f"polowa{number}@{DOMAIN}"
            result = metka.control("mailbox", "add", address, "--customer", "firma", "--capacity", "1M", "--password-stdin",
                                   input=PASSWORD + "\n")
            if result.returncode != 0:
                return
            done.append(address)

    worker = threading.Thread(target=command, daemon=True)
    worker.start()
    eventually(lambda: len(done) >= 5, what="commands flow")
    os.kill(metka.pid, signal.SIGKILL)
    worker.join(60)
    metka.start()
    there = {row["address"] for row in metka.json("mailbox", "list")}
    assert set(done) <= there, set(done) - there
    for address in done[-3:]:
        metka.pop3(address).quit()
    for address in sorted(there - set(done)):
        if address.startswith("polowa"):
            metka.pop3(address).quit()


@shows("after a removal the mail and the secret are gone, even when metkad is killed at that moment")
def _(metka):
    address = metka.mailbox("znika")
    client = metka.smtp()
    client.sendmail("anna@example.org", [address], "Subject: x\r\n\r\nx\r\n")
    metka.told("mailbox", "remove", address, "--yes")
    os.kill(metka.pid, signal.SIGKILL)
    metka.start()
    assert address not in [row["address"] for row in metka.json("mailbox", "list")]
    metka.mailbox("znika")
    assert metka.fetch(address) == []


@shows("SIGTERM ends metkad and every program within its time, with status 0 of the last word")
def _(metka):
    pids = [row["pid"] for row in metka.programs().values()]
    assert metka.stop().returncode == 0
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")], "a program outlived metkad"
    metka.start()


main()
