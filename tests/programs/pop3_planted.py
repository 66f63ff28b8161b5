"""Whatever a shell user plants in the Maildir, POP3 reads nothing of anybody else's, hangs nowhere, and shows what is mail."""

import os
import poplib
import pwd
import subprocess
import sys
import threading
import time

from harness import DOMAIN, PASSWORD, Instance, Skipped, as_user, main, shows
from ledger import maildirs
from traffic import deliver, message

LOGIN, OTHER = f"mtk-p{os.getpid()}", f"mtk-q{os.getpid()}"
NAMES = int(os.environ.get("METKA_NAMES", "20000"))
SECRET = b"what nobody else may read"
MOST_SECONDS = 60  # for a log-in, on a slow machine; a hang is none
LETTER = "Subject: mine\n\nplanted by its owner\n"


class World(Instance):
    """Two shell accounts; only root can make Unix users."""

    def start(self):
        if os.geteuid() != 0:
            raise Skipped("only root can make Unix users")
        return super().start()

    def provision(self):
        super().provision()
        self.inboxes = {}
        for login in (LOGIN, OTHER):
            subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", login], check=True, capture_output=True)
            self.told("shell", "add", login, "--customer", "firma", "--adopt", "--disk-limit", "2G", "--free-domain", DOMAIN)
            subprocess.run(["chpasswd"], input=f"{login}:{PASSWORD}\n", text=True, check=True)
            self.told("alias", "add", f"{login}@{DOMAIN}", "--to", login)
            self.inboxes[login] = self.state / self.json("shell", "show", login)["maildir"]
        deliver(self, f"{LOGIN}@{DOMAIN}", message("delivered", "a@example.org", b"by metka\r\n"))
        for to in (f"{OTHER}@{DOMAIN}", f"biuro@{DOMAIN}"):
            deliver(self, to, message("other", "a@example.org", SECRET + b"\r\n"))

    def purge(self):
        super().purge()
        for login in (LOGIN, OTHER):
            subprocess.run(["userdel", "--remove", login], capture_output=True)

    def plant(self, program, *words, login=LOGIN):
        """A Python program that the user runs in new/ of the own Maildir."""
        folder = self.inboxes[login] / "new"
        done = subprocess.run(as_user(login, [sys.executable if os.access(sys.executable, os.X_OK) else "python3", "-c", program, *words]),
                              cwd=folder, capture_output=True, text=True, timeout=120)
        return done

    def read_all(self, login=LOGIN):
        """Every message by its UIDL, as RETR and TOP send it; None where they refuse."""
        began = time.monotonic()
        client = self.pop3(login)
        client.sock.settimeout(MOST_SECONDS)
        rows = [line.split(b" ", 1) for line in client.uidl()[1]]
        took = time.monotonic() - began
        assert took < MOST_SECONDS, f"the log-in took {took:.0f} s"
        assert client.stat()[0] == len(rows) == len({uid for _, uid in rows}), rows
        found = {}
        for number, uid in rows:
            assert 1 <= len(uid) <= 70 and all(0x21 <= byte <= 0x7E for byte in uid), uid
            try:
                found[uid] = b"\n".join(client.retr(int(number))[1])
                assert found[uid].startswith(b"\n".join(client.top(int(number), 0)[1])[:100])
            except poplib.error_proto as why:
                assert why.args[0].startswith(b"-ERR"), why
                found[uid] = None
        client.quit()
        return found

    def assert_only(self, wanted):
        """So many planted letters, and the delivered one."""
        found = self.read_all()
        assert not [content for content in found.values() if content and SECRET in content or content and b"root:" in content]
        mine = [content for content in found.values() if content and b"planted by its owner" in content]
        delivered = [content for content in found.values() if content and b"by metka" in content]
        assert (len(mine), len(delivered), len(found)) == (wanted, 1, wanted + 1), (len(mine), len(delivered), found)


PLANTS = r"""
import os, socket, sys
letter = sys.argv[1].encode()
def put(name, content=letter, mode=0o644):
    with open(name, "wb") as file:
        file.write(content)
    os.chmod(name, mode)
put("1700000001.good")
os.mkfifo("1700000002.fifo")
os.mkfifo("1700000003.fifo,S=100,W=110")
os.symlink("/etc/shadow", "1700000004.link")
os.symlink("/etc/passwd", "1700000005.link,S=10,W=11")
os.symlink(sys.argv[2], "1700000006.link")
os.symlink("nowhere", "1700000007.dangling")
os.symlink("1700000001.good", "1700000008.own")
os.symlink(".", "1700000009.loop")
os.symlink("/dev/zero", "1700000010.zero")
os.mkdir("1700000011.folder")
os.mkdir("1700000012.folder,S=10,W=11")
socket.socket(socket.AF_UNIX).bind("1700000013.socket")
put("1700000014.closed", mode=0)
put("1700000015.twice")
os.link("1700000015.twice", "../cur/1700000015.elsewhere:2,S")
for name in ("1700000016.huge", "1700000017.huge,S=%d,W=%d" % (1 << 40, 1 << 40)):
    put(name)
    os.truncate(name, 1 << 40)
"""


@shows("pipes, links, folders, sockets, closed and sparse files are skipped: the log-in goes on, and others are served meanwhile")
def _(metka):
    (theirs,) = (metka.inboxes[OTHER] / "new").iterdir()
    done = metka.plant(PLANTS, LETTER, str(theirs))
    assert done.returncode == 0, done.stderr
    times, ended = [], threading.Event()

    def others():
        while not ended.is_set():
            began = time.monotonic()
            assert len(metka.fetch()) == 1
            times.append(time.monotonic() - began)
    meanwhile = threading.Thread(target=others)
    meanwhile.start()
    try:
        metka.assert_only(1)
    finally:
        ended.set()
        meanwhile.join()
    assert times and max(times) < MOST_SECONDS, times
    print(f"        {len(times)} sessions of another meanwhile, the longest {max(times):.2f} s", flush=True)


@shows("a hard link to what is somebody else's, and a device, which only root could put there, are skipped too")
def _(metka):
    new = metka.inboxes[LOGIN] / "new"
    secret = metka.folder / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o666)
    (theirs,) = (metka.inboxes[OTHER] / "new").iterdir()
    os.link(secret, new / "1700000020.root,S=25,W=25")
    own = metka.folder / "of-other"
    own.write_bytes(SECRET)
    os.chown(own, pwd.getpwnam(OTHER).pw_uid, -1)
    os.link(own, new / "1700000021.user")
    os.mknod(new / "1700000022.zero", 0o20666, os.makedev(1, 5))
    metka.assert_only(1)
    for attempt in (str(theirs), str(maildirs(metka, [f"biuro@{DOMAIN}"])[f"biuro@{DOMAIN}"] / "new"), "/etc/shadow"):
        assert metka.plant("import os, sys; os.link(sys.argv[1], 'linked')", attempt).returncode != 0, f"{attempt} can be linked to"


ODD_NAMES = r"""
import os, sys
letter = sys.argv[1].encode()
names = [b"1700000030.a\nb", b"1700000031.\x01\x02\x7f", b"1700000032.\xff\xfe\xc3", b"1700000033." + b"x" * 244, b"-", b"~",
         b"1700000034.a b\tc", b"1700000035.\xc5\xbc\xc3\xb3\xc5\x82w", b"1700000036.,S=99999999999999999999999,W=1", b"1700000037.,S=-1,W=",
         b"1700000038.,S=18446744073709551615,W=18446744073709551615", b"1700000039.:2,S:2,S", b"99999999999999999999999999.x",
         b"1700000040.same,S=1", b"1700000040.same,S=2", b"%s%n%d", b"1700000041.\r\n.\r\n+OK", b",S=1", b":2,"]
for name in names:
    with open(name, "wb") as file:
        file.write(letter)
print(len(names))
"""


@shows("names of any bytes are messages with UIDLs that are fit, unlike each other, and the same the next time")
def _(metka):
    done = metka.plant(ODD_NAMES, LETTER)
    assert done.returncode == 0, done.stderr
    metka.assert_only(1 + int(done.stdout))
    first = set(metka.read_all())
    assert set(metka.read_all()) == first
    client = metka.pop3(LOGIN)
    for number in range(1, client.stat()[0] + 1):
        if b"planted by its owner" in client.retr(number)[1]:
            client.dele(number)
    client.quit()
    metka.assert_only(0)


SWAPS = {
    "a link to another's message": "os.symlink(sys.argv[2], name)",
    "a pipe": "os.mkfifo(name)",
    "a folder": "os.mkdir(name)",
    "a file that is somewhere else, too": "open('other', 'wb').write(b'x'); os.link('other', name)",
    "nothing": "pass",
}


@shows("a message that its user swaps while it is listed is refused, and the session goes on; what grew is sent as it is")
def _(metka):
    (theirs,) = (metka.inboxes[OTHER] / "new").iterdir()
    for what, swap in SWAPS.items():
        name = "1700000050.swapped"
        put = f"import os, sys; name = '{name}'; open(name, 'wb').write(sys.argv[1].encode())"
        assert metka.plant(put, LETTER).returncode == 0
        client = metka.pop3(LOGIN)
        rows = {number: client.uidl(number).split(b" ")[2] for number in range(1, client.stat()[0] + 1)}
        (at,) = (number for number, uid in rows.items() if uid == name.encode())
        done = metka.plant(f"import os, sys; name = '{name}'; os.unlink(name); {swap}", LETTER, str(theirs))
        assert done.returncode == 0, (what, done.stderr)
        client.sock.settimeout(MOST_SECONDS)
        try:
            raise AssertionError(f"{what}: {client.retr(at)}")
        except poplib.error_proto as why:
            assert why.args[0].startswith(b"-ERR"), (what, why)
        assert client.noop()
        client.quit()
        metka.plant(f"import os\nfor name in ('{name}', 'other'):\n    if os.path.isdir(name): os.rmdir(name)\n"
                    "    elif os.path.lexists(name): os.unlink(name)")
    assert metka.plant("import sys; open('1700000051.grows', 'wb').write(sys.argv[1].encode())", LETTER).returncode == 0
    client = metka.pop3(LOGIN)
    at = next(number for number in range(1, client.stat()[0] + 1) if b"grows" in client.uidl(number))
    assert metka.plant("open('1700000051.grows', 'ab').write(b'more\\n' * 1000)").returncode == 0
    said, lines, octets = client.retr(at)
    assert lines[-1] == b"more" and int(said.split()[1]) == octets, (said, octets)
    client.dele(at)
    client.quit()


@shows("a message that its user cuts short while it is sent breaks off, and never looks whole")
def _(metka):
    put = "open('1700000052.long', 'wb').write(b'Subject: long\\n\\n' + (b'x' * 59 + b'\\n') * 1000000)"
    assert metka.plant(put).returncode == 0
    client = metka.pop3(LOGIN)
    at = next(number for number in range(1, client.stat()[0] + 1) if b"long" in client.uidl(number))
    client.sock.settimeout(MOST_SECONDS)
    client.sock.sendall(b"RETR %d\r\n" % at)
    announced = int(client.file.readline().split()[1])
    assert metka.plant("import os; os.truncate('1700000052.long', 60_000)").returncode == 0
    sent = client.file.read()
    assert len(sent) < announced and not sent.endswith(b"\r\n.\r\n"), (len(sent), announced, sent[-20:])
    client.close()
    metka.plant("import os; os.unlink('1700000052.long')")


@shows(f"{NAMES} names, and as many that are no messages, take a bounded time")
def _(metka):
    before = len(metka.read_all())
    done = metka.plant("import os, sys\nfor number in range(int(sys.argv[2])):\n"
                       "    with open(f'{1700001000 + number // 100}.{number}', 'w') as file: file.write(sys.argv[1])\n"
                       "    os.symlink('/etc/shadow', f'link{number}')", LETTER, str(NAMES))
    assert done.returncode == 0, done.stderr
    began = time.monotonic()
    client = metka.pop3(LOGIN)
    took = time.monotonic() - began
    count = client.stat()[0]
    assert count == before + NAMES and took < MOST_SECONDS, (count, took)
    assert b"planted by its owner" in b"\n".join(client.retr(count // 2)[1])
    client.quit()
    print(f"        log-in and list: {took:.2f} s", flush=True)


@shows("mail goes on for that user, and for the others")
def _(metka):
    before = len([1 for _ in (metka.inboxes[LOGIN] / "new").iterdir()])
    deliver(metka, f"{LOGIN}@{DOMAIN}", message("last", "a@example.org", b"the last one\r\n"))
    assert len([1 for _ in (metka.inboxes[LOGIN] / "new").iterdir()]) == before + 1
    assert len(metka.fetch(OTHER)) == len(metka.fetch()) == 1


main(instance=World)
