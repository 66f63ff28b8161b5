"""Certificates by host name: each client sees the right one, a replaced one is taken by itself, and its end is told in time"""

import contextlib
import datetime
import email
import email.policy
import hashlib
import os
import poplib
import shutil
import ssl
import subprocess
import threading
import zoneinfo

from harness import DOMAIN, PASSWORD, Instance, eventually, main, shows, zone_of_noon

HOSTS = ("poczta.example.org", "mail.firma.lublin.pl", "imap.example.net")
POSTMASTER = "postmaster@metka.test"
SERVICES = ("submission", "submissions", "pop3s")
TAKEN_WITHIN = 60  # seconds until new files are presented, on a slow machine
ZONE = zone_of_noon()


class Certified(Instance):
    """Three names with certificates of their own, one for all names of a domain, and the default."""

    settings = {"operator": {"time_zone": ZONE}}

    def start(self):
        super().start()
        if not hasattr(self, "pairs"):
            self.pairs = {host: self.folder / "tls" / host for host in (*HOSTS, "*.sklepy.example")}
            for host, folder in self.pairs.items():
                folder.mkdir()
                self.sign(folder, host)
            self.drop_in("certificates.yaml", "certificates:\n" + "".join(
                f'  "{host}":\n    certificate: {folder}/certificate.pem\n    key: {folder}/key.pem\n' for host, folder in self.pairs.items()))
        return self

    def drop_in(self, name, text):
        (self.folder / "metka.d").mkdir(exist_ok=True)
        (self.folder / "metka.d" / name).write_text(text)

    def sign(self, folder, *names, days=90):
        """A new key and a new certificate by the instance's authority, put there file by file: first the key."""
        new = folder / "new"
        new.mkdir()
        authority = self.folder / "tls"
        extensions = "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)
        for command in (["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", new / "key.pem",
                         "-out", new / "request.pem", "-subj", f"/CN={names[0]}"],
                        ["x509", "-req", "-in", new / "request.pem", "-CA", authority / "ca.pem", "-CAkey", authority / "ca-key.pem",
                         "-CAcreateserial", "-CAserial", new / "serial", "-days", str(days), "-out", new / "host.pem", "-extfile", "-"]):
            subprocess.run(["openssl", *map(str, command)], input=extensions, text=True, check=True, capture_output=True)
        (new / "certificate.pem").write_text((new / "host.pem").read_text() + (authority / "ca.pem").read_text())
        for name in ("key.pem", "certificate.pem"):
            os.rename(new / name, folder / name)
        shutil.rmtree(new)
        return mark_of_file(folder / "certificate.pem")

    def sign_default(self, days=90):
        return self.sign(self.folder / "tls", "localhost", "mail.metka.test", days=days)

    def mark(self, host):
        return mark_of_file((self.pairs[host] if host else self.folder / "tls") / "certificate.pem")

    def secured(self, service, name, version=None, session=None):
        """A connection under TLS by a client that asks for that name, or for none."""
        context = self.tls()
        context.check_hostname = False
        if version:
            context.minimum_version = context.maximum_version = version
        plain = self.plain_socket(service)
        if service == "submission":
            lines = plain.makefile("rb")
            lines.readline()
            plain.sendall(b"EHLO client.test\r\n")
            while lines.readline()[3:4] == b"-":
                pass
            plain.sendall(b"STARTTLS\r\n")
            assert lines.readline().startswith(b"220 ")
        context, session = session or (context, None)
        return context.wrap_socket(plain, server_hostname=name, session=session)

    def presented(self, service, name, version=None):
        with self.secured(service, name, version) as channel:
            return hashlib.sha256(channel.getpeercert(binary_form=True)).hexdigest()

    def problems(self):
        return self.json("status")["problems"]

    def letters(self):
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.fetch(POSTMASTER)]


def mark_of_file(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text().partition("-----END")[0] + "-----END CERTIFICATE-----\n")).hexdigest()


def taken(metka, mark, name, service="pop3s"):
    eventually(lambda: metka.presented(service, name) == mark, TAKEN_WITHIN, f"the new certificate of {name} on {service}")


@shows("a client that asks for a host gets its certificate, over every service, with TLS 1.2 and 1.3; all others get the default")
def _(metka):
    assert "certificate" in metka.told("config", "apply")
    for service in SERVICES:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for host in HOSTS:
                assert metka.presented(service, host, version) == metka.mark(host), (service, host, version)
            for other in (None, "localhost", "unknown.example", "sklepy.example", "a.b.sklepy.example", "x" * 63 + ".example.org"):
                assert metka.presented(service, other, version) == metka.mark(None), (service, other, version)
            assert metka.presented(service, "ogrody.sklepy.example", version) == metka.mark("*.sklepy.example")
    assert metka.presented("pop3s", "POCZTA.Example.ORG") == metka.mark("poczta.example.org")
    context = metka.tls()  # which checks the name, as a mail program does
    with context.wrap_socket(metka.plain_socket("pop3s"), server_hostname="mail.firma.lublin.pl") as channel:
        assert channel.recv(64).startswith(b"+OK")
    assert [row["host"] for row in metka.json("status")["certificates"]] == ["", *HOSTS, "*.sklepy.example"]
    assert not metka.problems()


@shows("a certificate that is replaced is presented within seconds, without a new generation, and an old session lives on")
def _(metka):
    host, before = HOSTS[0], metka.json("status")["generation"]
    client = poplib.POP3_SSL("localhost", metka.port["pop3s"], timeout=30, context=metka.tls())
    mark = metka.sign(metka.pairs[host], host)
    taken(metka, mark, host)
    for service in SERVICES:
        taken(metka, mark, host, service)
    client.user(f"biuro@{DOMAIN}")
    client.pass_(PASSWORD)
    assert client.stat()[0] == 0
    client.quit()
    assert metka.json("status")["generation"] == before and metka.told("config", "diff") == ""


@shows("a link that is swapped, as certbot does it, is followed")
def _(metka):
    host = HOSTS[1]
    live, archive = metka.pairs[host], metka.folder / "tls/archive"
    for number in (1, 2):
        (archive / str(number)).mkdir(parents=True)
        metka.sign(archive / str(number), host)
        for name in ("key.pem", "certificate.pem"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(live / "link")
            os.symlink(archive / str(number) / name, live / "link")
            os.rename(live / "link", live / name)
        taken(metka, mark_of_file(archive / str(number) / "certificate.pem"), host)


@shows("while key and chain are replaced one after the other, every client is served, with the old one or the new")
def _(metka):
    folder, seen, failures, ended = metka.folder / "tls", set(), [], threading.Event()

    def connect():
        while not ended.is_set():
            try:
                seen.add(metka.presented("submissions", None))
            except OSError as failure:
                failures.append(repr(failure))
    client = threading.Thread(target=connect)
    client.start()
    try:
        marks = {metka.mark(None)}
        key = (folder / "key.pem").read_bytes()
        marks.add(metka.sign_default())
        new = (folder / "key.pem").read_bytes()
        (folder / "key.pem").write_bytes(key)  # half of it is wrong for longer than a look takes
        threading.Event().wait(7)
        assert not metka.problems()
        (folder / "key.pem").write_bytes(new)
        eventually(lambda: metka.mark(None) in seen, TAKEN_WITHIN, "the new certificate")
    finally:
        ended.set()
        client.join()
    warnings = [line for line in metka.whole_log().splitlines() if " warning " in line]
    assert not failures and seen == marks, (failures[:3], len(seen), len(marks), warnings[-5:])


@shows("files that stay broken are told in status, the old certificate stays, and their mending ends it")
def _(metka):
    host = HOSTS[2]
    path, old = metka.pairs[host] / "certificate.pem", metka.mark(host)
    kept = path.read_bytes()
    path.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (why,) = eventually(metka.problems, 60, "a word in status")
    assert str(path) in why and "certificates.imap.example.net" in why and "the old ones stay" in why, why
    assert metka.presented("pop3s", host) == old
    done = metka.control("daemon", "reload")
    assert done.returncode == 78 and str(path) in done.stderr and "certificates.imap.example.net.certificate" in done.stderr, done
    path.write_bytes(kept)
    eventually(lambda: not metka.problems(), TAKEN_WITHIN, "the end of the problem")


@shows("a session is resumed over every service, also after a reload, another certificate and a new generation, and at no other program")
def _(metka):
    rows = [(service, version) for service in SERVICES for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)]

    def visit(service, version, session=None):
        with metka.secured(service, HOSTS[0], version, session) as channel:
            channel.sendall(b"QUIT\r\n")
            assert channel.recv(64), (service, version)
            return channel.session_reused, (channel.context, channel.session)

    sessions = {row: visit(*row)[1] for row in rows}
    metka.told("daemon", "reload")
    assert all(visit(*row, sessions[row])[0] for row in rows)
    mark = metka.sign(metka.pairs[HOSTS[0]], HOSTS[0])
    for service in SERVICES:
        taken(metka, mark, HOSTS[0], service)
    assert all(visit(*row, sessions[row])[0] for row in rows)
    metka.drop_in("patience.yaml", "pop3:\n  idle_timeout: 11m\n")
    assert "idle_timeout" in metka.told("config", "apply")
    assert all(visit(*row, sessions[row])[0] for row in rows)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        assert not visit("pop3s", version, sessions["submissions", version])[0]


@shows("a host that is taken from the settings gets the default certificate, and the others stay")
def _(metka):
    text = (metka.folder / "metka.d/certificates.yaml").read_text()
    keep = "\n".join(text.splitlines()[:1] + text.splitlines()[4:]) + "\n"
    metka.drop_in("certificates.yaml", keep)
    assert HOSTS[0] in metka.told("config", "apply")
    assert metka.presented("pop3s", HOSTS[0]) == metka.mark(None) and metka.presented("pop3s", HOSTS[1]) == metka.mark(HOSTS[1])
    metka.drop_in("certificates.yaml", keep.replace("firma", "inna", 1))
    done = metka.control("config", "apply")
    assert done.returncode == 78 and "is not for mail.inna.lublin.pl" in done.stderr, done
    metka.drop_in("certificates.yaml", keep)
    metka.told("config", "apply")
    assert not metka.problems()


known = set()  # the letters that were seen: within one second they lie in any order


def told_of(metka, count):
    eventually(lambda: len(metka.letters()) >= count, what=f"letter {count} to the operator")
    letters = {letter["Message-ID"]: letter for letter in metka.letters()}
    assert len(letters) == count, [letter["Subject"] for letter in letters.values()]
    (new,) = set(letters) - known
    known.add(new)
    return letters[new], letters[new].get_content()


@shows("a certificate near its end is a problem in status and one letter to the operator, at 21 and at 7 days, in his language")
def _(metka):
    metka.told("mailbox", "set", POSTMASTER, "--password-stdin", input=PASSWORD + "\n")
    assert metka.letters() == []
    last = (datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)) + datetime.timedelta(20)).date()
    metka.sign_default(days=20)
    letter, text = told_of(metka, 1)
    assert letter["Subject"].startswith("Certyfikat serwera localhost wygasa dnia ") and str(last.year) in letter["Subject"], letter["Subject"]
    assert "20 dni" in text and letter["Auto-Submitted"] == "auto-generated" and letter["To"], (text, letter.items())
    assert len(metka.problems()) == 1, metka.problems()
    (why,) = metka.problems()
    assert "localhost" in why and "in 20 days" in why, why
    assert metka.stop().returncode == 0
    metka.start()
    metka.told("daemon", "reload")
    assert [row["notice"] for row in metka.json("notices", "list") if row["notice"] == "certificate"] == ["certificate"], metka.json("notices", "list")
    assert len(metka.problems()) == 1
    mark = metka.sign_default(days=90)
    taken(metka, mark, None)
    eventually(lambda: not metka.problems(), what="the end of the problem")
    assert len(metka.letters()) == 1
    metka.sign_default(days=6)
    letter, text = told_of(metka, 2)
    assert "6 dni" in text, text
    metka.drop_in("language.yaml", "operator:\n  language: en\n")
    metka.told("config", "apply")
    mark = metka.sign(metka.pairs[HOSTS[1]], HOSTS[1], days=5)
    taken(metka, mark, HOSTS[1])
    letter, text = told_of(metka, 3)
    assert letter["Subject"].startswith(f"The server certificate of {HOSTS[1]} expires on "), letter["Subject"]
    assert "5 days" in text, text


main(instance=Certified)
