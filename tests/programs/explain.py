"""A refusal has a receipt, which metkactl explains; and what metkactl explains is what metka-smtp does."""

import os
import re
import smtplib
from base64 import b64encode

from harness import DOMAIN, PASSWORD, Instance, eventually, main, shows

FULLWIDTH_AT = b"\x1b$B!w\x1b(B"  # as ISO-2022-JP has it
BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"
RECEIPT = re.compile(r" \[([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})\]$")


def code_of(reply):
    found = RECEIPT.search(reply[1].decode())
    assert found, reply
    return found.group(1)


def codes(reply):
    """550 5.1.1"""
    return f"{reply[0]} {reply[1].decode().split()[0]}"


def asked_at_rcpt(metka, recipient):
    """What metka-smtp says to a server from outside that has mail for `recipient`."""
    with metka.smtp() as client:
        client.mail("jan@example.org")
        return codes(client.rcpt(recipient))


def whole_log(metka):
    return (metka.folder / "metkad.log").read_text(errors="replace")


def told(metka, *words):
    done = metka.control(*words)
    return done.returncode, done.stdout + done.stderr


@shows("a refused recipient is explained by the code behind the reply: when, who, for whom, why, and what helps")
def _(metka):
    with metka.smtp() as client:
        client.mail("jan@example.org")
        reply = client.rcpt(f"nikt@{DOMAIN}")
    assert codes(reply) == "550 5.1.1", reply
    code = code_of(reply)
    card = metka.json("explain", "receipt", code)
    assert card["code"] == code and card["peer"] in ("127.0.0.1", "::1") and card["listener"] == "smtp", card
    assert (card["command"], card["sender"], card["recipient"], card["login"]) == ("RCPT", "jan@example.org", f"nikt@{DOMAIN}", None), card
    assert card["reply"] == "550 5.1.1 no such mailbox here" and "metkactl mailbox add" in card["remedy"], card
    assert metka.json("explain", "receipt", code.replace("-", "").lower()) == card
    assert f"receipt={code}" in whole_log(metka) and card["session"] in whole_log(metka)
    assert f"reply\t{card['reply']}\n" in metka.told("explain", "receipt", code)


@shows("a refused sender is explained with the account that had logged in, and a wrong password without it")
def _(metka):
    client = metka.submission()
    card = metka.json("explain", "receipt", code_of(client.mail(BIURO)))
    assert (card["login"], card["sender"], card["listener"], card["command"]) == (SKLEP, BIURO, "submission", "MAIL"), card
    client.quit()
    client = smtplib.SMTP("localhost", metka.port["submission"], local_hostname="client.test", timeout=30)
    client.starttls(context=metka.tls())
    try:
        client.login(SKLEP, "no-such-password")
        raise AssertionError("it was let in")
    except smtplib.SMTPAuthenticationError as refused:
        code = code_of((refused.smtp_code, refused.smtp_error))
    client.close()
    card = metka.json("explain", "receipt", code)
    assert card["command"] == "AUTH" and card["login"] is None, card
    assert "no-such-password" not in str(card) and PASSWORD not in str(card)


@shows("a code that was never given, or is none, is said to be so")
def _(metka):
    status, said = told(metka, "explain", "receipt", "2222-2222")
    assert status == 67 and "receipt=2222-2222" in said and "log" in said, (status, said)
    status, said = told(metka, "explain", "receipt", "hello")
    assert status == 65 and "K7Q2-M3TX" in said, (status, said)


@shows("receipts are gone with the program that gave them, and the log is named instead")
def _(metka):
    with metka.smtp() as client:
        code = code_of(client.docmd("RCPT", "TO:<>"))
    assert metka.json("explain", "receipt", code)["code"] == code
    pid = metka.programs()["smtp"]["pid"]
    metka.told("engine", "restart", "smtp")
    assert metka.programs()["smtp"]["pid"] != pid
    status, said = told(metka, "explain", "receipt", code)
    assert status == 67 and f"receipt={code}" in said, (status, said)
    assert f"receipt={code}" in whole_log(metka)


@shows("only administrators may ask")
def _(metka):
    if os.geteuid() != 0:
        return
    done = metka.control("explain", "recipient", BIURO, user="nobody")
    assert done.returncode == 77, done


@shows("explain recipient says of each state what metka-smtp answers at RCPT")
def _(metka):
    full = metka.mailbox("pelna", "--valid-until", "+1y")
    metka.told("domain", "add", "czeka.example.org", "--customer", "firma")
    metka.told("domain", "add", "stoi.example.org", "--customer", "firma", "--owned")
    metka.told("domain", "suspend", "stoi.example.org")
    rows = [
        (BIURO, "accepted", f"mailbox {BIURO}"),
        (f"marketing@{DOMAIN}", "accepted", f"mailbox {BIURO}"),
        (f"BIURO+tag@{DOMAIN}", "accepted", f"mailbox {BIURO}"),
        (f"nikt@{DOMAIN}", "refused", f"domain {DOMAIN}"),
        ("kto@example.com", "refused", "domain example.com, which is not here"),
        ("kto@czeka.example.org", "refused", "domain czeka.example.org, which is pending"),
        ("kto@stoi.example.org", "later", "domain stoi.example.org"),
    ]

    def agree(recipient, verdict, decided_by):
        card = metka.json("explain", "recipient", recipient)
        assert (card["verdict"], card["decided_by"]) == (verdict, decided_by), card
        eventually(lambda: asked_at_rcpt(metka, recipient) == card["reply"], what=f"{recipient} gets {card['reply']}")
        return card

    for row in rows:
        agree(*row)
    metka.told("mailbox", "suspend", full)
    assert agree(full, "later", f"mailbox {full}")["remedy"] == f"metkactl mailbox resume {full}"
    metka.told("mailbox", "resume", full)
    metka.told("mailbox", "set", full, "--valid-until", "2020-01-01")
    assert agree(full, "refused", f"mailbox {full}")["remedy"] == f"metkactl mailbox renew {full}"
    metka.told("mailbox", "set", full, "--valid-until", "none")
    metka.told("customer", "suspend", "firma")
    assert agree(full, "later", "customer firma")["state"] == "suspended"
    metka.told("customer", "resume", "firma")
    agree(full, "accepted", f"mailbox {full}")
    with metka.smtp() as client:
        assert client.sendmail("jan@example.org", [full], b"Subject: full\r\n\r\n" + b"0123456789abcdef\r\n" * 1000) == {}
    metka.told("mailbox", "set", full, "--capacity", "1K", "--force")
    card = agree(full, "later", f"mailbox {full}")
    assert card["reply"] == "452 4.2.2" and card["room"][0]["used"] > card["room"][0]["limit"] == 1024, card


@shows("explain sender says of each account and address what metka-smtp answers at MAIL")
def _(metka):
    for login in (BIURO, SKLEP):
        for address in (BIURO, SKLEP, f"marketing@{DOMAIN}", f"nikt@{DOMAIN}", "jan@example.org"):
            card = metka.json("explain", "sender", address, "--login", login)
            client = metka.submission(login)
            reply = codes(client.mail(address))
            client.close()
            assert card["reply"] == reply, (card, reply)
    card = metka.json("explain", "sender", f"marketing@{DOMAIN}", "--login", SKLEP)
    assert card["belongs_to"] == BIURO and card["decided_by"] == f"mailbox {BIURO}", card
    assert metka.json("explain", "sender", BIURO)["verdict"] == "accepted"


@shows("a domain is told to protect its senders, shows it, and explain says what it means")
def _(metka):
    assert metka.json("domain", "show", DOMAIN)["protect_sender"] is False
    assert "off" in metka.told("domain", "set", DOMAIN, "--protect-sender", "on", "--dry-run")
    assert metka.json("domain", "show", DOMAIN)["protect_sender"] is False
    metka.told("domain", "set", DOMAIN, "--protect-sender", "on")
    assert metka.json("domain", "show", DOMAIN)["protect_sender"] is True
    card = metka.json("explain", "sender", BIURO)
    assert (card["verdict"], card["remedy"]) == ("refused", f"metkactl domain set {DOMAIN} --protect-sender off"), card
    metka.told("domain", "set", DOMAIN, "--protect-sender", "off")
    newest = metka.json("log", "--subject", DOMAIN, "--most", "1")[0]
    assert newest["verb"] == "domain.set" and '"protect_sender":false' in newest["after"], newest


def letter_from(metka, *fields, sender="jan@example.org"):
    """What a stranger is answered whose letter to a protected domain has these fields."""
    with metka.smtp() as client:
        client.mail(sender)
        assert client.rcpt(SKLEP)[0] == 250
        return client.data("\r\n".join(fields) + "\r\nSubject: Oferta\r\n\r\nDzien dobry.\r\n")


@shows("where a domain protects its senders, what mail programs show of From is no way around it, nor is a From that names nobody")
def _(metka):
    metka.told("domain", "set", DOMAIN, "--protect-sender", "on")
    base64 = b64encode(BIURO.encode()).decode()
    for shown in (f"From: {BIURO}", f'From: "{BIURO}" <jan@example.org>', f"From: jan@example.org ({BIURO})", f'From: "{BIURO}":;',
                  f"From: =?utf-8?q?{BIURO.replace('@', '=40')}?=", f"From: =?utf-8?b?{base64}?= <jan@example.org>",
                  f"From: =?utf-7?q?{BIURO.replace('@', '+AEA-')}?= <jan@example.org>",
                  f"From: =?iso-2022-jp?b?{b64encode(b'biuro' + FULLWIDTH_AT).decode()}?= =?utf-8?q?{DOMAIN}?= <jan@example.org>"):
        reply = letter_from(metka, shown)
        assert codes(reply) == "550 5.7.1" and b"the From field names a domain" in reply[1], (shown, reply)
    card = metka.json("explain", "receipt", code_of(reply))
    assert card["reply"].startswith("550 5.7.1") and "--protect-sender off" in card["remedy"], card
    assert b"Sender field" in letter_from(metka, "From: jan@example.org", f"Sender: {BIURO}")[1]
    assert b"names no address" in letter_from(metka, "From: Biuro")[1]
    for harmless in (["From: Jan <jan@example.org>"], [f"From: =?utf-8?q?{DOMAIN}?= <jan@example.org>"], [f"From: jan@example.org", f"Reply-To: {BIURO}"]):
        assert letter_from(metka, *harmless)[0] == 250, harmless
    metka.told("domain", "set", DOMAIN, "--protect-sender", "off")
    for passes in (f'From: "{BIURO}" <jan@example.org>', "From: Biuro"):
        assert letter_from(metka, passes)[0] == 250, passes


@shows("a description says both: which domain protects its senders, and how much a mailbox may send")
def _(metka):
    described = metka.folder / "described.yaml"
    described.write_text(f"domains: [{{domain: {DOMAIN}, customer: firma, protect_sender: on}}]\n"
                         f"mailboxes: [{{address: {SKLEP}, customer: firma, messages_per_hour: 9, messages_per_day: 90}}]\n")
    metka.told("apply", str(described), "--yes")
    assert metka.json("domain", "show", DOMAIN)["protect_sender"] is True
    card = metka.json("mailbox", "show", SKLEP)
    assert (card["messages_per_hour"], card["messages_per_day"]) == (9, 90), card
    described.write_text(f"domains: [{{domain: {DOMAIN}, customer: firma, protect_sender: off}}]\n"
                         f"mailboxes: [{{address: {SKLEP}, customer: firma, messages_per_hour: plan, messages_per_day: plan}}]\n")
    metka.told("apply", str(described), "--yes")
    assert metka.json("explain", "limit", SKLEP)["day_decided_by"] == "plan standard"
    assert metka.json("domain", "show", DOMAIN)["protect_sender"] is False


class Limited(Instance):
    """Other instances of tests have no sending limit."""
    settings = {"plan": {"messages_per_hour": "250", "messages_per_day": "1000"}}


@shows("a sending number is the plan's until an account has its own, and is the plan's again by “plan”")
def _(metka):
    card = metka.json("explain", "limit", f"marketing@{DOMAIN}")
    assert (card["account"], card["messages_per_hour"], card["hour_decided_by"]) == (BIURO, 250, "plan standard"), card
    metka.told("mailbox", "set", BIURO, "--messages-per-hour", "2000", "--messages-per-day", "0")
    card = metka.json("explain", "limit", BIURO)
    assert (card["messages_per_hour"], card["hour_decided_by"], card["messages_per_day"]) == (2000, f"mailbox {BIURO}", 0), card
    metka.told("mailbox", "set", BIURO, "--messages-per-hour", "plan", "--messages-per-day", "plan")
    metka.apply({"plan": {"messages_per_hour": 7}})
    card = metka.json("explain", "limit", BIURO)
    assert (card["messages_per_hour"], card["messages_per_day"], card["day_decided_by"]) == (7, 1000, "plan standard"), card
    assert metka.json("mailbox", "show", BIURO)["messages_per_hour"] == 7


main(instance=Limited)
