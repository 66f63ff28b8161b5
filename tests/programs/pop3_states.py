"""What a suspension, an expiry, a removal and a new password do to POP3 sessions that are open: the store asks at each message."""

import datetime
import itertools
import poplib

from harness import DOMAIN, PASSWORD, main, shows
from ledger import maildirs
from traffic import deliver, message

SHUT_OUT = b"-ERR [SYS/PERM] account suspended or removed, and nothing was deleted"
EXPIRED = b"-ERR [SYS/PERM] read only until renewed, and nothing was deleted"
LETTERS = 3
LEVELS = {"mailbox": lambda address: address, "customer": lambda address: "firma", "domain": lambda address: DOMAIN}
counter = itertools.count(1)


def filled(metka):
    address = metka.mailbox(f"stan{next(counter)}")
    for number in range(LETTERS):
        deliver(metka, address, message(f"letter-{number}", "a@example.org"))
    return address


def refused(act):
    try:
        said = act()
    except poplib.error_proto as why:
        return why.args[0]
    raise AssertionError(f"not refused: {said}")


def is_closed(client):
    return client.file.readline() == b""


def files(folder):
    return sorted(path.name for part in ("new", "cur") for path in (folder / part).iterdir())


def deletes(client):
    for number in range(1, LETTERS + 1):
        client.dele(number)


def has_all(metka, address):
    return len(metka.fetch(address)) == LETTERS


@shows("a suspended mailbox, customer or domain ends the use of open sessions at once, and resumed everything is there")
def _(metka):
    for level, named in LEVELS.items():
        reads, removes, quits = filled(metka), filled(metka), filled(metka)
        reader, remover, quitter = metka.pop3(reads), metka.pop3(removes), metka.pop3(quits)
        assert len(reader.retr(1)[1]) > 1
        deletes(remover)
        words = {named(address) for address in (reads, removes, quits)}
        for word in words:
            metka.told(level, "suspend", word)
        assert refused(lambda: reader.retr(2)) == SHUT_OUT and is_closed(reader), level
        assert refused(remover.quit) == SHUT_OUT, level
        assert refused(lambda: quitter.dele(1)) == SHUT_OUT and is_closed(quitter), level
        assert b"[SYS/PERM] account suspended" in refused(lambda: metka.pop3(reads)), level
        for word in words:
            metka.told(level, "resume", word)
        assert all(has_all(metka, address) for address in (reads, removes, quits)), level


@shows("a session that was suspended and resumed between two of its commands goes on")
def _(metka):
    address = filled(metka)
    client = metka.pop3(address)
    client.dele(1)
    metka.told("mailbox", "suspend", address)
    metka.told("mailbox", "resume", address)
    assert len(client.retr(2)[1]) > 1
    client.quit()
    assert len(metka.fetch(address)) == LETTERS - 1


@shows("a mailbox that expires is read on by its open session, which deletes nothing more; renewed everything is there")
def _(metka):
    address = filled(metka)
    client = metka.pop3(address)
    client.dele(1)
    yesterday = datetime.date.today() - datetime.timedelta(days=2)
    metka.told("mailbox", "set", address, "--valid-until", str(yesterday))
    assert len(client.retr(2)[1]) > 1
    client.dele(2)
    assert refused(client.quit) == EXPIRED
    assert has_all(metka, address)
    metka.told("mailbox", "set", address, "--valid-until", "none")
    client = metka.pop3(address)
    deletes(client)
    client.quit()
    assert metka.fetch(address) == []


@shows("sessions of a removed mailbox read and delete nothing: what is kept for its grace is whole")
def _(metka):
    reads, removes = filled(metka), filled(metka)
    folders = maildirs(metka, [reads, removes])
    before = {address: files(folder) for address, folder in folders.items()}
    reader, remover = metka.pop3(reads), metka.pop3(removes)
    deletes(remover)
    for address in (reads, removes):
        metka.told("mailbox", "remove", address, "--yes")
    assert refused(lambda: reader.retr(1)) == SHUT_OUT and is_closed(reader)
    assert refused(remover.quit) == SHUT_OUT
    assert before == {address: files(folder) for address, folder in folders.items()}
    assert all(len(names) == LETTERS for names in before.values())


@shows("a new password leaves open sessions as they are; a suspension ends their use, whoever opened them")
def _(metka):
    address = filled(metka)
    client = metka.pop3(address)
    metka.told("mailbox", "set", address, "--password-stdin", input=PASSWORD[::-1] + "\n")
    assert len(client.retr(1)[1]) > 1
    metka.told("mailbox", "suspend", address)
    assert refused(lambda: client.retr(1)) == SHUT_OUT
    metka.told("mailbox", "resume", address)
    assert len(metka.fetch(address, PASSWORD[::-1])) == LETTERS


main()
