"""The dialogues of tests/dialogues go over the network as they do in memory."""

import os
import subprocess
import sys

from harness import DOMAIN, ROOT, Instance, main, shows

DIALOGUES = ROOT / "tests/dialogues"


class World(Instance):
    """What tests/dialogues/README.md says is there. No zone is local, so that a domain can wait for its proof."""

    def start(self):
        super().start()
        self.stop()
        settings = self.folder / "metka.yaml"
        text = settings.read_text().replace("  domain: metka.test", "  domain: metka.test\n  local_zones: none")
        settings.write_text(text.replace("\nsmtp:\n", "\nsmtp:\n  recipients: 100\n  errors: 20\n"))
        self.write({"pop3": {"listen": f"127.0.0.1:{self.port['pop3']}"}})
        super().start()
        self.told("customer", "add", "firma", "--name", "Moja Firma", "--contact", "anna@example.org")
        for domain in (DOMAIN, "stoi.lublin.pl", "krasnobród.pl"):
            self.told("domain", "add", domain, "--customer", "firma", "--owned")
        self.told("domain", "add", "czeka.lublin.pl", "--customer", "firma")
        self.add("biuro@" + DOMAIN, "50M")
        self.add("sklep@" + DOMAIN, "1G")
        self.add("wstrzymana@" + DOMAIN, "1M")
        self.add("wygasla@" + DOMAIN, "1M", "--valid-until", "2020-01-01")
        self.add("biuro@stoi.lublin.pl", "1M")
        self.add("biuro@krasnobród.pl", "50M")
        self.add("pelna@" + DOMAIN, "1K")
        self.told("alias", "add", "marketing@" + DOMAIN, "--to", "biuro@" + DOMAIN)
        self.told("mailbox", "set", "wstrzymana@" + DOMAIN, "--state", "suspended")
        self.told("domain", "set", "stoi.lublin.pl", "--state", "suspended")
        self.fill("pelna@" + DOMAIN)
        return self

    def add(self, address, capacity, *options):
        password = "sekret-" + address.partition("@")[0]
        self.told("mailbox", "add", address, "--customer", "firma", "--capacity", capacity, *options, "--password-stdin",
                  input=password + "\n")

    def maildir(self, address):
        return self.state / self.json("mailbox", "show", address)["maildir"]

    def fill(self, address):
        """By hand, as no message of a kilobyte has room for its own trace."""
        folder = self.maildir(address) / "new"
        file = folder / "1700000000.M1P1.full,S=1024,W=1030"
        file.write_text("Subject: full\n\n" + "x" * 1009)
        if os.geteuid() == 0:
            os.chown(file, folder.stat().st_uid, folder.stat().st_gid)


for path in sorted(DIALOGUES.glob("*/*.txt")):
    def goes(metka, path=path):
        where = ["--env", metka.folder / "instance.env", "--port", f"pop3={metka.port['pop3']}"]
        done = subprocess.run([sys.executable, DIALOGUES / "play.py", *where, "--maildir", metka.maildir("biuro@" + DOMAIN), path],
                              capture_output=True, text=True, timeout=200)
        assert done.returncode == 0 or "0 passed, 0 failed" in done.stdout, done.stdout + done.stderr
    shows(f"{path.parent.name}/{path.name} goes as written")(goes)


main(instance=World, provision=False)
