"""A mailbox moves between spaces while mail comes, and metkad is killed meanwhile: nothing is lost, nothing is there twice."""

import os
import signal
import smtplib
import subprocess
import threading
import time

from harness import DOMAIN, Instance, Skipped, eventually, main, shows

ANNA, JAN = f"mtk-m{os.getpid()}", f"mtk-n{os.getpid()}"
BIURO = f"biuro@{DOMAIN}"
KILLS = int(os.environ.get("METKA_KILLS", "6"))


class World(Instance):
    """One customer with two shell accounts; only root can make Unix users."""

    def start(self):
        if os.geteuid() != 0:
            raise Skipped("only root can make Unix users")
        return super().start()

    def provision(self):
        super().provision()
        for login in (ANNA, JAN):
            subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", login], check=True, capture_output=True)
            self.told("shell", "add", login, "--customer", "firma", "--adopt", "--disk-limit", "2G", "--free-domain", DOMAIN)

    def purge(self):
        super().purge()
        for login in (ANNA, JAN):
            subprocess.run(["userdel", "--remove", login], capture_output=True)


class Sender(threading.Thread):
    """Sends numbered messages until it is ended, each until it is accepted; what it could not hear of is doubtful."""

    def __init__(self, metka):
        super().__init__(daemon=True)
        self.metka, self.accepted, self.doubtful = metka, [], set()
        self.ended = threading.Event()

    def run(self):
        number, client = 0, None
        while not self.ended.is_set():
            number += 1
            name = f"m{number}"
            try:
                client = client or self.metka.smtp()
                client.sendmail("anna@example.org", [BIURO], f"Subject: {name}\r\nX-Ledger: {name}\r\n\r\n" + "x\r\n" * 50)
                self.accepted.append(name)
            except smtplib.SMTPServerDisconnected:
                self.doubtful.add(name)
                client = None
            except smtplib.SMTPException as refusal:  # just being moved
                code = refusal.smtp_code if isinstance(refusal, smtplib.SMTPResponseException) else 450
                assert 400 <= code < 500, refusal
            except OSError:
                self.doubtful.add(name)
                client = None
                time.sleep(0.05)


def ledger(metka):
    return [line.split(b":")[1].strip().decode() for message in metka.fetch() for line in message.split(b"\r\n")
            if line.startswith(b"X-Ledger:")]


def trees(metka, identifier):
    mail = metka.state / "mail"
    return [*mail.glob(f"box/{identifier[-2:]}/{identifier}"), *mail.glob(f"shell/*/box/{identifier}")]


def identifier_of(metka):
    return metka.json("mailbox", "show", BIURO)["maildir"].split("/")[-2]


def check(metka, sender):
    found = ledger(metka)
    assert not set(sender.accepted) - set(found), f"lost: {sorted(set(sender.accepted) - set(found))[:5]}"
    assert len(found) == len(set(found)), "a message is there twice"
    assert set(found) <= set(sender.accepted) | sender.doubtful, "a message is there that was refused"


def moves_that_stand(metka):
    return [each for each in metka.json("status")["problems"] if "on its way" in each]


WAYS = (["--shell", ANNA], ["--shell", JAN], ["--customer", "firma"])


@shows("a mailbox goes round all spaces while mail comes, and has every message once")
def _(metka):
    sender = Sender(metka)
    sender.start()
    eventually(lambda: len(sender.accepted) > 50, what="mail flows")
    for way in WAYS:
        before = len(sender.accepted)
        metka.told("mailbox", "set", BIURO, *way)
        eventually(lambda least=before: len(sender.accepted) > least + 5, what="mail flows after a move")
    sender.ended.set()
    sender.join(60)
    check(metka, sender)
    there = trees(metka, identifier_of(metka))
    assert len(there) == 1, there
    metka.empty()


@shows("metkad is killed in the middle of moves while mail comes: started again it ends them, and every message is there once")
def _(metka):
    sender = Sender(metka)
    sender.start()
    eventually(lambda: len(sender.accepted) > 200, what="mail flows")
    identifier = identifier_of(metka)
    for number in range(KILLS):
        mover = threading.Thread(target=metka.control, args=("mailbox", "set", BIURO, *WAYS[number % 3]), daemon=True)
        mover.start()
        while mover.is_alive() and len(trees(metka, identifier)) < 2:
            pass  # until the move has begun
        time.sleep(0.003 * (number // 3))  # and anywhere in it: whatever moment this is, it has to be right
        os.kill(metka.pid, signal.SIGKILL)
        mover.join(60)
        metka.start()
        eventually(lambda: not moves_that_stand(metka), what="the move is ended at the start")
        there = trees(metka, identifier)
        assert len(there) == 1, there
    eventually(lambda least=len(sender.accepted): len(sender.accepted) > least + 5, what="mail flows at the end")
    sender.ended.set()
    sender.join(60)
    check(metka, sender)


main(instance=World)
