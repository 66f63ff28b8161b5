#!/usr/bin/env python3
"""Every text that a catalogue translates is said by some source, and each translation has the same placeholders.

translations.py FOLDER   the top of the source tree
"""

import pathlib
import re
import sys

STRINGS = re.compile(r'"((?:[^"\\]|\\.)*)"')
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
ENTRY_LINE = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?)\s+"|^"')
PLACEHOLDER = re.compile(r"\{(\d*)\}")


def text_of(literals):
    return "".join(STRINGS.findall(literals)).replace('\\"', '"').replace("\\n", "\n")


def entries(path):
    """[{field: text}], the header's among them."""
    found, field = [{}], None
    for line in path.read_text().splitlines():
        if not line.strip():
            found.append({})
        elif ENTRY_LINE.match(line):
            field = field if line.startswith('"') else line.split()[0]
            found[-1][field] = found[-1].get(field, "") + text_of(line)
    return [each for each in found if each.get("msgid")]


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


def faults(root):
    sources = [path for folder in ("core", "daemon", "cli") for path in (root / folder).rglob("*.cpp")]
    sources += [path for folder in ("core", "daemon", "cli") for path in (root / folder).rglob("*.h")]
    said = {text_of(literals) for path in sources for literals in LITERALS.findall(path.read_text())}
    for path in sorted((root / "config/translations").glob("*.po")):
        seen = set()
        for entry in entries(path):
            english = entry["msgid"]
            if english in seen:
                yield f"{path.name}: “{english}” stands there twice"
            seen.add(english)
            for field, text in entry.items():
                if not field.startswith("msgstr") and text not in said:
                    yield f"{path.name}: no source says “{text}”"
                if not text:
                    yield f"{path.name}: “{english}” has no translation"
                if placeholders(text) != placeholders(english):
                    yield f"{path.name}: the placeholders of “{text}” are not those of “{english}”"
        if not seen:
            yield f"{path.name}: it translates nothing"


def main(root):
    found = list(faults(root))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
