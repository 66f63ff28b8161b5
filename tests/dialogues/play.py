#!/usr/bin/env python3
"""Plays the dialogues of README.md over the network, against a running Metka.

    play.py --env DIR/instance.env FILE…
    play.py --port smtp=2025 --port submission=2587 --host localhost FILE…

Ends with 0 if every case went as written, else with 1, and says what did not. Cases marked “only: memory” are left out,
and without --maildir those that want messages in the inbox.
"""

import argparse
import base64
import os
import pathlib
import re
import socket
import ssl
import sys

PATIENCE = 60  # seconds; no answer takes as long
TLS_AT_ONCE = {"submissions", "pop3s"}
PORTS_IN_ENV = {
    "SMTP_PORT": "smtp",
    "SUBMISSION_PORT": "submission",
    "SUBMISSIONS_PORT": "submissions",
    "POP3S_PORT": "pop3s",
}
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
REFUSAL = re.compile(r"[45]\d\d .*")
RECEIPT = re.compile(r" \[[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\]$")
STEP = re.compile(r"(?P<who>[CS])(?:\*(?P<times>\d+))?(?P<sign>[:>~]) ?(?P<rest>.*)", re.DOTALL)


class Wrong(Exception):
    """What did not go as written."""


def unescape(text):
    """The bytes that `C>` and {base64:…} stand for."""

    def byte(match):
        escape = match.group(1)
        return chr(int(escape[1:], 16)) if escape.startswith("x") else ESCAPES[escape]

    plain = re.sub(r"\\(x[0-9a-fA-F]{2}|[rnt0\\])", byte, text.encode().decode("latin-1"))
    return plain.encode("latin-1")


def fill_in(text):
    """`text` with each {base64:…} in it encoded."""
    encode = lambda match: base64.b64encode(unescape(match.group(1))).decode()
    return re.sub(r"\{base64:([^}]*)\}", encode, text)


def read_cases(path):
    """The cases of a file: (name, headers, [(line number, text)])."""
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("==="):
            key, _, value = (part.strip() for part in line[3:].partition(":"))
            if key == "case":
                cases.append((f"{path.name}: {value}", {}, []))
            else:
                cases[-1][1][key] = value
            continue
        cases[-1][2].append((number, line))
    return cases


class Client:
    """One connection: lines in, bytes out, TLS under it or not."""

    def __init__(self, host, port, context):
        self.host = host
        self.context = context
        self.socket = socket.create_connection((host, port), PATIENCE)
        self.input = b""
        self.transcript = []

    def start_tls(self):
        """Handshake, here."""
        if self.input:
            raise Wrong("the server said something before TLS")
        self.transcript.append("TLS")
        self.socket = self.context.wrap_socket(self.socket, server_hostname=self.host)

    def send(self, data):
        """All of `data`."""
        self.transcript.append(f"C: {data!r}")
        self.socket.sendall(data)

    def receive(self):
        """False if there is nothing more."""
        try:
            more = self.socket.recv(65536)
        except (TimeoutError, ssl.SSLError, ConnectionError):
            return False
        self.input += more
        return bool(more)

    def read_line(self):
        """The next line without CRLF; None if there is none."""
        while b"\r\n" not in self.input:
            if not self.receive():
                self.transcript.append("S says nothing more")
                return None
        line, _, self.input = self.input.partition(b"\r\n")
        self.transcript.append(f"S: {line!r}")
        return line.decode("latin-1")

    def unread(self, line):
        """The next read_line() gives it again."""
        self.input = line.encode("latin-1") + b"\r\n" + self.input

    def close(self):
        """Hangs up."""
        self.socket.close()


def skip_continued(client, prefix):
    """Lines with `prefix`, as many as there are."""
    while True:
        line = client.read_line()
        if line is None:
            raise Wrong(f"expected “{prefix}…” and something behind it")
        if not line.startswith(prefix):
            client.transcript.pop()
            client.unread(line)
            return


def skip_to_dot(client):
    """Lines up to the one with a single dot."""
    line = ""
    while line != ".":
        line = client.read_line()
        if line is None:
            raise Wrong("expected lines up to a single dot")


def expect_closed(client):
    """The end, and nothing before it."""
    while client.receive():
        pass
    if client.input:
        raise Wrong(f"expected the server to close, heard {client.input!r}")


WORDS = {"TLS": Client.start_tls, "CLOSED": expect_closed, "S...": skip_to_dot}


def say(client, sign, rest):
    """One step of the client."""
    client.send(unescape(rest) if sign == ">" else fill_in(rest).encode() + b"\r\n")


def without_receipt(line):
    """A refusal of SMTP without its receipt code, which must be there and is another one each time."""
    if not REFUSAL.fullmatch(line):
        return line
    if not RECEIPT.search(line):
        raise Wrong("a refusal without a receipt code")
    return RECEIPT.sub("", line)


def hear(client, sign, rest):
    """One step of the server."""
    if sign == ":" and rest.endswith("-*"):
        skip_continued(client, rest[:-1])
        return
    line = client.read_line()
    if line is not None:
        line = without_receipt(line)
    right = line is not None and (re.fullmatch(rest, line) if sign == "~" else line.startswith(rest))
    if not right:
        raise Wrong(f"expected “{rest}”")


def take(client, text):
    """Plays one line of a case."""
    if text in WORDS:
        WORDS[text](client)
        return
    step = STEP.fullmatch(text)
    if not step:
        raise Wrong("neither a line of the client, nor of the server, nor a word that README.md knows")
    play_one = say if step["who"] == "C" else hear
    for _ in range(int(step["times"] or 1)):
        play_one(client, step["sign"], step["rest"])


def play(case, ports, host, context):
    """None, or what went wrong."""
    name, headers, steps = case
    listener = headers.get("listener", "smtp")
    if listener not in ports:
        return f"{name}\nno port is known for {listener}: give --env or --port {listener}=N\n"
    client = Client(host, ports[listener], context)
    number = 0
    try:
        if listener in TLS_AT_ONCE:
            client.start_tls()
        for number, text in steps:
            take(client, text)
        return None
    except (Wrong, OSError) as wrong:
        said = "\n".join(client.transcript)
        return f"{name}\nline {number}: {wrong}\n{said}\n"
    finally:
        client.close()


def fill_inbox(maildir, messages):
    """Puts copies of `messages`, and nothing else, into the Maildir of biuro@, in their order."""
    for folder in ("new", "cur"):
        for old in (maildir / folder).iterdir():
            old.unlink()
    owner = (maildir / "new").stat()
    for number, message in enumerate(sorted(messages.glob("*.eml")), 1):
        copy = maildir / "new" / f"{1700000000 + number}.M{number}P1.dialogue"
        copy.write_bytes(message.read_bytes())
        if os.geteuid() == 0:
            os.chown(copy, owner.st_uid, owner.st_gid)


def is_left_out(headers, options):
    """Whether this player cannot make the world that the case wants."""
    return headers.get("only") == "memory" or ("inbox" in headers and not options.maildir)


def read_env(path):
    """NAME=value lines, as config/quickstart leaves them."""
    pairs = (line.partition("=") for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines())
    return {name.strip(): value.strip().strip("'\"") for name, _, value in pairs if value}


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--env", help="the instance.env of a running instance")
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", action="append", default=[], metavar="LISTENER=PORT")
    parser.add_argument("--maildir", type=pathlib.Path, help="that of biuro@, to be filled as cases want it")
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    return parser.parse_args()


def main():
    """Plays every case of every file."""
    options = arguments()
    env = read_env(options.env) if options.env else {}
    ports = {listener: int(env[name]) for name, listener in PORTS_IN_ENV.items() if name in env}
    ports |= {name: int(port) for name, _, port in (each.partition("=") for each in options.port)}
    context = ssl.create_default_context()
    context.check_hostname = False  # the certificate names the host of the instance, we call it localhost
    context.verify_mode = ssl.CERT_NONE

    failed = passed = 0
    for path in options.files:
        for case in read_cases(path):
            if is_left_out(case[1], options):
                continue
            if "inbox" in case[1]:
                fill_inbox(options.maildir, path.parent / case[1]["inbox"])
            wrong = play(case, ports, options.host, context)
            failed += wrong is not None
            passed += wrong is None
            if wrong:
                print(wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
