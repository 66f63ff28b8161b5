"""No two frames that programs send each other have the same kind: one would be read as the other.

kinds.py FOLDER   the top of the source tree
"""

import collections
import pathlib
import re
import sys

KIND = re.compile(r"^ +static constexpr std::uint16_t kind = (0x[0-9a-fA-F]{4});", re.MULTILINE)


def main(root: pathlib.Path) -> int:
    places = collections.defaultdict(list)
    for top in ("core", "daemon"):
        for path in sorted((root / top).rglob("*.h")) + sorted((root / top).rglob("*.cpp")):
            text = path.read_text()
            for found in KIND.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                places[int(found[1], 16)].append(f"{path.relative_to(root)}:{line}")
    twice = {kind: where for kind, where in places.items() if len(where) > 1}
    for kind, where in sorted(twice.items()):
        print(f"{kind:#06x} is the kind of more than one frame: {', '.join(where)}; {max(places) + 1:#06x} is free")
    return 1 if twice or not places else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
