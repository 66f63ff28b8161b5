"""The mail servers from Debian that Metka is measured against, each durable before its 250 where it can be.

Postfix and Dovecot are installed as packages. Exim and OpenSMTPD want to be the host's one mail system as Postfix does,
so their packages are only unpacked (tests/bench/run), and lie over /usr, /etc and /var for their own processes alone.
"""

import pathlib
import subprocess

from servers import Peer, Server, crypted

# cleanup(8) has written a message to the queue and synced it before smtpd(8) says 250; virtual(8) syncs what it
# delivers, and so does Dovecot's LMTP, before either lets go of the queue file. in_flow_delay would hold clients back.
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
virtual_transport = {transport}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
in_flow_delay = 0
smtpd_relay_restrictions = permit_sasl_authenticated reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_cert_file = {tls}/certificate.pem
smtpd_tls_key_file = {tls}/key.pem
default_process_limit = 100
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}/log
"""
MASTER_CF = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_client_restrictions=permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
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
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT_CONF = """\
base_dir = {folder}/run
state_dir = {folder}/run
protocols = pop3 {lmtp}
listen = 127.0.0.1
log_path = {folder}/log/dovecot.log
ssl = required
ssl_cert = <{tls}/certificate.pem
ssl_key = <{tls}/key.pem
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
auth_cache_size = 10M
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = scheme={scheme} {folder}/etc/passwords
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service auth {{
  unix_listener {folder}/queue/private/auth {{
    mode = 0666
  }}
}}
service lmtp {{
  unix_listener {folder}/queue/private/dovecot {{
    mode = 0666
  }}
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


class Postfix(Peer):
    """With Dovecot for log-ins and POP3."""

    name, key, transport, lmtp = "Postfix virtual", "postfix", "virtual", ""
    scheme = "PLAIN"  # so that sessions are compared, and not what each thinks of hashes

    def run(self):
        (self.folder / "data").chmod(0o700)
        subprocess.run(["chown", "postfix", self.folder / "data"], check=True)
        password = {"PLAIN": self.values["password"], "CRYPT": crypted("$y$j9T$bQ8p0lA3f4lRr5M1")}[self.scheme]
        self.values |= dict(transport=self.transport, lmtp=self.lmtp, scheme=self.scheme)
        self.write("etc/main.cf", MAIN_CF)
        self.write("etc/master.cf", MASTER_CF)
        self.write("etc/boxes", "".join(f"{box} {box}/\n" for box in self.boxes))
        self.write("etc/passwords", "".join(f"{box}:{password}\n" for box in self.boxes))
        self.write("etc/dovecot.conf", DOVECOT_CONF)
        subprocess.run(["postfix", "-c", self.folder / "etc", "start"], check=True, capture_output=True)
        subprocess.run(["dovecot", "-c", self.folder / "etc/dovecot.conf"], check=True)

    def ports(self):
        return [self.smtp, self.submission, self.pop3s]


class PostfixLmtp(Postfix):
    name, key, transport, lmtp = "Postfix + LMTP", "lmtp", "lmtp:unix:private/dovecot", "lmtp"


class PostfixAndPop3(Postfix):
    name, key, scheme = "Postfix + Dovecot", "dovecot", "CRYPT"


def unpacked(package):
    return pathlib.Path(Server.unpacked_folder) / package


def over(packages, folder, command):
    """The command, for a process that sees the packages and `folder`/root above what is installed."""
    own = [folder / "root"]
    lines = []
    for uppers, place in ([unpacked(package) for package in packages], "usr"), (own, "etc"), (own, "var/lib"), (own, "var/spool"):
        for upper in uppers:
            (upper / place).mkdir(parents=True, exist_ok=True)
        stack = ":".join(f"{upper}/{place}" for upper in uppers)
        lines.append(f"mount -t overlay overlay -o lowerdir={stack}:/{place} /{place}")
    lines += ["mount -t tmpfs tmpfs /run", *command]
    return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(lines)]


def accounts(folder, users):
    """A passwd and a group file with users of the package's own, which are nobody's outside."""
    (folder / "etc").mkdir(parents=True, exist_ok=True)
    for name, form in ("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n"), ("group", "{0}:x:{1}:\n"):
        own = "".join(form.format(user, number) for user, number in users.items())
        (folder / "etc" / name).write_text(pathlib.Path("/etc", name).read_text() + own)


# A message is in the spool and synced (-D by fdatasync, -H by fsync, then the folder) before the 250; appendfile syncs
# what it delivers before the spool file goes. By itself Exim leaves the eleventh message of a connection to the next
# queue run; here each is delivered at once.
EXIM_CONF = """\
primary_hostname = mail.metka.test
domainlist local_domains = {domain}
spool_directory = {folder}/queue
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/run/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp} : {submission}
smtp_accept_max = 0
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
smtp_connect_backlog = 512
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {tls}/certificate.pem
tls_privatekey = {tls}/key.pem
acl_smtp_rcpt = at_rcpt
begin acl
at_rcpt:
  deny condition = ${{if eq{{$received_port}}{{{submission}}}}}
       !authenticated = *
  deny condition = ${{if eq{{$received_port}}{{{submission}}}}}
       !encrypted = *
  accept domains = +local_domains
         verify = recipient
  deny
begin routers
boxes:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;{folder}/etc/boxes
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {folder}/mail/$local_part_data
  maildir_format
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add
  user = mail
  group = mail
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and {{ {{eq{{$auth3}}{{{password}}}}} {{match_domain{{${{domain:$auth2}}}}{{+local_domains}}}} }}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"""


class Exim(Peer):
    name, key = "Exim", "exim"

    def run(self):
        user = 64991
        accounts(self.folder / "root", {"Debian-exim": user})
        self.write("root/etc/exim4/exim4.conf", EXIM_CONF)
        self.write("etc/boxes", "".join(f"box{number}: box{number}\n" for number in range(len(self.boxes))))
        for place in ("queue", "log", "run", "tls", "tls/key.pem"):
            subprocess.run(["chown", f"{user}:{user}", self.folder / place], check=True)
        with (self.folder / "log/output").open("w") as output:
            subprocess.Popen(over(["exim4-daemon-light"], self.folder, ["exec /usr/sbin/exim4 -bdf -q10m"]), stdout=output,
                             stderr=output, stdin=subprocess.DEVNULL)


# mail.maildir syncs what it delivers before it renames it, and the queue goes by then; but the queue itself is never
# synced: strace shows no fsync, no O_SYNC. (A folder with chattr +S would sync each 4 kB that it writes.)
SMTPD_CONF = """\
pki mail.metka.test cert "{tls}/certificate.pem"
pki mail.metka.test key "{tls}/key.pem"
table credentials file:{folder}/etc/credentials
table boxes file:{folder}/etc/boxes
smtp limit max-mails 1000
listen on 127.0.0.1 port {smtp} hostname mail.metka.test
listen on 127.0.0.1 port {submission} hostname mail.metka.test tls-require pki mail.metka.test auth <credentials>
action "deliver" maildir "{folder}/mail/%{{dest.user}}" userbase <boxes>
match from any for domain "{domain}" action "deliver"
"""


class OpenSmtpd(Peer):
    name, key = "OpenSMTPD", "opensmtpd"
    not_durable = "says 250 before anything is synced: it is shown, but no aim is held against it"
    no_tls = "the one of Debian 12 cannot use its key with OpenSSL 3 (upstream issues 1171 and 1239)"

    def run(self):
        accounts(self.folder / "root", {"opensmtpd": 64992, "opensmtpq": 64993})
        for place in ("var/lib/opensmtpd/empty", "var/spool/smtpd"):
            (self.folder / "root" / place).mkdir(parents=True)
        self.write("root/etc/smtpd.conf", SMTPD_CONF)
        cheapest = crypted("Mk")  # it takes nothing but a hash of crypt(3); see Postfix.scheme
        self.write("etc/credentials", "".join(f"{box} {cheapest}\n" for box in self.boxes))
        self.write("etc/boxes", "".join(f"{box.partition('@')[0]} {self.owner.pw_uid}:{self.owner.pw_gid}:{self.mail}\n"
                                        for box in self.boxes))
        (self.folder / "queue").chmod(0o711)
        with (self.folder / "log/output").open("w") as output:
            subprocess.Popen(over(["opensmtpd"], self.folder, [f"mount --bind {self.folder}/queue /var/spool/smtpd",
                                                             "mkdir -p /var/run", "exec /usr/sbin/smtpd -d"]),
                             stdout=output, stderr=output, stdin=subprocess.DEVNULL)


PEERS = [Postfix, PostfixLmtp, Exim, OpenSmtpd]
