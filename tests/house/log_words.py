"""Every event that a program logs is described in metka-log(7), and nothing else is.

log_words.py FOLDER   the top of the source tree
"""

import pathlib
import re
import sys

LOGGED = re.compile(r'\blog\(\s*(?:sys::)?Level::(\w+),\s*"([^"]+)"')
DESCRIBED = re.compile(r"^\.It Ic (\S+) Pq (\w+)$", re.M)


def main(root: pathlib.Path) -> int:
    sources = [path for folder in ("core", "daemon", "cli") for path in (root / folder).rglob("*.cpp")]
    sources += [path for folder in ("core", "daemon", "cli") for path in (root / folder).rglob("*.h")]
    sources.remove(root / "core/sys/log.h")  # its example is none of ours
    logged = {(word, level) for path in sources for level, word in LOGGED.findall(path.read_text())}
    described = set(DESCRIBED.findall((root / "man/metka-log.7").read_text()))
    for word, level in sorted(logged - described):
        print(f"{word} ({level}) is logged, and not in man/metka-log.7")
    for word, level in sorted(described - logged):
        print(f"{word} ({level}) is in man/metka-log.7, and never logged")
    return 1 if logged != described or not logged else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
