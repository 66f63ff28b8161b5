"""What people's mail programs fetch over POP3S is what lies in the Maildir, once, whatever becomes of the server and of the names."""

import contextlib
import dataclasses
import email.message
import email.policy
import os
import pathlib
import random
import re
import select
import shutil
import signal
import subprocess
import time
import typing
import urllib.parse

from harness import DOMAIN, PASSWORD, assert_same, eventually, main, need, shows
from terminals import on_a_terminal

ANNA = "anna@example.org"
ATTACHMENT = random.Random(6).randbytes(20_000) + b"\r\n.\r\n\0\r\r\n\n.\n"
HEAD = f"From: {ANNA}\nTo: biuro@{DOMAIN}\nSubject: %s\nDate: Sat, 21 Nov 2026 12:00:00 +0100\nMessage-ID: <%s@example.org>\nX-Case: %s\n"


def head(case):
    return (HEAD % (case, case, case)).encode()


def head_with_trace(case):
    return b"Return-Path: <anna@example.org>\n" + head(case)


def with_attachment():
    message = email.message.EmailMessage(policy=email.policy.default.clone(cte_type="8bit"))
    message["From"], message["To"], message["Subject"] = ANNA, f"biuro@{DOMAIN}", "Zażółć gęślą jaźń"
    message["Date"], message["Message-ID"], message["X-Case"] = "Sat, 21 Nov 2026 12:00:00 +0100", "<polish@example.org>", "polish"
    message.set_content("Dzień dobry,\n\nzażółć gęślą jaźń – „tak”.\nFrom tu: nic\n", cte="8bit")
    message.add_attachment(ATTACHMENT, maintype="application", subtype="octet-stream", filename="wykres.bin")
    return message.as_bytes()


# With LF. These come in by SMTP …
SENT = {
    "polish": with_attachment(),
    "dots": head("dots") + b"\n.\n..\n...\n.kropka\n..dwie kropki\n+OK\n-ERR\n.\n",
    "bits": head("bits") + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-2\nContent-Transfer-Encoding: 8bit\n\n"
    + bytes(range(160, 256)) + b"\n" + bytes(range(1, 9)) + b"\x7f\xff\xfe\n",
    "long": head("long") + b"\n" + b"x" * 997 + b"\n." + b"y" * 996 + b"\nz\n",
    "empty": head("empty") + b"\n",
}
# … and these another program puts into new/: a server that takes mail in would not leave them so.
PLACED = {
    "unended": head_with_trace("unended") + b"\nno newline at the end",
    "ended-by-a-dot": head_with_trace("ended-by-a-dot") + b"\n.",
    "crlf": (head_with_trace("crlf") + b"\n.\nwith CRLF already\n").replace(b"\n", b"\r\n"),
    "longest": head_with_trace("longest") + b"\n" + b"x" * 100_000 + b"\nz\n",
    "nul": head_with_trace("nul") + b"\none\0two\n\0\n\0\0.\nthree\n",
}
CASES = [*SENT, *PLACED]


def as_sent(stored):
    """What POP3 makes of a file, with LF."""
    whole = stored.replace(b"\r\n", b"\n")
    return whole if whole.endswith(b"\n") else whole + b"\n"


def case_of(message):
    return re.search(rb"(?m)^X-Case: (\S+)", message).group(1).decode()


@dataclasses.dataclass(frozen=True)
class Box:
    """A mailbox, and the folder of the one person who fetches from it."""

    address: str
    maildir: pathlib.Path
    folder: pathlib.Path
    letters: pathlib.Path

    def stored(self):
        return {path: path.read_bytes() for place in ("new", "cur") for path in (self.maildir / place).iterdir()}

    def url(self, metka, scheme):
        quoted = urllib.parse.quote
        return f"{scheme}://{quoted(self.address, safe='')}:{quoted(PASSWORD)}@localhost:{metka.port['pop3s']}"


def environment(box):
    return {**os.environ, "HOME": str(box.folder), "LC_ALL": "C.UTF-8", "TERM": "xterm"}


def run(box, *command, input="", codes=(0,)):
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=120, env=environment(box), cwd=box.folder,
                          input=input.encode())
    assert done.returncode in codes, f"{command[0]}: {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def letter_box(box):
    """A program that each message is handed to."""
    return write(box.folder / "deliver", f'#!/bin/sh\nexec cat >"{box.letters}/$$"\n', 0o700)


def taken(box):
    """What the client has put there, and it is gone."""
    found = [path.read_bytes() for path in sorted(box.letters.rglob("*")) if path.is_file()]
    shutil.rmtree(box.letters)
    box.letters.mkdir()
    return found


def split_mbox(path):
    """The messages of an mbox file (mboxrd), without what is put in to keep one."""
    content = path.read_bytes() if path.exists() else b""
    path.unlink(missing_ok=True)
    parts = re.split(rb"(?m)(?:\A|(?<=\n)\n)^From [^\n]*\n(?=[A-Z][\w-]*: )", content)[1:]
    parts = [part.removesuffix(b"\n") if last else part for last, part in zip([False] * (len(parts) - 1) + [True], parts)]
    return [re.sub(rb"(?m)^>(>*From )", rb"\1", re.sub(rb"(?m)^Status: [^\n]*\n", b"", part, count=1)) for part in parts]


# -- the clients: all that is new to them, as they store it; keep: whether it stays on the server

def curl(metka, box, keep):
    url, login = f"pop3s://localhost:{metka.port['pop3s']}", ["--user", f"{box.address}:{PASSWORD}"]
    command = ["curl", "--silent", "--show-error", "--cacert", metka.ca, *login]
    count = len(run(box, *command, url).splitlines())
    messages = [run(box, *command, f"{url}/{number}").replace(b"\r\n", b"\n") for number in range(1, count + 1)]
    for _ in range(0 if keep else count):
        run(box, *command, "--request", "DELE", "--head", f"{url}/1")
    return messages


def mpop(metka, box, keep):
    rc = write(box.folder / "mpoprc", f"""\
account default
host localhost
port {metka.port['pop3s']}
user {box.address}
password {PASSWORD}
tls on
tls_starttls off
tls_trust_file {metka.ca}
keep {"on" if keep else "off"}
uidls_file {box.folder}/uidls
received_header off
delivery mda {letter_box(box)}
""")
    run(box, "mpop", f"--file={rc}", "--all-accounts")
    return taken(box)


def fetchmail(metka, box, keep):
    rc = write(box.folder / "fetchmailrc", f"""\
set invisible
set no bouncemail
poll localhost service {metka.port['pop3s']} protocol pop3 uidl no dns
    user "{box.address}" password "{PASSWORD}" is "anna" here
    ssl sslproto "TLS1.2+" sslcertck sslcertfile "{metka.ca}"
    no rewrite no mimedecode pass8bits {"keep" if keep else "no keep"}
    mda "{letter_box(box)}"
""")
    nothing_new = 1
    run(box, "fetchmail", "--fetchmailrc", rc, "--idfile", box.folder / "ids", "--pidfile", box.folder / "pid",
        codes=(0, nothing_new))
    return taken(box)


def getmail(metka, box, keep):
    rc = write(box.folder / "getmailrc", f"""\
[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = {metka.port['pop3s']}
username = {box.address}
password = {PASSWORD}
ca_certs = {metka.ca}
[destination]
type = MDA_external
path = {letter_box(box)}
allow_root_commands = true
[options]
read_all = false
delete = {"false" if keep else "true"}
delivered_to = false
received = false
""")
    run(box, "getmail", "--getmaildir", box.folder, "--rcfile", rc)
    return taken(box)


def s_nail(metka, box, keep):
    mbox = box.folder / "mbox"
    settings = ["v15-compat=yes", f"tls-ca-file={metka.ca}", "tls-ca-no-defaults", "tls-verify=strict", "mbox-rfc4155"]
    run(box, "s-nail", "-:/", *(word for setting in settings for word in ("-S", setting)), "-f", box.url(metka, "pop3s"),
        input=f"copy * {mbox}\n" + ("exit\n" if keep else "delete *\nquit\n"))
    return split_mbox(mbox)


def neomutt(metka, box, keep):
    maildir = box.letters / "Maildir"
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    rc = write(box.folder / "neomuttrc", f"""\
set charset="utf-8" mbox_type=Maildir folder="{maildir}" spoolfile="{maildir}" header_cache="" wait_key=no
set pop_host="pops://localhost:{metka.port['pop3s']}" pop_user="{box.address}" pop_pass="{PASSWORD}"
set pop_delete={"no" if keep else "yes"}
set ssl_force_tls=yes ssl_ca_certificates_file="{metka.ca}"
push "<fetch-mail><exit>"
""")
    run_on_a_terminal(box, "neomutt", "-n", "-F", rc, "-f", maildir)
    return taken(box)


def run_on_a_terminal(box, *command):
    pid, terminal = on_a_terminal(command, environment(box), lines=25, columns=80, folder=box.folder)
    said, deadline = b"", time.monotonic() + 120
    with contextlib.suppress(OSError):  # EIO: it has ended
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 1)[0]:
                said += os.read(terminal, 65536)
    if time.monotonic() >= deadline:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0, f"{command[0]}: {status}: {said[-3000:]}"


def python_poplib(metka, box, keep):
    client = metka.pop3(box.address)
    messages = []
    for number in range(1, client.stat()[0] + 1):
        messages.append(b"".join(line + b"\n" for line in client.retr(number)[1]))
        if not keep:
            client.dele(number)
    client.quit()
    return messages


class Client(typing.NamedTuple):
    fetch: typing.Callable
    memory: str = None  # the file of what it has seen
    cannot: tuple = ()  # what it does not store as it was sent, by its own doing


CLIENTS = {
    "curl": Client(curl),
    "mpop": Client(mpop, memory="uidls"),
    "fetchmail": Client(fetchmail, memory="ids", cannot=("longest",)),  # it breaks a line into pieces of 8 kB
    "getmail": Client(getmail, memory="oldmail-*"),
    "s-nail": Client(s_nail, cannot=("empty",)),  # the empty line is the mbox's own, too
    "neomutt": Client(neomutt, cannot=("nul",)),  # it ends a line at a NUL
    "Python": Client(python_poplib),
}
boxes = {}


def make_box(metka, name):
    before = set((metka.state / "mail/box").glob("*/*/Maildir"))
    address = metka.mailbox(name.lower())
    maildir = eventually(lambda: set((metka.state / "mail/box").glob("*/*/Maildir")) - before, what="the Maildir").pop()
    folder = metka.folder / f"home-{name}"
    (folder / "letters").mkdir(parents=True)
    boxes[name] = Box(address, maildir, folder, folder / "letters")


def fill(metka):
    client = metka.smtp()
    for message in SENT.values():
        client.sendmail(ANNA, [box.address for box in boxes.values()], message.replace(b"\n", b"\r\n"), mail_options=["BODY=8BITMIME"])
    client.quit()
    for box in boxes.values():
        eventually(lambda: len(box.stored()) == len(SENT), what=f"the mail of {box.address}")
        owner = (box.maildir / "new").stat()
        for number, (name, message) in enumerate(PLACED.items()):
            path = box.maildir / "new" / f"17950000{number:02}.P{number}.another-program"
            path.write_bytes(message)
            os.chown(path, owner.st_uid, owner.st_gid)


def assert_fetched(name, box, messages):
    stored = {case_of(content): as_sent(content) for content in box.stored().values()}
    assert sorted(map(case_of, messages)) == sorted(CASES) == sorted(stored), sorted(map(case_of, messages))
    wrong = []
    for message in messages:
        case = case_of(message)
        try:
            assert_same(message, stored[case])
        except AssertionError as fault:
            wrong.append(f"{case}: {fault}")
    cannot = CLIENTS[name].cannot
    assert sorted(line.partition(":")[0] for line in wrong) == sorted(cannot), "\n".join(wrong)


def uids(metka, box):
    client = metka.pop3(box.address)
    listed = [row.split(b" ")[1] for row in client.uidl()[1]]
    client.quit()
    return listed


def need_client(name):
    if name != "Python":
        need(name)


@shows("messages lie in the inbox of each client")
def _(metka):
    for name in CLIENTS:
        make_box(metka, name)
    fill(metka)


for client in CLIENTS:
    @shows(f"{client} fetches all of it octet for octet, and leaves it on the server")
    def _(metka, name=client):
        need_client(name)
        box = boxes[name]
        assert_fetched(name, box, CLIENTS[name].fetch(metka, box, keep=True))


def fetches_nothing_new(metka):
    for name, client in CLIENTS.items():
        if client.memory and shutil.which(name):
            again = client.fetch(metka, boxes[name], keep=True)
            assert not again, f"{name} fetches {sorted(map(case_of, again))} again"


@shows("a second fetch fetches nothing, also after a restart and after another program has read and renamed all messages")
def _(metka):
    before = {name: uids(metka, box) for name, box in boxes.items()}
    fetches_nothing_new(metka)
    assert metka.stop().returncode == 0
    metka.start_again()
    fetches_nothing_new(metka)
    for box in boxes.values():
        for number, path in enumerate(sorted((box.maildir / "new").iterdir())):
            path.rename(box.maildir / "cur" / f"{path.name}:2,{('S', 'RS', 'FS', '')[number % 4]}")
    fetches_nothing_new(metka)
    for name, box in boxes.items():
        assert sorted(uids(metka, box)) == sorted(before[name]), name


@shows("one more message is the one that a second fetch fetches")
def _(metka):
    message = head("more").replace(b"\n", b"\r\n") + b"\r\nmore\r\n"
    fetching = [name for name, client in CLIENTS.items() if client.memory and shutil.which(name)]
    with metka.smtp() as server:
        server.sendmail(ANNA, [boxes[name].address for name in fetching], message)
    for name in fetching:
        eventually(lambda: list((boxes[name].maildir / "new").iterdir()), what="the message")
        fetched = CLIENTS[name].fetch(metka, boxes[name], keep=True)
        assert [case_of(message) for message in fetched] == ["more"], (name, fetched)
        for path in (boxes[name].maildir / "new").iterdir():
            path.unlink()


for client in CLIENTS:
    @shows(f"{client} deletes what it has fetched, and the inbox is empty")
    def _(metka, name=client):
        need_client(name)
        box = boxes[name]
        for path in box.folder.glob(CLIENTS[name].memory) if CLIENTS[name].memory else ():
            path.unlink()
        stored = box.stored()
        messages = CLIENTS[name].fetch(metka, box, keep=False)
        assert sorted(map(case_of, messages)) == sorted(map(case_of, stored.values()))
        assert not box.stored(), sorted(box.stored())


main()
