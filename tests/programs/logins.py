"""What the operator sees of log-ins, and mends: who is held back, and who logged in last; and POP3's least time between two"""

import base64
import concurrent.futures
import contextlib
import json
import socket
import time

from harness import DOMAIN, PASSWORD, Instance, eventually, main, shows

BIURO, SKLEP = f"biuro@{DOMAIN}", f"sklep@{DOMAIN}"
GUESSES = 12  # of one address in a minute: six at once


class Guarded(Instance):
    settings = {"auth": {"guesses_per_address": GUESSES}}

    def say(self, service, source, *lines):
        """The answers to these lines of a client at that address, over TLS, without the greeting."""
        plain = socket.create_connection(("127.0.0.1", self.port[service]), timeout=40, source_address=(source, 0))
        with contextlib.closing(self.tls().wrap_socket(plain, server_hostname="localhost")) as channel:
            heard = channel.makefile("rb")
            answers = [last_line(heard)]
            for line in lines:
                channel.sendall(line.encode() + b"\r\n")
                answers.append(last_line(heard))
            return answers[1:]

    def log_in(self, service, source, name=BIURO, password=PASSWORD):
        """The answer, and how long it took; when it is there, an inbox that was opened is free for the next."""
        plain = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        greeting = ["EHLO client.test"] if service == "submissions" else []
        began = time.monotonic()
        return self.say(service, source, *greeting, f"AUTH PLAIN {plain}", "QUIT")[-2], time.monotonic() - began

    def held(self, *words):
        return {(row["what"], row["from"] or row["account"]): row for row in self.json("login", "list", *words)}


def last_line(heard):
    while True:
        line = heard.readline().decode()
        if line[3:4] != "-" or not line[:3].isdigit():
            return line.rstrip()


def together(jobs):
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        return [each.result() for each in [pool.submit(*job) for job in jobs]]


@shows("five wrong passwords by POP3 hold submission back, the operator sees whom, and unblock ends it at once")
def _(metka):
    thief = "127.0.1.1"
    assert metka.held() == {}
    answers = together([(metka.log_in, "pop3s", thief, BIURO, f"guess {i}") for i in range(5)])
    assert all(answer.startswith("-ERR [AUTH]") for answer, _ in answers), answers
    row = metka.held()["address", thief]
    assert (row["state"], row["account"]) == ("delayed", None) and row["wrong"] == 5 and row["delay"] >= 2, row
    (answer, seconds), *others = together([(metka.log_in, "submissions", thief, BIURO, f"more {i}") for i in range(3)])
    for answer, seconds in ((answer, seconds), *others):
        assert answer.startswith(("535 5.7.8", "454 4.7.0")) and seconds >= 2, (answer, seconds)
    row = metka.held()["address", thief]
    assert row["delay"] >= 2 and row["wrong"] >= 6 and row["since"] < row["until"], row
    counted = metka.held("--all")
    assert counted["account", BIURO]["wrong"] == row["wrong"] and counted["account", BIURO]["state"] == "counted", counted
    assert counted["network", "127.0.1.0/24"]["left"] > 0, counted
    assert thief in metka.told("login", "list")
    assert [each["wrong"] for each in metka.json("explain", "login", BIURO)["guesses"]] == [row["wrong"]]

    rehearsed = metka.told("login", "unblock", thief, "--dry-run")
    assert f"held against {thief}: 1 network, 1 address" in rehearsed and metka.held(), rehearsed
    told = metka.told("login", "unblock", thief)
    assert f"held against {thief}: 1 network, 1 address" in told and metka.held() == {}, told
    assert metka.told("login", "unblock", thief) == f"nothing is held against {thief}\n"
    entry = metka.json("log", "--most", "1")[0]
    assert (entry["verb"], entry["subject"]) == ("login.unblock", thief), entry
    for service in ("pop3s", "submissions"):
        answer, _ = metka.log_in(service, thief)
        assert answer.startswith(("+OK", "235")), answer
    assert metka.told("login", "unblock", BIURO).count("1 account") == 1
    refused = metka.control("login", "unblock", f"nikt@{DOMAIN}")
    assert refused.returncode == 67 and "login list" in refused.stderr, refused
    assert metka.control("login", "unblock").returncode == 65
    metka.told("login", "unblock", "--all")
    assert metka.held("--all") == {}


@shows("names that nobody has are counted together, and neither they nor what was typed are shown")
def _(metka):
    for i in range(2):
        answer, _ = metka.log_in("pop3s", "127.0.2.1", f"secret{i}@{DOMAIN}", f"typed {i}")
        assert answer.startswith("-ERR [AUTH]"), answer
    text = metka.told("login", "list", "--all", "--json")
    nobody = next(row for row in json.loads(text) if row["what"] == "nobody")
    assert (nobody["names"], nobody["wrong"], nobody["account"]) == (2, 2, None), nobody
    assert "secret" not in text and "typed" not in text, text
    metka.told("login", "unblock", "--all")


@shows("the last log-in is shown, wrong passwords do not move it, and a restart of metka-auth in good order keeps it")
def _(metka):
    login = metka.mailbox("ostatnie")
    assert metka.json("mailbox", "show", login)["last_login"] is None
    assert metka.log_in("pop3s", "127.0.3.1", login)[0].startswith("+OK")
    first = metka.json("mailbox", "show", login)["last_login"]
    assert (first["service"], first["from"], first["app_password"]) == ("pop3", "127.0.3.1", None), first
    assert metka.log_in("submissions", "127.0.3.2", login)[0].startswith("235")
    assert metka.log_in("pop3s", "127.0.3.3", login, "another")[0].startswith("-ERR")
    last = metka.json("mailbox", "show", login)["last_login"]
    assert (last["service"], last["from"]) == ("submission", "127.0.3.2") and last["at"] >= first["at"], last
    for _ in range(2):
        old = metka.programs()["auth"]["pid"]
        metka.told("engine", "restart", "auth")
        assert metka.programs()["auth"]["pid"] != old
        eventually(lambda: metka.json("mailbox", "show", login)["last_login"] == last, what="it is read back")
    assert metka.stop().returncode == 0
    metka.start_again()
    assert metka.json("mailbox", "show", login)["last_login"] == last
    assert metka.json("explain", "login", login)["last_login"] == last
    assert f"last_login\t{last['at']}\tsubmission\t127.0.3.2\t\t\n" in metka.told("mailbox", "show", login)
    metka.told("mailbox", "remove", login, "--yes")


@shows("with pop3.login_delay a second log-in comes too soon, right passwords alone are told so, and it does not wait longer for that")
def _(metka):
    metka.applied({"pop3": {"login_delay": "1h"}})
    assert metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith("+OK")
    at = metka.json("mailbox", "show", SKLEP)["last_login"]["at"]
    for _ in range(2):
        assert metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith("-ERR [LOGIN-DELAY]")
    assert metka.log_in("pop3s", "127.0.4.1", SKLEP, "another")[0].startswith("-ERR [AUTH]")
    assert metka.json("mailbox", "show", SKLEP)["last_login"]["at"] == at
    assert metka.log_in("submissions", "127.0.4.1", SKLEP)[0].startswith("235")  # of POP3 alone
    metka.applied({"pop3": {"login_delay": None}})
    assert metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith("+OK")


@shows("a log-in that met another session does not count for pop3.login_delay: when that has gone, the next opens at once")
def _(metka):
    holder = metka.pop3(SKLEP)
    metka.applied({"pop3": {"login_delay": "1h"}})
    metka.told("engine", "restart", "auth", "--yes")
    def answers(words):
        def asked():
            holder.noop()  # or it would be silent, and lose its inbox
            return metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith(words)
        return asked
    eventually(answers("-ERR [LOGIN-DELAY]"), what="the log-in before is known over the restart")
    metka.applied({"pop3": {"login_delay": "1s"}})
    eventually(answers("-ERR [IN-USE]"), what="the delay is over")
    metka.applied({"pop3": {"login_delay": "1h"}})
    assert answers("-ERR [IN-USE]")()
    holder.quit()
    opened = eventually(lambda: metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith("+OK"), what="the next log-in opens the inbox")
    assert opened and metka.log_in("pop3s", "127.0.4.1", SKLEP)[0].startswith("-ERR [LOGIN-DELAY]")
    metka.applied({"pop3": {"login_delay": None}})


main(instance=Guarded)
