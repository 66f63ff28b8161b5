"""metkactl as people and scripts meet it: terminals, pipes, languages, progress, apply and completion"""

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import BUILD, main, need, shows
from terminals import on_a_terminal

METKACTL = str(BUILD / "bin/metkactl")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "NO_COLOR", "METKA_"))}


class Metkad:
    """Stands where metkad would: `answers` is called with each request and gives what to say, line by line; a value
    that is neither text nor bytes becomes the result. None hangs up."""

    def __init__(self, answers):
        self.answers, self.requests = answers, []
        self.folder = tempfile.mkdtemp(prefix="metka-cli-")
        self.path = f"{self.folder}/s"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        shutil.rmtree(self.folder)

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                channel, _ = self.listener.accept()
                with channel, contextlib.suppress(BrokenPipeError):
                    self.converse(channel)

    def converse(self, channel):
        for line in channel.makefile("rb"):
            request = json.loads(line)
            self.requests.append(request)
            for said in self.answers(request):
                if said is None:
                    return
                if not isinstance(said, bytes):
                    said = json.dumps({"jsonrpc": "2.0", "id": request["id"], **said}).encode()
                channel.sendall(said + b"\n")

    def run(self, *words, input="", environment=None):
        return subprocess.run([METKACTL, "--socket", self.path, *words], capture_output=True, text=True, input=input, timeout=60,
                              env=PLAIN | (environment or {}))

    def on_terminal(self, *words, typed=(), environment=None, columns=100):
        """The exit status and all that the terminal showed. `typed`: (what is waited for, what is then typed, or done)."""
        return drive([METKACTL, "--socket", self.path, *words], typed, PLAIN | {"TERM": "xterm"} | (environment or {}), columns)


def drive(command, typed, environment, columns=100):
    pid, master = on_a_terminal(command, environment, columns=columns)
    shown, waiting, seen = "", list(typed), 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([master], [], [], 1)[0]:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece.decode(errors="replace")
        if waiting and waiting[0][0] in shown[seen:]:
            seen = len(shown)
            react = waiting.pop(0)[1]
            react() if callable(react) else os.write(master, react.encode())
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(master)
    return status, shown


def result(value):
    return lambda request: [{"result": value}]


def progress(done, total, what="mailboxes"):
    return json.dumps({"jsonrpc": "2.0", "method": "progress", "params": {"done": done, "total": total, "what": what}}).encode()


DONE = {"done": True, "steps": ["it was done"]}
DOMAINS = [{"domain": f"d{n}.pl", "customer": "firma", "kind": "local", "state": "pending", "protect_sender": False} for n in range(2000)]


@shows("a reader that has gone ends metkactl with 74 and without a word")
def _():
    with Metkad(result(DOMAINS * 20)) as metkad:
        process = subprocess.Popen([METKACTL, "--socket", metkad.path, "domain", "list"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=PLAIN)
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 74 and process.stderr.read() == b""
        process.stderr.close()


@shows("a list is a table with colour on a terminal, without under NO_COLOR, and rows between tabs in a pipe")
def _():
    with Metkad(result(DOMAINS[:2])) as metkad:
        assert "\x1b[" in metkad.on_terminal("domain", "list")[1]
        status, plain = metkad.on_terminal("domain", "list", environment={"NO_COLOR": "1"})
        assert status == 0 and "\x1b[" not in plain and plain.split("\r\n")[0].split() == ["domain", "customer", "kind", "state", "protect", "sender"], plain
        assert metkad.run("domain", "list").stdout.splitlines()[0] == "d0.pl\tfirma\tlocal\tpending\tfalse"
        assert json.loads(metkad.run("domain", "list", "--json").stdout) == DOMAINS[:2]


@shows("a removal is asked about on a terminal, unless it is refused anyway, and wants --yes elsewhere")
def _():
    with Metkad(result(DONE)) as metkad:
        for answer, wanted in (("n\r", 64), ("\r", 64), ("y\r", 0)):
            status, shown = metkad.on_terminal("mailbox", "remove", "a@b.pl", typed=[("[y/N]", answer)])
            assert status == wanted and "Remove mailbox a@b.pl with its aliases?" in shown, (answer, status, shown)
        rehearsed = [request["params"].get("dry_run", False) for request in metkad.requests]
        assert rehearsed == [True, True, True, False], rehearsed
        done = metkad.run("mailbox", "remove", "a@b.pl")
        assert done.returncode == 64 and "--yes" in done.stderr and len(metkad.requests) == 4, done
        assert metkad.run("mailbox", "remove", "a@b.pl", "--yes").returncode == 0 and len(metkad.requests) == 5
    refusal = {"error": {"code": -32000, "message": "there is none", "data": {"fault": "not_found"}}}
    with Metkad(lambda request: [refusal]) as metkad:
        status, shown = metkad.on_terminal("mailbox", "remove", "a@b.pl")
        assert status == 67 and "there is none" in shown and "[y/N]" not in shown, (status, shown)


@shows("a user of my is asked and answered in Polish or in English, and metkad is told which")
def _():
    answers = {"my.log": [{"at": "2027-01-01T00:00:00Z", "actor": "anna", "verb": "x", "subject": "y"}]}
    with Metkad(lambda request: [{"result": answers.get(request["method"], DONE)}]) as metkad:
        polish = {"LANG": "pl_PL.UTF-8"}
        status, shown = metkad.on_terminal("my", "alias", "remove", "a@b.pl", typed=[("[t/N]", "tak\r")], environment=polish)
        assert status == 0 and "Usunąć alias a@b.pl?" in shown, shown
        status, shown = metkad.on_terminal("my", "alias", "remove", "a@b.pl", typed=[("[y/N]", "y\r")])
        assert status == 0 and "Remove the alias a@b.pl?" in shown, shown
        assert [request["language"] for request in metkad.requests] == ["pl", "pl", "en", "en"]
        for environment, wanted in (({"LC_ALL": "C", "LANG": "pl_PL"}, "en"), ({"LC_MESSAGES": "pl_PL", "LANG": "en_US"}, "pl"),
                                    ({"LC_ALL": "", "LANG": "pl"}, "pl"), ({}, "en")):
            metkad.run("my", "show", environment=environment)
            assert metkad.requests[-1]["language"] == wanted, (environment, wanted)
        shown = metkad.on_terminal("my", "log", environment={"LANG": "pl_XX.UTF-8"})[1]  # no such locale here
        assert "co zrobił" in shown, shown
        shown = metkad.on_terminal("my", "show", environment=polish)[1]
        assert "limit dyskowy:" in shown and "disk limit" not in shown, shown
        assert "disk_limit\t" in metkad.run("my", "show", environment=polish).stdout


@shows("--as goes along beside the method, and only where it was said")
def _():
    with Metkad(result(DONE)) as metkad:
        metkad.run("--as", "anna", "my", "alias", "add", "a@b.pl")
        metkad.run("my", "alias", "add", "a@b.pl")
        assert [request.get("as") for request in metkad.requests] == ["anna", None]
        assert metkad.requests[0]["method"] == "my.alias.add" and metkad.requests[0]["params"] == {"address": "a@b.pl"}


@shows("my password takes the current and the new one, two lines on standard input, and for a mailbox only the new")
def _():
    with Metkad(result(DONE)) as metkad:
        assert metkad.run("my", "password", "--password-stdin", input="old one\nnew one\n").returncode == 0
        assert metkad.requests[-1]["params"] == {"current": "old one", "password": "new one"}
        assert metkad.run("my", "password", "--mailbox", "a@b.pl", "--password-stdin", input="new one\n").returncode == 0
        assert metkad.requests[-1]["params"] == {"mailbox": "a@b.pl", "password": "new one"}
        asked = len(metkad.requests)
        assert metkad.run("my", "password", "--password-stdin", input="only one\n").returncode == 64
        assert metkad.run("my", "password").returncode == 64 and len(metkad.requests) == asked
        status, shown = metkad.on_terminal("my", "password", typed=[("Current password: ", "old\r"), ("New password: ", "new\r"),
                                                                    ("Once more: ", "new\r")])
        assert status == 0 and metkad.requests[-1]["params"] == {"current": "old", "password": "new"}, shown
        assert "old" not in shown.replace("password", "") and "new\r" not in shown, shown


@shows("who stands in says the new password alone, and a rehearsal has the current one looked at where it is said")
def _():
    with Metkad(result(DONE)) as metkad:
        words = ("my", "password", "--password-stdin")
        for more, given, wanted in ((("--as", "anna"), "new one\n", {"password": "new one"}), (("--dry-run",), "", {"dry_run": True}),
                                    (("--dry-run",), "old one\nnew one\n", {"dry_run": True, "current": "old one"})):
            assert metkad.run(*words, *more, input=given).returncode == 0 and metkad.requests[-1]["params"] == wanted, metkad.requests
        done = metkad.run(*words, "--as", "anna", input="old one\nnew one\n")  # the old one must not become the new one
        assert done.returncode == 64 and "--as" in done.stderr and len(metkad.requests) == 3, done


@shows("an address with a slip is refused before a password is asked for, and here one that is not UTF-8, or too long for POP3")
def _():
    with Metkad(result(DONE)) as metkad:
        status, shown = metkad.on_terminal("mailbox", "add", "a..b@b.pl", "--customer", "firma")
        assert status == 65 and "a..b@b.pl" in shown and "password:" not in shown and not metkad.requests, (status, shown)
        command = [METKACTL, "--socket", metkad.path, "mailbox", "set", "a@b.pl", "--password-stdin"]
        for password, why in ((b"za\xbf\xf3\xb3\xe6", b"not UTF-8"), (b"x" * 506, b"longer than 505 bytes")):
            done = subprocess.run(command, capture_output=True, input=password + b"\n", env=PLAIN, timeout=60)
            assert done.returncode == 64 and why in done.stderr and not metkad.requests, done
        assert subprocess.run(command, capture_output=True, input=b"x" * 505, env=PLAIN, timeout=60).returncode == 0


@shows("a sweep shows a bar on a terminal and clears it, and nothing of it in a pipe")
def _():
    card = {"summary": "10 measured", "inboxes": 10, "noticed": 0, "over": ["anna: 101 %"], "problems": []}
    half_is_shown, more_is_shown = threading.Event(), threading.Event()

    def sweeping(request):
        yield progress(5000, 10000)
        assert half_is_shown.wait(30), "the first bar was not drawn"
        while not more_is_shown.wait(0.02):  # there is a pause between two drawings
            yield progress(7500, 10000)
        yield {"result": card}
    with Metkad(sweeping) as metkad:
        status, shown = metkad.on_terminal("sweep", "quota", columns=60, typed=[(" 50 %", half_is_shown.set), (" 75 %", more_is_shown.set)])
        assert status == 0 and "5,000 of 10,000  50 %" in shown and " 75 %" in shown, shown
        drawn = re.split(r"\r\x1b\[K", shown)
        assert all(len(re.sub(r"\x1b\[\d+m", "", line)) < 60 for line in drawn[1:-1]), drawn
        assert drawn[-1].startswith("10 measured"), drawn
        assert "\x1b[32m" in shown and "\x1b[32m" not in metkad.on_terminal("sweep", "quota", environment={"NO_COLOR": "1"})[1]
        done = metkad.run("sweep", "quota")
        assert (done.stdout, done.stderr) == ("10 measured\nover: anna: 101 %\n", ""), done


@shows("many progress lines are drawn at most ten times a second")
def _():
    def sweeping(request):
        yield from (progress(n, 1000) for n in range(1000))
        yield {"result": {"summary": "done"}}
    with Metkad(sweeping) as metkad:
        began = time.monotonic()
        shown = metkad.on_terminal("sweep", "quota")[1]
        assert shown.count(" of 1,000") <= 1 + (time.monotonic() - began) * 10, shown.count(" of 1,000")


@shows("a daemon that hangs up is 75, one that is not there 69, a refusal the code of its fault")
def _():
    with Metkad(lambda request: [progress(1, 2), None]) as metkad:
        assert metkad.run("sweep", "quota").returncode == 75
    codes = {"invalid": 65, "not_found": 67, "limit": 73, "io": 74, "unavailable": 75, "denied": 77, "internal": 70}
    for fault, code in codes.items():
        refusal = {"error": {"code": -32000, "message": "no: because", "data": {"fault": fault}}}
        with Metkad(lambda request, refusal=refusal: [refusal]) as metkad:
            done = metkad.run("status")
            assert (done.returncode, done.stderr) == (code, "metkactl: no: because\n"), (fault, done)
    assert subprocess.run([METKACTL, "--socket", "/nonexistent/s", "status"], capture_output=True).returncode == 69


# -- apply

DESCRIPTION = """
customers: [{name: firma, title: Moja Firma, contact: anna@example.org}]
domains: [{domain: firma.lublin.pl, customer: firma}]
mailboxes:
""" + "".join(f"  - {{address: u{n}@firma.lublin.pl, customer: firma, capacity: 1G}}\n" for n in range(450)) + """
aliases: [{address: info@inna.lublin.pl, to: nobody@inna.lublin.pl}]
"""


class Directory:
    """Applies as metkad does, as far as these tests look: what is there, whose customer is there, and one bad alias."""

    def __init__(self):
        self.there, self.batches = set(), []

    def __call__(self, request):
        assert request["method"] == "apply", request
        dry = request["params"].get("dry_run", False)
        objects = request["params"]["objects"]
        self.batches.append((dry, len(objects)))
        yield progress(0, len(objects))
        yield {"result": [self.row(item, dry) for item in objects]}

    def row(self, item, dry):
        key = f"{item['kind']} {item.get('address') or item.get('domain') or item['name']}"
        if key in self.there:
            return {"object": key, "outcome": "unchanged", "why": ""}
        if item.get("to", "").startswith("nobody"):
            return {"object": key, "outcome": "refused", "why": "there is no mailbox nobody@inna.lublin.pl"}
        if "customer" in item and f"customer {item['customer']}" not in self.there:
            return {"object": key, "outcome": "refused", "why": f"there is no customer {item['customer']}"}
        if not dry:
            self.there.add(key)
        return {"object": key, "outcome": "created", "why": ""}


@contextlib.contextmanager
def description(text=DESCRIPTION):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        yield file.name


def rows(text):
    return [line.split("\t") for line in text.splitlines() if "\t" in line]


@shows("apply shows what it would do, and with --dry-run does nothing")
def _():
    directory = Directory()
    with Metkad(directory) as metkad, description() as file:
        done = metkad.run("apply", file, "--dry-run")
        plan = {row[0]: row[1:] for row in rows(done.stdout)}
        assert done.returncode == 65 and len(plan) == 453 and not directory.there, (done, len(plan))
        assert plan["customer firma"][0] == "created"
        assert plan["mailbox u3@firma.lublin.pl"][0] == "created" and "after" in plan["mailbox u3@firma.lublin.pl"][1]
        assert plan["alias info@inna.lublin.pl"][0] == "refused"
        assert directory.batches == [(True, 453)], directory.batches


@shows("apply carries its plan out in pieces, a refused object stops no other, and a second time nothing changes")
def _():
    directory = Directory()
    with Metkad(directory) as metkad, description() as file:
        done = metkad.run("apply", file, "--yes")
        assert done.returncode == 65 and done.stdout.splitlines()[-1] == "452 created, 0 changed, 0 unchanged, 1 refused", done
        assert directory.batches == [(True, 453), (False, 200), (False, 200), (False, 53)], directory.batches
        assert ["alias info@inna.lublin.pl", "refused", "there is no mailbox nobody@inna.lublin.pl"] in rows(done.stdout)
        again = metkad.run("apply", file, "--yes", "--json")
        assert again.returncode == 65 and [row["outcome"] for row in json.loads(again.stdout)] == ["unchanged"] * 452 + ["refused"]
    with Metkad(Directory()) as metkad:
        done = metkad.run("apply", "-", "--yes", input=json.dumps({"customers": [{"name": "x", "title": "X", "contact": "a@b.pl"}]}))
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 created, 0 changed, 0 unchanged, 0 refused"), done


@shows("apply asks on a terminal, after the plan, in which what is right already is only counted")
def _():
    directory = Directory()
    directory.there.add("customer firma")
    with Metkad(directory) as metkad, description() as file:
        status, shown = metkad.on_terminal("apply", file, typed=[("[y/N]", "n\r")])
        assert status == 64 and "Create 451, change 0, leave 1 as they are, with 1 refused?" in shown, shown[-500:]
        assert "customer firma" not in shown and "mailbox u449@firma.lublin.pl" in shown and len(directory.there) == 1
        status, shown = metkad.on_terminal("apply", file, typed=[("[y/N]", "y\r")])
        assert status == 65 and shown.rstrip().endswith("451 created, 0 changed, 1 unchanged, 1 refused"), shown[-500:]
        assert len(directory.there) == 452
        status, shown = metkad.on_terminal("apply", file)
        assert status == 65 and "[y/N]" not in shown, shown
    done = subprocess.run([METKACTL, "apply", "/nonexistent", "--yes"], capture_output=True, text=True)
    assert done.returncode == 74 and "/nonexistent" in done.stderr, done


@shows("apply without --yes does nothing in a pipe, and a faulty file is told with its place before anything is asked")
def _():
    directory = Directory()
    with Metkad(directory) as metkad, description() as file:
        assert metkad.run("apply", file).returncode == 64
        with description("mailboxes:\n  - {adress: a@b.pl}\n") as faulty:
            done = metkad.run("apply", faulty, "--yes")
            assert done.returncode == 65 and f"{faulty}:2:6: " in done.stderr and "“address”" in done.stderr, done
        assert not directory.batches


# -- completion

def known(request):
    names = {"mailbox": ["biuro@firma.pl", "biuro2@firma.pl", "sklep@firma.pl"], "customer": ["firma"]}
    assert request["method"] == "complete", request
    begins = request["params"]["begins"]
    return [{"result": [{"name": name} for name in names.get(request["params"]["of"], []) if name.startswith(begins)]}]


def bash_completes(metkad, line):
    """What bash would offer, with the words taken apart as bash does: “@”, “=” and “:” are words of their own."""
    pieces = [piece for piece in re.findall(r"[@=:]+|[^\s@=:]+", line)] + ([""] if line.endswith(" ") else [])
    script = """eval "$(metkactl completion bash)"
        COMP_LINE=$1 COMP_POINT=${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _metkactl; printf '%s\n' "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "-c", script, "bash", line, *pieces], capture_output=True, text=True, timeout=30,
                          env=PLAIN | {"METKA_SOCKET": metkad.path, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}"})
    assert done.stderr == "", done.stderr
    return [line for line in done.stdout.splitlines() if line]


@shows("what a user called an app password is a name, and no command, where bash completes it")
def _():
    for name in ("x;touch made", "a$(touch${IFS}made)", "`made`", "a|b", "Telefon Ani", "a'b\"c", "~root", "żółw&", "*", "#a", "!!"):
        with Metkad(lambda request: [{"result": [{"name": name}]}]) as metkad:
            [offered] = bash_completes(metkad, "metkactl shell app-password remove anna --name ")
            read = subprocess.run(["bash", "-c", f"printf %s {offered}"], capture_output=True, text=True, timeout=30, env=PLAIN)
            assert (read.stdout, read.stderr) == (name, ""), (name, offered, read)


@shows("bash completes verbs, flags, choices and live names")
def _():
    with Metkad(known) as metkad:
        assert bash_completes(metkad, "metkactl mail") == ["mailbox"]
        assert bash_completes(metkad, "metkactl my al") == ["alias"]
        assert bash_completes(metkad, "metkactl mailbox list --state ") == ["active", "suspended", "expired"]
        assert bash_completes(metkad, "metkactl mailbox list --cust") == ["--customer"]
        assert bash_completes(metkad, "metkactl mailbox show bi") == ["biuro@firma.pl", "biuro2@firma.pl"]
        assert bash_completes(metkad, "metkactl mailbox show biuro@fi") == ["firma.pl"]
        assert bash_completes(metkad, "metkactl mailbox list --customer=fi") == ["firma"]


@shows("zsh and fish complete the same")
def _():
    need("zsh", "fish")
    with Metkad(known) as metkad:
        environment = PLAIN | {"METKA_SOCKET": metkad.path, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "HOME": metkad.folder}
        zsh = """compdef() { : }; compadd() { shift; print -l -- "$@" }
            eval "$(metkactl completion zsh)"; words=(metkactl mailbox show bi); CURRENT=4; _metkactl"""
        done = subprocess.run(["zsh", "-f", "-c", zsh], capture_output=True, text=True, env=environment, timeout=30)
        assert (done.stdout.split(), done.stderr) == (["biuro@firma.pl", "biuro2@firma.pl"], ""), done
        fish = "metkactl completion fish | source; complete -C 'metkactl mailbox show bi'; complete -C 'metkactl my al'"
        done = subprocess.run(["fish", "--no-config", "-c", fish], capture_output=True, text=True, env=environment, timeout=30)
        assert set(done.stdout.split()) == {"biuro@firma.pl", "biuro2@firma.pl", "alias"}, done


@shows("completion is silent and quick where metkad is away or says nothing, and it and help work behind options")
def _():
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        silent = stack.enter_context(contextlib.closing(socket.socket(socket.AF_UNIX)))
        silent.bind(str(folder / "s"))
        silent.listen(1)
        for path in (folder / "s", "/nonexistent/s"):
            began = time.monotonic()
            done = subprocess.run([METKACTL, "__complete", "--socket", path, "mailbox", "show", ""], capture_output=True, timeout=30)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done
            assert time.monotonic() - began < 5
    for words, wanted in (("completion bash", "complete -F _metkactl"), ("help", "Nouns:"), ("help completion", "bash|zsh|fish")):
        done = subprocess.run([METKACTL, "--socket", "/s", *words.split()], capture_output=True, text=True, env=PLAIN, timeout=60)
        assert done.returncode == 0 and wanted in done.stdout, (words, done)
    done = subprocess.run([METKACTL, "completion", "tcsh"], capture_output=True, text=True)
    assert done.returncode == 64 and "bash, zsh or fish" in done.stderr


main(instance=None)
