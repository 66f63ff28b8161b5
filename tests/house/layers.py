#!/usr/bin/env python3
"""core/LAYERS is the law: any include that it does not allow is a fault, and so is a circle in the file itself.

usage: layers.py check ROOT     every #include below core, daemon and cli
       layers.py prove          shows on a small made-up tree that each kind of fault is caught
"""

import pathlib
import re
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
PROGRAMS = ("daemon", "cli")


def read_layers(root):
    """folder -> the folders it may include, in the file's order."""
    layers = {}
    for line in (root / "core/LAYERS").read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        folder, _, allowed = line.partition(":")
        layers[folder.strip()] = allowed.split()
    return layers


def faults_of_layers(root, layers):
    """The file is drawn bottom-up, so a folder may only name folders above it in the file: no circle is possible."""
    seen = set()
    for folder, allowed in layers.items():
        for lower in allowed:
            if lower not in seen:
                yield f"core/LAYERS: {folder} may not include {lower}, which is not below it"
        seen.add(folder)
    for path in sorted((root / "core").iterdir()):
        if path.is_dir() and path.name not in layers:
            yield f"core/LAYERS: the folder core/{path.name} is not in it"
        if path.suffix in (".h", ".cpp"):
            yield f"{path.relative_to(root)}: a source of core lies in one of its folders"


def owner(parts):
    """What a path belongs to: core/base, daemon/smtp, cli."""
    return "/".join(parts[:2]) if parts[0] in ("core", "daemon") else parts[0]


def allowed(layers, mine, theirs):
    if mine == theirs:
        return True
    if not theirs.startswith("core/"):
        return False  # programs never include each other, and core never includes a program
    if mine.startswith(PROGRAMS):
        return True
    return theirs.removeprefix("core/") in layers.get(mine.removeprefix("core/"), [])


def faults_of_includes(root, layers):
    sources = [p for top in ("core", *PROGRAMS) for p in sorted((root / top).rglob("*")) if p.suffix in (".h", ".cpp")]
    for source in sources:
        name = source.relative_to(root)
        text = source.read_text()
        for match in INCLUDE.finditer(text):
            where = f"{name}:{text.count(chr(10), 0, match.start(1)) + 1}"
            target = match.group(1)
            if not (root / target).is_file():
                yield f'{where}: "{target}" is not a path from the root of the tree'
            elif not allowed(layers, owner(name.parts), owner(pathlib.PurePath(target).parts)):
                yield f'{where}: {owner(name.parts)} may not include "{target}"'


def check(root):
    layers = read_layers(root)
    return [*faults_of_layers(root, layers), *faults_of_includes(root, layers)]


# A tree with one fault of each kind: what is written into it, and what must be said about it.
GOOD = {
    "core/LAYERS": "base:\nwire: base\nnet: base wire\n",
    "core/base/a.h": "",
    "core/wire/w.h": '#include "core/base/a.h"\n#include <vector>\n',
    "core/net/n.cpp": '#include "core/wire/w.h"\n',
    "daemon/smtp/s.h": '#include "core/net/n.h"\n',
    "core/net/n.h": "",
    "cli/c.cpp": '#include "core/base/a.h"\n',
}
BAD = [
    ("core/base/a.h", '#include "core/wire/w.h"\n', 'core/base/a.h:1: core/base may not include "core/wire/w.h"'),
    ("core/wire/w.h", '\n#include "daemon/smtp/s.h"\n', 'core/wire/w.h:2: core/wire may not include "daemon/smtp/s.h"'),
    ("cli/c.cpp", '  #  include "daemon/smtp/s.h"\n', 'cli/c.cpp:1: cli may not include "daemon/smtp/s.h"'),
    ("daemon/pop/p.cpp", '#include "daemon/smtp/s.h"\n', 'daemon/pop/p.cpp:1: daemon/pop may not include "daemon/smtp/s.h"'),
    ("cli/c.cpp", '#include "a.h"\n', 'cli/c.cpp:1: "a.h" is not a path from the root of the tree'),
    ("core/extra/e.h", "", "core/LAYERS: the folder core/extra is not in it"),
    ("core/e.h", "", "core/e.h: a source of core lies in one of its folders"),
    ("core/LAYERS", "base: wire\nwire: base\nnet: base wire\n",
     "core/LAYERS: base may not include wire, which is not below it"),
]


def faults_in(tree):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return check(root)


def prove():
    wrong = [f"a good tree: {fault}" for fault in faults_in(GOOD)]
    for name, text, expected in BAD:
        said = faults_in(GOOD | {name: text})
        if expected not in said:
            wrong.append(f"not caught: {expected} (said: {said})")
    return wrong


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "check":
        faults = check(pathlib.Path(sys.argv[2]).resolve())
    elif sys.argv[1:] == ["prove"]:
        faults = prove()
    else:
        sys.exit(__doc__)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
