"""Mail goes in by submission and comes out by POP3S, byte for byte, with the clients people use."""

import base64
import random
import subprocess

from harness import DOMAIN, PASSWORD, after_trace, main, need, shows

SKLEP, BIURO, MARKETING = (f"{name}@{DOMAIN}" for name in ("sklep", "biuro", "marketing"))


def message(body, *, subject="Test", extra=()):
    lines = [f"From: {SKLEP}", f"To: {MARKETING}", f"Subject: {subject}", "Date: Sat, 21 Nov 2026 12:00:00 +0100",
             "Message-ID: <1@client.test>", *extra, "", ""]
    return "\r\n".join(lines).encode() + body


def arrives(metka, sent, *, recipients=(MARKETING,), options=()):
    """Sends, fetches, compares, and leaves the inbox empty."""
    metka.empty()
    client = metka.submission()
    client.mail(SKLEP, options=[f"size={len(sent)}", *options])
    for recipient in recipients:
        assert client.rcpt(recipient)[0] == 250
    code, text = client.data(sent)
    assert code == 250, (code, text)
    client.quit()
    fetched = metka.fetch()
    assert len(fetched) == 1, f"{len(fetched)} messages"
    assert after_trace(fetched[0]) == sent, (after_trace(fetched[0])[:500], sent[:500])
    return fetched[0]


@shows("a Polish subject and 8-bit text arrive as they were sent")
def _(metka):
    subject = "=?UTF-8?B?" + base64.b64encode("Zażółć gęślą jaźń".encode()).decode() + "?="
    extra = ["MIME-Version: 1.0", "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit"]
    arrives(metka, message("Zażółć gęślą jaźń.\r\n".encode(), subject=subject, extra=extra), options=["BODY=8BITMIME"])


@shows("lines of dots, and lines that begin with one, arrive as they were sent")
def _(metka):
    arrives(metka, message(b"before\r\n.\r\n..\r\n...\r\n.hidden\r\n\r\n. \r\nafter\r\n"))


@shows("an attachment of a megabyte arrives as it was sent")
def _(metka):
    picture = base64.encodebytes(random.Random(1).randbytes(1 << 20)).replace(b"\n", b"\r\n")
    arrives(metka, message(picture, extra=["Content-Transfer-Encoding: base64"]))


@shows("lines of 998 octets and a message that ends in empty lines arrive as they were sent")
def _(metka):
    arrives(metka, message(b"x" * 998 + b"\r\n\r\n" + b"y" * 998 + b"\r\n\r\n\r\n"))


@shows("bytes of every value but NUL, CR and LF arrive as they were sent")
def _(metka):
    every = bytes(b for b in range(1, 256) if b not in (10, 13))
    arrives(metka, message(every + b"\r\n" + every[::-1] + b"\r\n"), options=["BODY=8BITMIME"])


@shows("a message from another server on port 25 arrives as it was sent")
def _(metka):
    metka.empty()
    sent = message(b"from afar\r\n")
    client = metka.smtp()
    assert client.sendmail("anna@example.org", [BIURO], sent) == {}
    client.quit()
    assert [after_trace(fetched) for fetched in metka.fetch()] == [sent]


@shows("a message to a mailbox and its alias arrives once, and one to two mailboxes in both")
def _(metka):
    arrives(metka, message(b"once\r\n"), recipients=(BIURO, MARKETING))
    metka.empty(SKLEP)
    arrives(metka, message(b"both\r\n"), recipients=(BIURO, SKLEP))
    assert len(metka.fetch(SKLEP)) == 1


@shows("the envelope is in the trace: Return-Path, Received with the login's protocol, Delivered-To of one recipient")
def _(metka):
    head = arrives(metka, message(b"trace\r\n")).split(b"\r\n\r\n")[0].decode()
    assert f"Return-Path: <{SKLEP}>" in head, head
    assert "with ESMTPSA" in head, head
    assert f"Delivered-To: {MARKETING}" in head or f"Delivered-To: {BIURO}" in head, head


@shows("STAT, LIST and UIDL say exactly what RETR sends, and TOP its beginning")
def _(metka):
    arrives(metka, message(b".one\r\ntwo\r\nthree\r\n"))
    client = metka.pop3()
    count, octets = client.stat()
    _, lines, _ = client.retr(1)
    sent = sum(len(line) + 2 for line in lines)
    assert (count, octets) == (1, sent), (count, octets, sent)
    assert client.list()[1] == [f"1 {sent}".encode()]
    assert client.uidl()[1][0].startswith(b"1 ")
    top = client.top(1, 1)[1]
    assert top[-1] == b".one" and top == lines[: len(top)], top
    client.quit()


@shows("a deleted message is gone after QUIT, and there again when the connection just broke")
def _(metka):
    arrives(metka, message(b"to be deleted\r\n"))
    client = metka.pop3()
    client.dele(1)
    client.close()
    assert len(metka.fetch()) == 1
    client = metka.pop3()
    client.dele(1)
    client.quit()
    assert metka.fetch() == []


@shows("a client that leaves out Date and Message-ID has them added, and nothing else")
def _(metka):
    metka.empty()
    client = metka.submission()
    client.sendmail(SKLEP, [BIURO], f"From: {SKLEP}\r\nSubject: Test\r\n\r\nbody\r\n")
    lines = after_trace(metka.fetch()[0]).decode().split("\r\n")
    assert [line for line in lines if not line.startswith(("Date: ", "Message-ID: <"))] == \
        [f"From: {SKLEP}", "Subject: Test", "", "body", ""], lines
    assert len(lines) == 7, lines


@shows("a large message passes without being held in memory")
def _(metka):
    def peak(program):
        with open(f"/proc/{metka.programs()[program]['pid']}/status") as status:
            return int(next(line.split()[1] for line in status if line.startswith("VmHWM")))
    before = {program: peak(program) for program in ("smtp", "store", "access")}
    line = b"0123456789abcdef" * 60 + b"\r\n"
    arrives(metka, message(line * (40 * (1 << 20) // len(line))))
    for program, was in before.items():
        grown = peak(program) - was
        assert grown < 12 * 1024, f"metka-{program} grew by {grown} KiB for a message of 40 MiB"


def run(*command, input=None):
    done = subprocess.run(command, capture_output=True, text=True, input=input, timeout=60)
    assert done.returncode == 0, f"{command[0]}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


@shows("curl submits by STARTTLS and by TLS from the start, and fetches")
def _(metka):
    need("curl")
    metka.empty()
    login = ["--silent", "--show-error", "--cacert", metka.ca, "--user"]
    for url in (f"smtp://localhost:{metka.port['submission']}", f"smtps://localhost:{metka.port['submissions']}"):
        run("curl", *login, f"{SKLEP}:{PASSWORD}", "--ssl-reqd", "--mail-from", SKLEP, "--mail-rcpt", MARKETING,
            "--upload-file", "-", url, input=message(b"by curl\r\n").decode())
    pop = f"pop3s://localhost:{metka.port['pop3s']}/"
    assert run("curl", *login, f"{BIURO}:{PASSWORD}", pop).count("\n") == 2
    assert "by curl" in run("curl", *login, f"{BIURO}:{PASSWORD}", pop + "2")


@shows("swaks submits with AUTH PLAIN and AUTH LOGIN")
def _(metka):
    need("swaks")
    metka.empty()
    for mechanism in ("PLAIN", "LOGIN"):
        run("swaks", "--server", f"127.0.0.1:{metka.port['submission']}", "--tls", "--auth", mechanism, "--auth-user", SKLEP,
            "--auth-password", PASSWORD, "--from", SKLEP, "--to", MARKETING, "--body", f"by swaks {mechanism}")
    assert len(metka.fetch()) == 2


@shows("msmtp submits and mpop fetches")
def _(metka):
    need("msmtp", "mpop")
    metka.empty()
    run("msmtp", "--file=/dev/null", "--host=localhost", f"--port={metka.port['submission']}", "--tls=on",
        f"--tls-trust-file={metka.ca}", "--auth=on", f"--user={SKLEP}", f"--passwordeval=echo {PASSWORD}",
        f"--from={SKLEP}", MARKETING, input=message(b"by msmtp\r\n").decode())
    box = metka.folder / "mpop.mbox"
    run("mpop", "--file=/dev/null", "--host=localhost", f"--port={metka.port['pop3s']}", "--tls=on", "--tls-starttls=off",
        f"--tls-trust-file={metka.ca}", "--auth=user", f"--user={BIURO}", f"--passwordeval=echo {PASSWORD}",
        f"--uidls-file={metka.folder}/uidls", "--keep=off", f"--delivery=mbox,{box}")
    assert "by msmtp" in box.read_text()
    assert metka.fetch() == []


main()
