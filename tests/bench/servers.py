"""The servers that are compared, behind one face: start, ports, what CPU went by in their processes, stop."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "programs"))
import harness  # noqa: E402

TOOLS = pathlib.Path(os.environ.get("METKA_BENCH_TOOLS", harness.BUILD / "tests"))  # bench-load and its like
BOXES = 20
DOMAIN = harness.DOMAIN


class Group:
    """A control group of its own: it counts the CPU of every process that ever ran in it, those that ended included.

    What processes say of their children is not enough here: Exim lets the kernel reap them, and their time is lost."""

    def __init__(self, name):
        mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
        self.hierarchy = next((pathlib.Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)
        if not self.hierarchy:
            raise harness.Skipped("no cgroup2 is mounted, and CPU cannot be counted without it")
        self.path = self.hierarchy / f"metka-bench-{os.getpid()}-{name}"
        self.path.mkdir()

    @contextlib.contextmanager
    def entered(self):
        """Whatever is started within belongs to the group."""
        own = next(line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
        (self.path / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            (self.hierarchy / own.lstrip("/") / "cgroup.procs").write_text(str(os.getpid()))

    def cpu(self):
        """Seconds."""
        counted = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(counted["usage_usec"]) / 1e6

    def processes(self):
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def memory(self):
        """Bytes of all its processes, what several share counted once (PSS)."""
        found = 0
        for pid in self.processes():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                rows = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                found += sum(1024 * int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        return found

    def end_all(self, seconds=20):
        deadline = time.monotonic() + seconds
        while left := self.processes():
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            time.sleep(0.2)

    def close(self):
        """Ends all that is left, and the group."""
        self.end_all()
        harness.eventually(self.remove, what="the kernel lets go of a control group")

    def remove(self):
        with contextlib.suppress(OSError):
            self.path.rmdir()
            return True


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def await_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Server:
    """What all have: `smtp` and `submission` or `pop3s` (ports), `mail` (a folder of Maildirs), and a group."""

    name = ""
    key = ""
    no_tls = not_durable = None  # or why

    def open_group(self):
        self.group = Group(self.key)

    def cpu(self):
        return self.group.cpu()

    def cpu_at_rest(self, seconds=10):
        """When what follows a delivery is done, too: a queue file removed, a log line written."""
        before, deadline = self.cpu(), time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(0.2)
            now = self.cpu()
            if now - before < 0.002:
                break
            before = now
        return self.cpu()


class Metka(Server):
    name, key = "Metka", "metka"

    def __init__(self, settings=None):
        self.instance = harness.Instance()
        self.instance.settings = settings or {}

    def start(self):
        self.open_group()
        with self.group.entered():
            self.instance.start()
        self.provision()
        self.smtp, self.submission, self.pop3s = (self.instance.port[service] for service in ("smtp", "submission", "pop3s"))
        self.mail = self.instance.state / "mail"
        self.certificate_folder = pathlib.Path(self.instance.ca).parent

    def provision(self):
        metka = self.instance
        metka.told("customer", "add", "firma", "--name", "Moja Firma", "--contact", "anna@example.org")
        metka.told("domain", "add", DOMAIN, "--customer", "firma")
        for number in range(BOXES):
            metka.told("mailbox", "add", f"box{number}@{DOMAIN}", "--customer", "firma", "--capacity", "100G",
                       "--password-stdin", input=harness.PASSWORD + "\n")

    def log(self):
        return self.instance.log()

    def stop(self):
        self.instance.purge()
        if hasattr(self, "group"):
            self.group.close()


def crypted(salt):
    return subprocess.run(["perl", "-e", f"print crypt(<STDIN>, '{salt}')"], input=harness.PASSWORD, text=True, check=True,
                          capture_output=True).stdout


class Peer(Server):
    """A server from Debian, in a folder of its own, not started by its package."""

    def __init__(self, certificate_folder):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.smtp, self.submission, self.pop3s = free_port(), free_port(), free_port()
        self.mail = self.folder / "mail"
        self.owner = pwd.getpwnam("mail")
        self.values = dict(folder=self.folder, domain=DOMAIN, uid=self.owner.pw_uid, gid=self.owner.pw_gid, smtp=self.smtp,
                           submission=self.submission, pop3s=self.pop3s, tls=self.folder / "tls", password=harness.PASSWORD)
        self.certificate_folder = certificate_folder

    def start(self):
        self.open_group()
        for name in ("etc", "queue", "data", "log", "run", "mail", "tls"):
            (self.folder / name).mkdir()
        shutil.chown(self.mail, self.owner.pw_uid, self.owner.pw_gid)
        for name in ("certificate.pem", "key.pem"):
            shutil.copyfile(self.certificate_folder / name, self.folder / "tls" / name)
        (self.folder / "tls/key.pem").chmod(0o600)
        self.boxes = [f"box{number}@{DOMAIN}" for number in range(BOXES)]
        with self.group.entered():
            self.run()
        for port in self.ports():
            await_port(port)

    def ports(self):
        return [self.smtp, self.submission]

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**self.values) if name.endswith((".cf", ".conf")) else text)
        path.chmod(mode)

    def log(self):
        return "".join(f"-- {path}\n{path.read_text(errors='replace')[-2000:]}" for path in (self.folder / "log").iterdir())

    def stop(self):
        if hasattr(self, "group"):
            self.group.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Loaded(typing.NamedTuple):
    """What bench-load did."""

    pieces: int
    messages: int
    octets: int
    seconds: float
    resumed: int  # TLS sessions
    cpu: float  # its own, seconds

    @classmethod
    def read(cls, line):
        return cls(*(kind(word) for kind, word in zip(cls.__annotations__.values(), line.split(), strict=True)))


def load_command(mode, options):
    options = dict(boxes=BOXES, domain=DOMAIN, password=harness.PASSWORD) | options
    return [TOOLS / "bench-load", mode, *(f"--{name.replace('_', '-')}={value}" for name, value in options.items())]


def load(mode, **options):
    """Runs bench-load."""
    command = load_command(mode, options)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr}")
    return Loaded.read(done.stdout)


class WaitingLoad:
    """bench-load that has come as far as "ready", until it is told to go on: what it did in the end."""

    def __init__(self, mode, **options):
        self.command = load_command(mode, options)
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.said = ""
        while not self.said.endswith("ready\n"):
            line = self.process.stdout.readline()
            if not line:
                self.fail()
            self.said += line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def fail(self):
        raise RuntimeError(f"{' '.join(map(str, self.command))}: {self.process.communicate()[1]}")

    def go_on(self):
        said, _ = self.process.communicate("\n")
        if self.process.returncode:
            raise RuntimeError(f"{' '.join(map(str, self.command))}: it failed in its work")
        return Loaded.read(said)


def delivered(server):
    """Messages in all inboxes, by name."""
    return sum(len(files) for folder, _, files in os.walk(server.mail) if folder.endswith(("/new", "/cur")))


def await_delivered(server, count, patience=60):
    """Looks seldom, as looking takes a processor from the server; gives up after so many seconds with nothing new."""
    before, last = -1, time.monotonic()
    while True:
        began = time.monotonic()
        there = delivered(server)
        if there >= count:
            return
        if there > before:
            before, last = there, began
        if began > last + patience:
            raise RuntimeError(f"{server.name} delivered {there} messages of {count}, and no more in {patience} s")
        time.sleep(max(0.01, 10 * (time.monotonic() - began)))
