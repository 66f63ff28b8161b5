"""A description of many objects is planned, carried out, and found unchanged the second time."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

from harness import DOMAIN, PASSWORD, Skipped, as_user, main, shows

YAML = """# a customer and what is his
customers:
  - {name: ogrody, title: Ogrody i Parki, contact: ewa@example.org}
domains:
  - {domain: ogrody.lublin.pl, customer: ogrody}
mailboxes:
  - address: biuro@ogrody.lublin.pl
    customer: ogrody
    capacity: 20M
    valid_until: 2030-12-31
  - {address: sklep@ogrody.lublin.pl, customer: ogrody, capacity: 1G, language: en}
aliases:
  - {address: kontakt@ogrody.lublin.pl, to: biuro@ogrody.lublin.pl}
"""


def apply(metka, text, *words):
    """(exit status, rows, the line that sums up)"""
    done = metka.control("apply", "-", "--yes", *words, input=text)
    assert done.stderr == "" or done.returncode, done.stderr
    lines = done.stdout.splitlines()
    return done.returncode, [line.split("\t") for line in lines[:-1]], lines[-1] if lines else done.stderr


@shows("a YAML description is planned, then carried out, then found as it should be")
def _(metka):
    before = metka.told("customer", "list")
    status, rows, sum_ = apply(metka, YAML, "--dry-run")
    assert status == 0 and sum_ == "5 created, 0 changed, 0 unchanged, 0 refused", (status, rows, sum_)
    assert metka.told("customer", "list") == before, "a plan changed something"
    status, rows, sum_ = apply(metka, YAML)
    assert status == 0 and sum_ == "5 created, 0 changed, 0 unchanged, 0 refused", (status, rows, sum_)
    assert [row[1] for row in rows] == ["created"] * 5, rows
    card = metka.json("mailbox", "show", "biuro@ogrody.lublin.pl")
    assert card["capacity"] == 20 << 20 and card["valid_until"] == "2030-12-31" and card["kind"] == "paid", card
    client = metka.smtp()
    client.sendmail("anna@example.org", ["kontakt@ogrody.lublin.pl"], "Subject: x\r\n\r\nat once\r\n")
    assert metka.json("mailbox", "show", "biuro@ogrody.lublin.pl")["messages"] == 1
    status, rows, sum_ = apply(metka, YAML)
    assert status == 0 and sum_ == "0 created, 0 changed, 5 unchanged, 0 refused", (status, rows, sum_)


@shows("the same in JSON, with one thing changed, changes that thing alone")
def _(metka):
    described = {"mailboxes": [{"address": "biuro@ogrody.lublin.pl", "customer": "ogrody", "capacity": "30M", "valid_until": "2030-12-31"},
                               {"address": "sklep@ogrody.lublin.pl", "customer": "ogrody", "capacity": "1G"}]}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "ogrody.json"
        file.write_text(json.dumps(described))
        os.chmod(folder, 0o755)
        done = metka.control("apply", str(file), "--yes", "--json")
        rows = json.loads(done.stdout)
        assert done.returncode == 0 and [row["outcome"] for row in rows] == ["changed", "unchanged"], rows
        assert metka.control("apply", str(file)).returncode == 64, "applied without being asked"
    card = metka.json("mailbox", "show", "biuro@ogrody.lublin.pl")
    assert card["capacity"] == 30 << 20 and card["messages"] == 1, card


@shows("what is refused is said with its reason, and everything else is done")
def _(metka):
    text = """
domains:
  - {domain: lublin.pl, customer: ogrody}
mailboxes:
  - {address: postmaster@ogrody.lublin.pl, customer: ogrody, capacity: 1M}
  - {address: biuro@moja-firma.lublin.pl, customer: ogrody}
  - {address: nowa@nigdzie.lublin.pl, customer: ogrody}
aliases:
  - {address: kontakt2@ogrody.lublin.pl, to: kontakt@ogrody.lublin.pl}
  - {address: kontakt3@ogrody.lublin.pl, to: jan@example.com}
"""
    status, rows, sum_ = apply(metka, text)
    assert status == 65 and sum_ == "1 created, 0 changed, 0 unchanged, 5 refused", (status, rows, sum_)
    why = {row[0]: row[2] for row in rows if row[1] == "refused"}
    assert "local zone" in why["domain lublin.pl"] and "nigdzie.lublin.pl" in why["mailbox nowa@nigdzie.lublin.pl"], why
    assert "an alias itself" in why["alias kontakt2@ogrody.lublin.pl"], why
    assert "forwarding outside is not offered" in why["alias kontakt3@ogrody.lublin.pl"], why
    assert metka.control("alias", "show", "kontakt2@ogrody.lublin.pl").returncode == 67


@shows("a description that makes no sense is refused whole, with its line and column")
def _(metka):
    for text, says in (("mailboxes:\n  - {address: a..b@ogrody.lublin.pl, customer: ogrody}\n", ":2:"),
                       ("mailboxes:\n  - {customer: ogrody}\n", "needs “address”"),
                       ("mailboxes:\n  - address: x@ogrody.lublin.pl\n    customer: ogrody\n    capacity: 5X\n", ":4:"),
                       ("mailboxes:\n  - {address: x@ogrody.lublin.pl, customer: ogrody, colour: red}\n", "colour"),
                       ("mailboxes:\n  - {address: x@ogrody.lublin.pl, customer: ogrody, password: secret}\n", "password"),
                       ("mailboxez: []\n", "did you mean “mailboxes”"), ("[1, 2\n", ":"), ("\x00", ""), ("- &a [*a]\n", "")):
        done = metka.control("apply", "-", "--yes", input=text)
        assert done.returncode == 65 and done.stderr.startswith("metkactl: ") and says in done.stderr, (text, done.returncode, done.stderr)
        assert "secret" not in done.stderr, done.stderr
    assert metka.control("apply", "/nonexistent.yaml", "--yes").returncode == 74
    assert metka.control("apply", "-", "--yes", input="").returncode in (0, 65)


@shows("a shell account with its free mailboxes is described like everything else, and its limits hold")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root can make Unix users")
    login = f"mtk-y{os.getpid()}"
    subprocess.run(["useradd", "--create-home", login], check=True, capture_output=True)
    described = {"shells": [{"login": login, "customer": "ogrody", "adopt": True, "disk_limit": "100M", "free_domain": "ogrody.lublin.pl"}],
                 "mailboxes": [{"address": f"wolna{n}@ogrody.lublin.pl", "shell": login, "capacity": "10M"} for n in range(6)],
                 "aliases": [{"address": "login@ogrody.lublin.pl", "to": login}]}
    try:
        status, rows, sum_ = apply(metka, json.dumps(described), "--dry-run")
        assert status in (0, 65) and "created" in sum_ and metka.control("shell", "show", login).returncode == 67, (rows, sum_)
        status, rows, sum_ = apply(metka, json.dumps(described))
        assert status == 65 and sum_ == "7 created, 0 changed, 0 unchanged, 1 refused", (rows, sum_)
        (why,) = [row[2] for row in rows if row[1] == "refused"]
        assert "5 of 5 free mailboxes" in why, why
        status, rows, sum_ = apply(metka, json.dumps(described))
        assert sum_ == "0 created, 0 changed, 7 unchanged, 1 refused", (rows, sum_)
        moved = {"mailboxes": [{"address": "wolna0@ogrody.lublin.pl", "customer": "ogrody"}]}
        assert apply(metka, json.dumps(moved))[2] == "0 created, 1 changed, 0 unchanged, 0 refused"
        assert metka.json("mailbox", "show", "wolna0@ogrody.lublin.pl")["kind"] == "paid"
        status, rows, sum_ = apply(metka, json.dumps({"mailboxes": described["mailboxes"][1:]}))
        assert sum_ == "1 created, 0 changed, 4 unchanged, 0 refused", (rows, sum_)
    finally:
        subprocess.run(["userdel", "--remove", login], capture_output=True)


@shows("a thousand mailboxes are applied quickly, log in with the hashes they came with, and are unchanged the second time")
def _(metka):
    made = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD + "\n", capture_output=True, text=True, check=True)
    described = {"mailboxes": [{"address": f"tysiac{n}@{DOMAIN}", "customer": "firma", "capacity": "10M",
                                "password_hash": made.stdout.strip()} for n in range(1000)]}
    began = time.monotonic()
    status, rows, sum_ = apply(metka, json.dumps(described))
    took = time.monotonic() - began
    assert status == 0 and sum_ == "1,000 created, 0 changed, 0 unchanged, 0 refused", (status, rows[:3], sum_)
    assert took < 30, f"{took:.1f} s"
    metka.pop3(f"tysiac999@{DOMAIN}").quit()
    status, rows, sum_ = apply(metka, json.dumps(described))
    assert status == 0 and sum_ == "0 created, 0 changed, 1,000 unchanged, 0 refused", (status, rows[:3], sum_)


@shows("a reader that goes away stops nothing that was asked for, and is no error worth a word")
def _(metka):
    described = {"aliases": [{"address": f"potok{n}@{DOMAIN}", "to": f"biuro@{DOMAIN}"} for n in range(3000)]}
    process = subprocess.Popen(as_user(metka.user, [*metka.environment["METKACTL"].split(), "apply", "-", "--yes"]),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    process.stdin.write(json.dumps(described))
    process.stdin.close()
    assert process.wait(60) == 74 and process.stderr.read() == "", process.returncode
    assert sum(row["address"].startswith("potok") for row in metka.json("alias", "list", "--domain", DOMAIN)) == 3000


main()
