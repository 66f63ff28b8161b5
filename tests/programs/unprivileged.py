"""Without root everything works as the one user who started it."""

import os
import pathlib
import shutil
import tempfile

from harness import BUILD, DOMAIN, PASSWORD, ROOT, Instance, Skipped, main, shows

USER = "nobody"
copy = None


class Unprivileged(Instance):
    """Run from a copy of scripts and programs that any user can read, wherever the checkout lies."""

    def __init__(self):
        if os.geteuid() != 0:
            super().__init__()
            return
        global copy
        copy = pathlib.Path(tempfile.mkdtemp(prefix="metka-copy-", dir="/var/tmp"))
        copy.chmod(0o755)
        shutil.copytree(ROOT / "config", copy / "config")
        shutil.copytree(BUILD / "bin", copy / "build/bin")
        super().__init__(root=copy, build=copy / "build", user=USER)


@shows("the owner is the administrator, and no program runs as anybody else")
def _(metka):
    owner = metka.folder.stat().st_uid
    assert owner != 0
    for name, row in metka.programs().items():
        status = pathlib.Path(f"/proc/{row['pid']}/status").read_text()
        uids = next(line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
        assert set(uids) == {str(owner)}, (name, uids)


@shows("a message is submitted, stored and fetched")
def _(metka):
    client = metka.submission()
    client.sendmail(f"sklep@{DOMAIN}", [f"marketing@{DOMAIN}"], f"From: sklep@{DOMAIN}\r\nSubject: x\r\n\r\nhello\r\n")
    assert b"hello" in metka.fetch()[0]


@shows("confinement other than the change of user is in force")
def _(metka):
    for name, row in metka.programs().items():
        status = pathlib.Path(f"/proc/{row['pid']}/status").read_text()
        assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, name


@shows("the demo of quickstart works, the second time too")
def _(metka):
    if os.geteuid() == 0:
        raise Skipped("nobody is no person whose account could be adopted")
    for _ in range(2):
        done = metka.quickstart("--no-build")
        assert done.returncode == 0 and "biuro@ just fetched" in done.stdout, done


@shows("a wrong password stays wrong")
def _(metka):
    try:
        metka.pop3(f"biuro@{DOMAIN}", PASSWORD + "!")
    except Exception as refusal:
        assert b"-ERR" in refusal.args[0]
    else:
        raise AssertionError("got in")


try:
    main(instance=Unprivileged)
finally:
    if copy:
        shutil.rmtree(copy, ignore_errors=True)
