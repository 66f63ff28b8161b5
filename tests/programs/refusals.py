"""A generation that a program refuses, sleeps over or dies of is taken back, with its reason, while mail flows."""

import os
import signal
import socket
import threading

from harness import WithItsOwnPrograms, eventually, main, shows
from traffic import BIURO, Ledger, Sender, all_get_on, assert_undisturbed, under_way

rounds = iter(range(1, 1000))


def new_value():
    """A setting that no generation had."""
    return {"smtp": {"recipients": 500 + next(rounds)}}


class Switching(threading.Thread):
    """`config apply` on its way."""

    def __init__(self, metka, settings):
        super().__init__(daemon=True)
        self.metka, self.settings = metka, settings
        self.before = metka.current()
        self.start()

    def run(self):
        self.done = self.metka.apply(self.settings, "--reason", "a try")

    def has_switched(self):
        return self.metka.current() != self.before

    def answer(self):
        self.join(60)
        assert not self.is_alive(), "config apply does not answer"
        return self.done


def refused(metka, done, before, *words):
    """It was said why, it is remembered, and the one before runs."""
    said = done.stdout + done.stderr
    assert done.returncode not in (0, 1), (done.returncode, said)
    for word in words:
        assert word in said, f"“{word}” is not said: {said}"
    newest = metka.history()[0]
    assert (newest["outcome"], newest["before"], newest["reason"]) == ("refused", before, "a try"), newest
    assert all(word in newest["message"] for word in words), newest
    status = metka.json("status")
    assert status["generation"] == before and metka.current() == before, (status, metka.current())
    assert any("was refused" in problem and words[0] in problem for problem in status["problems"]), status["problems"]
    eventually(lambda: metka.all_run(before), what=f"every program runs generation {before} again")
    metka.assert_whole(before)


def a_good_one_works(metka, settings):
    before = metka.current()
    generation = metka.applied(settings | new_value(), "--reason", "mended")
    assert generation > before and metka.all_run(generation), metka.programs()
    assert metka.history()[0]["outcome"] == "running" and metka.json("status")["problems"] == []


def flows(metka, act, *, services=("smtp", "submission")):
    """Acts while messages come in; all that got 250 are there afterwards."""
    metka.empty()
    ledger = Ledger()
    senders = [Sender(metka, ledger, service) for service in services]
    with under_way(senders):
        all_get_on(senders)
        act(senders)
        all_get_on(senders)
    assert ledger.check(metka) >= 2 * len(senders)
    return senders


def pid_of(metka, program):
    return metka.programs()[program]["pid"]


@shows("a program on the disk that does not know a key refuses by its check, and nothing that runs is touched")
def _(metka):
    def act(senders):
        before = metka.current()
        pids = {name: row["pid"] for name, row in metka.programs().items()}
        metka.replace_program("metka-smtp", "command_timeout", "command_timeouz")
        done = metka.apply(new_value(), "--reason", "a try")
        refused(metka, done, before, "metka-smtp", "command_timeout", "metka-smtp.yaml")
        assert metka.control("config", "check").returncode not in (0, 1)
        assert {name: row["pid"] for name, row in metka.programs().items()} == pids
        metka.restore_program("metka-smtp")
        a_good_one_works(metka, {})
    assert_undisturbed(flows(metka, act))


@shows("a program on the disk that cannot even be run refuses, too")
def _(metka):
    before = metka.current()
    metka.put_program("metka-store", b"no program\n")
    refused(metka, metka.apply(new_value(), "--reason", "a try"), before, "metka-store")
    metka.restore_program("metka-store")
    a_good_one_works(metka, {})


@shows("a running program that cannot take the new generation has all of them go back, and says why")
def _(metka):
    def act(senders):
        metka.replace_program("metka-access", "debug", "debuq")
        metka.told("engine", "restart", "access")
        metka.restore_program("metka-access")  # so that the check on the way passes
        before = metka.current()
        done = metka.apply({"log": {"level": "debug"}}, "--reason", "a try")
        refused(metka, done, before, "metka-access", "debug")
        assert metka.control("config", "check").returncode == 0
        metka.told("engine", "restart", "access")
        a_good_one_works(metka, {})
        a_good_one_works(metka, {"log": {"level": "info"}})
    assert_undisturbed(flows(metka, act))


def silent(metka, program, services):
    def act(senders):
        before, pid = metka.current(), pid_of(metka, program)
        settings = new_value()
        os.kill(pid, signal.SIGSTOP)
        try:
            switching = Switching(metka, settings)
            eventually(switching.has_switched, what="the switch begins")
            if services:
                all_get_on(senders)
            done = switching.answer()
            assert metka.current() == before
        finally:
            os.kill(pid, signal.SIGCONT)
        refused(metka, done, before, f"metka-{program}", "did not answer within")
        assert pid_of(metka, program) == pid, "the program was replaced"
        a_good_one_works(metka, {})
    assert_undisturbed(flows(metka, act, services=services or ("smtp",)))


@shows("one that is silent is waited for a while; then the generation is taken back, which that one, awake, finds as well")
def _(metka):
    silent(metka, "access", ("smtp", "submission"))


@shows("so it is when the silent one is metka-store, whose clients wait and lose nothing")
def _(metka):
    silent(metka, "store", ())


@shows("one that dies in the middle is started again under the generation before, and nobody is refused")
def _(metka):
    def act(senders):
        for program in ("access", "smtp"):
            before, pid = metka.current(), pid_of(metka, program)
            os.kill(pid, signal.SIGSTOP)
            switching = Switching(metka, new_value())
            eventually(switching.has_switched, what="the switch begins")
            os.kill(pid, signal.SIGKILL)
            refused(metka, switching.answer(), before, f"metka-{program}", "died (signal 9)")
            assert pid_of(metka, program) not in (0, pid)
            a_good_one_works(metka, {})
    senders = flows(metka, act)
    assert not [why for sender in senders for why in sender.refused], "a connection was refused"


@shows("an address that another program has is refused before anything changes, and so is a key that is not the certificate's")
def _(metka):
    def act(senders):
        before = metka.current()
        own = f"127.0.0.1:{metka.port['smtp']}"
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            done = metka.apply({"smtp": {"listen": f"[\"{own}\", \"{taken}\"]"}}, "--reason", "a try")
            refused(metka, done, before, taken, "taken by another program", "smtp.listen")
        own_key = metka.folder / "tls/key.pem"
        bad = {"smtp": {"listen": f"[\"{own}\"]"}, "tls": {"key": metka.folder / "tls/ca-key.pem"}}
        refused(metka, metka.apply(bad, "--reason", "a try"), before, "key")
        a_good_one_works(metka, {"tls": {"key": own_key}})
    assert_undisturbed(flows(metka, act))
    assert metka.submission().noop()[0] == 250 and metka.pop3(BIURO).noop().startswith(b"+OK")


main(instance=WithItsOwnPrograms)
