"""Nobody relays, smuggles a message, slips a command under TLS, or reads what is not theirs."""

import contextlib
import os
import pathlib
import pwd
import re
import smtplib
import socket
import subprocess
import threading

from harness import DOMAIN, PASSWORD, SERVED, Instance, Skipped, eventually, main, need, shows

SKLEP, BIURO = f"sklep@{DOMAIN}", f"biuro@{DOMAIN}"


silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # a name server that never answers
silence.bind(("127.0.0.1", 0))


class AskingSilence(Instance):
    settings = {"dns": {"servers": f'["127.0.0.1:{silence.getsockname()[1]}"]'}}


def dialogue(channel, *lines):
    """Sends each line and returns the last reply to each; a reply is read to its last line."""
    stream = channel.makefile("rb")
    replies = []
    for line in (None, *lines):
        if line is not None:
            channel.sendall(line)
        reply = stream.readline()
        while reply[3:4] == b"-":
            reply = stream.readline()
        replies.append(reply)
    return replies


def codes(replies):
    return [reply[:3].decode() for reply in replies]


@shows("a command pipelined behind STARTTLS is refused and the connection closed")
def _(metka):
    channel = metka.plain_socket("submission")
    assert codes(dialogue(channel, b"EHLO a.test\r\n", b"STARTTLS\r\nMAIL FROM:<x@example.org>\r\n"))[-1] == "501"
    assert channel.recv(100) == b""


@shows("neither AUTH nor mail is taken on submission before STARTTLS")
def _(metka):
    got = codes(dialogue(metka.plain_socket("submission"), b"EHLO a.test\r\n", b"AUTH PLAIN AGEAYg==\r\n",
                         f"MAIL FROM:<{SKLEP}>\r\n".encode()))
    assert got[2] in ("530", "538", "503", "502") and got[3] == "530", got


@shows("mail for elsewhere is refused on port 25 however the address is spelled")
def _(metka):
    spellings = ["anna@example.org", "anna%example.org@" + DOMAIN, "example.org!anna", "@" + DOMAIN + ":anna@example.org",
                 '"anna@example.org"', "anna@[127.0.0.1]", "anna@example.org@" + DOMAIN, "anna%example.org", "anna@localhost"]
    for spelling in spellings:
        client = metka.smtp()
        client.mail("eve@example.net")
        code, text = client.docmd(f"RCPT TO:<{spelling}>")
        assert code // 100 == 5, (spelling, code, text)
        client.close()


@shows("a logged-in client is told plainly that mail for elsewhere cannot be sent yet")
def _(metka):
    client = metka.submission()
    client.mail(SKLEP)
    code, text = client.rcpt("anna@example.org")
    assert code == 550 and text.startswith(b"5.7.1"), (code, text)


@shows("a logged-in client may not send under an address that is not its own")
def _(metka):
    client = metka.submission()
    code, text = client.mail(BIURO)
    if code == 250:
        code, text = client.rcpt(BIURO)
    assert code // 100 == 5, (code, text)


@shows("a message smuggled behind a bare line feed or carriage return is refused whole")
def _(metka):
    metka.empty()
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n\x00.\r\n"):
        channel = metka.plain_socket("smtp")
        smuggled = b"MAIL FROM:<eve@example.org>\r\nRCPT TO:<" + BIURO.encode() + b">\r\nDATA\r\nFrom: eve@example.org\r\n"
        got = codes(dialogue(channel, b"EHLO a.test\r\n", b"MAIL FROM:<a@example.org>\r\n", f"RCPT TO:<{BIURO}>\r\n".encode(),
                             b"DATA\r\n", b"From: a@example.org\r\n\r\nfirst" + end + smuggled + b"\r\n.\r\n"))
        assert got[-1] == "550", (end, got)
        channel.close()
    assert metka.fetch() == []


@shows("HTTP sent to the SMTP port ends the connection")
def _(metka):
    channel = metka.plain_socket("smtp")
    got = codes(dialogue(channel, b"POST / HTTP/1.1\r\n"))
    assert got[-1][0] in "25" and channel.recv(100) == b"", got


@shows("old versions of TLS are refused")
def _(metka):
    need("openssl")
    for version in ("-tls1", "-tls1_1"):
        done = subprocess.run(["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect",
                               f"127.0.0.1:{metka.port['pop3s']}"], input=b"", capture_output=True, timeout=60)
        assert b"Cipher is (NONE)" in done.stdout + done.stderr, version


@shows("a wrong password, an unknown mailbox and a domain of nobody get the same words")
def _(metka):
    said = set()
    for login in (SKLEP, f"nobody@{DOMAIN}", "anna@example.org"):
        try:
            metka.submission(login, "wrong")
            raise AssertionError(f"{login} got in")
        except smtplib.SMTPAuthenticationError as refusal:
            said.add((refusal.smtp_code, re.sub(rb" \[\w{4}-\w{4}\]$", b"", refusal.smtp_error)))
    assert len(said) == 1 and next(iter(said))[0] == 535, said


@shows("an alias is no other login: the mailbox's password opens the mailbox alone")
def _(metka):
    metka.mailbox("ksiegowa")
    metka.told("mailbox", "set", f"ksiegowa@{DOMAIN}", "--password-stdin", input="another pass phrase\n")
    for login, password in ((f"ksiegowa@{DOMAIN}", PASSWORD), (BIURO, "another pass phrase")):
        try:
            metka.pop3(login, password)
            raise AssertionError(f"{login} got in")
        except Exception as refusal:
            assert b"-ERR" in refusal.args[0], refusal


@shows("metkactl as nobody in particular gets a refusal that says so, and 77")
def _(metka):
    if os.geteuid() != 0:
        return
    done = metka.control("mailbox", "list", user="nobody")
    assert done.returncode == 77 and "metkactl:" in done.stderr, (done.returncode, done.stderr)
    assert metka.control("version", user="nobody").returncode == 0


@shows("the secrets, the mail and the keys are closed to other users, and no program but metkad is root")
def _(metka):
    if os.geteuid() != 0:
        return
    for folder in ("secrets", "mail"):
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "find", metka.state / folder,
                               "-type", "f"], capture_output=True, text=True)
        assert done.stdout == "", done.stdout
    for name, row in metka.programs().items():
        status = open(f"/proc/{row['pid']}/status").read()
        uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
        assert "0" not in uids, f"metka-{name} runs as root: {uids}"
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, f"metka-{name} is not confined"


def children(metka, name):
    """Of metkad, by what they were started as. Some live for a moment: a look must not take longer."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as stat:
            called, _, rest = stat.read().partition("(")[2].rpartition(") ")  # then its state and its parent
            if called == name and int(rest.split()[1]) == metka.pid:
                found.append(pathlib.Path(f"/proc/{pid}"))
    return found


def confined(process):
    """What the kernel says of a process that has given away what it does not need; None: not yet, or gone."""
    try:
        text = (process / "status").read_text()
    except OSError:
        return None
    status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    return status if status.get("NoNewPrivs") == "1" and status.get("Seccomp") == "2" else None


@shows("the program that asks DNS is confined, is nobody else's user, holds no file, and ends in its time")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root's programs become other users")
    metka.told("domain", "add", "example.com", "--customer", "firma")
    asking = threading.Thread(target=metka.control, args=("domain", "check", "example.com"))
    asking.start()
    status = eventually(lambda: next(filter(None, map(confined, children(metka, "metka-resolver"))), None),
                        what="a confined metka-resolver")
    [process] = children(metka, "metka-resolver")
    assert set(status["Uid"].split()) == {str(pwd.getpwnam("metka-resolver").pw_uid)}, status["Uid"]
    assert status["CapEff"].strip("0") == "" and status["Groups"].strip() == "", status
    files = [os.readlink(file) for file in (process / "fd").iterdir()]
    assert not [file for file in files if file.startswith("/") and file != "/dev/null" and "metkad.log" not in file], files
    asking.join(60)
    eventually(lambda: not children(metka, "metka-resolver"), what="the end of metka-resolver")


@shows("the program that looks into homes is confined, is not root, and has the power to read and no other")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root's programs become other users")
    login = f"mtk-s{os.getpid()}"
    metka.told("shell", "add", login, "--customer", "firma")
    try:
        user = pwd.getpwnam(login)
        for number in range(20000):
            open(f"{user.pw_dir}/{number}", "w").close()
        status = None
        for _ in range(20):
            sweeping = threading.Thread(target=metka.control, args=("sweep", "quota"))
            sweeping.start()
            while sweeping.is_alive() and not status:
                status = next(filter(None, map(confined, children(metka, "metka-errand"))), None)
            sweeping.join()
            if status:
                break
        assert status, "no metka-errand was seen"
        assert set(status["Uid"].split()) == {str(pwd.getpwnam("metka-errand").pw_uid)}, status["Uid"]
        assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 1 << 2, status  # CAP_DAC_READ_SEARCH
    finally:
        metka.control("shell", "remove", login, "--recursive", "--remove-unix-user", "--yes")


@shows("the programs that are started for one thing do nothing for whoever starts them by hand")
def _(metka):
    for program in ("metka-errand", "metka-resolver"):
        for words in ([], ["measure", "/root", "0"], ["clear"], ["link", "/root", "/tmp"], ["example.com"]):
            done = subprocess.run([metka.build / "bin" / program, *words], capture_output=True, text=True, timeout=30,
                                  stdin=subprocess.DEVNULL)
            assert done.returncode in (64, 69) and done.stdout == "", (program, words, done)


@shows("one peer that opens many connections and says nothing does not keep others out")
def _(metka):
    silent = [metka.plain_socket("smtp") for _ in range(40)]
    client = metka.submission()
    client.quit()
    assert metka.pop3().quit()
    for channel in silent:
        channel.close()


@shows("half a TLS handshake and noise on every port do no harm")
def _(metka):
    for service in SERVED:
        for noise in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", os.urandom(2000), b"\x00" * 5000, b"A" * 100000):
            channel = metka.plain_socket(service)
            try:
                channel.sendall(noise)
                channel.shutdown(socket.SHUT_WR)
                while channel.recv(4096):
                    pass
            except OSError:
                pass
            channel.close()
    assert all(row["restarts"] == 0 for row in metka.programs().values())
    metka.submission().quit()


main(instance=AskingSilence)
