"""Generations in a row under load: no connection is refused, no session breaks, no message is lost."""

import contextlib
import os
import random
import ssl
import subprocess
import time

from harness import DOMAIN, eventually, main, shows
from traffic import (BIURO, SKLEP, STRANGER, Dripper, Ledger, Reader, Sender, SlowReader, all_get_on, assert_undisturbed,
                     deliver, is_refused, message, recipients_taken, smtp_at, under_way)

SWITCHES = int(os.environ.get("METKA_SWITCHES", "50"))
LONG = 6  # switches that a long transfer lasts
SECONDS = 60  # where the disk is slow, these are enough once each long transfer has been done
LOCAL = "127.0.0.2"  # a second address of this machine for a listener that comes and goes


def lines_of(size):
    return b"".join(b"%s\r\n" % random.randbytes(35).hex().encode() for _ in range(size // 72))


def second_certificate(metka):
    """Another by the same authority; returns the settings of either."""
    first, second = metka.folder / "tls", metka.folder / "tls-second"
    second.mkdir(mode=0o700)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    extensions = second / "extensions"
    extensions.write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    for command in (["req", "-new", *key, "-keyout", second / "key.pem", "-out", second / "request.pem", "-subj", "/CN=localhost"],
                    ["x509", "-req", "-in", second / "request.pem", "-CA", first / "ca.pem", "-CAkey", first / "ca-key.pem",
                     "-CAcreateserial", "-days", "30", "-out", second / "certificate.pem", "-extfile", extensions]):
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return [{"certificate": folder / "certificate.pem", "key": folder / "key.pem"} for folder in (first, second)]


def presented(metka):
    with metka.tls_socket("pop3s") as channel:
        return channel.getpeercert(binary_form=True)


def first_in(path):
    return ssl.PEM_cert_to_DER_cert(path.read_text().partition("-----END")[0] + "-----END CERTIFICATE-----\n")


def descriptors(metka):
    """How many each has open; those of confined programs are for root alone to count."""
    pids = {"metkad": metka.pid} | {name: row["pid"] for name, row in metka.programs().items()}
    counts = {}
    for name, pid in pids.items():
        with contextlib.suppress(PermissionError):
            counts[name] = len(os.listdir(f"/proc/{pid}/fd"))
    return counts


def settings_of_round(number, metka, certificates):
    """Something real for every program, and now and then a listener or another certificate."""
    own = f"127.0.0.1:{metka.port['smtp']}"
    extra = f", \"{LOCAL}:{metka.port['smtp']}\"" if number % 6 in (2, 3, 4) else ""
    return {"smtp": {"listen": f"[\"{own}\"{extra}]", "recipients": 900 + number, "message_size": f"{100 + number}M"},
            "pop3": {"idle_timeout": f"{10 + number}m", "login_timeout": f"{60 + number}s"},
            "auth": {"parallel_hashes": 1 + number % 3},
            "log": {"level": "debug" if number % 5 == 0 else "info"},
            "plan": {"capacity": f"{50 + number}M"},
            "tls": certificates[number // 4 % 2]}


def check_round(metka, number, generation, wanted):
    assert metka.all_run(generation), metka.programs()
    assert presented(metka) == first_in(wanted["tls"]["certificate"]), "another certificate is presented"
    where = (LOCAL, metka.port["smtp"])
    if LOCAL in wanted["smtp"]["listen"]:
        client = smtp_at(*where)
        assert client.esmtp_features["size"] == str((100 + number) << 20), client.esmtp_features
        client.quit()
    else:
        assert is_refused(where), "a listener that was removed still answers"


def assert_unharmed(stranger, submitting, reading):
    """Sessions from before the first switch, silent since then."""
    assert stranger.noop()[0] == 250
    submitting.mail(SKLEP)
    assert submitting.rcpt(BIURO)[0] == 250
    assert reading.noop().startswith(b"+OK")
    for client in (stranger, submitting, reading):
        client.quit()


@shows(f"up to {SWITCHES} switches under load: nothing refused, nothing broken, nothing lost, and nothing left open")
def _(metka):
    certificates = second_certificate(metka)
    long_message = message("long", STRANGER, lines_of(8 << 20))
    for name in ("czytelnik", "duza"):
        metka.mailbox(name)
    short_message = message("short", STRANGER)
    deliver(metka, f"czytelnik@{DOMAIN}", short_message)
    deliver(metka, f"duza@{DOMAIN}", long_message)
    for name in ("biuro", "sklep", "czytelnik", "duza"):  # what is kept open for each is open now
        metka.pop3(f"{name}@{DOMAIN}").quit()
    metka.submission().quit()
    metka.applied(settings_of_round(-1, metka, certificates))
    before = descriptors(metka)

    done, longest = 0, 0.0

    def lasts():
        """From now on for LONG switches."""
        until = done + LONG
        return lambda: done < until

    ledger = Ledger()
    quick = [Sender(metka, ledger, "smtp"), Sender(metka, ledger, "submission"),
             Reader(metka, f"czytelnik@{DOMAIN}", short_message)]
    slow = [Dripper(metka, ledger, lasts), Dripper(metka, ledger, lasts), SlowReader(metka, f"duza@{DOMAIN}", long_message, lasts)]
    idle = [metka.smtp(), metka.submission(), metka.pop3(SKLEP)]
    with under_way(quick + slow):
        enough = time.monotonic() + SECONDS
        while done < SWITCHES and (time.monotonic() < enough or not all(client.turns for client in slow)):
            number = done
            wanted = settings_of_round(number, metka, certificates)
            began = time.monotonic()
            generation = metka.applied(wanted, "--reason", f"round {number}")
            longest = max(longest, time.monotonic() - began)
            done += 1
            check_round(metka, number, generation, wanted)
            all_get_on(quick)
    assert_undisturbed(quick + slow)
    assert all(client.turns for client in slow), [client.turns for client in slow]
    assert_unharmed(*idle)
    found = ledger.check(metka)
    assert not ledger.doubtful and found == len(ledger.accepted)
    rows = metka.history()
    assert {row["outcome"] for row in rows[:done]} == {"running"}, rows[:done]
    metka.applied(settings_of_round(-1, metka, certificates))
    eventually(lambda: all(count <= before[name] + 2 for name, count in descriptors(metka).items()),
               what=f"no more descriptors than {before}")
    print(f"        {done} switches, {found} messages, {[client.turns for client in quick]} quick and {[client.turns for client in slow]} long "
          f"sessions; the longest switch took {longest:.2f} s; descriptors {before} before, {descriptors(metka)} after")


@shows("a session finishes under the limits that it began with, and the next one has the new ones")
def _(metka):
    metka.applied({"smtp": {"recipients": 1000, "message_size": "1M"}, "pop3": {"idle_timeout": "10m"}})
    body = lines_of(300 << 10)
    old, sending, reading = metka.smtp(), metka.smtp(), metka.pop3(SKLEP)
    old.mail(STRANGER)
    assert recipients_taken(old, 50) == 50
    sending.mail(STRANGER)
    sending.rcpt(BIURO)
    assert sending.docmd("DATA")[0] == 354
    sending.send(message("large", STRANGER, body[: 100 << 10]))
    metka.applied({"smtp": {"recipients": 100, "message_size": "64K"}, "pop3": {"idle_timeout": "1s"}})
    sending.send(body[100 << 10:] + b".\r\n")
    assert sending.getreply()[0] == 250
    assert recipients_taken(old, 550) == 550
    assert old.data(message("to 600", STRANGER))[0] == 250
    new = metka.smtp()
    assert new.esmtp_features["size"] == str(64 << 10)
    assert new.mail(STRANGER, [f"size={len(body)}"])[0] == 552
    new.mail(STRANGER)
    assert recipients_taken(new, 101) == 100
    late = metka.pop3()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        assert late.file.readline() == b"", "a silent session outlived its limit"
    assert reading.noop().startswith(b"+OK")
    for client in (old, sending, new, reading):
        client.quit()


main()
