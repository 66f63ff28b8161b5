"""Shell accounts are Unix users: their password, their home, their link, their group, and what they leave in an inbox."""

import base64
import os
import pathlib
import poplib
import pwd
import smtplib
import subprocess
import sys

from harness import DOMAIN, PASSWORD, Instance, Skipped, as_user, main, shows

LOGIN = f"mtk-a{os.getpid()}"
OTHER = f"mtk-b{os.getpid()}"
NEW_NAME = f"mtk-c{os.getpid()}"
UNIX_PASSWORD = "zażółć: gęślą jaźń"


def run(*command, input=None):
    done = subprocess.run(command, capture_output=True, text=True, input=input or "")
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def need_root():
    if os.geteuid() != 0:
        raise Skipped("only root can make Unix users")


def forget_users():
    for login in (LOGIN, OTHER, NEW_NAME):
        subprocess.run(["userdel", "--remove", login], capture_output=True)
        subprocess.run(["groupdel", login], capture_output=True)


def gets_in_by_pop3(metka, login, password):
    try:
        metka.pop3(login, password).quit()
        return True
    except poplib.error_proto as refused:
        assert b"AUTH" in refused.args[0], refused
        return False


def gets_in_by_submission(metka, login, password):
    """smtplib's own login() takes ASCII alone."""
    with smtplib.SMTP("localhost", metka.port["submission"], local_hostname="client.test", timeout=30) as client:
        client.starttls(context=metka.tls())
        client.ehlo()
        code, _ = client.docmd("AUTH PLAIN", base64.b64encode(f"\0{login}\0{password}".encode()).decode())
        assert code in (235, 535, 501), code
        return code == 235


def home_of(login):
    return pathlib.Path(pwd.getpwnam(login).pw_dir)


def deliver(metka, login, subject):
    client = metka.smtp()
    client.sendmail("a@example.org", [f"{login}@metka.test"], f"From: a@example.org\r\nSubject: {subject}\r\n\r\nx\r\n")
    client.quit()


class WithLinks(Instance):
    # Wrong passwords are tried all the time here: patience.py shows what comes of it.
    settings = {"accounts": {"maildir_link": "yes"}, "plan": {"grace_days": "0"},
                "auth": {"guesses_per_address": "1000", "guesses_per_account": "1000"}}


@shows("a new shell account is a Unix user whose password opens its mail, and no other does")
def _(metka):
    need_root()
    metka.told("shell", "add", LOGIN, "--customer", "firma", "--disk-limit", "500M", "--password-stdin",
               input=UNIX_PASSWORD + "\n")
    user = pwd.getpwnam(LOGIN)
    assert user.pw_uid >= 1000 and pathlib.Path(user.pw_dir).is_dir(), user
    assert gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    assert gets_in_by_submission(metka, LOGIN, UNIX_PASSWORD)
    assert not gets_in_by_pop3(metka, LOGIN, PASSWORD)
    assert not gets_in_by_submission(metka, LOGIN, "")


@shows("a password that is changed with passwd(1) is the one for mail at once")
def _(metka):
    need_root()
    run("chpasswd", input=f"{LOGIN}:another one\n")
    assert not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    assert gets_in_by_pop3(metka, LOGIN, "another one")
    metka.told("shell", "set", LOGIN, "--password-stdin", input=UNIX_PASSWORD + "\n")
    assert gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    assert not gets_in_by_pop3(metka, LOGIN, "another one")


@shows("a password that is locked, or of an account that is closed, opens nothing until it is again")
def _(metka):
    need_root()
    for close, reopen in ((("passwd", "--lock"), ("passwd", "--unlock")),
                          (("chage", "--expiredate", "1"), ("chage", "--expiredate", "-1")),
                          (("chage", "--lastday", "0"), ("chage", "--lastday", "2026-01-01"))):
        run(*close, LOGIN)
        assert not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD), close
        assert not gets_in_by_submission(metka, LOGIN, UNIX_PASSWORD), close
        run(*reopen, LOGIN)
        assert gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD), reopen


@shows("the user changes the password with metkactl, if the old one is said, and it is the one for the Unix log-in too")
def _(metka):
    need_root()
    before = run("getent", "shadow", LOGIN)
    fresh = "a fresh one, ąę"
    done = metka.control("my", "password", "--password-stdin", input=f"not mine\n{fresh}\n", user=LOGIN)
    assert done.returncode == 77 and "password" in done.stderr, (done.returncode, done.stderr)
    assert run("getent", "shadow", LOGIN) == before and gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    done = metka.control("my", "password", "--password-stdin", input=f"{UNIX_PASSWORD}\n{fresh}\n", user=LOGIN)
    assert done.returncode == 0, (done.returncode, done.stderr)
    assert run("getent", "shadow", LOGIN) != before
    assert gets_in_by_pop3(metka, LOGIN, fresh) and not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    done = metka.control("my", "password", "--password-stdin", input=f"{fresh}\n{UNIX_PASSWORD}\n", user=LOGIN)
    assert done.returncode == 0 and gets_in_by_submission(metka, LOGIN, UNIX_PASSWORD), done.stderr


@shows("the link ~/Maildir is the user's own and leads to the inbox, which the user may read and nobody else")
def _(metka):
    need_root()
    deliver(metka, LOGIN, "through the link")
    link = home_of(LOGIN) / "Maildir"
    assert link.is_symlink() and link.lstat().st_uid == pwd.getpwnam(LOGIN).pw_uid, link.lstat()
    assert str(link.readlink()) == str(metka.state / metka.json("shell", "show", LOGIN)["maildir"])
    read = ["grep", "-rl", "through the link", f"{link}/new"]
    seen = subprocess.run(as_user(LOGIN, read), capture_output=True, text=True)
    assert seen.stdout.count("\n") == 1, (seen.stdout, seen.stderr)
    done = subprocess.run(as_user("nobody", ["ls", link.readlink()]), capture_output=True, text=True)
    assert done.returncode != 0 and done.stdout == "", done.stdout


@shows("what the user moves, marks and deletes in the Maildir is what the next session sees")
def _(metka):
    need_root()
    maildir = home_of(LOGIN) / "Maildir"
    [message] = (maildir / "new").resolve().iterdir()
    run(*as_user(LOGIN, ["mv", message, f"{maildir}/cur/{message.name}:2,S"]))
    assert len(metka.fetch(LOGIN, UNIX_PASSWORD)) == 1
    run(*as_user(LOGIN, ["rm", f"{maildir}/cur/{message.name}:2,S"]))
    assert metka.fetch(LOGIN, UNIX_PASSWORD) == []


@shows("what is called Maildir in an adopted home is left as it is")
def _(metka):
    need_root()
    run("useradd", "--create-home", "--user-group", OTHER)
    user = pwd.getpwnam(OTHER)
    theirs = pathlib.Path(user.pw_dir) / "Maildir"
    theirs.mkdir()
    (theirs / "kept").write_text("theirs")
    metka.told("shell", "add", OTHER, "--customer", "firma", "--adopt")
    assert not theirs.is_symlink() and (theirs / "kept").read_text() == "theirs"
    metka.told("shell", "remove", OTHER, "--recursive", "--yes")
    assert pwd.getpwnam(OTHER).pw_uid == user.pw_uid and theirs.is_dir()


@shows("an adopted user whose primary group another user shares is refused, and the other is named")
def _(metka):
    need_root()
    run("usermod", "--gid", OTHER, LOGIN)
    try:
        done = metka.control("shell", "add", OTHER, "--customer", "firma", "--adopt")
        assert done.returncode != 0 and LOGIN in done.stderr, (done.returncode, done.stderr)
    finally:
        run("usermod", "--gid", LOGIN, LOGIN)


def assert_no_tree_is_left(metka):
    for folder in ("shell", "trash"):
        assert list((metka.state / "mail" / folder).iterdir()) == [], run("find", metka.state / "mail" / folder, "-ls")


PLANT = """
import os, sys
os.chdir(sys.argv[1])
os.mkfifo("new/fifo")
os.symlink("/etc/shadow", "cur/link")
os.symlink(sys.argv[2], "new/readable")
os.symlink("..", "cur/up")
os.link(sys.argv[3], "cur/named-twice")
os.makedirs("new/closed/deeper")
open("new/closed/deeper/file", "w").close()
os.chmod("new/closed/deeper", 0)
os.chmod("new/closed", 0)
"""


@shows("what is no mail in an inbox is skipped and reported, leads nowhere, and goes with the account")
def _(metka):
    need_root()
    inbox = metka.state / metka.json("shell", "show", LOGIN)["maildir"]
    secret, own = metka.folder / "secret", inbox / "tmp" / "own"
    secret.write_text("From: the secret\n\nsecret\n")
    deliver(metka, LOGIN, "still here")
    run(*as_user(LOGIN, ["touch", own]))
    os.link(secret, inbox / "new" / "another's")  # as if the kernel let users link what is not theirs
    run(*as_user(LOGIN, [sys.executable, "-c", PLANT, inbox, secret, own]))
    told = metka.json("sweep", "quota")
    assert any(LOGIN in problem and "no mail" in problem for problem in told["problems"]), told
    messages = metka.fetch(LOGIN, UNIX_PASSWORD)
    assert sum(b"still here" in message for message in messages) == 1, messages
    assert not any(b"secret" in message for message in messages), messages
    deliver(metka, LOGIN, "and on")
    assert secret.read_text().endswith("secret\n") and metka.programs()["store"]["restarts"] == 0
    metka.told("shell", "remove", LOGIN, "--recursive", "--yes")
    assert pwd.getpwnam(LOGIN) and home_of(LOGIN).is_dir()
    assert_no_tree_is_left(metka)
    assert secret.read_text().endswith("secret\n")


@shows("what a user closed goes with the account also when the Unix user has gone before")
def _(metka):
    need_root()
    metka.told("shell", "add", LOGIN, "--customer", "firma", "--adopt")
    inbox = metka.state / metka.json("shell", "show", LOGIN)["maildir"]
    (inbox / "tmp" / "own").touch()
    os.chown(inbox / "tmp" / "own", pwd.getpwnam(LOGIN).pw_uid, -1)
    run(*as_user(LOGIN, [sys.executable, "-c", PLANT, inbox, "/etc/passwd", inbox / "tmp" / "own"]))
    run("userdel", "--remove", LOGIN)
    told = metka.told("shell", "remove", LOGIN, "--recursive", "--yes")
    assert_no_tree_is_left(metka)
    assert "could not" not in told, told


@shows("a renamed account is renamed as a Unix user too, and nothing of it is lost")
def _(metka):
    need_root()
    metka.told("shell", "add", LOGIN, "--customer", "firma", "--password-stdin", input=UNIX_PASSWORD + "\n")
    deliver(metka, LOGIN, "before")
    uid = pwd.getpwnam(LOGIN).pw_uid
    metka.told("shell", "rename", LOGIN, "--to", NEW_NAME)
    assert pwd.getpwnam(NEW_NAME).pw_uid == uid
    assert not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
    assert b"before" in metka.fetch(NEW_NAME, UNIX_PASSWORD)[0]
    done = metka.control("my", "show", user=NEW_NAME)
    assert done.returncode == 0 and NEW_NAME in done.stdout, (done.returncode, done.stderr)
    metka.told("shell", "rename", NEW_NAME, "--to", LOGIN)


@shows("a uid that somebody else has now is nobody, opens no inbox, and status says so")
def _(metka):
    need_root()
    assert metka.json("status")["problems"] == []
    run("usermod", "--login", NEW_NAME, LOGIN)  # behind Metka's back: the same uid, another name
    try:
        done = metka.control("my", "show", user=NEW_NAME)
        assert done.returncode == 77, (done.returncode, done.stdout, done.stderr)
        [problem] = metka.json("status")["problems"]
        assert LOGIN in problem and NEW_NAME in problem, problem
        assert not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)
        assert not gets_in_by_pop3(metka, NEW_NAME, UNIX_PASSWORD)
        assert any(LOGIN in problem for problem in metka.json("sweep", "quota")["problems"])
        run("useradd", "--no-create-home", "--no-user-group", "--gid", str(pwd.getpwnam(NEW_NAME).pw_gid), LOGIN)
        run("chpasswd", input=f"{LOGIN}:{PASSWORD}\n")  # and the same name, another uid
        assert not gets_in_by_pop3(metka, LOGIN, PASSWORD)
        assert metka.control("my", "show", user=LOGIN).returncode == 77
        run("userdel", LOGIN)
    finally:
        run("usermod", "--login", LOGIN, NEW_NAME)
    assert metka.json("status")["problems"] == [] and gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)


@shows("a removed account takes the Unix user along when that is asked for, and its uid is nobody's")
def _(metka):
    need_root()
    home = pwd.getpwnam(LOGIN).pw_dir
    metka.told("shell", "remove", LOGIN, "--remove-unix-user", "--recursive", "--yes")
    assert LOGIN not in [user.pw_name for user in pwd.getpwall()]
    assert not pathlib.Path(home).exists()
    assert not gets_in_by_pop3(metka, LOGIN, UNIX_PASSWORD)


if __name__ == "__main__":
    try:
        main(instance=WithLinks)
    finally:
        if os.geteuid() == 0:
            forget_users()
