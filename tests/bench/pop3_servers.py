"""Metka, Dovecot and Courier as POP3 servers with the same accounts, none of them busy with hashes of passwords:
Metka gets a cheap one and remembers the answer for a minute, Dovecot compares in the clear, Courier one SHA-256."""

import base64
import contextlib
import hashlib
import os
import sqlite3
import subprocess

import inboxes
from peers import accounts, over
from servers import DOMAIN, Metka, Peer, await_port, crypted, harness


class Mailboxes:
    """What a server of this benchmark has besides: `accounts` (how many), maildir(number), mail_owner, restart()."""

    accounts = inboxes.FIRST_IDLE
    most_idle = 5000

    def names(self):
        return [f"box{number}@{DOMAIN}" for number in range(self.accounts)]


class Pop3Metka(Mailboxes, Metka):
    def __init__(self):
        super().__init__({"pop3": {"connections": 20_000, "connections_per_address": 20_000, "connections_per_minute": 1_000_000,
                                   "login_timeout": "10m"},
                          "plan": {"messages_per_hour": 0}})

    def provision(self):
        self.instance.told("apply", self.describe(), "--yes")
        with contextlib.closing(sqlite3.connect(self.instance.state / "directory/metka.db")) as directory:
            self.ids = dict(directory.execute("SELECT address, lower(hex(id)) FROM mailbox"))
        mail = self.instance.state / "mail"
        self.mail_owner = (mail.stat().st_uid, mail.stat().st_gid)

    def describe(self):
        path = self.instance.folder / "description.yaml"
        rows = "".join(f"  - {{address: {box}, customer: firma, capacity: 100G, password-hash: '{crypted('$5$rounds=1000$Mk')}'}}\n"
                       for box in self.names())
        path.write_text("customers:\n  - {name: firma, title: Firma, contact: anna@example.org}\n"
                        f"domains:\n  - {{domain: {DOMAIN}, customer: firma}}\nmailboxes:\n{rows}")
        return str(path)

    def maildir(self, number):
        inbox = self.ids[f"box{number}@{DOMAIN}"]
        return self.mail / "box" / inbox[-2:] / inbox / "Maildir"

    def restart(self):
        assert self.instance.stop().returncode == 0
        with self.group.entered():
            self.instance.start_again()


class Pop3Peer(Mailboxes, Peer):
    def __init__(self, certificate_folder):
        super().__init__(certificate_folder)
        self.mail_owner = (self.owner.pw_uid, self.owner.pw_gid)

    def ports(self):
        return [self.pop3s]

    def start(self):
        super().start()
        for number in range(self.accounts):
            inboxes.make(self.maildir(number), self.mail_owner)

    def restart(self):
        self.group.end_all()
        with self.group.entered():
            self.launch()
        await_port(self.pop3s)


# The two modes of the manual, "Login processes": a process a connection, or one that serves many of them. One rather
# than one a processor, as each has ticket keys of its own, and a client would have to meet the same one again.
# Processes of pop3 serve a hundred sessions each ("Service configuration": 100 to 1000 "can be good values").
HIGH_PERFORMANCE = """\
service pop3-login {{
  service_count = 0
  client_limit = 18000
  process_limit = 1
  process_min_avail = 1
}}
service pop3 {{
  service_count = 100
}}
"""
HIGH_SECURITY = """\
service pop3-login {{
  service_count = 1
  process_min_avail = 4
}}
"""
DOVECOT_CONF = """\
base_dir = {folder}/run
state_dir = {folder}/run
protocols = pop3
listen = 127.0.0.1
log_path = {folder}/log/dovecot.log
ssl = required
ssl_cert = <{tls}/certificate.pem
ssl_key = <{tls}/key.pem
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 0
first_valid_uid = 1
auth_cache_size = 10M
auth_mechanisms = plain login
default_client_limit = 18000
default_process_limit = 6000
default_vsz_limit = 4G
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/etc/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service anvil {{
  client_limit = 18000
}}
service auth {{
  client_limit = 18000
}}
service pop3 {{
  process_limit = 6000
}}
service pop3-login {{
  process_limit = 6000
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""


class Dovecot(Pop3Peer):
    name, key, mode = "Dovecot, high-performance", "dovecot", HIGH_PERFORMANCE

    def run(self):
        self.write("etc/dovecot.conf", DOVECOT_CONF + self.mode)
        self.write("etc/passwords", "".join(f"{box}:{harness.PASSWORD}\n" for box in self.names()))
        self.launch()

    def launch(self):
        subprocess.run(["dovecot", "-c", self.folder / "etc/dovecot.conf"], check=True)

    def maildir(self, number):
        return self.mail / f"box{number}@{DOMAIN}"


class SecureDovecot(Dovecot):
    name, key, mode = "Dovecot, high-security", "dovecot-security", HIGH_SECURITY
    most_idle = 1000  # it has two processes for each


# What /usr/lib/courier/pop3d-ssl does with its settings, but for courierlogger and syslog: what they say goes to a file.
COURIER = """\
mkdir -p /run/courier/authdaemon
chown courier:courier /run/courier /run/courier/authdaemon
/usr/lib/courier/courier-authlib/authdaemond &
export POP3_TLS=1 POP3_STARTTLS=NO POP3_TLS_REQUIRED=0 POP3AUTH='PLAIN' POP3AUTH_TLS='LOGIN PLAIN' MAILDIRPATH=Maildir
export TLS_CERTFILE={folder}/tls/both.pem TLS_VERIFYPEER=NONE TLS_CACHEFILE={folder}/run/tls-cache TLS_CACHESIZE=524288
exec couriertcpd -address=127.0.0.1 -maxprocs=6000 -maxperip=6000 -nodnslookup -noidentlookup {pop3s} \
    /usr/bin/couriertls -server -tcpd -user=courier /usr/lib/courier/courier/courierpop3login \
    /usr/lib/courier/courier/courierpop3d Maildir
"""
AUTHDAEMONRC = """\
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
"""
PACKAGES = ("courier-pop", "courier-base", "courier-authlib", "courier-authlib-userdb", "courier-authdaemon", "libcourier-unicode4",
            "libgamin0")


class Courier(Pop3Peer):
    name, key = "Courier", "courier"
    most_idle = 1000  # it has two processes for each

    def run(self):
        accounts(self.folder / "root", {"courier": 64994})
        keys = [self.folder / "tls" / name for name in ("key.pem", "certificate.pem")]
        both = self.folder / "tls/both.pem"
        both.write_bytes(b"".join(path.read_bytes() for path in keys))
        (self.folder / "run/tls-cache").touch()
        for path in both, self.folder / "run/tls-cache":
            path.chmod(0o600)
            os.chown(path, 64994, 64994)
        digest = base64.b64encode(hashlib.sha256(harness.PASSWORD.encode()).digest()).decode()
        uid, gid = self.mail_owner
        rows = "".join(f"{box}\tuid={uid}|gid={gid}|home={self.mail}/{box}|mail={self.mail}/{box}|systempw={{SHA256}}{digest}\n"
                       for box in self.names())
        self.write("root/etc/courier/authdaemonrc", AUTHDAEMONRC)
        self.write("root/etc/courier/userdb", rows, mode=0o600)
        subprocess.run(over(PACKAGES, self.folder, [f"makeuserdb -f {self.folder}/root/etc/courier/userdb"]), check=True)
        self.launch()

    def launch(self):
        with (self.folder / "log/output").open("a") as output:  # at its end, couriertcpd ends its whole process group
            subprocess.Popen(over(PACKAGES, self.folder, [COURIER.format(**self.values)]), stdout=output, stderr=output,
                             stdin=subprocess.DEVNULL, start_new_session=True)

    def maildir(self, number):
        return self.mail / f"box{number}@{DOMAIN}"


PEERS = [Dovecot, SecureDovecot, Courier]
