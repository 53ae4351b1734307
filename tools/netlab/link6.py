# SPDX-License-Identifier: MIT
"""A link in network namespaces with a host, an honest router and a stranger; advertisements as bytes, or real
daemons.

    with Link6() as link:
        link.advertise(link.honest, ("2600:77:2::", 7200, 3600))
"""

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from .lab import end
from .namespaces import inside, ip

LL = {"honest": "fe80::1", "stranger": "fe80::bad"}


def advertise(space, device, *prefixes, lifetime=1800, preference=0):
    """Send one router advertisement (RFC 4861 section 4.2) from a namespace's device. prefixes: (text, valid
    s, preferred s). preference: 0 medium, 1 high (RFC 4191)."""
    data = struct.pack(">BBHBBHII", 134, 0, 0, 64, preference << 3, lifetime, 0, 0)
    for text, valid, preferred in prefixes:
        data += struct.pack(">BBBBIII", 3, 4, 64, 0xC0, valid, preferred, 0)
        data += socket.inet_pton(socket.AF_INET6, text)

    def send():
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as sock:
            index = socket.if_nametoindex(device)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.sendto(data, ("ff02::1", 0, 0, index))

    inside(space, send)


class Link6:
    """Attributes: host, honest, stranger (namespace names), folder. The host takes advertisements at once (no
    DAD)."""

    count = 0

    def __init__(self):
        Link6.count += 1
        tag = "wbn%d-l%d" % (os.getpid(), Link6.count)  # lab.sweep() knows the names
        self.switch, self.host, self.honest, self.stranger = (tag + one for one in "shrx")
        self.dev = self.host  # as conftest.Driver calls the place where it runs
        self.processes = []
        self.daemons = []

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="wbn%d-" % os.getpid()))
        try:
            for name in (self.switch, self.host, self.honest, self.stranger):
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            ip("-n", self.switch, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
            ip("-n", self.switch, "link", "set", "br0", "up")
            for number, name in enumerate((self.host, self.honest, self.stranger)):
                self.set(name, "default/dad_transmits", 0)
                self.set(name, "default/accept_dad", 0)
                ip(
                    "-n",
                    self.switch,
                    "link",
                    "add",
                    "p%d" % number,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    "eth0",
                    "netns",
                    name,
                )
                ip("-n", self.switch, "link", "set", "p%d" % number, "master", "br0", "up")
            self.set(self.host, "eth0/accept_ra", 1)
            ip("-n", self.host, "link", "set", "eth0", "up")
            for name, address in ((self.honest, LL["honest"]), (self.stranger, LL["stranger"])):
                self.set(name, "all/forwarding", 1)
                self.set(name, "eth0/addr_gen_mode", 1)
                ip("-n", name, "link", "set", "eth0", "up")
                ip("-n", name, "addr", "add", address + "/64", "dev", "eth0", "nodad")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in list(self.processes):
            self.stop(process)
        for pid in self.daemons:
            end(pid, 9)
        for name in (self.host, self.honest, self.stranger, self.switch):
            ip("netns", "del", name, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def exec(space, *argv):
        """argv of a program in a namespace."""
        return ["ip", "netns", "exec", space, *map(str, argv)]

    def stop(self, process):
        """End a process of `processes`."""
        process.kill()
        process.wait()
        self.processes.remove(process)

    def set(self, space, name, value):
        """Set a sysctl below net/ipv6/conf in a namespace."""
        inside(space, lambda: Path("/proc/sys/net/ipv6/conf/" + name).write_text(str(value)))

    def advertise(self, space, *prefixes, lifetime=1800, preference=0):
        """One router advertisement, see below."""
        advertise(space, "eth0", *prefixes, lifetime=lifetime, preference=preference)

    def daemon(self, space, *argv):
        """Start a program in a namespace that stays in the foreground; returns its Popen."""
        with open(self.folder / (Path(argv[0]).name + ".log"), "ab") as log:
            process = subprocess.Popen(
                self.exec(space, *argv), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def addresses(self, prefix):
        """The host's addresses in a prefix ("2600:77:2::")."""
        text = ip("-n", self.host, "-6", "addr", "show", "dev", "eth0", "scope", "global")
        rows = [line.split()[1].split("/")[0] for line in text.splitlines() if line.split()[0] == "inet6"]
        return [one for one in rows if one.startswith(prefix[:-1])]

    def forget(self):
        """The host forgets every address and route of this link."""
        with contextlib.suppress(OSError):
            ip("-n", self.host, "link", "set", "eth0", "down")
        ip("-n", self.host, "link", "set", "eth0", "up")
