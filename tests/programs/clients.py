"""What people's mail programs send lies in the Maildir octet for octet, with its Polish subject, its text and its attachment."""

import contextlib
import dataclasses
import email
import email.header
import email.message
import email.policy
import os
import pathlib
import random
import re
import select
import smtplib
import socket
import ssl
import subprocess
import threading
import urllib.parse

from harness import DOMAIN, PASSWORD, assert_same, main, need, shows

SKLEP, BIURO, ANNA = f"sklep@{DOMAIN}", f"biuro@{DOMAIN}", "anna@example.org"
SUBJECT = "Zażółć gęślą jaźń"
TEXT = "Dzień dobry,\n\nzażółć gęślą jaźń – „tak”.\n.\n..dwie kropki\n.na początku\nFrom tu: nic\n\nPozdrawiam\n"
ATTACHMENT = random.Random(5).randbytes(20_000) + b"\r\n.\r\n\0\r\r\n\n.\n"


@dataclasses.dataclass(frozen=True)
class Way:
    name: str
    service: str
    sender: str
    login: bool


PLAIN = Way("the clear on port 25", "smtp", ANNA, False)
STARTTLS = Way("STARTTLS and AUTH", "submission", SKLEP, True)
TLS = Way("TLS from the first byte and AUTH", "submissions", SKLEP, True)
WAYS = [PLAIN, STARTTLS, TLS]


class Recorder:
    """Stands between a client and the server, under TLS to both where they have it, and keeps what the client says."""

    def __init__(self, metka, way):
        self.metka, self.way, self.said, self.fault = metka, way, b"", None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        folder = pathlib.Path(metka.ca).parent
        self.context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(30)
        assert not self.fault, self.fault

    def run(self):
        try:
            self.client, _ = self.listener.accept()
        except OSError:
            return  # nobody came
        try:
            self.server = self.metka.plain_socket(self.way.service)
            if self.way is TLS:
                self.wrap()
            self.relay()
        except Exception as fault:
            self.fault = fault
        finally:
            self.client.close()
            self.server.close()

    def wrap(self):
        for side in self.client, self.server:
            side.settimeout(30)
        self.client = self.context.wrap_socket(self.client, server_side=True)
        self.server = self.metka.tls().wrap_socket(self.server, server_hostname="localhost")

    def relay(self):
        while True:
            for side in select.select([self.client, self.server], [], [], 60)[0]:
                octets = self.take(side)
                if octets == b"":
                    return
                if octets and side is self.client:
                    self.said += octets
                    self.give(self.server, octets)
                    if octets.upper() == b"STARTTLS\r\n":
                        self.start_tls()
                        break
                elif octets:
                    self.give(self.client, octets)

    def start_tls(self):
        self.server.settimeout(30)
        reply = self.server.recv(1000)
        self.give(self.client, reply)
        assert reply.startswith(b"220"), reply
        self.wrap()

    @staticmethod
    def take(side):
        """What is there; None: nothing of its sender yet; b"": it has closed."""
        side.setblocking(False)
        octets = None
        with contextlib.suppress(ssl.SSLWantReadError, BlockingIOError):
            while more := side.recv(65536):
                octets = (octets or b"") + more
            return octets or b""
        return octets

    @staticmethod
    def give(side, octets):
        side.settimeout(30)
        side.sendall(octets)

    def message(self):
        """What the client sent after DATA, as RFC 5321 section 4.5.2 has it read, with LF."""
        began = re.search(rb"(?i)\r\nDATA\r\n", self.said)
        assert began, self.said[:2000]
        end = self.said.index(b"\r\n.\r\n", began.end() - 2)
        return re.sub(rb"(?m)^\.", b"", self.said[began.end():end + 2].replace(b"\r\n", b"\n"))


def given(way):
    """A message of our own making, for clients that take one whole; without Date and Message-ID on submission."""
    message = email.message.EmailMessage(policy=email.policy.SMTP.clone(cte_type="8bit"))
    message["From"], message["To"], message["Subject"] = way.sender, BIURO, SUBJECT
    if not way.login:
        message["Date"], message["Message-ID"] = "Sat, 21 Nov 2026 12:00:00 +0100", "<given@example.org>"
    message.set_content(TEXT, cte="8bit")
    message.add_attachment(ATTACHMENT, maintype="application", subtype="octet-stream", filename="wykres.bin")
    return message


def files(metka):
    return set((metka.state / "mail").rglob("new/*"))


def run(metka, *command, input=""):
    environment = {**os.environ, "HOME": str(metka.folder), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60, env=environment, cwd=metka.folder,
                          input=input if isinstance(input, bytes) else input.encode())
    assert done.returncode == 0, f"{command[0]}: {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"


def curl(metka, way, port):
    letter = given(way).as_bytes()
    login = ["--user", f"{SKLEP}:{PASSWORD}"] if way.login else []
    run(metka, "curl", "--silent", "--show-error", "--cacert", metka.ca, *login, *(["--ssl-reqd"] if way is STARTTLS else []),
        "--mail-from", way.sender, "--mail-rcpt", BIURO, "--upload-file", "-",
        f"{'smtps' if way is TLS else 'smtp'}://localhost:{port}/client.test", input=letter)
    return letter


def swaks(metka, way, port):
    login = ["--auth", "PLAIN", "--auth-user", SKLEP, "--auth-password", PASSWORD] if way.login else []
    tls = {PLAIN: [], STARTTLS: ["--tls"], TLS: ["--tls-on-connect"]}[way]
    run(metka, "swaks", "--server", "localhost", "--port", port, "--ehlo", "client.test", *tls,
        *(["--tls-verify", "--tls-ca-path", metka.ca] if tls else []), *login, "--from", way.sender, "--to", BIURO,
        "--header", f"Subject: {SUBJECT}", "--attach-type", "text/plain; charset=UTF-8", "--attach-body",
        f"@{metka.folder}/text", "--attach-type", "application/octet-stream", "--attach", f"@{metka.folder}/wykres.bin")


def msmtp(metka, way, port):
    letter = given(way).as_bytes().replace(b"\r\n", b"\n")
    login = ["--auth=on", f"--user={SKLEP}", f"--passwordeval=echo {PASSWORD}"] if way.login else ["--auth=off"]
    tls = ["--tls=on", f"--tls-starttls={'on' if way is STARTTLS else 'off'}", f"--tls-trust-file={metka.ca}"]
    run(metka, "msmtp", "--file=/dev/null", "--host=localhost", f"--port={port}", "--domain=client.test", *login,
        *(tls if way.login else ["--tls=off"]), "--set-from-header=off", "--set-date-header=off", "--set-msgid-header=off",
        f"--from={way.sender}", BIURO, input=letter)
    return letter.replace(b"\n", b"\r\n")


def url(way, port):
    quoted = urllib.parse.quote
    login = f"{quoted(SKLEP, safe='')}:{quoted(PASSWORD)}@" if way.login else ""
    return f"{'smtps' if way is TLS else 'smtp'}://{login}localhost:{port}"


def s_nail(metka, way, port):
    settings = ["v15-compat=yes", f"mta={url(way, port)}", f"tls-ca-file={metka.ca}", "tls-ca-no-defaults", "tls-verify=strict",
                f"smtp-auth={'plain' if way.login else 'none'}", f"from={way.sender}", "hostname=client.test", "sendwait",
                "sendcharsets=utf-8", *(["smtp-use-starttls"] if way is STARTTLS else [])]
    run(metka, "s-nail", "-:/", *(word for setting in settings for word in ("-S", setting)), "-s", SUBJECT, "-a",
        metka.folder / "wykres.bin", BIURO, input=TEXT)


def neomutt(metka, way, port):
    tls = way.login and "yes" or "no"
    rc = metka.folder / "neomuttrc"
    rc.write_text(f"""\
set from="{way.sender}" use_envelope_from=yes hostname="client.test" copy=no
set charset="utf-8" send_charset="utf-8"
set smtp_url="{url(way, port)}" smtp_authenticators="plain"
set ssl_starttls={tls} ssl_force_tls={tls} ssl_ca_certificates_file="{metka.ca}"
""")
    run(metka, "neomutt", "-n", "-F", rc, "-s", SUBJECT, "-a", metka.folder / "wykres.bin", "--", BIURO, input=TEXT)


def python_smtplib(metka, way, port):
    client = (smtplib.SMTP_SSL("localhost", port, local_hostname="client.test", timeout=30, context=metka.tls()) if way is TLS
              else smtplib.SMTP("localhost", port, local_hostname="client.test", timeout=30))
    letter = given(way).as_bytes()
    with client:
        if way is STARTTLS:
            client.starttls(context=metka.tls())
        if way.login:
            client.login(SKLEP, PASSWORD)
        client.sendmail(way.sender, [BIURO], letter, mail_options=["BODY=8BITMIME"])
    return letter


CLIENTS = {"curl": curl, "swaks": swaks, "msmtp": msmtp, "s-nail": s_nail, "neomutt": neomutt, "Python": python_smtplib}


def without_trace(stored, sent):
    """Without what delivery put in front, and the fields of these names that the sender left out."""
    added = {b"return-path", b"delivered-to", b"received"}
    head = sent.partition(b"\n\n")[0]
    lacking = {name for name in (b"date", b"message-id") if not re.search(rb"(?mi)^" + name + b":", head)}
    fields = re.findall(rb"[^\n]+\n(?:[ \t][^\n]*\n)*", stored[:stored.index(b"\n\n") + 1])
    kept, in_front = [], True
    for field in fields:
        name = field.partition(b":")[0].lower()
        in_front = in_front and name in added | lacking
        if in_front and name in added:
            continue
        if name in lacking:
            lacking.remove(name)
            continue
        kept.append(field)
    assert not lacking, f"{lacking} is not added:\n{stored[:1000]!r}"
    return b"".join(kept) + stored[stored.index(b"\n\n") + 1:]


def assert_reads_as_written(stored):
    message = email.message_from_bytes(stored, policy=email.policy.default)
    raw = re.search(rb"(?mi)^subject: *((?:[^\n]|\n[ \t])*)", stored).group(1)  # swaks leaves it as it was typed
    subject = str(email.header.make_header(email.header.decode_header(raw.decode().replace("\n", ""))))
    assert subject == SUBJECT, subject
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    assert text.get_content().rstrip("\n") == TEXT.rstrip("\n"), text.get_content()
    attached = [part.get_payload(decode=True) for part in message.walk() if part.get_filename() == "wykres.bin"]
    assert len(attached) == 1
    assert_same(attached[0], ATTACHMENT)


def sends(metka, name, way):
    if name != "Python":
        need(name)
    (metka.folder / "wykres.bin").write_bytes(ATTACHMENT)
    (metka.folder / "text").write_text(TEXT)
    before = files(metka)
    with Recorder(metka, way) as recorder:
        letter = CLIENTS[name](metka, way, recorder.port)
    commands = [line.split(b" ")[0].upper() for line in recorder.said.split(b"\r\nDATA\r\n")[0].split(b"\r\n")]
    assert (b"STARTTLS" in commands, b"AUTH" in commands) == (way is STARTTLS, way.login), commands
    new = files(metka) - before
    assert len(new) == 1, f"{len(new)} files"
    stored = new.pop().read_bytes()
    sent = recorder.message()
    assert_same(without_trace(stored, sent), sent)
    if letter:
        assert_same(sent, letter.replace(b"\r\n", b"\n"))
    assert_reads_as_written(stored)


for client in CLIENTS:
    for each_way in WAYS:
        @shows(f"{client} sends over {each_way.name}, and what lies in the Maildir is what it sent")
        def _(metka, name=client, way=each_way):
            sends(metka, name, way)


main()
