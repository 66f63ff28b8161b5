"""What metkactl is told is what is there; what is wrong is said, with the code that sysexits(3) has for it."""

import json
import os
import pwd
import socket
import subprocess

from harness import DOMAIN, PASSWORD, Skipped, main, shows

BIURO = f"biuro@{DOMAIN}"


def refused(metka, code, *words, says, input=None):
    done = metka.control(*words, input=input)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("metkactl: ") and done.stderr.count("\n") == 1, done.stderr
    for word in [says] if isinstance(says, str) else says:
        assert word in done.stderr, (word, done.stderr)


@shows("what was added is listed tab-separated when piped, and shown as JSON with stable names")
def _(metka):
    rows = [line.split("\t") for line in metka.told("mailbox", "list").splitlines()]
    assert BIURO in [row[0] for row in rows], rows
    card = metka.json("mailbox", "show", BIURO)
    assert card["address"] == BIURO and card["state"] == "active" and card["kind"] == "paid", card
    assert card["capacity"] == 1 << 30 and card["usage"] == 0 and "maildir" in card and "valid_until" in card, card
    assert [row["address"] for row in metka.json("alias", "list")] == [f"marketing@{DOMAIN}"]


@shows("an upper-case address and an international domain are stored folded")
def _(metka):
    metka.told("domain", "add", "ŻÓŁW.lublin.pl", "--customer", "firma")
    assert "xn--" in json.dumps(metka.json("domain", "list")) or "żółw" in json.dumps(metka.json("domain", "list"), ensure_ascii=False)
    metka.told("mailbox", "add", f"Kadry@{DOMAIN.upper()}", "--customer", "firma", "--capacity", "10M", "--password-stdin",
               input=PASSWORD + "\n")
    assert metka.json("mailbox", "show", f"kadry@{DOMAIN}")["address"] == f"kadry@{DOMAIN}"


@shows("a value that is no address, domain, size, date or word is refused with 65, and named")
def _(metka):
    secret = ["--password-stdin"]
    of_firma = ["--customer", "firma"]
    refused(metka, 65, "mailbox", "add", f"a..b@{DOMAIN}", *of_firma, *secret, says="a..b", input="x\n")
    refused(metka, 65, "mailbox", "add", "no-at-sign", *of_firma, *secret, says="no-at-sign", input="x\n")
    refused(metka, 65, "domain", "add", "bad_domain..pl", *of_firma, says="bad_domain..pl")
    refused(metka, 65, "mailbox", "add", f"x@{DOMAIN}", *of_firma, "--capacity", "5X", *secret, says="5X", input="x\n")
    refused(metka, 65, "mailbox", "add", f"x@{DOMAIN}", *of_firma, "--valid-until", "2027-02-30", *secret, says="2027-02-30",
            input="x\n")
    refused(metka, 65, "customer", "add", "Zła Nazwa", "--name", "x", "--contact", "a@example.org", says="Zła Nazwa")


@shows("a word that metkactl does not know is a usage error: 64")
def _(metka):
    for words in (["mailbux", "list"], ["mailbox", "lost"], ["mailbox", "list", "--colour"], ["mailbox", "show"]):
        done = metka.control(*words)
        assert done.returncode == 64 and done.stderr.startswith("metkactl: "), (words, done.returncode, done.stderr)


@shows("what is not there is 67, what is there already is 65")
def _(metka):
    refused(metka, 67, "mailbox", "show", f"nobody@{DOMAIN}", says=f"nobody@{DOMAIN}")
    refused(metka, 67, "domain", "add", "inna.lublin.pl", "--customer", "nikt", says="nikt")
    refused(metka, 65, "customer", "add", "firma", "--name", "x", "--contact", "a@example.org", says="firma")
    refused(metka, 65, "alias", "add", BIURO, "--to", f"sklep@{DOMAIN}", says=BIURO)


@shows("what still owns something is not removed, and what it owns is listed")
def _(metka):
    refused(metka, 65, "customer", "remove", "firma", "--yes", says=DOMAIN)
    refused(metka, 65, "domain", "remove", DOMAIN, "--yes", says=DOMAIN)


@shows("a removal that is not confirmed is not done")
def _(metka):
    done = metka.control("mailbox", "remove", BIURO)
    assert done.returncode == 64 and "--yes" in done.stderr, (done.returncode, done.stderr)
    assert metka.json("mailbox", "show", BIURO)["address"] == BIURO


@shows("--dry-run says what would be done, and changes nothing")
def _(metka):
    before = metka.told("mailbox", "list"), metka.told("domain", "list")
    assert metka.told("domain", "add", "probna.lublin.pl", "--customer", "firma", "--dry-run").strip()
    assert metka.told("mailbox", "remove", f"sklep@{DOMAIN}", "--yes", "--dry-run").strip()
    assert before == (metka.told("mailbox", "list"), metka.told("domain", "list"))


@shows("a password never fits into the command line: only by standard input, or made up and printed once")
def _(metka):
    assert metka.control("mailbox", "set", BIURO, "--password", "secret").returncode == 64
    made_up = metka.told("mailbox", "set", BIURO, "--generate").split()[-1]
    metka.pop3(BIURO, made_up).quit()
    metka.told("mailbox", "set", BIURO, "--password-stdin", input=PASSWORD + "\n")
    metka.pop3(BIURO).quit()


@shows("a new mailbox receives at once, a suspended one tries later, a removed one is unknown")
def _(metka):
    def answer(address):
        client = metka.smtp()
        client.mail("anna@example.org")
        return client.rcpt(address)
    address = metka.mailbox("nowy")
    assert answer(address)[0] == 250
    metka.told("mailbox", "set", address, "--state", "suspended")
    code, text = answer(address)
    assert code == 450 and text.startswith(b"4.2.1"), (code, text)
    metka.told("mailbox", "set", address, "--state", "active")
    assert answer(address)[0] == 250
    metka.told("mailbox", "remove", address, "--yes")
    code, text = answer(address)
    assert code == 550 and text.startswith(b"5.1.1"), (code, text)


@shows("a removed mailbox takes its aliases along, and keeps its mail for its grace")
def _(metka):
    address = metka.mailbox("usuwana")
    metka.told("alias", "add", f"usuwana-tez@{DOMAIN}", "--to", address)
    client = metka.smtp()
    client.sendmail("anna@example.org", [address], "Subject: x\r\n\r\nkept for a while\r\n")
    folder = metka.state / metka.json("mailbox", "show", address)["maildir"]
    planned = metka.told("mailbox", "remove", address, "--yes", "--dry-run")
    assert metka.told("mailbox", "remove", address, "--yes") == planned.replace("(dry run: nothing was changed)\n", ""), planned
    assert f"remove alias usuwana-tez@{DOMAIN}" in planned and "days until it is deleted: 30" in planned, planned
    refused(metka, 67, "alias", "show", f"usuwana-tez@{DOMAIN}", says="usuwana-tez")
    refused(metka, 67, "mailbox", "show", address, says=address)
    assert len(list(folder.glob("new/*"))) == 1
    assert metka.json("sweep", "expiry", "--dry-run")["trash"] == 0
    assert metka.mailbox("usuwana") == address and metka.json("mailbox", "show", address)["messages"] == 0


@shows("--recursive removes a customer with all that is the customer's, and another customer waits for the addresses")
def _(metka):
    metka.told("customer", "add", "krotka", "--name", "x", "--contact", "x@example.org")
    metka.told("domain", "add", "krotka.lublin.pl", "--customer", "krotka")
    metka.told("mailbox", "add", "a@krotka.lublin.pl", "--customer", "krotka", "--password-stdin", input=PASSWORD + "\n")
    metka.told("alias", "add", "b@krotka.lublin.pl", "--to", "a@krotka.lublin.pl")
    refused(metka, 65, "customer", "remove", "krotka", "--yes", says=["mailbox a@krotka.lublin.pl", "domain krotka.lublin.pl"])
    metka.told("customer", "remove", "krotka", "--recursive", "--yes")
    refused(metka, 67, "customer", "show", "krotka", says="krotka")
    metka.told("domain", "add", "krotka.lublin.pl", "--customer", "firma")
    refused(metka, 65, "alias", "add", "b@krotka.lublin.pl", "--to", BIURO, says="quarantine")
    metka.told("alias", "add", "c@krotka.lublin.pl", "--to", BIURO)


@shows("mail for postmaster and abuse of a customer's domain is the operator's, until somebody provisions them")
def _(metka):
    def deliver(address, text):
        metka.smtp().sendmail("anna@example.org", [address], f"Subject: x\r\n\r\n{text}\r\n")
    operator = "postmaster@metka.test"
    metka.told("mailbox", "set", operator, "--password-stdin", input=PASSWORD + "\n")
    assert not any(b"to abuse" in each for each in metka.fetch(operator))
    for name in ("abuse", "postmaster", "Abuse", "abuse+spam"):
        deliver(f"{name}@{DOMAIN}", f"to {name}")
    fetched = b"".join(metka.fetch(operator))
    for name in ("abuse", "postmaster", "Abuse", "abuse+spam"):
        assert f"to {name}\r\n".encode() in fetched, name
    metka.told("alias", "add", f"postmaster@{DOMAIN}", "--to", BIURO)
    deliver(f"postmaster@{DOMAIN}", "to its own postmaster")
    assert any(b"its own postmaster" in each for each in metka.fetch(BIURO))
    assert not any(b"its own postmaster" in each for each in metka.fetch(operator))
    client = metka.smtp()
    client.docmd("MAIL FROM:<anna@example.org>")
    assert client.docmd("RCPT TO:<Postmaster>")[0] == 250


@shows("a full mailbox answers 452, and a message larger than the whole of it 552")
def _(metka):
    address = f"maly@{DOMAIN}"
    metka.told("mailbox", "add", address, "--customer", "firma", "--capacity", "100K", "--password-stdin", input=PASSWORD + "\n")
    body = "\r\n".join(["Subject: x", "", *["y" * 70] * 850])
    client = metka.smtp()
    client.sendmail("anna@example.org", [address], body)
    client.mail("anna@example.org", options=[f"SIZE={len(body)}"])
    code, text = client.rcpt(address)
    assert code == 452 and text.startswith(b"4.2.2"), (code, text)
    client.rset()
    client.mail("anna@example.org", options=["SIZE=200000"])
    code, text = client.rcpt(address)
    assert code == 552 and text.startswith(b"5.2.2"), (code, text)


@shows("a foreign domain is pending until it is proven, and then receives")
def _(metka):
    metka.told("domain", "add", "example.com", "--customer", "firma")
    card = metka.json("domain", "show", "example.com")
    assert card["kind"] == "foreign" and card["state"] == "pending" and "_metka" in card["proof"], card
    client = metka.smtp()
    client.mail("anna@example.org")
    code, text = client.rcpt("postmaster@example.com")
    assert code == 550 and text.startswith(b"5.7.1"), (code, text)
    metka.told("domain", "set", "example.com", "--owned")
    assert metka.json("domain", "show", "example.com")["state"] == "active"


@shows("a shell account is made with a Unix user, holds at most five free mailboxes, and goes without a trace")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root can make Unix users")
    login = f"metka-t{os.getpid()}"
    metka.told("shell", "add", login, "--customer", "firma", "--disk-limit", "500M", "--free-domain", DOMAIN,
               "--password-stdin", input=PASSWORD + "\n")
    try:
        assert pwd.getpwnam(login).pw_uid >= 1000
        for number in range(6):
            done = metka.control("mailbox", "add", f"wolna{number}@{DOMAIN}", "--shell", login, "--capacity", "10M",
                                 "--password-stdin", input=PASSWORD + "\n")
            assert done.returncode == (73 if number == 5 else 0), (number, done.stderr)
        assert "5" in done.stderr, done.stderr
        metka.told("alias", "add", f"info@{DOMAIN}", "--to", login)
        client = metka.smtp()
        client.sendmail("anna@example.org", [f"info@{DOMAIN}"], "Subject: x\r\n\r\nto the shell account\r\n")
        assert b"to the shell account" in metka.fetch(login)[0]
        metka.told("alias", "remove", f"info@{DOMAIN}", "--yes")
        for number in range(5):
            metka.told("mailbox", "remove", f"wolna{number}@{DOMAIN}", "--yes")
        metka.told("shell", "remove", login, "--remove-unix-user", "--yes")
        assert login not in [user.pw_name for user in pwd.getpwall()]
    finally:
        subprocess.run(["userdel", "--remove", login], capture_output=True)


def raw(metka, request):
    """What metkad answers on the socket itself."""
    channel = socket.socket(socket.AF_UNIX)
    channel.settimeout(15)
    channel.connect(metka.environment["METKACTL"].split()[-1])
    channel.sendall(request)
    answer = channel.makefile("rb").readline()
    channel.close()
    return json.loads(answer) if answer else None


@shows("a bad control request gets an error that names the field")
def _(metka):
    def ask(method, **parameters):
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return raw(metka, json.dumps(request).encode() + b"\n")["error"]
    assert "capacity" in json.dumps(ask("mailbox.set", address=BIURO, capacity="huge"))
    assert "address" in json.dumps(ask("mailbox.show"))
    assert "colour" in json.dumps(ask("mailbox.show", address=BIURO, colour="red"))
    assert ask("mailbox.fly")["code"] == -32601
    assert raw(metka, b"this is no JSON\n")["error"]["code"] == -32700
    assert raw(metka, b'{"jsonrpc":"2.0","id":1}\n')["error"]["code"] == -32600
    raw(metka, b"[" * 100000 + b"\n")
    raw(metka, b"\xff\x00\n")
    metka.told("status")


@shows("without metkad, metkactl says so and ends with 69")
def _(metka):
    command = [metka.environment["METKACTL"].split()[0], "--socket", str(metka.folder / "nobody.sock"), "status"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 69 and done.stderr.startswith("metkactl: "), (done.returncode, done.stderr)


main()
