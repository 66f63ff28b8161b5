"""Thousands of connections from many addresses of this machine, and what they cost a program."""

import os
import pathlib
import re
import resource
import selectors
import socket

from harness import eventually

PER_ADDRESS = 40


def address_of(number):
    """Of this machine: each in a network of its own, so that only who asks for too much is told so."""
    network = number // PER_ADDRESS
    return f"127.{100 + network % 100}.{network // 100}.1"


def raise_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))


def memory_of(metka, program):
    status = pathlib.Path(f"/proc/{metka.programs()[program]['pid']}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) << 10


def descriptors_of(metka, program):
    return len(os.listdir(f"/proc/{metka.programs()[program]['pid']}/fd"))


class Crowd:
    """Connections that are held; what the server says is read, and forgotten but for its first line."""

    def __init__(self, metka):
        self.metka, self.sockets, self.first = metka, [], {}
        self.selector = selectors.DefaultSelector()

    def add(self, service):
        number = len(self.sockets)
        client = socket.socket()
        client.bind((address_of(number), 0))
        client.settimeout(30)
        client.connect(("127.0.0.1", self.metka.port[service]))
        client.setblocking(False)
        self.selector.register(client, selectors.EVENT_READ, number)
        self.sockets.append(client)
        return client

    def listen(self, seconds):
        for key, _ in self.selector.select(seconds):
            try:
                heard = key.fileobj.recv(4096)
            except OSError:
                heard = b""
            if not heard:
                self.selector.unregister(key.fileobj)
            if heard or key.data not in self.first:
                self.first.setdefault(key.data, heard)
            elif not heard:
                self.first[key.data] = b""

    def wait_for_greetings(self):
        def all_greeted():
            self.listen(0.1)
            return len(self.first) == len(self.sockets)
        eventually(all_greeted, seconds=120, what="everybody is greeted")
        refused = [text for text in self.first.values() if not text.startswith(b"220 ")]
        assert not refused, f"{len(refused)} of {len(self.sockets)} were not greeted: {refused[:3]}"

    def alive(self):
        return len(self.selector.get_map())

    def close(self):
        self.selector.close()
        for client in self.sockets:
            client.close()


MOST_MEMORY = 64 << 20


class Counted:
    """The memory that programs ever had, from now on."""

    def __init__(self, metka, *programs):
        rows = metka.programs()
        self.processes = {name: pathlib.Path(f"/proc/{rows[name]['pid']}") for name in programs}
        for process in self.processes.values():
            (process / "clear_refs").write_text("5")

    def most(self):
        return {name: int(re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())[1]) << 10
                for name, process in self.processes.items()}

    def assert_small(self, what, limit=MOST_MEMORY):
        most = self.most()
        print(f"        {what}: " + ", ".join(f"metka-{name} {octets / (1 << 20):.0f} MiB" for name, octets in most.items()), flush=True)
        for name, octets in most.items():
            assert octets < limit, f"metka-{name} had {octets} bytes"
