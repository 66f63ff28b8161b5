"""A foreign domain is its customer's once DNS says so: by the token, or by an MX that names this host."""

import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import OFFSETS, Instance, eventually, free_port_base, main, need, shows

HOST = "mail.metka.test"
ZONES = ("example.com", "example.net", "example.org", "broken.example")


class NameServer:
    """nsd on a loopback port. `broken.example` is a zone that nsd cannot load: it answers SERVFAIL."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-test-nsd-", dir="/var/tmp"))
        self.port = free_port_base() + OFFSETS["smtp"]
        for zone in ZONES:
            self.publish(zone, load=False)
        (self.folder / "broken.example.zone").write_text("this is no zone\n")
        zones = "".join(f'zone:\n  name: {zone}\n  zonefile: "{zone}.zone"\n' for zone in ZONES)
        (self.folder / "nsd.conf").write_text(f"""server:
  ip-address: 127.0.0.1@{self.port}
  zonesdir: "{self.folder}"
  database: ""
  username: ""
  chroot: ""
  pidfile: "{self.folder}/nsd.pid"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  zonelistfile: "{self.folder}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
{zones}""")
        self.process = None

    def start(self):
        need("nsd", "nsd-checkzone")
        self.said = self.folder / "said"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(["nsd", "-d", "-c", self.folder / "nsd.conf"], stderr=said)
        eventually(self.serves_or_ended, what="nsd")

    def serves_or_ended(self):
        assert self.process.poll() is None, self.said.read_text(errors="replace")
        return self.serial("example.com") == 1

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(30)
        self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def publish(self, zone, *records, load=True):
        """Records as a zone file has them, relative to the zone. Returns when they are served."""
        path = self.folder / f"{zone}.zone"
        serial = int(re.search(r"(\d+) 1h", path.read_text())[1]) + 1 if path.exists() else 1
        lines = ["$TTL 1", f"@ IN SOA ns.{zone}. admin.{zone}. {serial} 1h 1h 1d 1", f"@ IN NS ns.{zone}.", "ns IN A 127.0.0.1"]
        path.write_text("\n".join([*lines, *records]) + "\n")
        if load:
            before = self.servers()
            self.process.send_signal(signal.SIGHUP)
            eventually(lambda: self.serial(zone) == serial, what=f"the new zone {zone}")
            eventually(lambda: not before & self.servers(), what="the end of those that serve the old zone")

    def servers(self):
        """Who answers: they are children of a child of the process that we started."""
        parents = str(self.process.pid)
        for _ in range(2):
            found = subprocess.run(["pgrep", "-P", parents], capture_output=True, text=True).stdout.split()
            parents = ",".join(found) or "0"
        return set(found)

    def serial(self, zone):
        """Of the SOA record; none: it does not answer."""
        labels = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(0.2)
            asking.connect(("127.0.0.1", self.port))
            try:
                asking.send(b"\x12\x34\x00\x00\x00\x01\0\0\0\0\0\0" + labels + b"\0\0\x06\0\x01")
                answer = asking.recv(4096)
            except OSError:
                return None
        return int.from_bytes(self.soa_serial(answer), "big") if answer[7] else None

    @staticmethod
    def soa_serial(answer):
        """Behind the question and two names that end in a pointer, with the numbers of the record last: 5 × 4 bytes."""
        at = answer.index(b"\xc0\x0c\x00\x06")  # the record's own name, and its type
        size = int.from_bytes(answer[at + 10:at + 12], "big")
        return answer[at + 12 + size - 20:at + 12 + size - 16]


server = NameServer()


class InstanceWithNames(Instance):
    """Asks that name server, and no other."""

    settings = {"dns": {"servers": f'["127.0.0.1:{server.port}"]'}}

    def start(self):
        server.start()
        return super().start()


def verdicts(metka, domain):
    return {(row["name"], row["type"]): row["verdict"] for row in metka.json("domain", "check", domain)}


def token(metka, domain):
    return next(row["value"] for row in metka.json("domain", "dns", domain) if row["name"].startswith("_metka."))


def state(metka, domain):
    return metka.json("domain", "show", domain)["state"]


def answer_at_rcpt(metka, address):
    client = metka.smtp()
    client.mail("anna@example.org")
    return client.rcpt(address)


def refused(metka, code, *words):
    began = time.monotonic()
    done = metka.control(*words)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("metkactl: ") and done.stderr.count("\n") == 1, done.stderr
    took = time.monotonic() - began
    assert took < 30, f"{words}: {took:.1f} s"  # 15 are metkad's patience
    return done.stderr


@shows("what the owner should publish is printed, and while nothing is there, missing and not proven")
def _(metka):
    metka.told("domain", "add", "example.com", "--customer", "firma")
    rows = {(row["name"], row["type"]): row["value"] for row in metka.json("domain", "dns", "example.com")}
    assert rows[("example.com", "MX")] == f"10 {HOST}.", rows
    assert rows[("example.com", "TXT")] == "v=spf1 mx -all", rows
    assert rows[("_metka.example.com", "TXT")] in metka.json("domain", "show", "example.com")["proof"], rows
    assert set(verdicts(metka, "example.com").values()) == {"missing"}
    assert answer_at_rcpt(metka, "postmaster@example.com")[0] == 550
    assert answer_at_rcpt(metka, "postmaster@example.com")[1].startswith(b"5.7.1")
    said = refused(metka, 65, "domain", "prove", "example.com")
    assert HOST in said and "_metka.example.com" in said, said


@shows("the token in a TXT record makes the domain active, a dry run before it does not")
def _(metka):
    server.publish("example.com", f'_metka IN TXT "{token(metka, "example.com")}"', f"@ IN MX 10 {HOST}.",
                   '@ IN TXT "v=spf1 include:_spf.example.org mx ~all"', '@ IN TXT "something else"')
    assert set(verdicts(metka, "example.com").values()) == {"right"}
    metka.told("domain", "prove", "example.com", "--dry-run")
    assert state(metka, "example.com") == "pending"
    said = metka.told("domain", "prove", "example.com")
    assert "_metka.example.com" in said, said
    assert state(metka, "example.com") == "active"
    metka.told("domain", "prove", "example.com")
    assert answer_at_rcpt(metka, "nobody@example.com")[1].startswith(b"5.1.1")


@shows("an MX record that names this host makes the domain active, one that names another does not")
def _(metka):
    metka.told("domain", "add", "example.net", "--customer", "firma")
    server.publish("example.net", "@ IN MX 5 mx.example.org.")
    refused(metka, 65, "domain", "prove", "example.net")
    assert verdicts(metka, "example.net")[("example.net", "MX")] == "differs"
    server.publish("example.net", f"@ IN MX 10 {HOST.upper()}.")
    said = metka.told("domain", "prove", "example.net")
    assert HOST in said, said
    assert state(metka, "example.net") == "active"


@shows("a domain that was another customer's is proven by the token alone")
def _(metka):
    metka.told("customer", "add", "inna", "--name", "Inna", "--contact", "ewa@example.org")
    metka.told("domain", "remove", "example.net", "--yes")
    metka.told("domain", "add", "example.net", "--customer", "inna")
    said = refused(metka, 65, "domain", "prove", "example.net")
    assert "another customer" in said and "_metka.example.net" in said, said
    server.publish("example.net", f"@ IN MX 10 {HOST}.", f'_metka IN TXT "{token(metka, "example.net")}"')
    metka.told("domain", "prove", "example.net")
    assert state(metka, "example.net") == "active"


@shows("an answer too large for one datagram is fetched over TCP")
def _(metka):
    metka.told("domain", "add", "example.org", "--customer", "firma")
    filler = [f'@ IN TXT "{number:03} {"x" * 200}"' for number in range(60)]
    server.publish("example.org", f'_metka IN TXT "{token(metka, "example.org")}"', '@ IN TXT "v=spf1 mx -all"', *filler)
    assert verdicts(metka, "example.org") == {("example.org", "MX"): "missing", ("example.org", "TXT"): "right",
                                              ("_metka.example.org", "TXT"): "right"}
    metka.told("domain", "prove", "example.org")


@shows("a server that fails is “try later”, and the domain stays pending")
def _(metka):
    metka.told("domain", "add", "broken.example", "--customer", "firma")
    assert "SERVFAIL" in refused(metka, 75, "domain", "prove", "broken.example")
    assert state(metka, "broken.example") == "pending"


@shows("the zone snippet of a local zone, included, makes a zone that name servers load")
def _(metka):
    metka.told("domain", "add", "ŻÓŁW.lublin.pl", "--customer", "firma")
    metka.told("domain", "add", "pod.zolw.lublin.pl", "--customer", "firma")
    snippet = metka.state / "zones" / "lublin.pl.zone"
    text = snippet.read_text()
    assert "moja-firma\tIN\tMX\t10 mail.metka.test.\n" in text and "\nxn--" in text and "pod" not in text, text
    zone = metka.folder / "lublin.pl"
    zone.write_text("$TTL 1h\n@ IN SOA ns.lublin.pl. admin.lublin.pl. 1 1h 1h 1d 1h\n@ IN NS ns.lublin.pl.\n"
                    f"ns IN A 192.0.2.1\n$INCLUDE {snippet}\nwww IN A 192.0.2.2\n")
    done = subprocess.run(["nsd-checkzone", "lublin.pl", zone], capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout, done.stderr, text)
    before = snippet.stat().st_mtime_ns, snippet.stat().st_ino
    metka.told("domain", "add", "sklep.krasnik.pl", "--customer", "firma")
    assert before == (snippet.stat().st_mtime_ns, snippet.stat().st_ino)
    assert "sklep\tIN\tMX" in (metka.state / "zones" / "krasnik.pl.zone").read_text()


@shows("without a server that answers, it is “try later” within its time, and metkad goes on")
def _(metka):
    metka.told("domain", "add", "late.example", "--customer", "firma")
    server.stop()
    assert "name server" in refused(metka, 75, "domain", "check", "late.example")
    metka.told("status")
    left = subprocess.run(["pgrep", "-P", str(metka.pid), "-x", "metka-resolver"], capture_output=True, text=True)
    assert left.stdout == "", left.stdout


try:
    main(instance=InstanceWithNames)
finally:
    server.remove()
