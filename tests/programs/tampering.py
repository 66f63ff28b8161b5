"""A generation that was tampered with or half written is never taken, and one that was set aside stays so."""

import os
import random
import shutil
import signal
import subprocess

from harness import WithItsOwnPrograms, eventually, main, shows
from traffic import STRANGER, recipients_taken


class Metka(WithItsOwnPrograms):
    settings = {"smtp": {"recipients": 120}}  # which takes_recipients() sees from outside


def engine(metka, program="metka-smtp", generation="current"):
    return metka.generation_folder(generation) / f"engine/{program}.yaml"


def edit(path, before, after):
    text = path.read_text()
    assert before in text, text
    path.write_text(text.replace(before, after))


def takes_recipients(metka, count):
    """Whether metka-smtp really takes so many, and not one more."""
    with metka.smtp() as client:
        client.mail(STRANGER)
        return recipients_taken(client, count + 1) == count


def restarted(metka):
    assert metka.stop().returncode == 0
    metka.start_again()
    generation = metka.json("status")["generation"]
    assert metka.current() == generation
    eventually(lambda: metka.all_run(generation), what=f"every program runs generation {generation}")
    return generation


def made_anew(metka, before):
    """metkad began with a new generation of metka.yaml, and says why."""
    metka.start_again()
    generation = metka.json("status")["generation"]
    assert generation > before and metka.current() == generation, (generation, before, metka.current())
    eventually(lambda: metka.all_run(generation), what=f"every program runs generation {generation}")
    metka.assert_whole(generation)
    newest = metka.history()[0]
    assert (newest["generation"], newest["cause"], newest["outcome"]) == (generation, "start", "running"), newest
    assert takes_recipients(metka, 120)
    return generation


def numbers(metka):
    return {int(path.name) for path in metka.generation_folder().parent.iterdir() if path.name.isdigit()}


@shows("a program that is started again gets what was verified, not a file that was edited meanwhile")
def _(metka):
    for generation in numbers(metka):
        edit(engine(metka, generation=generation), "recipients: ", "recipients: 1")
    pid = metka.programs()["smtp"]["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: metka.programs()["smtp"]["pid"] not in (0, pid) and metka.programs()["smtp"]["state"] == "running",
               what="metka-smtp runs again")
    assert takes_recipients(metka, 120)
    metka.told("engine", "restart", "smtp")
    assert takes_recipients(metka, 120)


@shows("the edit is told by status and diff; apply refuses because of it, and drops it with --force")
def _(metka):
    before = metka.current()
    edit(engine(metka), "recipients: ", "recipients: 1")
    assert any("metka-smtp.yaml was changed by hand" in problem for problem in metka.json("status")["problems"])
    different = metka.control("config", "diff", "--json")
    assert "metka-smtp.yaml was changed by hand" in different.stdout, different
    done = metka.apply({"smtp": {"recipients": 121}})
    assert done.returncode not in (0, 1) and "by hand" in done.stderr and "--force" in done.stderr, done
    assert metka.current() == before and metka.all_run(before) and takes_recipients(metka, 120)
    generation = metka.applied({"smtp": {"recipients": 120}, "pop3": {"login_timeout": "61s"}}, "--force")
    assert generation > before and metka.all_run(generation) and metka.json("status")["problems"] == []


@shows("rollback to a generation that was tampered with is refused, and nothing changes")
def _(metka):
    before = metka.current()
    running = metka.applied({"pop3": {"login_timeout": "63s"}}, "--force")
    edit(engine(metka, generation=before), "recipients: ", "recipients: 1")
    edits = metka.control("config", "rollback", str(before), "--yes")
    assert edits.returncode not in (0, 1) and "metka-smtp.yaml was changed by hand" in edits.stderr, edits
    half = metka.generation_folder(running + 7)
    shutil.copytree(metka.generation_folder(running), half)
    (half / "manifest").unlink()
    done = metka.control("config", "rollback", str(running + 7), "--yes")
    assert done.returncode not in (0, 1) and "manifest" in done.stderr, done
    assert metka.current() == running and metka.all_run(running)
    assert metka.applied({"pop3": {"login_timeout": "62s"}}) > running + 7


def truncate_manifest(metka):
    path = metka.generation_folder() / "manifest"
    path.write_bytes(path.read_bytes()[:-30])


def cut_manifest_at_a_line(metka):
    path = metka.generation_folder() / "manifest"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def point_outside(metka):
    path = metka.generation_folder() / "manifest"
    path.write_text(path.read_text().replace("engine/metka-smtp.yaml", "../../../directory/metka.db"))


def replace_by(make):
    def act(metka):
        engine(metka).unlink()
        make(engine(metka))
    return act


def agree_with_edit(metka):
    """Edited, and the manifest made anew as sha256sum(1) writes it."""
    edit(engine(metka), "recipients: 120", "recipients: 119")
    folder = metka.generation_folder()
    sums = subprocess.run("sha256sum engine/*", shell=True, cwd=folder, capture_output=True, check=True)
    (folder / "manifest").write_bytes(sums.stdout)


TAMPERINGS = {
    "an engine file is edited": lambda metka: edit(engine(metka), "recipients: 120", "recipients: 119"),
    "metkad's own file is edited": lambda metka: edit(engine(metka, "metkad"), "recipients: 120", "recipients: 119"),
    "an engine file is edited, and the manifest with it": agree_with_edit,
    "an engine file is cut off": lambda metka: os.truncate(engine(metka), 100),
    "an engine file is empty": lambda metka: os.truncate(engine(metka), 0),
    "an engine file is missing": lambda metka: engine(metka).unlink(),
    "an engine file is a link": replace_by(lambda path: path.symlink_to("metka-store.yaml")),
    "an engine file is a folder": replace_by(os.mkdir),
    "an engine file is a pipe": replace_by(os.mkfifo),
    "an engine file is larger than any": replace_by(lambda path: path.write_bytes(b"#" * (5 << 20))),
    "an engine file was added": lambda metka: engine(metka, "metka-other").write_text("generation: 1\n"),
    "the manifest is cut off": truncate_manifest,
    "the manifest is a line short": cut_manifest_at_a_line,
    "the manifest names a file elsewhere": point_outside,
    "the manifest is missing": lambda metka: (metka.generation_folder() / "manifest").unlink(),
    "the manifest is no text": lambda metka: (metka.generation_folder() / "manifest").write_bytes(os.urandom(500)),
    "the whole engine folder is missing": lambda metka: shutil.rmtree(metka.generation_folder() / "engine"),
}


# Each costs a start: not all of them every time.
WAYS = min(int(os.environ.get("METKA_WAYS", "6")), len(TAMPERINGS))
TARGETS = ("999", "007", "18446744073709551615", "nonsense", "../../../etc", "-1", "1x", "", None)


@shows(f"metkad makes a generation anew and says why when the current one is tampered with, in {WAYS} ways")
def _(metka):
    for name in random.sample(list(TAMPERINGS), WAYS):
        tamper = TAMPERINGS[name]
        print(f"        {name}", flush=True)
        before = metka.current()
        assert metka.stop().returncode == 0
        tamper(metka)
        so_far = len(metka.whole_log())
        made_anew(metka, before)
        problems, log = metka.json("status")["problems"], metka.whole_log()[so_far:]
        told = any(f"generation {before}" in problem for problem in problems) and "generation.remark" in log
        assert told or tamper is agree_with_edit, (name, problems, log)
        metka.applied({"pop3": {"login_timeout": f"{70 + before}s"}})


@shows("a link `current` that dangles, names nonsense, or is no link is not followed")
def _(metka):
    link = metka.generation_folder()
    for target in random.sample(TARGETS, min(WAYS, len(TARGETS))):
        print(f"        {target!r}", flush=True)
        before = max(numbers(metka))
        assert metka.stop().returncode == 0
        link.unlink()
        if target == "":
            link.write_text(str(before))
        elif target is not None:
            link.symlink_to(target)
        made_anew(metka, before)
        metka.applied({"pop3": {"login_timeout": f"{70 + before % 100}s"}})


@shows("what a metkad that was killed left half written is swept away, and a folder without a manifest is not taken")
def _(metka):
    before = metka.current()
    assert metka.stop().returncode == 0
    folder = metka.generation_folder().parent
    shutil.copytree(folder / str(before), folder / "new")
    edit(folder / "new/engine/metka-smtp.yaml", "recipients: 120", "recipients: 119")
    shutil.copytree(folder / "new", folder / str(before + 5))
    (folder / str(before + 5) / "manifest").unlink()
    (folder / "current.new").symlink_to(str(before + 5))
    metka.start_again()
    assert metka.current() == before and metka.all_run(before) and takes_recipients(metka, 120)
    assert not (folder / "new").exists() and not (folder / "current.new").is_symlink()
    assert metka.applied({"pop3": {"login_timeout": "64s"}}) > before + 5


@shows("a program that refuses what metka.yaml says at start leaves the generation that ran, until somebody applies it")
def _(metka):
    before = metka.current()
    assert metka.stop().returncode == 0
    metka.write({"log": {"level": "debug"}})
    metka.replace_program("metka-smtp", "debug", "debuq")
    metka.start_again()
    assert metka.current() == before and metka.all_run(before) and takes_recipients(metka, 120)
    (problem,) = metka.json("status")["problems"]
    assert "metka-smtp" in problem and "debug" in problem and "was refused" in problem, problem
    newest = metka.history()[0]
    assert (newest["outcome"], newest["cause"], newest["before"]) == ("refused", "start", before) and "metka-smtp" in newest["message"]
    metka.restore_program("metka-smtp")
    assert restarted(metka) == before and metka.history()[0] == newest and metka.json("status")["problems"], metka.history()[:2]
    generation = metka.applied({})
    assert generation > before and restarted(metka) == generation and not metka.json("status")["problems"]


@shows("a certificate that is not there at start leaves the generation that ran; other settings are taken")
def _(metka):
    before, own = metka.current(), metka.folder / "tls/certificate.pem"
    assert metka.stop().returncode == 0
    metka.write({"tls": {"certificate": metka.folder / "tls/nowhere.pem"}})
    metka.start_again()
    assert metka.current() == before and metka.all_run(before)
    assert "nowhere.pem" in metka.history()[0]["message"] and "tls.certificate" in metka.history()[0]["message"]
    metka.submission().quit()
    assert metka.stop().returncode == 0
    metka.write({"tls": {"certificate": own}, "log": {"level": "info"}})
    metka.start_again()
    assert metka.json("status")["generation"] > before and not metka.json("status")["problems"]


@shows("what was rolled back stays rolled back over starts and deaths of metkad, until metka.yaml changes")
def _(metka):
    good = metka.applied({"smtp": {"recipients": 130}})
    metka.applied({"smtp": {"recipients": 131}})
    metka.told("config", "rollback", str(good), "--yes", "--reason", "130 was better")
    assert metka.all_run(good) and takes_recipients(metka, 130)
    assert restarted(metka) == good and takes_recipients(metka, 130)
    assert any("rollback" in problem for problem in metka.json("status")["problems"])
    metka.kill()
    metka.start_again()
    assert metka.current() == good and metka.all_run(good)
    assert metka.stop().returncode == 0
    metka.write({"smtp": {"recipients": 132}})
    metka.start_again()
    assert metka.current() > good and takes_recipients(metka, 132) and not metka.json("status")["problems"]
    assert metka.stop().returncode == 0
    metka.write({"smtp": {"recipients": 131}})  # the rollback was from this, but something else ran since then
    metka.start_again()
    assert takes_recipients(metka, 131) and not metka.json("status")["problems"]


@shows("a tampered generation that ran since a rollback is not taken either: metka.yaml is what is left")
def _(metka):
    good = metka.applied({"smtp": {"recipients": 140}})
    metka.applied({"smtp": {"recipients": 120}})
    metka.told("config", "rollback", str(good), "--yes")
    assert metka.stop().returncode == 0
    edit(engine(metka), "recipients: 140", "recipients: 119")
    made_anew(metka, good)


main(instance=Metka)
