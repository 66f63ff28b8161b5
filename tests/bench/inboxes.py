"""What lies in the inboxes of tests/bench/run pop3: the same names and octets for every server."""

import base64
import os
import pathlib
import random
import uuid

BOXES = 64  # of poll, session and ten: no two sessions want the same one
A_BOX = 10  # messages in each of these
LIST_10K, LIST_35K, LARGE = BOXES, BOXES + 1, BOXES + 2
FIRST_IDLE = 100
HEAD = """\
Return-Path: <anna@example.org>
Received: from client.example.org (client.example.org [192.0.2.1])
\tby mail.metka.test with ESMTPS; Sat, 21 Nov 2026 12:00:00 +0100
From: Anna <anna@example.org>
To: Biuro <biuro@example.org>
Subject: =?utf-8?q?Za=C5=BC=C3=B3=C5=82=C4=87?= {number}
Date: Sat, 21 Nov 2026 12:00:00 +0100
Message-ID: <{number}.load@client.example.org>
MIME-Version: 1.0
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

"""


def lines(octets):
    """Of Base64, as an attachment has them."""
    return base64.encodebytes(random.Random(octets).randbytes(octets * 3 // 4))


def fill(maildir, owner, messages, octets):
    """Into new/, as just delivered; names in the form that Metka gives, with the sizes that Dovecot reads, too."""
    body, folder, names = lines(octets - len(HEAD)), pathlib.Path(maildir) / "new", random.Random(str(messages))
    for number in range(messages):
        content = HEAD.format(number=number).encode() + body
        name = (f"{1_795_000_000 + number}.{uuid.UUID(int=names.getrandbits(128)).hex},S={len(content)},"
                f"W={len(content) + content.count(10)}")
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "wb") as open_file:
            open_file.write(content)
        os.chown(folder / name, *owner)


def make(maildir, owner):
    for folder in (maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
            os.chown(folder, *owner)


def fill_all(server, cases):
    """Those that these cases want."""
    wanted = [(number, A_BOX, 4000) for number in range(BOXES)]
    wanted += [(LIST_10K, 10_000, 1500)] if "inbox10k" in cases else []
    wanted += [(LIST_35K, 35_000, 1500)] if "inbox35k" in cases else []
    wanted += [(LARGE, 1, 100_000_000)] if "download" in cases else []
    for number, messages, octets in wanted:
        make(server.maildir(number), server.mail_owner)
        fill(server.maildir(number), server.mail_owner, messages, octets)
