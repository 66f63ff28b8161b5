"""What the end-to-end tests share: an instance of Metka of their own, clients that trust it, and a tiny runner.

A test file declares sentences and ends with main():

    @shows("a message sent to an alias is fetched by the mailbox it leads to")
    def _(metka): ...

    main()

It is run as `python3 FILE BUILD-FOLDER [WORDS]`; the exit status is 0, 1 if a sentence is not true, 75 if the file
cannot be tried here.
"""

import contextlib
import email
import json
import os
import pathlib
import poplib
import pwd
import random
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
OFFSETS = {"smtp": 25, "submission": 587, "submissions": 465, "pop3s": 995, "pop3": 110}
SERVED = ("smtp", "submission", "submissions", "pop3s")  # the others if a test configures them
DOMAIN = "moja-firma.lublin.pl"
PASSWORD = "a long enough pass phrase"

poplib._MAXLINE = 1 << 20  # tests look at what a server sends, however long


# ctest kills what takes too long for it, and then nobody knows where it stood: we say so, and clean up, before that.
MOST_SECONDS = int(os.environ.get("METKA_MOST_SECONDS", "0"))  # 0: as long as it takes


class Skipped(Exception):
    pass


class TooLate(BaseException):
    """Out of wherever the test waits."""


reserved = []  # as long as this test runs: the ports of an instance that is down for a moment are nobody else's


def free_port_base():
    """Below the range that the kernel gives to clients, so that nobody takes the ports between now and the start."""
    while True:
        base = random.randrange(10003, 30000, 7)  # no two offsets differ by a multiple of 7: neither do ports of two bases
        name = socket.socket(socket.AF_UNIX)
        with contextlib.ExitStack() as held:
            try:
                name.bind(f"\0metka-test-ports-{base}")
                for offset in OFFSETS.values():
                    held.enter_context(socket.create_server(("127.0.0.1", base + offset)))
            except OSError:
                name.close()
                continue
        reserved.append(name)
        return base


def zone_of_noon():
    """A time zone where the day neither ends nor begins while a test runs."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # POSIX counts them the other way round


def eventually(condition, seconds=60, what="the condition"):
    """Polls: for what another process does in its own time. Returns the first true value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise AssertionError(f"{what() if callable(what) else what}: not within {seconds} s; seen last: {value!r}")
        time.sleep(0.02)


def as_user(user, command):
    if not user:
        return command
    account = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--", *map(str, command)]


class Instance:
    """One Metka in a folder of its own, set up by config/quickstart as anybody would."""

    settings = {}  # besides what quickstart writes (change)

    def __init__(self, *, root=ROOT, build=BUILD, user=None):
        self.root, self.build, self.user = root, build, user
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-test-", dir="/var/tmp"))
        if user:
            shutil.chown(self.folder, user)
        self.base = None
        self.environment = {}

    def quickstart(self, *options, environment=None):
        command = ["bash", self.root / "config/quickstart", "--build", self.build, *options, self.folder]
        return subprocess.run(as_user(self.user, command), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ, "HOME": "/nonexistent", **(environment or {})}, cwd="/", timeout=200)

    def start(self):
        self.start_as_written()
        if self.settings:
            self.change(self.settings)
        return self

    def change(self, settings):
        """Brings settings into metka.yaml, and starts again if that says more."""
        self.settings = {**self.settings, **settings}
        if self.write(settings):
            assert self.stop().returncode == 0
            self.start_as_written()

    def write(self, settings):
        """Settings, {"section": {"key": value as YAML, or None for the default}}; whether metka.yaml says more now."""
        path = self.folder / "metka.yaml"
        lines = before = path.read_text().splitlines()
        for section, rows in settings.items():
            if f"{section}:" not in lines:
                lines = [*lines, f"{section}:"]
            at = lines.index(f"{section}:") + 1
            end = next((n for n in range(at, len(lines)) if not lines[n].startswith(" ")), len(lines))
            kept = [line for line in lines[at:end] if line.split(":")[0].strip() not in rows]
            new = [f"  {key}: {value}" for key, value in rows.items() if value is not None]
            head = [lines[at - 1]] if kept or new else []
            lines = [*lines[:at - 1], *head, *kept, *new, *lines[end:]]
        path.write_text("\n".join(lines) + "\n")
        return lines != before

    def start_as_written(self):
        for _ in range(5):
            self.base = self.base or free_port_base()
            done = self.quickstart("--no-build", "--no-demo", "--port-base", str(self.base))
            if done.returncode == 78 and "is taken" in done.stderr:
                self.base = None
                continue
            break
        assert done.returncode == 0, f"quickstart ended with {done.returncode}: {done.stdout}{done.stderr}\n{self.log()}"
        self.read_environment()

    def read_environment(self):
        for line in (self.folder / "instance.env").read_text().splitlines():
            key, _, value = line.partition("=")
            self.environment[key] = value.strip("'")
        self.pid = int(self.environment["PID"])
        self.state = pathlib.Path(self.environment["STATE_DIR"])
        self.ca = self.environment["CA_FILE"]
        self.port = {name: self.base + offset for name, offset in OFFSETS.items()}

    def stop(self):
        return self.quickstart("--stop")

    def purge(self):
        done = self.quickstart("--stop", "--purge")
        if done.returncode and self.environment:
            print(f"purge: {done.stdout}{done.stderr}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """Its end."""
        return self.whole_log()[-3000:]

    def whole_log(self):
        path = self.folder / "metkad.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # -- metkactl

    def control(self, *words, input=None, user=None, timeout=60):
        command = [*self.environment["METKACTL"].split(), *words]
        return subprocess.run(as_user(user or self.user, command), capture_output=True, text=True, input=input or "",
                              timeout=timeout)

    def told(self, *words, input=None):
        done = self.control(*words, input=input)
        assert done.returncode == 0, f"metkactl {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words):
        return json.loads(self.told(*words, "--json"))

    def programs(self):
        """The row of each by its short name; one that has been replaced and only drains is left out."""
        rows = self.json("status")["programs"]
        return {row["name"].removeprefix("metka-"): row for row in rows if row["state"] != "draining"}

    # -- generations

    def apply(self, settings, *words, timeout=60):
        """Writes the settings and has metkad switch to them."""
        self.write(settings)
        return self.control("config", "apply", "--yes", *words, timeout=timeout)

    def applied(self, settings, *words):
        done = self.apply(settings, *words)
        assert done.returncode == 0, f"config apply: {done.returncode}: {done.stdout}{done.stderr}\n{self.log()}"
        return self.json("status")["generation"]

    def history(self):
        return self.json("config", "history")

    def generation_folder(self, number="current"):
        return self.state / "generations" / str(number)

    def current(self):
        """What the link says, whether or not metkad runs."""
        return int(os.readlink(self.generation_folder()))

    def all_run(self, generation):
        """Whether metkad and every program run this generation; what has been replaced and only drains ends with its own."""
        status = self.json("status")
        rows = [row for row in status["programs"] if row["state"] != "draining"]
        return status["generation"] == generation and all((row["state"], row["generation"]) == ("running", generation) for row in rows)

    def assert_whole(self, generation):
        done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest"], cwd=self.generation_folder(generation),
                              capture_output=True, text=True)
        assert done.returncode == 0, f"generation {generation}: {done.stdout}{done.stderr}"
        named = {line.split()[1] for line in (self.generation_folder(generation) / "manifest").read_text().splitlines()
                 if not line.startswith("#")}
        assert {f"engine/{path.name}" for path in (self.generation_folder(generation) / "engine").iterdir()} == named

    def kill(self):
        """metkad dies on the spot."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_until_gone()

    def wait_until_gone(self):
        def gone():
            with contextlib.suppress(FileNotFoundError):
                return "State:\tZ" in pathlib.Path(f"/proc/{self.pid}/status").read_text()
            return True
        eventually(gone, what="metkad has ended")

    def start_again(self, environment=None):
        """On the ports it had: programs of the one before may hold them for a moment."""
        def started():
            done = self.quickstart("--no-build", "--no-demo", "--port-base", str(self.base), environment=environment)
            assert done.returncode == 0 or "is taken" in done.stderr, f"{done.returncode}: {done.stdout}{done.stderr}\n{self.log()}"
            return done.returncode == 0
        eventually(started, what="metkad starts again")
        self.read_environment()

    def provision(self):
        """A customer with a domain, two paid mailboxes and an alias."""
        self.told("customer", "add", "firma", "--name", "Moja Firma", "--contact", "anna@example.org")
        self.told("domain", "add", DOMAIN, "--customer", "firma")
        for name in ("biuro", "sklep"):
            self.mailbox(name)
        self.told("alias", "add", f"marketing@{DOMAIN}", "--to", f"biuro@{DOMAIN}")

    def mailbox(self, name, *options):
        self.told("mailbox", "add", f"{name}@{DOMAIN}", "--customer", "firma", "--capacity", "1G", *options,
                  "--password-stdin", input=PASSWORD + "\n")
        return f"{name}@{DOMAIN}"

    # -- clients

    def tls(self):
        return ssl.create_default_context(cafile=self.ca)

    def submission(self, login=f"sklep@{DOMAIN}", password=PASSWORD):
        """A client that has said STARTTLS and logged in."""
        client = smtplib.SMTP("localhost", self.port["submission"], local_hostname="client.test", timeout=60)
        client.starttls(context=self.tls())
        client.login(login, password)
        return client

    def smtp(self):
        client = smtplib.SMTP("localhost", self.port["smtp"], local_hostname="mx.example.org", timeout=60)
        client.ehlo()
        return client

    def pop3(self, login=f"biuro@{DOMAIN}", password=PASSWORD, patient=True):
        """Logged in. A session whose connection a test cut holds its inbox a moment longer: the patient wait for that."""
        deadline = time.monotonic() + (30 if patient else 0)
        while True:
            client = poplib.POP3_SSL("localhost", self.port["pop3s"], timeout=60, context=self.tls())
            client.user(login)
            try:
                client.pass_(password)
                return client
            except poplib.error_proto as why:
                client.close()
                if b"[IN-USE]" not in why.args[0] or time.monotonic() >= deadline:
                    raise
            time.sleep(0.02)

    def plain_socket(self, service):
        return socket.create_connection(("127.0.0.1", self.port[service]), timeout=60)

    def tls_socket(self, service):
        return self.tls().wrap_socket(self.plain_socket(service), server_hostname="localhost")

    def fetch(self, login=f"biuro@{DOMAIN}", password=PASSWORD):
        """Every message of an inbox, as bytes with CRLF."""
        client = self.pop3(login, password)
        count, _ = client.stat()
        messages = [b"".join(line + b"\r\n" for line in client.retr(n + 1)[1]) for n in range(count)]
        client.quit()
        return messages

    def empty(self, login=f"biuro@{DOMAIN}"):
        client = self.pop3(login)
        for number in range(1, client.stat()[0] + 1):
            client.dele(number)
        client.quit()


class WithItsOwnPrograms(Instance):
    """On a copy of the programs, which a test may replace by others."""

    def __init__(self):
        super().__init__()
        self.build = pathlib.Path(tempfile.mkdtemp(prefix="metka-programs-", dir="/var/tmp"))
        self.build.chmod(0o755)
        shutil.copytree(BUILD / "bin", self.build / "bin")
        if (BUILD / "translations").exists():
            shutil.copytree(BUILD / "translations", self.build / "translations")

    def purge(self):
        super().purge()
        shutil.rmtree(self.build, ignore_errors=True)

    def replace_program(self, program, word, other):
        """By one that was made before there was this word, as after half an upgrade."""
        content = (BUILD / "bin" / program).read_bytes()
        assert len(word) == len(other) and word.encode() + b"\0" in content, f"{program} does not know {word}"
        self.put_program(program, content.replace(word.encode() + b"\0", other.encode() + b"\0"))

    def put_program(self, program, content):
        path = self.build / "bin" / program
        path.rename(path.with_name(program + ".own"))
        path.write_bytes(content)
        path.chmod(0o755)

    def restore_program(self, program):
        """The very file that was there: metkad tells when a program runs that is no longer the one on the disk."""
        path = self.build / "bin" / program
        path.with_name(program + ".own").rename(path)


def after_trace(message, own_first=b"From:"):
    """A fetched message without the header fields that delivery put in front of it."""
    at = message.find(b"\r\n" + own_first)
    assert at >= 0, message[:2000]
    return message[at + 2:]


def header(message, name):
    return email.message_from_bytes(message)[name]


def assert_same(one, other):
    if one != other:
        at = next((n for n, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
        raise AssertionError(f"{len(one)} and {len(other)} octets, from {at} on: {one[max(0, at - 80):at + 80]!r} and "
                             f"{other[max(0, at - 80):at + 80]!r}")


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"{program} is not installed")


sentences, failures = [], []


def shows(sentence):
    def remember(function):
        sentences.append((sentence, function))
        return function
    return remember


def what_was_seen(why):
    """The traceback, and what the names stood for where our own code failed: an assertion may not tell it all."""
    frames = [frame for frame, _ in traceback.walk_tb(why.__traceback__) if frame.f_code.co_filename.startswith(str(ROOT))]
    names = [f"    {name} = {value!r}" for name, value in frames[-1].f_locals.items()]
    return "\n".join([traceback.format_exc().rstrip(), *(name if len(name) < 500 else name[:500] + " …" for name in names), ""])


def run_one(sentence, function, arguments):
    began = time.monotonic()
    try:
        function(*arguments)
    except Skipped as why:
        print(f"skipped {sentence}: {why}", flush=True)
        return "skipped"
    except (Exception, TooLate) as why:
        failures.append((sentence, what_was_seen(why)))
        print(f"FAILED  {sentence}\n{failures[-1][1]}", flush=True)
        return "failed" if isinstance(why, Exception) else "too late"
    print(f"ok      {sentence} ({time.monotonic() - began:.1f} s)", flush=True)
    return "ok"


def too_late(*_):
    raise TooLate(f"not at its end after {MOST_SECONDS} s")


def main(*, instance=Instance, provision=True):
    """Runs the sentences in the order of the file. `instance` None: each sentence makes its own."""
    wanted = [(s, f) for s, f in sentences if len(sys.argv) < 3 or sys.argv[2] in s]
    metka = None
    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(MOST_SECONDS)
    try:
        if instance:
            metka = instance()
            metka.start()
            if provision:
                metka.provision()
        results = []
        for sentence, function in wanted:
            results.append(run_one(sentence, function, [metka] if metka else []))
            if results[-1] == "too late":
                break
        signal.alarm(0)
        if failures and metka:
            print(f"-- the end of metkad.log\n{metka.log()}")
    except Skipped as why:
        print(f"skipped: {why}")
        sys.exit(75)
    finally:
        signal.alarm(0)
        if metka:
            metka.purge()
    for sentence, why in failures:  # once more at the end, where a log is looked at first
        print(f"FAILED  {sentence}\n{why}", flush=True)
    sys.exit(1 if failures else 75 if results and set(results) == {"skipped"} else 0)
