"""metkad and its manager: SIGHUP reloads as `daemon reload` does, and sd_notify tells when it serves, reloads and ends"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import BUILD, ROOT, SERVED, Instance, eventually, main, shows


class Manager:
    """Stands where systemd would: hears what is said to NOTIFY_SOCKET, and looks at the ports at that moment."""

    def __init__(self, metka, abstract=False):
        self.metka, self.heard, self.changed = metka, [], threading.Condition()
        self.folder = tempfile.mkdtemp(prefix="metka-notify-")
        self.name = f"@metka-test-{os.getpid()}" if abstract else f"{self.folder}/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:] if abstract else self.name)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while text := self.socket.recv(4096).decode():
                said = dict(line.split("=", 1) for line in text.splitlines())
                with self.changed:
                    self.heard.append((said, self.greets() if "READY" in said else None))
                    self.changed.notify_all()

    def greets(self):
        for port in (self.metka.port[name] for name in SERVED):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as channel:
                channel.settimeout(10)
                if port in (self.metka.port["smtp"], self.metka.port["submission"]) and not channel.recv(64).startswith(b"220 "):
                    return False
        return self.metka.control("status").returncode == 0

    def waits_for(self, word, count=1, seconds=60):
        def there():
            return [(said, greets) for said, greets in self.heard if word in said]
        with self.changed:
            assert self.changed.wait_for(lambda: len(there()) >= count, seconds), (word, self.heard)
            return there()[count - 1]

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        subprocess.run(["rm", "-r", self.folder], check=True)


class Managed(Instance):
    def write(self, text):
        (self.folder / "metka.d").mkdir(exist_ok=True)
        (self.folder / "metka.d/changed.yaml").write_text(text)

    def hang_up(self):
        """SIGHUP, and what metkad then says in its log."""
        path = self.folder / "metkad.log"
        size = path.stat().st_size
        os.kill(self.pid, signal.SIGHUP)

        def answer():
            found = re.search(r"control\.request .*method=daemon\.reload .*", path.read_bytes()[size:].decode())
            return found and found.group()
        return eventually(answer, what="the end of a reload")

    @contextlib.contextmanager
    def managed(self, **manager):
        """metkad started as a manager does it; yields the manager and the process, which is ended."""
        assert self.stop().returncode == 0
        manager = Manager(self, **manager)
        log = (self.folder / "metkad.log").open("a")
        process = subprocess.Popen([BUILD / "bin/metkad", "--config", self.folder / "metka.yaml"], stdout=log, stderr=log,
                                   env={**os.environ, "NOTIFY_SOCKET": manager.name}, stdin=subprocess.DEVNULL)
        try:
            yield manager, process
        finally:
            process.terminate()
            process.wait(60)
            log.close()
            manager.close()


def size_offered(metka):
    with metka.smtp() as client:
        return int(client.esmtp_features["size"])


@shows("SIGHUP takes a good change, as daemon reload does, and the history says that it was a signal")
def _(metka):
    metka.write("smtp:\n  message_size: 7M\n")
    said = metka.hang_up()
    assert "outcome=done" in said and metka.json("status")["generation"] == 2, said
    assert size_offered(metka) == 7 << 20
    (newest,) = metka.json("config", "history", "--most", "1")
    assert newest.items() >= {"generation": 2, "cause": "reload", "reason": "SIGHUP", "outcome": "running"}.items(), newest
    assert "outcome=done" in metka.hang_up() and metka.json("status")["generation"] == 2


@shows("SIGHUP with a wrong file leaves the old generation, and the log says what is wrong")
def _(metka):
    metka.write("smtp:\n  message_sise: 9M\n")
    said = metka.hang_up()
    assert "changed.yaml:2:3" in said and "the nearest is smtp.message_size" in said, said
    assert size_offered(metka) == 7 << 20 and metka.json("status")["generation"] == 2
    metka.write('smtp:\n  message_size: 9M\n  listen: ["192.0.2.1:25"]\n')
    assert "192.0.2.1:25" in metka.hang_up()
    (newest,) = metka.json("config", "history", "--most", "1")
    assert newest["outcome"] == "refused" and newest["reason"] == "SIGHUP" and "192.0.2.1:25" in newest["message"], newest
    assert any("192.0.2.1:25" in line for line in metka.json("status")["problems"])
    assert size_offered(metka) == 7 << 20
    metka.write("smtp:\n  message_size: 8M\n")
    metka.hang_up()
    assert size_offered(metka) == 8 << 20 and metka.json("status")["problems"] == []


@shows("many signals at once end in what the files say, with sessions under way and metkad alive")
def _(metka):
    with metka.smtp() as client:
        for number in range(20):
            metka.write(f"smtp:\n  message_size: {20 + number}M\n")
            os.kill(metka.pid, signal.SIGHUP)
            time.sleep(0.01)
        eventually(lambda: metka.control("config", "diff").returncode == 0, what="the last of the files")
        assert client.noop()[0] == 250
    assert size_offered(metka) == 39 << 20


@shows("READY=1 is said once the ports serve, RELOADING=1 with the time and READY=1 around a reload, STOPPING=1 at the end")
def _(metka):
    for abstract in (False, True):
        with metka.managed(abstract=abstract) as (manager, process):
            said, greets = manager.waits_for("READY")
            assert said["READY"] == "1" and "generation" in said["STATUS"] and greets and len(manager.heard) == 1, manager.heard
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            os.kill(process.pid, signal.SIGHUP)
            said, _ = manager.waits_for("RELOADING")
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            assert said["RELOADING"] == "1" and before <= int(said["MONOTONIC_USEC"]) <= after, (before, said, after)
            assert manager.waits_for("READY", 2)[1]
            metka.write("wrong")
            os.kill(process.pid, signal.SIGHUP)
            assert manager.waits_for("READY", 3)[1]  # refused is over, too
            metka.write("smtp:\n  message_size: 8M\n")
            process.terminate()
            assert manager.waits_for("STOPPING")[0] == {"STOPPING": "1"} and process.wait(60) == 0
            words = [next(iter(said)) for said, _ in manager.heard]
            assert words == ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"], words


@shows("only metkad speaks to the manager: no program of the engine has its socket in the environment")
def _(metka):
    with metka.managed() as (manager, _):
        manager.waits_for("READY")
        for program in metka.json("status")["programs"]:
            assert b"NOTIFY_SOCKET" not in pathlib.Path(f"/proc/{program['pid']}/environ").read_bytes(), program


@shows("what cannot start never says READY, and ends with its reason")
def _(metka):
    metka.write("smtp:\n  nothing: of this\n")
    with metka.managed() as (manager, process):
        assert process.wait(60) == 78
        assert not [said for said, _ in manager.heard if "READY" in said], manager.heard
    metka.write("")
    metka.start()


@shows("the unit of systemd fits: it waits for READY=1, reloads by metkactl, and stops later than metkad does by itself")
def _(metka):
    unit = (ROOT / "config/systemd/metka.service").read_text()
    for line in ("Type=notify", "NotifyAccess=main", "ExecReload=/usr/bin/metkactl daemon reload", "KillMode=mixed"):
        assert f"\n{line}\n" in unit, line
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) >= 40
    keys = re.findall(r"^([A-Za-z]+)=", unit, re.MULTILINE)
    assert "ProtectSystem" not in keys and "DynamicUser" not in keys  # useradd writes /etc, state.folder may be anywhere


main(instance=Managed, provision=False)
