"""Every example of the manual does what it says: each is run against a real instance, in an order that makes sense."""

import contextlib
import os
import pathlib
import shlex
import socket
import subprocess
import tempfile
import threading

from harness import BUILD, DOMAIN, PASSWORD, Instance, Skipped, main, shows

LOGIN = f"metka-e{os.getpid()}"
BIURO, KONTAKT = f"biuro@{DOMAIN}", f"kontakt@{DOMAIN}"
MAILBOX = f"mailbox add {BIURO} --shell {LOGIN} --capacity 50M --password-stdin"
NEEDS_PASSWORD = ("my.password", "my.mailbox.add")  # at a terminal they would ask

# A method's name stands for its example; a whole line prepares the next. Each example once, at least.
ORDER = [
    "customer.add", "customer.list", "customer.show", "customer.set", "customer.suspend", "customer.resume", "plan.list", "plan.show",
    "domain.add", "domain.list", "domain.show",
    "domain add example.com --customer firma", "domain.dns", "domain.check", "domain.prove", "domain.remove",
    "domain add example.com --customer firma", "domain.set", "domain.suspend", "domain.resume",
    "shell.add", "shell.list", "shell.show", "shell.set", "shell.suspend", "shell.resume",
    "shell.app-password.add", "shell.app-password.list", "shell.app-password.remove",
    "mailbox.add", "mailbox.list", "mailbox.show", "mailbox.set", "mailbox.suspend", "mailbox.resume", "mailbox.renew",
    "mailbox.app-password.add", "mailbox.app-password.list", "mailbox.app-password.remove",
    "explain.recipient", "explain.sender", "explain.limit", "explain.login", "explain.receipt", "login.list", "login.unblock",
    "alias.add", "alias.list", "alias.show", "alias.set", "alias.rename",
    f"alias add marketing@{DOMAIN} --to {BIURO}", "alias.remove",
    "my.show", "my.usage", "my.alias.add", "my.alias.list", "my.alias.rename", f"alias remove {KONTAKT} --yes",
    f"--as {LOGIN} my alias add info@{DOMAIN}", "my.alias.remove",
    "my.app-password.add", f"--as {LOGIN} my app-password add Telefon", "my.app-password.list", "my.app-password.remove",
    "my.mailbox.list", "my.mailbox.show", "my.password", "my.mailbox.set", "my.mailbox.rename",
    f"mailbox remove sklep@{DOMAIN} --yes", "my.mailbox.add", "my.mailbox.remove", "my.log",
    MAILBOX, "mailbox.rename", f"alias remove {BIURO} --yes", f"mailbox rename {KONTAKT} --to {BIURO}", "mailbox.remove",
    "sweep.expiry", "sweep.quota", "notices.list", "status", "log", "version", "apply",
    "config.check", "config.show", "config.diff", "config.apply", "config.history", "config.rollback", "daemon.reload", "engine.restart",
    "shell.rename", f"shell rename {LOGIN}b --to {LOGIN}", "shell.remove",
    "customer.rename", "customer rename moja-firma --to firma", "customer.remove",
]


class NameServer:
    """Answers every question with what was published under that name and type, or with nothing."""

    def __init__(self):
        self.records = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def publish(self, name, text):
        self.records[name.lower(), 16] = bytes([len(text)]) + text.encode()

    def serve(self):
        while True:
            asked, peer = self.socket.recvfrom(4096)
            with contextlib.suppress(IndexError, UnicodeDecodeError):
                self.socket.sendto(self.answer(asked), peer)

    def answer(self, asked):
        at, labels = 12, []
        while asked[at]:
            labels.append(asked[at + 1:at + 1 + asked[at]].decode())
            at += 1 + asked[at]
        question, kind = asked[12:at + 5], int.from_bytes(asked[at + 1:at + 3], "big")
        data = self.records.get((".".join(labels).lower(), kind))
        answers = b"" if data is None else b"\xc0\x0c" + question[-4:] + b"\0\0\0\x01" + len(data).to_bytes(2, "big") + data
        return asked[:2] + b"\x85\x80\0\x01" + (b"\0\x01" if answers else b"\0\0") + b"\0\0\0\0" + question + answers


class World(Instance):
    """Asks our name server, and no other."""

    def start(self):
        if os.geteuid() != 0:
            raise Skipped("only root can make Unix users")
        super().start()
        self.names = NameServer()
        with (self.folder / "metka.yaml").open("a") as settings:
            settings.write(f'dns:\n  servers: ["127.0.0.1:{self.names.port}"]\n')
        assert self.stop().returncode == 0
        return super().start()

    def purge(self):
        super().purge()
        for login in (LOGIN, f"{LOGIN}b"):
            subprocess.run(["userdel", "--remove", login], capture_output=True)


def examples():
    done = subprocess.run([BUILD / "metka-reference", "--examples"], capture_output=True, text=True, check=True)
    return dict(line.split("\t") for line in done.stdout.splitlines())


def words_of(method, example):
    """The words behind `metkactl`, for a Unix user of our own in place of anna."""
    words = [{"anna": LOGIN, "anna2": f"{LOGIN}b"}.get(word, word) for word in shlex.split(example)][1:]
    if method in NEEDS_PASSWORD:
        words.append("--password-stdin")
    return ["--as", LOGIN, *words] if method.startswith("my.") else words


def run(metka, words, folder):
    done = subprocess.run([*metka.environment["METKACTL"].split(), *words], capture_output=True, text=True, timeout=120, cwd=folder,
                          input=PASSWORD + "\n")
    assert done.returncode == 0, f"metkactl {shlex.join(words)}: {done.returncode}: {done.stdout}{done.stderr}"


@shows("each verb's example ends with 0 where what it speaks of is there")
def _(metka):
    known = examples()
    assert set(known) == {step for step in ORDER if " " not in step}, set(known) ^ {step for step in ORDER if " " not in step}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "firma.yaml").write_text(
            f"customers: [{{name: firma, title: Moja Firma, contact: anna@example.org}}]\n"
            f"mailboxes: [{{address: kadry@{DOMAIN}, customer: firma, capacity: 10M}}]\n")
        for step in ORDER:
            if step == "domain.prove":
                name, _, token = metka.json("domain", "show", "example.com")["proof"].partition(" ")
                metka.names.publish("_metka.example.com", token.split()[-1].strip('"'))
            if step == "explain.receipt":
                code = metka.smtp().docmd("RCPT", "TO:<>")[1].decode().rsplit("[")[-1].rstrip("]")
                known[step] = known[step].replace("K7Q2-M3TX", code)
            if step == "config.apply":
                (metka.folder / "metka.d").mkdir()
                (metka.folder / "metka.d/larger.yaml").write_text("smtp:\n  message_size: 3G\n")
            run(metka, words_of(step, known[step]) if step in known else shlex.split(step), folder)


main(instance=World, provision=False)
