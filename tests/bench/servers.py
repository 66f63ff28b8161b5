"""The two houses that are compared, behind one face: start, ports, what of their processes' CPU went by, stop."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "programs"))
import harness  # noqa: E402

BOXES = 20
TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    """pid -> (parent, CPU seconds of it and of its children that have ended)."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            found[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    return found


def cpu_of_tree(root):
    found = processes()
    tree, grown = {root}, True
    while grown:
        more = {pid for pid, (parent, _) in found.items() if parent in tree} | tree
        grown, tree = more != tree, more
    return sum(found[pid][1] for pid in tree if pid in found)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def await_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Metka:
    name = "Metka"
    domain = harness.DOMAIN

    def __init__(self):
        self.instance = harness.Instance()

    def start(self):
        metka = self.instance.start()
        metka.told("customer", "add", "firma", "--name", "Moja Firma", "--contact", "anna@example.org")
        metka.told("domain", "add", self.domain, "--customer", "firma")
        for number in range(BOXES):
            metka.mailbox(f"box{number}")
        self.smtp, self.pop3s = metka.port["smtp"], metka.port["pop3s"]
        self.mail = metka.state / "mail"

    def cpu(self):
        return cpu_of_tree(self.instance.pid)

    def stop(self):
        self.instance.purge()


MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.metka.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
local_recipient_maps =
alias_maps =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/etc/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_connection_count_limit = 0
virtual_mailbox_limit = 0
default_process_limit = 100
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}/log
"""
MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
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
first_valid_uid = 1
auth_cache_size = 10M
passdb {{
  driver = passwd-file
  args = scheme=CRYPT {folder}/etc/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service pop3-login {{
  service_count = 0
  inet_listener pop3 {{
    port = 0
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
"""


class Others:
    name = "Postfix + Dovecot"
    domain = harness.DOMAIN

    def __init__(self, tls):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="metka-bench-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.tls, self.smtp, self.pop3s = tls, free_port(), free_port()
        self.mail = self.folder / "mail"

    def start(self):
        owner = pwd.getpwnam("mail")
        for name in ("etc", "queue", "data", "log", "run", "mail"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.mail, owner.pw_uid, owner.pw_gid)
        values = dict(folder=self.folder, domain=self.domain, uid=owner.pw_uid, gid=owner.pw_gid, smtp=self.smtp,
                      pop3s=self.pop3s, tls=self.tls)
        boxes = [f"box{number}@{self.domain}" for number in range(BOXES)]
        hashed = subprocess.run(["perl", "-e", "print crypt(<STDIN>, '$y$j9T$bQ8p0lA3f4lRr5M1')"], input=harness.PASSWORD,
                                text=True, check=True, capture_output=True).stdout
        self.write("main.cf", MAIN_CF.format(**values))
        self.write("master.cf", MASTER_CF.format(**values))
        self.write("boxes", "".join(f"{box} {box}/\n" for box in boxes))
        self.write("passwords", "".join(f"{box}:{hashed}\n" for box in boxes))
        self.write("dovecot.conf", DOVECOT_CONF.format(**values))
        subprocess.run(["postfix", "-c", self.folder / "etc", "start"], check=True, capture_output=True)
        subprocess.run(["dovecot", "-c", self.folder / "etc/dovecot.conf"], check=True)
        for port in (self.smtp, self.pop3s):
            await_port(port)
        pid_files = [self.folder / "queue/pid/master.pid", self.folder / "run/master.pid"]
        harness.eventually(lambda: all(file.exists() and file.read_text().strip() for file in pid_files),
                           what="Postfix and Dovecot say their process ids") # Dovecot listens first
        self.masters = [int(file.read_text()) for file in pid_files]

    def write(self, name, text):
        (self.folder / "etc" / name).write_text(text)

    def cpu(self):
        return sum(cpu_of_tree(master) for master in self.masters)

    def stop(self):
        for master in getattr(self, "masters", []):
            os.kill(master, signal.SIGTERM)
        harness.eventually(lambda: not [pid for pid in getattr(self, "masters", []) if pathlib.Path(f"/proc/{pid}").exists()],
                           what="Postfix and Dovecot end")
        shutil.rmtree(self.folder, ignore_errors=True)


def delivered(server):
    """Messages in all inboxes, by name."""
    return sum(len(files) for folder, _, files in os.walk(server.mail) if folder.endswith(("/new", "/cur")))
