"""Generations by hand: check, show, diff, apply, history and rollback say what is so, and change what was asked for"""

import contextlib
import os
import re
import shutil
import subprocess
import threading

from harness import BUILD, ROOT, Instance, Skipped, main, shows


class Files(Instance):
    """An instance whose settings are edited while it runs."""

    def path(self, name=None):
        return self.folder / "metka.d" / name if name else self.folder / "metka.yaml"

    def write(self, name, text):
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def without_drop_ins(self):
        shutil.rmtree(self.folder / "metka.d", ignore_errors=True)

    def running(self):
        return self.json("status")["generation"]

    def value(self, key, *words):
        return {row["key"]: row["value"] for row in self.json("config", "show", *words)}[key]

    def engine(self, program, number=None):
        return (self.state / f"generations/{number or self.running()}/engine/{program}.yaml").read_text()

    def problems(self):
        return self.json("status")["problems"]


def refused(done, status, pattern):
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert re.search(pattern, done.stderr), done.stderr
    return done.stderr


def rows(text):
    return [line.split("\t") for line in text.splitlines()]


@shows("files that say what runs are no difference: exit status 0, and nothing to switch")
def _(metka):
    assert metka.told("config", "diff") == ""
    answer = metka.json("config", "diff")
    assert answer == {"differs": False, "generation": 1, "meaning": [], "hand_edits": [], "text": ""}, answer
    assert rows(metka.told("config", "check")) == [["files", str(metka.path())], ["generation", "1"], ["differs", "false"]]
    assert "nothing to switch" in metka.told("config", "apply")
    (start,) = metka.json("config", "history")
    assert (start["generation"], start["before"], start["cause"], start["outcome"]) == (1, None, "start", "running"), start
    assert sorted(os.listdir(metka.state / "generations")) == ["1", "current"]


@shows("drop-ins count in the order of their names, lists are replaced, plans and certificates are joined")
def _(metka):
    metka.write("20-later.yaml", f'smtp:\n  recipients: 300\n  listen: ["127.0.0.1:{metka.port["smtp"]}"]\n'
                                 "plans:\n  big:\n    capacity: 2G\n")
    metka.write("10-first.yaml", "# a comment\nsmtp:\n  message_size: 5M\n  recipients: 200\n  listen: [\"127.0.0.1:1\"]\n"
                                 "plans:\n  small:\n    capacity: 1M\n  big:\n    lifetime: 7\n")
    metka.write(".hidden.yaml", "no: sense\n")
    metka.write("30-more.yaml.bak", "no: sense\n")
    origin = {row["key"]: (row["value"], row["origin"]) for row in metka.json("config", "show", "--origin")}
    first, later = metka.path("10-first.yaml"), metka.path("20-later.yaml")
    assert origin["smtp.message_size"] == ("5M", f"{first}:3"), origin["smtp.message_size"]
    assert origin["smtp.recipients"] == ("300", f"{later}:2"), origin["smtp.recipients"]
    assert origin["smtp.listen"] == (f"[127.0.0.1:{metka.port['smtp']}]", f"{later}:3"), origin["smtp.listen"]
    assert origin["smtp.errors"] == ("10", "default") and origin["plans.small.capacity"] == ("1M", f"{first}:8"), origin
    assert origin["plans.big.lifetime"] == ("7", f"{first}:10") and origin["plans.big.capacity"] == ("2G", f"{later}:6"), origin
    assert origin["operator.inbox"] == ('"postmaster@metka.test"', "made by metkad"), origin["operator.inbox"]
    done = metka.control("config", "diff")
    assert done.returncode == 1 and done.stderr == "", done
    for line in ("smtp.recipients: 1000 becomes 300 (metka-smtp)\n", "2 plans are added: small, big\n",
                 f"+  message_size: 5M  # smtp.message_size in {first}\n"):
        assert line in done.stdout, (line, done.stdout)
    listed = metka.json("config", "check")
    assert listed["files"] == [str(metka.path()), str(first), str(later)] and listed["differs"] and listed["meaning"], listed


@shows("--dry-run says the same and changes nothing; apply switches all programs, and the history says who and why")
def _(metka):
    before = metka.running()
    said = metka.told("config", "apply", "--dry-run", "--reason", "never seen")
    assert "message_size" in said and metka.running() == before, said
    assert not (metka.state / f"generations/{before + 1}").exists() and len(metka.json("config", "history")) == 1
    with metka.smtp() as client:
        assert client.esmtp_features["size"] == str(2 << 30), client.esmtp_features
    done = metka.told("config", "apply", "--reason", "larger, but Zażółć")
    assert said == done + "(dry run: nothing was changed)\n" and done.endswith(f" generation {before + 1}\n"), (said, done)
    with metka.smtp() as client:
        assert client.esmtp_features["size"] == str(5 << 20), client.esmtp_features
    assert {row["generation"] for row in metka.programs().values()} == {before + 1}
    newest = metka.json("config", "history", "--most", "1")
    assert len(newest) == 1 and newest[0].items() >= {"generation": before + 1, "before": before, "cause": "apply", "actor": "root" if os.geteuid() == 0 else newest[0]["actor"],
                                                      "reason": "larger, but Zażółć", "outcome": "running"}.items(), newest
    assert metka.told("config", "diff") == ""
    assert rows(metka.told("config", "history"))[0][:2] == [str(before + 1), str(before)]


@shows("comments, order, blank lines and other words for the same value are no new generation")
def _(metka):
    before = metka.running()
    text = metka.path("10-first.yaml").read_text()
    metka.write("10-first.yaml", "# moved\n\n" + text.replace("  message_size: 5M\n", "").replace("  recipients: 200\n",
                                                                                          "  recipients: 200\n  message_size: 5120K\n"))
    assert metka.told("config", "diff") == "" and "nothing to switch" in metka.told("config", "apply")
    assert metka.running() == before and "nothing to switch" in metka.told("daemon", "reload")


@shows("every entry that is generated says where it came from")
def _(metka):
    for program in ("metkad", "metka-store", "metka-auth", "metka-smtp", "metka-access"):
        for line in metka.engine(program).splitlines():
            entry = re.match(r" +[^ #:][^:]*: \S", line)
            assert not entry or re.search(r"  # (default|set by metkad|made by metkad|\S+ in /\S+\.yaml)$", line), (program, line)
    assert f"  recipients: 300  # smtp.recipients in {metka.path('20-later.yaml')}\n" in metka.engine("metka-smtp")
    manifest = subprocess.run(["sha256sum", "--strict", "-c", "manifest"], cwd=metka.state / f"generations/{metka.running()}",
                              capture_output=True, text=True)
    assert manifest.returncode == 0 and manifest.stdout.count(": OK") == 5, manifest


@shows("show: effective, set and default values, of a section, a key or a generation")
def _(metka):
    assert rows(metka.told("config", "show", "smtp.recipients"))[0][:2] == ["smtp.recipients", "300"]
    assert rows(metka.told("config", "show", "smtp.recipients", "--default"))[0][:2] == ["smtp.recipients", "1000"]
    assert metka.told("config", "show", "smtp") == metka.told("config", "show", "smtp", "--effective")
    assert [row["key"] for row in metka.json("config", "show", "smtp", "--set")] == ["smtp.listen", "smtp.message_size", "smtp.recipients"]
    assert {row["key"].split(".")[0] for row in metka.json("config", "show", "smtp")} == {"smtp"}
    assert {row["key"].split(".")[1] for row in metka.json("config", "show", "plans")} == {"small", "big"}
    assert metka.value("smtp.recipients", "1") == "1000" and metka.value("smtp.recipients", "2") == "300"
    assert "smtp.recipients" not in [row["key"] for row in metka.json("config", "show", "1", "--set")]
    refused(metka.control("config", "show", "smtp.recipient"), 67, "the nearest is smtp.recipients")
    refused(metka.control("config", "show", "99"), 67, "no generation 99")
    refused(metka.control("config", "show", "--set", "--default"), 65, "one of --default, --set and --effective")
    refused(metka.control("config", "show", "--sett"), 64, "--set")


@shows("diff N compares two generations, and only where they differ")
def _(metka):
    done = metka.control("config", "diff", "1")
    assert done.returncode == 1 and "smtp.recipients: 300 becomes 1000" in done.stdout, done
    assert re.findall(r"^(?:---|\+\+\+) (.*)$", done.stdout, re.MULTILINE) == [
        "generation 2/engine/metka-auth.yaml", "generation 1/engine/metka-auth.yaml",
        "generation 2/engine/metka-smtp.yaml", "generation 1/engine/metka-smtp.yaml",
        "generation 2/engine/metkad.yaml", "generation 1/engine/metkad.yaml"], done.stdout
    assert metka.told("config", "diff", "2") == ""
    refused(metka.control("config", "diff", "99"), 67, "no generation 99.*config history")
    refused(metka.control("config", "diff", "one"), 65, "not the number of a generation")


@shows("rollback goes back, says so in status, and the next apply goes on")
def _(metka):
    refused(metka.control("config", "rollback", "99"), 67, "no generation 99")
    refused(metka.control("config", "rollback", "2"), 65, "generation 2 runs already")
    refused(metka.control("config", "rollback"), 64, "rollback")
    said = metka.told("config", "rollback", "1", "--dry-run")
    assert "300 becomes 1000" in said and metka.running() == 2, said
    assert said.startswith(metka.told("config", "rollback", "1", "--reason", "back"))
    assert metka.running() == 1 and any("rollback" in line for line in metka.problems()), metka.problems()
    with metka.smtp() as client:
        assert client.esmtp_features["size"] == str(2 << 30)
    assert metka.json("config", "history")[0].items() >= {"cause": "rollback", "reason": "back", "generation": 1, "before": 2}.items()
    assert metka.control("config", "diff").returncode == 1
    assert metka.told("config", "apply").endswith(" generation 3\n") and metka.problems() == []


@shows("wrong files are refused with 78 and file:line:column, all at once, and leave what runs running")
def _(metka):
    before = metka.running(), metka.json("config", "history")
    metka.write("90-wrong.yaml", "smtp:\n  recipient: 300\n  message_size: lots\nsmpt: {}\n")
    wrong = re.escape(str(metka.path("90-wrong.yaml")))
    for words in (["check"], ["diff"], ["apply"], ["apply", "--dry-run"], ["apply", "--force"], ["show"]):
        said = refused(metka.control("config", *words), 78, rf"{wrong}:2:3: .*the nearest is smtp\.recipients")
        assert re.search(rf"{wrong}:3:17: .*lots", said) and re.search(rf"{wrong}:4:1: .*nearest is smtp", said), said
    refused(metka.control("daemon", "reload"), 78, rf"{wrong}:2:3")
    metka.write("90-wrong.yaml", "smtp: [\n")
    refused(metka.control("config", "check"), 78, rf"{wrong}:\d+:\d+:")
    metka.write("90-wrong.yaml", f'submission:\n  listen: ["127.0.0.1:{metka.port["smtp"]}"]\n')
    refused(metka.control("config", "check"), 78, str(metka.port["smtp"]))
    metka.write("90-wrong.yaml", f"tls:\n  key: {metka.folder}/tls/ca-key.pem\n")
    refused(metka.control("config", "check"), 78, "ca-key.pem")
    metka.write("90-wrong.yaml", 'smtp:\n  listen: ["192.0.2.1:25"]\n')
    refused(metka.control("config", "apply"), 78, "192.0.2.1:25")
    metka.path("90-wrong.yaml").unlink()
    assert metka.running() == before[0]
    tried = metka.json("config", "history")
    assert [row["outcome"] for row in tried[:-len(before[1])]] == ["refused"] and "192.0.2.1" in tried[0]["message"], tried[0]
    assert metka.told("config", "apply") and metka.problems() == []


@shows("metka.yaml that is not there, is no file, or that others could write is refused, and named")
def _(metka):
    path, kept = metka.path(), metka.folder / "kept"
    path.rename(kept)
    try:
        for make, pattern in ((lambda: None, "is not there"), (lambda: os.mkfifo(path), "not a regular file"), (path.mkdir, "not a regular file")):
            make()
            for words in (["config", "check"], ["config", "apply"], ["daemon", "reload"]):
                refused(metka.control(*words), 78, rf"metka\.yaml .*{pattern}")
            with contextlib.suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
    finally:
        kept.rename(path)
    if os.geteuid() != 0:
        return
    for changed, mode in ((path, 0o646), (path, 0o664)):
        changed.chmod(mode)
        refused(metka.control("config", "check"), 78, "chmod go-w")
        changed.chmod(0o644)
    os.chown(path, 65534, -1)
    refused(metka.control("config", "check"), 78, "chown root")
    os.chown(path, 0, -1)
    assert metka.told("config", "diff") == ""


@shows("keys that take a restart are refused with their names, and nothing of the rest is applied")
def _(metka):
    metka.write("90-fixed.yaml", "control:\n  socket: /run/elsewhere.sock\nusers:\n  auth: nobody\nsmtp:\n  errors: 7\n")
    assert "takes a restart of metkad" in metka.control("config", "diff").stdout
    refused(metka.control("config", "apply"), 65, "control.socket, users.auth cannot change while metkad runs")
    assert "smtp.errors" not in metka.told("config", "show", str(metka.running()), "--set")
    metka.path("90-fixed.yaml").unlink()


@shows("an edit by hand is shown by diff, check and status, refused by apply, and dropped with --force")
def _(metka):
    def edited():
        return metka.state / f"generations/{metka.running()}/engine/metka-smtp.yaml"
    for change, pattern in ((lambda: edited().write_text(edited().read_text() + "# by hand\n"), "metka-smtp.yaml was changed by hand"),
                            (lambda: edited().unlink(), "metka-smtp.yaml was removed by hand"),
                            (lambda: edited().with_name("extra.yaml").write_text("x"), "extra.yaml was added by hand")):
        number, why = metka.running(), f"generation {metka.running()}: engine/{pattern}"
        change()
        done = metka.control("config", "diff")
        assert done.returncode == 1 and done.stdout == why + "\n", done
        assert metka.json("config", "check")["meaning"] == metka.problems() == [why], (metka.json("config", "check"), metka.problems())
        refused(metka.control("config", "apply"), 65, rf"{why}.*--force")
        assert metka.told("config", "apply", "--force", "--dry-run").startswith(why) and metka.running() == number
        assert metka.told("config", "apply", "--force").startswith(why) and metka.running() > number
        assert metka.problems() == [] and metka.told("config", "diff") == ""
        refused(metka.control("config", "rollback", str(number)), 65, why)


@shows("two who apply at once get one new generation; two who write in turn, one each")
def _(metka):
    number = metka.running()
    for errors in range(11, 15):
        metka.write("50-race.yaml", f"smtp:\n  errors: {errors}\n")
        done = []
        threads = [threading.Thread(target=lambda: done.append(metka.control("config", "apply"))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        number += 1
        assert [each.returncode for each in done] == [0, 0] and metka.running() == number, done
        assert sorted("nothing to switch" in each.stdout for each in done) == [False, True], done


@shows("config/metka.yaml is what nobody need set: as a drop-in it changes nothing")
def _(metka):
    metka.write("00-sample.yaml", (ROOT / "config/metka.yaml").read_text())
    assert metka.told("config", "diff") == "" and "nothing to switch" in metka.told("config", "apply")
    text = re.sub(r"^  #(\w+:)", r"  \1", (ROOT / "config/metka.yaml").read_text(), flags=re.MULTILINE)
    tried = metka.folder / "tried.yaml"
    tried.write_text(text)  # each default, written out, is taken for what it is
    done = subprocess.run([BUILD / "bin/metkad", "--check", "--config", tried], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and not done.stderr, done
    metka.path("00-sample.yaml").unlink()


@shows("who is no administrator is told so, and learns nothing")
def _(metka):
    if os.geteuid() != 0:
        raise Skipped("only root can ask as somebody else")
    for words in ("check", "show", "diff", "apply", "history", "rollback 1"):
        done = metka.control("config", *words.split(), user="nobody")
        assert done.returncode == 77 and "administrators" in done.stderr and not done.stdout, (words, done)
    for words in (("engine", "restart", "smtp"), ("daemon", "reload")):
        assert metka.control(*words, user="nobody").returncode == 77, words


@shows("settings, sections and generations are completed")
def _(metka):
    def completed(*words):
        binary, *rest = metka.environment["METKACTL"].split()
        return subprocess.run([binary, "__complete", *rest, *words], capture_output=True, text=True, timeout=30).stdout.split()
    assert completed("config", "show", "smtp.rec") == ["smtp.recipients"]
    assert "pop3.idle_timeout" in completed("config", "show", "pop3.")
    numbers = completed("config", "rollback", "")
    assert {"1", "2", "3"} <= set(numbers) and completed("config", "diff", "") == numbers, numbers
    assert completed("engine", "restart", "") == ["smtp", "access", "auth", "store"]
    assert set(completed("config", "")) == {"check", "show", "diff", "apply", "history", "rollback"}


@shows("of sixty generations as many are kept as state.generations says, and the history keeps all")
def _(metka):
    metka.write("40-few.yaml", "state:\n  generations: 5\n")
    metka.told("config", "apply")
    first = metka.running()
    for number in range(60):
        metka.write("50-race.yaml", f"smtp:\n  errors: {100 + number}\n")
        metka.told("config", "apply")
    kept = sorted(int(name) for name in os.listdir(metka.state / "generations") if name.isdigit())
    assert len(kept) in (5, 6) and kept == list(range(first + 61 - len(kept), first + 61)), kept
    assert len(metka.json("config", "history")) >= 60
    refused(metka.control("config", "rollback", "1"), 67, "no generation 1")
    metka.told("config", "rollback", str(kept[0]))
    metka.without_drop_ins()
    metka.told("config", "apply")
    assert {row["generation"] for row in metka.programs().values()} == {first + 61}


main(instance=Files, provision=False)
