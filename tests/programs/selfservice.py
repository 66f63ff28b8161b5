"""A shell user has what V3 promises by uid alone, in Polish and in English, and nothing of anybody else's."""

import os
import poplib
import pwd
import re
import shlex
import subprocess

from harness import BUILD, DOMAIN, PASSWORD, Instance, Skipped, as_user, main, shows

ANNA, PIOTR = f"mtk-a{os.getpid()}", f"mtk-p{os.getpid()}"
OTHER_DOMAIN = "inna-firma.lublin.pl"
UNIX_PASSWORD = "zażółć gęślą jaźń"
POLISH, ENGLISH = "pl_PL.UTF-8", "en_GB.UTF-8"
FORBIDDEN = ("--customer", "--force", "shell set", "shell show", "mailbox show", "alias show", "domain list", "--name")


class World(Instance):
    """Two customers with a shell account each; only root can make Unix users."""

    def start(self):
        if os.geteuid() != 0:
            raise Skipped("only root can make Unix users")
        return super().start()

    def provision(self):
        for customer, domain, login in (("firma", DOMAIN, ANNA), ("inna", OTHER_DOMAIN, PIOTR)):
            subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", login], check=True, capture_output=True)
            self.told("customer", "add", customer, "--name", "Moja Firma", "--contact", "anna@example.org")
            self.told("domain", "add", domain, "--customer", customer)
            self.told("shell", "add", login, "--customer", customer, "--adopt", "--disk-limit", "500M", "--free-domain", domain)
            subprocess.run(["chpasswd"], input=f"{login}:{UNIX_PASSWORD}\n", text=True, check=True, capture_output=True)

    def purge(self):
        super().purge()
        for login in (ANNA, PIOTR):
            subprocess.run(["userdel", "--remove", login], capture_output=True)


def run(metka, *words, user=ANNA, language=ENGLISH, input=""):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "METKA_"))}
    command = [*metka.environment["METKACTL"].split(), *words]
    if isinstance(user, int):
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command]
    else:
        command = as_user(user, command)
    return subprocess.run(command, capture_output=True, text=True, input=input, timeout=60, cwd="/", env=environment | {"LANG": language})


def my(metka, *words, **options):
    done = run(metka, "my", *words, **options)
    assert done.returncode == 0, f"my {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def make(metka, name, capacity="20M", **options):
    return my(metka, "mailbox", "add", name, "--capacity", capacity, "--password-stdin", input=PASSWORD + "\n", **options)


def refused(metka, code, *words, says, po_polsku, input="", user=ANNA):
    """Refused in both languages, in one line, which names nothing that only an administrator can do."""
    for language, part in ((ENGLISH, says), (POLISH, po_polsku)):
        done = run(metka, "my", *words, input=input, language=language, user=user)
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert done.stderr.startswith("metkactl: ") and done.stderr.count("\n") == 1, done.stderr
        assert part in done.stderr, (part, done.stderr)
        assert not [word for word in FORBIDDEN if word in done.stderr], done.stderr
    assert re.search("[ąćęłńóśźż„]|nie |masz |juz ", done.stderr), done.stderr


def deliver(metka, address, text):
    metka.smtp().sendmail("jan@example.org", [address], f"From: jan@example.org\r\nSubject: x\r\n\r\n{text}\r\n")


@shows("five aliases of one's own receive, and a sixth is refused with the number reached")
def _(metka):
    for number in range(5):
        address = f"alias{number}@{DOMAIN}"
        assert f"lead {address} to {ANNA}" in my(metka, "alias", "add", address)
        deliver(metka, address, f"for {address}")
    fetched = b"".join(metka_fetch(metka))
    for number in range(5):
        assert f"for alias{number}@{DOMAIN}".encode() in fetched
    refused(metka, 73, "alias", "add", f"alias5@{DOMAIN}", says="you have made 5 of 5 aliases", po_polsku="5 z 5")
    assert "adres" in my(metka, "alias", "rename", f"alias0@{DOMAIN}", "--to", f"nowy0@{DOMAIN}", language=POLISH)
    deliver(metka, f"nowy0@{DOMAIN}", "after the rename")
    assert b"after the rename" in b"".join(metka_fetch(metka))
    assert "usunięcie aliasu" in my(metka, "alias", "remove", f"alias1@{DOMAIN}", "--yes", language=POLISH)
    my(metka, "alias", "add", f"alias1@{DOMAIN}")  # its own again at once, in spite of the quarantine
    rows = [line.split("\t") for line in my(metka, "alias", "list").splitlines()]
    assert sorted(row[0] for row in rows) == sorted([f"nowy0@{DOMAIN}", *(f"alias{n}@{DOMAIN}" for n in (1, 2, 3, 4))]), rows
    assert {tuple(row[1:]) for row in rows} == {(ANNA, "self_service")}, rows


def metka_fetch(metka, login=ANNA, password=UNIX_PASSWORD):
    client = metka.pop3(login, password)
    messages = [b"\n".join(client.retr(n + 1)[1]) for n in range(client.stat()[0])]
    client.quit()
    return messages


@shows("what the administrator made is listed, and only the administrator changes it")
def _(metka):
    metka.told("alias", "add", f"biuro.anny@{DOMAIN}", "--to", ANNA)
    assert f"biuro.anny@{DOMAIN}\t{ANNA}\tadministrator" in my(metka, "alias", "list")
    for words in (["remove", f"biuro.anny@{DOMAIN}", "--yes"], ["rename", f"biuro.anny@{DOMAIN}", "--to", f"moje@{DOMAIN}"]):
        refused(metka, 77, "alias", *words, says="made by the administrator", po_polsku="założył administrator")


@shows("an alias is made only in one's own active domain, under a name that is free and not reserved")
def _(metka):
    my(metka, "alias", "remove", f"alias4@{DOMAIN}", "--yes")
    add = ["alias", "add"]
    refused(metka, 77, *add, f"x@{OTHER_DOMAIN}", says="in no domain of yours", po_polsku="w żadnej z twoich domen")
    refused(metka, 77, *add, "x@example.org", says="in no domain of yours", po_polsku="w żadnej z twoich domen")
    refused(metka, 77, *add, f"{ANNA}@localhost.example", says="in no domain of yours", po_polsku="w żadnej z twoich domen")
    for name in ("postmaster", "abuse", "hostmaster", "webmaster", "admin", "administrator", "root", "mailer-daemon"):
        refused(metka, 77, *add, f"{name}@{DOMAIN}", says="is a reserved address", po_polsku="zastrzeżony")
    refused(metka, 65, *add, f"alias2@{DOMAIN}", says="an alias already; choose another", po_polsku="to już alias")
    metka.told("domain", "suspend", DOMAIN)
    refused(metka, 65, *add, f"x@{DOMAIN}", says="is not active; ask the administrator", po_polsku="nie jest czynna")
    metka.told("domain", "resume", DOMAIN)


@shows("five free mailboxes receive, open with their passwords, and a sixth is refused")
def _(metka):
    said = make(metka, f"skrzynka0@{DOMAIN}", language=POLISH)
    assert "nowa darmowa skrzynka" in said and "ważna" in said, said
    for number in range(1, 5):
        assert "add free mailbox" in make(metka, f"skrzynka{number}@{DOMAIN}")
    for number in range(5):
        deliver(metka, f"skrzynka{number}@{DOMAIN}", f"number {number}")
        assert f"number {number}".encode() in metka_fetch(metka, f"skrzynka{number}@{DOMAIN}", PASSWORD)[0]
    new = ["--capacity", "1M", "--password-stdin"]
    refused(metka, 73, "mailbox", "add", f"skrzynka5@{DOMAIN}", *new, input="x y z\n", says="you have 5 of 5 free mailboxes",
            po_polsku="darmowych skrzynek: 5 z 5")
    refused(metka, 73, "mailbox", "add", f"skrzynka5@{DOMAIN}", *new, input="x y z\n", says="ask the administrator",
            po_polsku="zwróć się do administratora")
    assert len(my(metka, "mailbox", "list").splitlines()) == 5
    assert "active" in my(metka, "mailbox", "show", f"skrzynka0@{DOMAIN}")


@shows("the domain's and the customer's number of free mailboxes are said as such")
def _(metka):
    new = ["--capacity", "1M", "--password-stdin"]
    metka.told("shell", "set", ANNA, "--free-mailboxes", "9")
    refused(metka, 73, "mailbox", "add", f"skrzynka5@{DOMAIN}", *new, input="x y z\n", says=f"the domain {DOMAIN} has 5 of 5",
            po_polsku=f"w domenie {DOMAIN}")
    metka.told("domain", "set", DOMAIN, "--free-mailboxes", "9")
    metka.told("domain", "add", "druga.lublin.pl", "--customer", "firma")
    metka.told("domain", "set", "druga.lublin.pl", "--free-mailboxes", "0")
    metka.told("shell", "set", ANNA, "--free-mailboxes", "6")
    make(metka, f"skrzynka5@{DOMAIN}", "1M")
    metka.told("shell", "set", ANNA, "--free-mailboxes", "plan")
    metka.told("domain", "set", DOMAIN, "--free-mailboxes", "plan")
    metka.told("domain", "remove", "druga.lublin.pl", "--yes")
    my(metka, "mailbox", "remove", f"skrzynka5@{DOMAIN}", "--yes")


@shows("free mailboxes lie in the free-mail domain alone, and share the disk limit")
def _(metka):
    my(metka, "mailbox", "remove", f"skrzynka4@{DOMAIN}", "--yes")
    new = ["--password-stdin", "--capacity"]
    refused(metka, 65, "mailbox", "add", f"x@{OTHER_DOMAIN}", *new, "1M", input="x y z\n", says="your free mailboxes live in",
            po_polsku="mieszczą się w domenie")
    refused(metka, 77, "mailbox", "add", f"postmaster@{DOMAIN}", *new, "1M", input="x y z\n", says="reserved", po_polsku="zastrzeżony")
    refused(metka, 65, "mailbox", "add", f"skrzynka0@{DOMAIN}", *new, "1M", input="x y z\n", says="a mailbox already; choose another",
            po_polsku="to już adres skrzynki")
    refused(metka, 73, "mailbox", "add", f"duza@{DOMAIN}", *new, "490M", input="x y z\n", says="raise the disk limit",
            po_polsku="o zwiększenie limitu")
    refused(metka, 73, "mailbox", "add", f"duza@{DOMAIN}", *new, "unlimited", input="x y z\n", says="needs a capacity",
            po_polsku="musi mieć pojemność")
    refused(metka, 73, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "490M", says="raise the disk limit",
            po_polsku="o zwiększenie limitu")
    assert "“20 MiB” becomes “30 MiB”" in my(metka, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "30M")
    assert "zmienia się na „40 MiB”" in my(metka, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "40M", language=POLISH)
    assert "już tak jest" in my(metka, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "40M", language=POLISH)
    refused(metka, 73, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "10", says="delete mail first", po_polsku="najpierw usuń część poczty")
    metka.told("mailbox", "list", "--shell", ANNA)


@shows("addresses of free mailboxes change, and the old one stays as a counted alias if one is left")
def _(metka):
    said = my(metka, "mailbox", "rename", f"skrzynka1@{DOMAIN}", "--to", f"nowa1@{DOMAIN}", "--keep-alias", language=POLISH)
    assert "zmienia się na" in said and "zostaje jako jej alias" in said, said
    assert f"skrzynka1@{DOMAIN}\tnowa1@{DOMAIN}\tself_service" in my(metka, "alias", "list")
    deliver(metka, f"skrzynka1@{DOMAIN}", "to the old address")
    assert b"to the old address" in b"".join(metka_fetch(metka, f"nowa1@{DOMAIN}", PASSWORD))
    refused(metka, 73, "mailbox", "rename", f"skrzynka2@{DOMAIN}", "--to", f"nowa2@{DOMAIN}", "--keep-alias", says="5 of 5 aliases",
            po_polsku="5 z 5")
    my(metka, "mailbox", "rename", f"skrzynka2@{DOMAIN}", "--to", f"nowa2@{DOMAIN}")
    my(metka, "alias", "remove", f"skrzynka1@{DOMAIN}", "--yes")
    refused(metka, 65, "mailbox", "rename", f"nowa2@{DOMAIN}", "--to", f"x@{OTHER_DOMAIN}", says="live in", po_polsku="mieszczą się")
    said = my(metka, "mailbox", "remove", f"nowa2@{DOMAIN}", "--yes", language=POLISH)
    assert "usunięcie skrzynki" in said and "jej poczta jest zachowana" in said, said
    assert "\n".join(my(metka, "mailbox", "list").split()).count("@") == 3


@shows("passwords: one's own with the one it was, a free mailbox's without")
def _(metka):
    assert "nowe hasło dla" in my(metka, "password", "--password-stdin", input=f"{UNIX_PASSWORD}\nnowe długie hasło\n", language=POLISH)
    metka.pop3(ANNA, "nowe długie hasło").quit()
    refused(metka, 77, "password", "--password-stdin", input="wrong\nanother one\n", says="not your password as it is now",
            po_polsku="to nie jest twoje obecne hasło")
    assert "a new password for" in my(metka, "password", "--password-stdin", input=f"nowe długie hasło\n{UNIX_PASSWORD}\n")
    metka.pop3(ANNA, UNIX_PASSWORD).quit()
    my(metka, "password", "--mailbox", f"skrzynka0@{DOMAIN}", "--password-stdin", input="other words here\n")
    metka.pop3(f"skrzynka0@{DOMAIN}", "other words here").quit()
    my(metka, "password", "--mailbox", f"skrzynka0@{DOMAIN}", "--password-stdin", input=PASSWORD + "\n")
    box = ["password", "--mailbox", f"skrzynka0@{DOMAIN}", "--password-stdin"]
    refused(metka, 64, *box, input="x" * 600 + "\n", says="longer than 505 bytes", po_polsku="dłuższe niż 505 bajtów")
    refused(metka, 64, *box, says="no new password was given", po_polsku="nie podano nowego hasła")
    refused(metka, 64, "password", "--password-stdin", says="no current password was given", po_polsku="nie podano obecnego hasła")
    refused(metka, 65, *box, input="a\tb\n", says="no control characters", po_polsku="nie zawiera znaków sterujących")


@shows("show, usage and log tell of this account alone")
def _(metka):
    card = my(metka, "show")
    assert ANNA in card and "disk_limit" in card and "max" not in card and PIOTR not in card, card
    assert {line.split("\t")[0] for line in my(metka, "usage").splitlines()} >= {"home", "inbox", f"skrzynka0@{DOMAIN}", "trash"}
    log = my(metka, "log")
    assert "my.alias.add" in log and PIOTR not in log, log


@shows("another user's objects are as if they were not there")
def _(metka):
    there = ["--capacity", "5M", "--password-stdin"]
    my(metka, "mailbox", "add", f"cudza@{OTHER_DOMAIN}", *there, input=PASSWORD + "\n", user=PIOTR)
    my(metka, "alias", "add", f"cudzy@{OTHER_DOMAIN}", user=PIOTR)
    metka.told("mailbox", "add", f"platna@{DOMAIN}", "--customer", "firma", "--capacity", "10M", "--password-stdin", input=PASSWORD + "\n")
    for address in (f"cudza@{OTHER_DOMAIN}", f"platna@{DOMAIN}", f"nikt@{DOMAIN}"):
        for words in (["show", address], ["set", address, "--capacity", "1M"], ["rename", address, "--to", f"moja@{DOMAIN}"],
                      ["remove", address, "--yes"]):
            refused(metka, 67, "mailbox", *words, says=f"you have no free mailbox {address}", po_polsku=f"nie masz darmowej skrzynki {address}")
        refused(metka, 67, "password", "--mailbox", address, "--password-stdin", input="x y z\n", says="you have no free mailbox",
                po_polsku="nie masz darmowej skrzynki")
    for address in (f"cudzy@{OTHER_DOMAIN}", f"nikt@{DOMAIN}"):
        for words in (["rename", address, "--to", f"moj@{DOMAIN}"], ["remove", address, "--yes"]):
            refused(metka, 67, "alias", *words, says=f"you have no alias {address}", po_polsku=f"nie masz aliasu {address}")
    assert f"cudza@{OTHER_DOMAIN}" in my(metka, "mailbox", "list", user=PIOTR)


@shows("every verb of administrators refuses a shell user and nobody, --as refuses both, and `my` refuses nobody")
def _(metka):
    done = subprocess.run([BUILD / "metka-reference", "--examples"], capture_output=True, text=True, check=True)
    before = metka.json("mailbox", "list"), metka.json("domain", "list"), metka.json("alias", "list")
    nobody = 64999
    for line in done.stdout.splitlines():
        method, example = line.split("\t")
        words = shlex.split(example)[1:]
        if method == "version":
            continue
        callers = [nobody] if method.startswith("my.") else [nobody, ANNA]
        if method == "apply":
            words = ["apply", "-", "--yes"]
        for caller in callers:
            secret = "customers: [{name: x, title: x, contact: x@example.org}]\n" if method == "apply" else f"{PASSWORD}\n{PASSWORD}\n"
            tried = run(metka, *words, user=caller, input=secret)
            if method.endswith("password") or ".add" in method and tried.returncode == 64:
                tried = run(metka, *words, "--password-stdin", user=caller, input=secret)
            assert tried.returncode == 77, (method, caller, tried.returncode, tried.stdout, tried.stderr)
            assert "may not ask for" in tried.stderr, (method, caller, tried.stderr)
    for caller in (ANNA, nobody):
        tried = run(metka, "--as", PIOTR, "my", "show", user=caller)
        assert tried.returncode == 77 and "may not act in the place" in tried.stderr, tried.stderr
        tried = run(metka, "--as", PIOTR, "my", "show", user=caller, language=POLISH)
        assert "nie może działać w imieniu" in tried.stderr, tried.stderr
    tried = run(metka, "my", "show", user=nobody, language=POLISH)
    assert tried.returncode == 77 and "nie ma prawa do" in tried.stderr, tried.stderr
    assert run(metka, "version", user=nobody).returncode == 0
    assert before == (metka.json("mailbox", "list"), metka.json("domain", "list"), metka.json("alias", "list"))


@shows("a member of the administrators' group may what root may, in the place of any account too, and the audit keeps both names")
def _(metka):
    subprocess.run(["usermod", "--append", "--groups", "metka-admin", PIOTR], check=True, capture_output=True)
    try:
        assert run(metka, "mailbox", "list", user=PIOTR).returncode == 0
        done = run(metka, "--as", ANNA, "my", "alias", "add", f"dla.anny@{DOMAIN}", user=PIOTR)
        assert done.returncode == 0, done.stderr
        (line,) = [line for line in metka.told("log").splitlines() if f"dla.anny@{DOMAIN}" in line]
        assert PIOTR in line and ANNA in line, line
        assert PIOTR in my(metka, "log"), "anna sees who did it"
        done = run(metka, "--as", ANNA, "mailbox", "list", user=PIOTR)
        assert done.returncode == 77 and "leave --as out" in done.stderr, done.stderr
    finally:
        subprocess.run(["gpasswd", "--delete", PIOTR, "metka-admin"], check=True, capture_output=True)
    assert run(metka, "mailbox", "list", user=PIOTR).returncode == 77
    my(metka, "alias", "remove", f"dla.anny@{DOMAIN}", "--yes")


@shows("a slip in what is typed is named in the user's language")
def _(metka):
    def slip(address, says, po_polsku):
        refused(metka, 65, "alias", "add", address, says=says, po_polsku=po_polsku)
    slip("nic", "write it like name@example.org", "napisz go tak jak")
    slip(f"@{DOMAIN}", "is empty", "nic nie ma")
    slip("x" * 65 + f"@{DOMAIN}", "more than 64", "ponad 64 znaki")
    slip(f"a+b@{DOMAIN}", "+tag", "+dopisek")
    slip(f"żółw@{DOMAIN}", "only a-z", "tylko znaki a-z")
    slip(f"a..b@{DOMAIN}", "doubled", "podwójna")
    slip("x@", "1 to 253", "od 1 do 253")
    slip("x@localhost", "at least two parts", "co najmniej dwie części")
    slip("x@a_b.pl", "inner hyphens", "łączników")
    slip("x@firma.pl.", "final dot", "kropkę na końcu")
    slip("x@10.0.0.1", "a number, not a name", "liczba, a nie nazwa")
    slip("x@" + "a." * 130 + "pl", "", "")
    slip("x@xn--a.pl", "IDNA", "IDNA")
    for size, says, po_polsku in (("5X", "is not a size", "to nie rozmiar"), ("99999999999E", "", "")):
        refused(metka, 65, "mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", size, says=says, po_polsku=po_polsku)
    done = run(metka, "my", "alias", "remove", f"alias2@{DOMAIN}", language=POLISH)
    assert done.returncode == 64 and "dodaj --yes" in done.stderr, done.stderr
    done = run(metka, "my", "mailbox", "add", f"bez@{DOMAIN}", language=POLISH)
    assert done.returncode == 64 and "wymaga hasła" in done.stderr, done.stderr


@shows("suspended people look, and change nothing")
def _(metka):
    metka.told("shell", "suspend", ANNA)
    assert "suspended" in my(metka, "show")
    for words in (["alias", "add", f"x@{DOMAIN}"], ["alias", "remove", f"alias2@{DOMAIN}", "--yes"],
                  ["alias", "rename", f"alias2@{DOMAIN}", "--to", f"x@{DOMAIN}"], ["mailbox", "remove", f"skrzynka0@{DOMAIN}", "--yes"],
                  ["mailbox", "set", f"skrzynka0@{DOMAIN}", "--capacity", "1M"]):
        refused(metka, 77, *words, says="suspended; ask the administrator", po_polsku="zawieszone; zwróć się do administratora")
    try:
        metka.pop3(f"skrzynka0@{DOMAIN}")
        raise AssertionError("a suspended account let somebody in")
    except poplib.error_proto as why:
        assert b"[SYS/PERM] account suspended" in why.args[0], why
    metka.told("shell", "resume", ANNA)
    my(metka, "alias", "remove", f"alias2@{DOMAIN}", "--yes")


@shows("without a free-mail domain there are no free mailboxes, and aliases all the same")
def _(metka):
    for line in my(metka, "mailbox", "list").splitlines():
        my(metka, "mailbox", "remove", line.split("\t")[0], "--yes")
    metka.told("shell", "set", ANNA, "--free-domain", "none")
    refused(metka, 65, "mailbox", "add", f"x@{DOMAIN}", "--capacity", "1M", "--password-stdin", input="x y z\n",
            says="no domain for free mailboxes is agreed", po_polsku="nie ustalono domeny")
    my(metka, "alias", "add", f"alias2@{DOMAIN}")


@shows("a freed address waits for its old customer")
def _(metka):
    metka.told("domain", "add", "wspolna.lublin.pl", "--customer", "firma")
    my(metka, "alias", "add", "stary@wspolna.lublin.pl")
    my(metka, "alias", "remove", "stary@wspolna.lublin.pl", "--yes")
    metka.told("domain", "remove", "wspolna.lublin.pl", "--yes")
    metka.told("domain", "add", "wspolna.lublin.pl", "--customer", "inna")
    refused(metka, 65, "alias", "add", "stary@wspolna.lublin.pl", user=PIOTR, says="is in quarantine", po_polsku="jest wstrzymany")


@shows("a uid that became somebody else's is nobody")
def _(metka):
    uid = pwd.getpwnam(PIOTR).pw_uid
    subprocess.run(["usermod", "--login", f"{PIOTR}x", PIOTR], check=True, capture_output=True)
    try:
        done = run(metka, "my", "show", user=uid)
        assert done.returncode == 77 and "may not ask for" in done.stderr, done.stderr
        assert PIOTR in metka.told("status"), metka.told("status")
    finally:
        subprocess.run(["usermod", "--login", PIOTR, f"{PIOTR}x"], check=True, capture_output=True)
    subprocess.run(["usermod", "--uid", str(uid + 1000), PIOTR], check=True, capture_output=True)
    try:
        assert run(metka, "my", "show", user=uid).returncode == 77
        assert run(metka, "my", "show", user=PIOTR).returncode == 77
    finally:
        subprocess.run(["usermod", "--uid", str(uid), PIOTR], check=True, capture_output=True)
    my(metka, "show", user=PIOTR)


main(instance=World)
