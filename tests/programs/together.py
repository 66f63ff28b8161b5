"""Administrators who change one thing at the same time lose neither a change nor sense."""

import threading

from harness import DOMAIN, PASSWORD, main, shows

ROUNDS = 8


def at_once(*orders):
    """Each (words, input) by a metkactl of its own, all begun together; the finished processes in that order."""
    gate, done = threading.Barrier(len(orders)), [None] * len(orders)

    def run(place, metka, words, given):
        gate.wait()
        done[place] = metka.control(*words, input=given)
    threads = [threading.Thread(target=run, args=(place, *order)) for place, order in enumerate(orders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in done:
        assert each.returncode == 0 or each.stderr.startswith("metkactl: ") and each.stderr.count("\n") == 1, each
    return done


def order(metka, *words, input=""):
    return metka, words, input


@shows("two who set different things of one mailbox both find them set")
def _(metka):
    address = metka.mailbox("razem")
    for number in range(ROUNDS):
        done = at_once(order(metka, "mailbox", "set", address, "--capacity", f"{200 + number}M"),
                       order(metka, "mailbox", "set", address, "--valid-until", f"2030-01-{number + 10}"),
                       order(metka, "mailbox", "set", address, "--grace-days", str(number + 3)),
                       order(metka, "mailbox", "suspend" if number % 2 else "resume", address))
        assert [each.returncode for each in done] == [0] * 4, done
        card = metka.json("mailbox", "show", address)
        assert card["capacity"] == 200 + number << 20 and card["valid_until"] == f"2030-01-{number + 10}", card
        assert card["grace_days"] == number + 3 and card["state"] == ("suspended" if number % 2 else "active"), card
    assert len([line for line in metka.told("log", "--most", "500").splitlines() if address in line]) >= 4 * ROUNDS - 4


@shows("of several who add one address, one does, and the others hear that it is there")
def _(metka):
    for number in range(ROUNDS):
        address = f"jedyny{number}@{DOMAIN}"
        new = ["--customer", "firma", "--capacity", "10M", "--password-stdin"]
        done = at_once(order(metka, "mailbox", "add", address, *new, input=PASSWORD + "\n"),
                       order(metka, "mailbox", "add", address, *new, input=PASSWORD + "\n"),
                       order(metka, "alias", "add", address, "--to", f"biuro@{DOMAIN}"))
        assert sorted(each.returncode for each in done) == [0, 65, 65], done
        assert all("already" in each.stderr for each in done if each.returncode), done
        there = [metka.control(kind, "show", address).returncode for kind in ("mailbox", "alias")]
        assert sorted(there) == [0, 67], there
        if there[0] == 0:
            metka.pop3(address).quit()


@shows("a mailbox that is removed while it is renamed, set and given an alias is there under one name, or gone with all of it")
def _(metka):
    for number in range(ROUNDS):
        old, new, alias = metka.mailbox(f"stary{number}"), f"nowy{number}@{DOMAIN}", f"tez{number}@{DOMAIN}"
        removed, renamed, changed, led = at_once(
            order(metka, "mailbox", "remove", old, "--yes"), order(metka, "mailbox", "rename", old, "--to", new),
            order(metka, "mailbox", "set", old, "--capacity", "5M"), order(metka, "alias", "add", alias, "--to", old))
        assert all(each.returncode in (0, 67) for each in (removed, renamed, changed, led)), (removed, renamed, changed, led)
        assert (removed.returncode, renamed.returncode) in ((0, 67), (67, 0)), (removed, renamed)
        assert metka.control("mailbox", "show", old).returncode == 67
        is_there = renamed.returncode == 0
        assert metka.control("mailbox", "show", new).returncode == (0 if is_there else 67)
        assert metka.control("alias", "show", alias).returncode == (0 if is_there and led.returncode == 0 else 67)


@shows("a customer that is removed while it is given a domain has neither or both")
def _(metka):
    for number in range(ROUNDS):
        customer, domain = f"krotki{number}", f"krotki{number}.lublin.pl"
        metka.told("customer", "add", customer, "--name", "x", "--contact", "x@example.org")
        removed, added = at_once(order(metka, "customer", "remove", customer, "--yes"),
                                 order(metka, "domain", "add", domain, "--customer", customer))
        assert (removed.returncode, added.returncode) in ((0, 67), (65, 0)), (removed, added)
        assert metka.control("domain", "show", domain).returncode == added.returncode


@shows("a password that is set by two is one of the two")
def _(metka):
    address = metka.mailbox("haslo")
    words = ["mailbox", "set", address, "--password-stdin"]
    done = at_once(order(metka, *words, input="the first pass phrase\n"), order(metka, *words, input="the second pass phrase\n"))
    assert [each.returncode for each in done] == [0, 0], done
    def opens(password):
        try:
            metka.pop3(address, password).quit()
            return True
        except Exception:
            return False
    assert [opens("the first pass phrase"), opens("the second pass phrase")].count(True) == 1


main()
