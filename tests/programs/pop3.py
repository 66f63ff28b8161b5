"""POP3 as clients speak it: port 110 with STLS, letters beyond ASCII, floods, and what a session may not learn."""

import contextlib
import poplib
import shutil
import socket
import subprocess

from harness import DOMAIN, PASSWORD, Instance, Skipped, eventually, main, shows

BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"
LETTERS = f"From: józek@krasnobród.pl\nTo: {BIURO}\nSubject: zażółć gęślą jaźń\n\nA stored line.\n.\n".encode()


class World(Instance):
    def provision(self):
        super().provision()
        self.applied({"pop3": {"listen": self.on_110()}})

    def on_110(self):
        return f"127.0.0.1:{self.port['pop3']}"

    def begun(self):
        """A client of 110 that has begun TLS."""
        client = poplib.POP3("localhost", self.port["pop3"], timeout=30)
        client.stls(context=self.tls())
        return client

    def heard(self, said, service="pop3"):
        """All that a server answers to this, until it closes."""
        wrap = self.tls_socket if service == "pop3s" else self.plain_socket
        with wrap(service) as channel:
            channel.settimeout(30)
            channel.sendall(said)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while more := channel.recv(65536):
                    answer += more
        return answer

    def put(self, content, name="1700000001.M1P1.letters"):
        """By hand, as another program would."""
        folder = self.state / self.json("mailbox", "show", BIURO)["maildir"] / "new"
        (folder / name).write_bytes(content)
        owner = folder.stat()
        with contextlib.suppress(PermissionError):
            shutil.chown(folder / name, owner.st_uid, owner.st_gid)


def run(*command, input=None):
    if not shutil.which(command[0]):
        raise Skipped(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, input=input, timeout=60)
    assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def refusal(call, *words):
    try:
        answer = call(*words)
    except poplib.error_proto as error:
        return str(error)
    raise AssertionError(f"not refused: {answer}")


@shows("a client that says STLS on 110 is served as one on 995, and its log-in counts as one under TLS")
def _(metka):
    metka.empty()
    metka.put(LETTERS)
    client = metka.begun()
    assert "STLS" not in client.capa() and client.capa()["SASL"] == ["PLAIN"]
    client.user(BIURO)
    assert client.pass_(PASSWORD).startswith(b"+OK 1 messages")
    client.quit()


@shows("in the clear nothing but STLS is to be had: no password is looked at, and none is asked for")
def _(metka):
    client = poplib.POP3("localhost", metka.port["pop3"], timeout=30)
    offered = client.capa()
    assert "STLS" in offered and not {"USER", "SASL", "UTF8"} & set(offered), offered
    for call, *words in ((client.user, BIURO), (client.pass_, PASSWORD), (client._shortcmd, "AUTH PLAIN AGEAYg==")):
        assert "[AUTH] no passwords in the clear" in refusal(call, *words)
    assert "log in first" in refusal(client.stat)
    client.stls(context=metka.tls())
    assert "USER comes before PASS" in refusal(client.pass_, PASSWORD)
    client.quit()


@shows("what a client sends behind STLS in the clear is never obeyed")
def _(metka):
    for behind in (b"QUIT\r\n", b"CAPA\r\n", b"Q"):
        answer = metka.heard(b"STLS\r\n" + behind)
        assert answer == b"+OK Metka ready\r\n-ERR nothing may follow STLS before TLS is there\r\n", answer
    assert metka.heard(b"CAPA\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\nSTLS\r\n").endswith(b"-ERR this is a POP3 server\r\n")


@shows("curl, openssl and mpop fetch by STLS")
def _(metka):
    metka.empty()
    metka.put(LETTERS)
    url = f"pop3://localhost:{metka.port['pop3']}/1"
    assert "A stored line." in run("curl", "--silent", "--show-error", "--ssl-reqd", "--cacert", metka.ca, "--user", f"{BIURO}:{PASSWORD}", url)
    said = f"USER {BIURO}\r\nPASS {PASSWORD}\r\nSTAT\r\nQUIT\r\n"
    heard = run("openssl", "s_client", "-quiet", "-ign_eof", "-starttls", "pop3", "-CAfile", metka.ca, "-verify_return_error",
                "-connect", metka.on_110(), input=said)
    assert "+OK 1 " in heard and "+OK goodbye" in heard, heard
    box = metka.folder / "mpop.mbox"
    run("mpop", "--file=/dev/null", "--host=localhost", f"--port={metka.port['pop3']}", "--tls=on", "--tls-starttls=on",
        f"--tls-trust-file={metka.ca}", "--auth=user", f"--user={BIURO}", f"--passwordeval=echo {PASSWORD}",
        f"--uidls-file={metka.folder}/uidls", "--keep=off", f"--delivery=mbox,{box}")
    assert b"A stored line." in box.read_bytes() and metka.fetch() == []


@shows("letters beyond ASCII: in names, in passwords and in messages, with UTF8 said and without, byte for byte")
def _(metka):
    metka.told("domain", "add", "krasnobród.pl", "--customer", "firma", "--owned")
    metka.told("mailbox", "add", "biuro@krasnobród.pl", "--customer", "firma", "--capacity", "1M", "--password-stdin",
               input="zażółć gęślą jaźń 2026\n")
    for words in ((), ("UTF8",)):
        client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
        client.encoding = "UTF-8"
        assert client.capa()["UTF8"] == ["USER"]
        for word in words:
            assert client._shortcmd(word).startswith(b"+OK")
        client.user("biuro@krasnobród.pl")
        client.pass_("zażółć gęślą jaźń 2026")
        client.quit()
    metka.empty()
    metka.put(LETTERS)
    for words in ((), ("UTF8",)):
        client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
        for word in words:
            client._shortcmd(word)
        client.user(BIURO)
        client.pass_(PASSWORD)
        _, lines, _ = client.retr(1)
        assert b"\n".join(lines) + b"\n" == LETTERS, lines
        assert client.list(1) == f"+OK 1 {len(LETTERS) + LETTERS.count(10)}".encode()
        client.quit()
    answer = metka.heard(b"USER j\xf3zek\r\nPASS \xff\r\nQUIT\r\n", "pop3s")
    assert answer.count(b"-ERR names and passwords are UTF-8\r\n") == 2, answer


@shows("a flood of commands is answered whole and in order, also when nobody reads for a while")
def _(metka):
    rounds = 10000
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the server feels it
    plain.settimeout(60)
    plain.connect(("127.0.0.1", metka.port["pop3s"]))
    with metka.tls().wrap_socket(plain, server_hostname="localhost") as channel:
        channel.sendall(f"USER {BIURO}\r\nPASS {PASSWORD}\r\n".encode() + b"NOOP\r\nSTAT\r\n" * rounds)
        assert metka.pop3(SKLEP).noop().startswith(b"+OK")
        reading = channel.makefile("rb")
        for _ in range(3):
            assert reading.readline().startswith(b"+OK ")
        for _ in range(rounds):
            assert (reading.readline(), reading.readline()[:4]) == (b"+OK\r\n", b"+OK ")


@shows("a line of many megabytes is refused once, at its end, and nobody else waits for it")
def _(metka):
    with metka.tls_socket("pop3s") as channel:
        channel.settimeout(30)
        for _ in range(256):
            channel.sendall(b"A" * 65536)
        assert metka.pop3(SKLEP).noop().startswith(b"+OK")
        channel.sendall(b"\r\nQUIT\r\n")
        answer = b""
        while more := channel.recv(65536):
            answer += more
    assert answer == b"+OK Metka ready\r\n-ERR line too long\r\n+OK goodbye\r\n", answer


@shows("who logs in again too soon is told so, but not with a wrong password; and later nobody is")
def _(metka):
    eager = metka.mailbox("gorliwa")
    metka.applied({"pop3": {"login_delay": "1h"}})
    try:
        metka.pop3(eager).quit()
        client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
        assert client.capa()["LOGIN-DELAY"] == ["3600"]
        client.user(eager)
        assert "[AUTH]" in refusal(client.pass_, PASSWORD + "!")
        client.user(eager)
        assert "[LOGIN-DELAY]" in refusal(client.pass_, PASSWORD)
        client.quit()
    finally:
        metka.applied({"pop3": {"login_delay": None}})
    client = metka.pop3(eager)
    assert "LOGIN-DELAY" not in client.capa()
    client.quit()


@shows("110 is taken away and given back by `config apply`, and a session under way goes on")
def _(metka):
    metka.empty()  # when that is done, nobody else has the inbox
    client = metka.begun()
    client.user(BIURO)
    client.pass_(PASSWORD)
    metka.applied({"pop3": {"listen": None}})

    def refused():
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", metka.port["pop3"]), timeout=5).close()
            return False
        return True
    eventually(refused, what="110 is shut")
    assert client.noop().startswith(b"+OK")
    client.quit()
    metka.applied({"pop3": {"listen": metka.on_110()}})
    metka.begun().quit()


main(instance=World)
