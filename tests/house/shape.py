#!/usr/bin/env python3
"""What every file of the house must be, whoever wrote it.

usage: shape.py lengths ROOT     no source is longer than it should be
       shape.py scripts ROOT     every shell script parses, and shellcheck is silent about it
       shape.py python ROOT      every Python file compiles
       shape.py words ROOT       nothing was left for later, no machine's private path is in a file
       shape.py readme ROOT      what README.md tells the reader to run or look at is there
"""

import pathlib
import re
import shutil
import subprocess
import sys

MOST_LINES = 450
TOPS = ("cli", "config", "core", "daemon", "man", "tests", ".ci")


def files(root):
    """Every file of the tree: build folders and caches lie outside these tops."""
    for top in TOPS:
        for path in sorted((root / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and "corpus" not in path.parts:
                yield path
    yield from (root / name for name in ("CMakeLists.txt", "README.md") if (root / name).is_file())


def text_of(path):
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""  # a binary sample


def is_python(path):
    return path.suffix == ".py" or text_of(path).startswith("#!/usr/bin/env python3")


def is_shell(path):
    return path.suffix == ".sh" or re.match(r"#!\s*(/usr)?/bin/(env )?(ba)?sh\b", text_of(path)) is not None


def lengths(root):
    for path in files(root):
        if path.suffix not in (".cpp", ".h", ".py", ".sh") and not is_shell(path):
            continue
        lines = text_of(path).count("\n")
        if lines > MOST_LINES:
            yield f"{path.relative_to(root)}: {lines} lines; {MOST_LINES} is the most (split it where two subjects meet)"


def scripts(root):
    found = [path for path in files(root) if is_shell(path)]
    for path in found:
        parsed = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
        if parsed.returncode:
            yield parsed.stderr.strip()
    if shutil.which("shellcheck"):
        linted = subprocess.run(["shellcheck", "-x", "-S", "warning", "-f", "gcc", *found], capture_output=True, text=True, cwd=root)
        if linted.returncode:
            yield linted.stdout.strip()


def python(root):
    for path in files(root):
        if is_python(path):
            try:
                compile(text_of(path), str(path), "exec")
            except SyntaxError as error:
                yield f"{path.relative_to(root)}:{error.lineno}: {error.msg}"


def words(root):
    # Put together here, so that this file does not find itself.
    left_for_later = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
    private = re.compile(r"(?<![\w.$}])/(?:home|Users|work)/[a-z]")
    for path in files(root):
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if left_for_later.search(line):
                yield f"{path.relative_to(root)}:{number}: something is left for later: {line.strip()}"
            if private.search(line) and path.suffix in (".cpp", ".h", ".txt", ".sh"):
                yield f"{path.relative_to(root)}:{number}: a path of one machine: {line.strip()}"


def readme(root):
    text = text_of(root / "README.md")
    for script in sorted(set(re.findall(r"(?:config|tests|\.ci)/[\w./-]+\w", text))):
        if not (root / script).exists():
            yield f"README.md: {script} is not there"
    for folder in sorted(set(re.findall(r"`((?:core|daemon|cli|man)/[\w./-]*)`", text))):
        if not (root / folder).exists():
            yield f"README.md: {folder} is not there"
    for script, option in sorted(set(re.findall(r"((?:config|tests)/(?:quickstart|run))\b[^\n`]*?(--[a-z-]+)", text))):
        if option not in text_of(root / script):
            yield f"README.md: {script} has no option {option}"


def main():
    checks = {check.__name__: check for check in (lengths, scripts, python, words, readme)}
    if len(sys.argv) != 3 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    faults = list(checks[sys.argv[1]](pathlib.Path(sys.argv[2]).resolve()))
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
