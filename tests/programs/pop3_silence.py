"""Two POP3 sessions of one inbox: who speaks keeps it, who is silent loses it to the next, and deletes nothing."""

import poplib
import time

from harness import DOMAIN, PASSWORD, Instance, main, shows

BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"
SILENCE = 30  # seconds after which an inbox may be taken over


def told(call, *words):
    try:
        return call(*words).decode()
    except poplib.error_proto as error:
        return str(error)


def log_in(metka, login):
    """A client, and what it was told."""
    client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
    client.user(login)
    return client, told(client.pass_, PASSWORD)


@shows("a client that says NOOP keeps its inbox; one that is silent is told that it lost it, and what it deleted is there")
def _(metka):
    client = metka.submission()
    client.sendmail(SKLEP, [BIURO, SKLEP], f"From: {SKLEP}\r\nSubject: one\r\n\r\nfor both\r\n")
    speaking, silent = metka.pop3(BIURO), metka.pop3(SKLEP)
    for session, login in ((speaking, BIURO), (silent, SKLEP)):
        assert session.dele(1).startswith(b"+OK")
        assert "[IN-USE]" in log_in(metka, login)[1]
    ends = time.monotonic() + SILENCE + 1
    while time.monotonic() < ends:
        assert speaking.noop() == b"+OK"
        time.sleep(5)
    assert "[IN-USE]" in log_in(metka, BIURO)[1]
    heir, answer = log_in(metka, SKLEP)
    assert answer.startswith("+OK 1 messages"), answer
    assert "[SYS/TEMP] another session has taken this mailbox over" in told(silent.retr, 1)[:200]
    assert heir.stat()[0] == 1
    heir.quit()
    speaking.quit()
    assert metka.fetch(BIURO) == [] and len(metka.fetch(SKLEP)) == 1


main()
