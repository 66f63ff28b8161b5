"""metkad starts, or says in one sentence why not: bad settings, a taken port, a newer database, a folder it may not use."""

import os
import re
import signal
import socket
import sqlite3
import subprocess

from harness import BUILD, ROOT, Instance, main, shows


class Folder(Instance):
    """An instance that was set up and has ended."""

    def start(self):
        super().start()
        self.stop()
        return self

    def start_again(self):
        Instance.start(self)

    def greets(self):
        with self.plain_socket("submission") as channel:
            return channel.recv(512).startswith(b"220 ")


def start_by_hand(metka, settings=None, *, seconds=30):
    """metkad on a settings file; it is expected to end by itself."""
    path = metka.folder / "metka.yaml"
    if settings is not None:
        path = metka.folder / "tried.yaml"
        path.write_text(settings)
    return subprocess.run([BUILD / "bin/metkad", "--config", path], capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL)


def refuses(code, pattern, metka, settings=None):
    done = start_by_hand(metka, settings)
    said = done.stdout + done.stderr
    assert done.returncode == code, (done.returncode, said)
    assert re.search(pattern, said), said
    assert "Traceback" not in said and "terminate called" not in said, said


def settings_of(metka):
    return (metka.folder / "metka.yaml").read_text()


@shows("an unknown key is refused with file, line, column and the nearest known key, and 78")
def _(metka):
    text = settings_of(metka) + "\nsubmision:\n  listen: []\n"
    line = text[: text.index("submision")].count("\n") + 1
    refuses(78, rf"tried\.yaml:{line}:1: .*submission", metka, text)
    refuses(78, r"tried\.yaml:\d+:3: .*folder", metka, settings_of(metka).replace("  folder:", "  foldr:"))


@shows("every bad value of a file is told at once, each with its line and column")
def _(metka):
    text = settings_of(metka) + "log:\n  level: loud\nauth:\n  parallel_hashes: many\n"
    done = start_by_hand(metka, text)
    places = re.findall(r"tried\.yaml:(\d+):(\d+):", done.stdout + done.stderr)
    assert done.returncode == 78 and len(places) >= 2, (done.returncode, done.stderr)


@shows("each of a corpus of bad files is refused with 78, at the line and column it says itself")
def _(metka):
    for path in sorted((ROOT / "tests/programs/bad-config").glob("*.yaml")):
        done = subprocess.run([BUILD / "bin/metkad", "--config", path], capture_output=True, timeout=20)
        said = done.stderr.decode(errors="replace")
        assert done.returncode == 78, (path.name, done.returncode, said)
        for expected in re.findall(rb"^# expect: (\d+:\d+):", path.read_bytes(), re.MULTILINE):
            assert f"{path.name}:{expected.decode()}:" in said, (path.name, expected, said)


@shows("a file that is no YAML, is empty of sense or is not there is refused with 78")
def _(metka):
    refuses(78, r"tried\.yaml:\d+:\d+:", metka, "state: [\n")
    refuses(78, r"tried\.yaml", metka, "- a\n- b\n")
    done = subprocess.run([BUILD / "bin/metkad", "--config", metka.folder / "none.yaml"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 78 and "none.yaml" in done.stderr, (done.returncode, done.stderr)


@shows("a port that is taken is named, and metkad ends with 78")
def _(metka):
    with socket.create_server(("127.0.0.1", metka.port["smtp"])):
        refuses(78, rf"{metka.port['smtp']}", metka)


@shows("a database from a newer version is left alone, and metkad ends with 78")
def _(metka):
    path = metka.state / "directory/metka.db"
    database = sqlite3.connect(path)
    version = database.execute("pragma user_version").fetchone()[0]
    assert version > 0
    database.execute("pragma user_version = 9999")
    database.commit()
    database.close()
    try:
        refuses(78, "newer|9999", metka)
    finally:
        database = sqlite3.connect(path)
        database.execute(f"pragma user_version = {version}")
        database.commit()
        database.close()


@shows("a certificate or key that is missing, or does not match, is named, and metkad ends with 78")
def _(metka):
    # A state in which nothing has run: where a generation has, that one would serve.
    text = settings_of(metka).replace(f"folder: {metka.state}", f"folder: {metka.folder}/untried")
    refuses(78, "nowhere.pem", metka, text.replace("/tls/certificate.pem", "/tls/nowhere.pem"))
    refuses(78, "key", metka, text.replace("/tls/key.pem", "/tls/ca-key.pem"))


@shows("a state folder that cannot be made or written is named, and metkad ends with 77 or 78")
def _(metka):
    (metka.folder / "file").write_text("")
    text = settings_of(metka).replace(f"folder: {metka.state}", f"folder: {metka.folder}/file/state")
    done = start_by_hand(metka, text)
    assert done.returncode in (77, 78) and "file/state" in done.stderr, (done.returncode, done.stderr)


@shows("an option that metkad does not know is a usage error: 64")
def _(metka):
    done = subprocess.run([BUILD / "bin/metkad", "--confg", "x"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 64, (done.returncode, done.stderr)


@shows("no program of the engine starts by hand: only metkad can hand it what it needs")
def _(metka):
    for program in ("store", "smtp", "access", "auth"):
        done = subprocess.run([BUILD / f"bin/metka-{program}"], capture_output=True, text=True, timeout=20,
                              stdin=subprocess.DEVNULL)
        assert done.returncode not in (0, -signal.SIGSEGV, -signal.SIGABRT) and done.stderr.strip(), (program, done)


@shows("a second metkad on the same state does not start while the first one runs")
def _(metka):
    metka.start_again()
    text = settings_of(metka)
    for offset in metka.port.values():
        text = re.sub(rf"127\.0\.0\.1:{offset}\b", f"127.0.0.1:{offset + 1}", text)
    text = text.replace("control.sock", "other.sock")
    path = metka.folder / "tried.yaml"
    path.write_text(text)
    second = subprocess.Popen([BUILD / "bin/metkad", "--config", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        line = second.stdout.readline()
        assert "lock" in line or "another" in line or "wait" in line or second.wait(40) != 0, line
        assert not os.path.exists(metka.state / "other.sock")
        metka.told("status")
    finally:
        second.kill()
        second.wait()
        second.stdout.close()
    metka.stop()


@shows("quickstart takes another port base by itself, and names the port when it may not")
def _(metka):
    with socket.create_server(("127.0.0.1", metka.port["pop3s"])):
        done = metka.quickstart("--no-build", "--no-demo", "--port-base", str(metka.base))
        assert done.returncode == 78 and str(metka.port["pop3s"]) in done.stderr, done
        done = metka.quickstart("--no-build", "--no-demo")
        assert done.returncode == 0, done
    metka.base = next(int(line.split("=")[1]) for line in (metka.folder / "instance.env").read_text().splitlines()
                      if line.startswith("SMTP_PORT=")) - 25
    metka.read_environment()
    assert metka.greets()
    metka.stop()


main(instance=Folder, provision=False)
