"""Every refusal that metka-smtp can say has a row in daemon/smtp/reasons.cpp, for `metkactl explain receipt`, and one only.

reasons.py FOLDER   the top of the source tree
"""

import pathlib
import re
import sys

REPLY = re.compile(r"inline constexpr Reply (\w+)\{\s*(\d{3}),")
REASON = re.compile(r"Reason\{replies::(\w+),")


def main(root: pathlib.Path) -> int:
    replies = REPLY.findall((root / "daemon/smtp/replies.h").read_text())
    refusals = {name for name, code in replies if int(code) >= 400}
    reasons = REASON.findall((root / "daemon/smtp/reasons.cpp").read_text())
    for name in sorted(refusals - set(reasons)):
        print(f"{name} is refused, and daemon/smtp/reasons.cpp does not say why")
    for name in sorted(set(reasons) - refusals):
        print(f"{name} is in daemon/smtp/reasons.cpp, and refuses nothing")
    twice = sorted(name for name in set(reasons) if reasons.count(name) > 1)
    if twice:
        print(f"these have more than one reason: {', '.join(twice)}")
    return 1 if refusals != set(reasons) or twice or not refusals else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
