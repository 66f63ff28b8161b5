"""config/quickstart delivers a message in one command, a second time too, and takes away what it made."""

import os
import pathlib
import re
import subprocess

from harness import DOMAIN, ROOT, Instance, free_port_base, main, shows


class Demo(Instance):
    def start(self):
        if os.geteuid() != 0 and os.geteuid() < 1000:
            return self
        self.base = free_port_base()
        self.shown = self.quickstart("--no-build", "--port-base", str(self.base))
        assert self.shown.returncode == 0, f"{self.shown.stdout}{self.shown.stderr}\n{self.log()}"
        self.read_environment()
        return self


@shows("the message is shown, on one screen, with what to try next")
def _(metka):
    text = metka.shown.stdout
    assert "To: marketing@" + DOMAIN in text and "Dzień dobry!" in text, text
    assert "\n    . (A line that begins with a dot arrives whole.)" in text, text
    assert text.count("\n") <= 24, f"{text.count(chr(10))} lines"
    assert metka.shown.stderr == "", metka.shown.stderr


@shows("a second run takes up what is there, without a second metkad")
def _(metka):
    pid = metka.pid
    again = metka.quickstart("--no-build")
    assert again.returncode == 0 and "Dzień dobry!" in again.stdout, again
    metka.read_environment()
    assert metka.pid == pid
    assert len(metka.json("mailbox", "list", "--customer", "firma")) == 2


@shows("what README.md shows can be run as it stands")
def _(metka):
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    place = metka.folder / "reader"
    place.mkdir()
    (place / "scratch").symlink_to(metka.folder)
    for block in blocks:
        done = subprocess.run(["bash", "-eu", "-c", block], cwd=place, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (block, done.stdout, done.stderr)


@shows("what is printed to try next can be run as it stands")
def _(metka):
    for line in metka.shown.stdout.partition("What to try next")[2].splitlines()[1:]:
        if "METKACTL" in line and line.strip():
            command = f". {metka.folder}/instance.env; {line.strip()}"
            done = subprocess.run(["bash", "-eu", "-c", command], capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, (line, done.stdout, done.stderr)


@shows("after --stop and a new start the mail is still there")
def _(metka):
    password = next(line.split()[1] for line in (metka.folder / "passwords").read_text().splitlines()
                    if line.startswith("biuro@"))
    def count():
        client = metka.pop3(password=password)
        return client.stat()[0]
    before = count()
    assert metka.stop().returncode == 0
    assert metka.quickstart("--no-build", "--no-demo").returncode == 0
    metka.read_environment()
    assert count() == before > 0


@shows("--stop --purge leaves nothing of the instance")
def _(metka):
    state, pid = metka.state, metka.pid
    done = metka.quickstart("--stop", "--purge")
    assert done.returncode == 0, done
    assert not metka.folder.exists() and not state.exists() and not pathlib.Path(f"/proc/{pid}").exists()


main(instance=Demo, provision=False)
