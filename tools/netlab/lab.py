# SPDX-License-Identifier: MIT
"""A provider's line in network namespaces: internet, router (real miniupnpd, NAT by nftables, DHCP), a device
behind it.

    with Net() as net:
        net.change("45.33.7.8")          # the provider gives the router another address
        net.exec(net.dev, "ip", "addr")  # argv of a program in the device's namespace

Addresses are publishable ones, used inside the namespaces only: miniupnpd counts documentation ranges as
reserved. Nothing is left behind: what runs in the namespaces was started here and is ended by its process id.
Needs root.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .namespaces import inside, ip
from .parts import program

#: internet: the line's other end, the provider, and two addresses for coturn
ISP, PROVIDER, OUTSIDE = "45.33.7.1", "45.33.9.10", ("45.33.9.21", "45.33.9.22")
WAN = "45.33.7.7"
LAN, DEV = "192.168.77.1", "192.168.77.50"
ISP6, DEV6 = "2600:77:1::1", "2600:77:2::"
_NAT = """
table inet wb {
  chain post { type nat hook postrouting priority 100; policy accept;
    meta nfproto ipv4 oifname "wan0" masquerade
  }
  chain out { type filter hook forward priority 0; policy accept;
    iifname "lan0" oifname "wan0" counter
  }
  chain in { type filter hook input priority 0; policy accept;
    iifname "lan0" counter
  }
}
"""
_NFT = """
table inet miniupnpd {
  chain forward { type filter hook forward priority 10; policy accept;
    jump miniupnpd
  }
  chain miniupnpd {
  }
  chain prerouting { type nat hook prerouting priority -100; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting { type nat hook postrouting priority 110; policy accept;
    jump postrouting_miniupnpd
  }
  chain prerouting_miniupnpd {
  }
  chain postrouting_miniupnpd {
  }
}
"""
_UPNPD = """ext_ifname=wan0
listening_ip=lan0
port=5000
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
system_uptime=no
min_lifetime=120
max_lifetime=86400
uuid=00000000-0000-0000-0000-00000000wbwb
upnp_table_name=miniupnpd
upnp_nat_table_name=miniupnpd
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1024-65535 192.168.77.0/24 1024-65535
"""
_LEASE = (
    '[ "$1" = bound ] && ip addr add $ip/24 dev $interface '
    "&& ip route add default via $router dev $interface\nexit 0\n"
)


class Net:
    """Attributes: isp, rtr, dev (namespace names), folder (Path). A second device can be added with
    device()."""

    count = 0

    def __init__(self):
        Net.count += 1
        self.tag = "wbn%d-%d" % (os.getpid(), Net.count)
        self.isp, self.rtr, self.dev = (self.tag + end for end in ("i", "r", "d"))
        self.spaces = []
        self.processes = []
        self.daemon = None
        self.batch = None
        self.others = []  # pids of second routers

    def __enter__(self):
        for name in ("ip", "nft", "miniupnpd", "udhcpd", "udhcpc"):
            program(name)
        self.folder = Path(tempfile.mkdtemp(prefix="wbn%d-" % os.getpid()))
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        for name in (self.isp, self.rtr, self.dev):
            self.space(name)
        self.wire(self.isp, "isp0", self.rtr, "wan0")
        ip("-n", self.rtr, "link", "add", "lan0", "type", "bridge")
        ip("-n", self.rtr, "link", "set", "lan0", "up")
        self.join(self.dev)
        for address in (ISP + "/24 dev isp0", *("%s/32 dev lo" % one for one in (PROVIDER, *OUTSIDE))):
            ip("-n", self.isp, "addr", "add", *address.split())
        for reserved in ("100.64.0.0/10", "10.0.0.0/8"):  # a line behind the provider's NAT
            ip("-n", self.isp, "route", "add", reserved, "dev", "isp0")
        ip("-n", self.rtr, "addr", "add", LAN + "/24", "dev", "lan0")
        self.set(self.rtr, "net/ipv4/ip_forward", 1)
        # else the old address takes the new one along
        self.set(self.rtr, "net/ipv4/conf/all/promote_secondaries", 1)
        self.nft(self.rtr, _NAT + _NFT)
        self.add(WAN)
        self._dhcp()
        self.upnpd()

    def space(self, name):
        """Make a namespace."""
        ip("netns", "add", name)
        self.spaces.append(name)
        ip("-n", name, "link", "set", "lo", "up")
        # no duplicate address detection, no router advertisements unless a test wants them: seconds, and
        # surprises
        self.set(name, "net/ipv6/conf/default/accept_dad", 0)
        self.set(name, "net/ipv6/conf/default/accept_ra", 0)

    def wire(self, one, device, other, far):
        """Lay a cable between two namespaces."""
        ip("-n", one, "link", "add", device, "type", "veth", "peer", "name", far, "netns", other)
        ip("-n", one, "link", "set", device, "up")
        ip("-n", other, "link", "set", far, "up")

    def join(self, space, device="eth0"):
        """Plug a namespace into the router's LAN."""
        port = "p%d" % len(self.spaces) + device[-1]
        self.wire(self.rtr, port, space, device)
        ip("-n", self.rtr, "link", "set", port, "master", "lan0")

    def set(self, space, name, value):
        """Set a sysctl in a namespace."""
        inside(space, lambda: Path("/proc/sys/" + name).write_text(str(value)))

    def nft(self, space, text):
        """Load an nftables ruleset."""
        self.run(space, program("nft"), "-f", "-", input=text)

    # processes

    def exec(self, space, *argv):
        """argv of a program in a namespace."""
        return ["ip", "netns", "exec", space, *map(str, argv)]

    def run(self, space, *argv, input=None, check=True):
        """Run a program to its end; returns its output."""
        done = subprocess.run(
            self.exec(space, *argv), input=input, capture_output=True, text=True, timeout=20
        )
        if check and done.returncode:
            raise OSError("%s: %s" % (" ".join(map(str, argv)), done.stderr.strip()))
        return done.stdout

    def start(self, space, *argv, **options):
        """Start a program that ends with the lab; returns the Popen."""
        log = open(self.folder / (Path(argv[0]).name + ".log"), "ab")  # noqa: SIM115
        options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT, **options}
        process = subprocess.Popen(self.exec(space, *argv), **options)
        log.close()
        self.processes.append(process)
        return process

    def stop(self, process, number=signal.SIGTERM):
        """End a program that start() gave."""
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.kill()
        process.wait()
        if process in self.processes:
            self.processes.remove(process)

    def _dhcp(self):
        conf = self.folder / "udhcpd.conf"
        conf.write_text(
            "start %s\nend %s\ninterface lan0\noption router %s\noption subnet 255.255.255.0\n"
            "option lease 3600\n"
            "lease_file %s\npidfile %s\n"
            % (DEV, DEV, LAN, self.folder / "leases", self.folder / "udhcpd.pid")
        )
        (self.folder / "leases").touch()
        script = self.folder / "lease.sh"
        script.write_text("#!/bin/sh\n" + _LEASE)
        script.chmod(0o755)
        self.start(self.rtr, program("udhcpd"), "-f", "-a", "20", conf)
        self.run(
            self.dev, program("udhcpc"), "-i", "eth0", "-q", "-n", "-f", "-t", "10", "-T", "1", "-s", script
        )

    def upnpd(self, address=LAN):
        """Start the router's miniupnpd (again) and wait until it answers."""
        self.daemon = self._upnpd(self.rtr, address, "lan0" if address == LAN else address)

    def _upnpd(self, space, address, device):
        path, pid = self.folder / (space + ".conf"), self.folder / (space + ".pid")
        path.write_text(_UPNPD.replace("lan0", device))
        pid.unlink(missing_ok=True)
        # it goes into the background: with -d it would write so much that it is slow
        self.run(space, program("miniupnpd"), "-f", path, "-P", pid)
        wait_for(lambda: pid.exists() and pid.read_text().strip(), "miniupnpd does not start", step=0.005)
        wait_for(lambda: self._answers(space, address), "miniupnpd does not answer", step=0.005)
        return int(pid.read_text())

    def second_router(self, space, address, wan):
        """Make `space`, which is plugged in by eth0, a router too, with a line of its own."""
        ip("-n", space, "addr", "add", address + "/24", "dev", "eth0")
        self.wire(self.isp, "isp1", space, "wan0")
        ip("-n", space, "addr", "add", wan + "/24", "dev", "wan0")
        self.nft(space, _NFT)
        self.others.append(self._upnpd(space, address, "eth0"))

    def upnpd_end(self, number=signal.SIGTERM):
        """End the router's miniupnpd."""
        pid, self.daemon = self.daemon, None
        end(pid, number)

    @staticmethod
    def _answers(space, address):
        def ask():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.settimeout(0.2)
                sock.connect((address, 5351))
                try:
                    sock.send(b"\0\0")
                    return len(sock.recv(16)) == 12
                except OSError:
                    return False

        return inside(space, ask)

    # the line

    def add(self, address, device="wan0"):
        """The provider gives the router one more address and at once the way out; returns a little before."""
        self.tell_ip("addr add %s/24 dev %s" % (address, device))
        self.tell_ip("route replace default via %s dev %s onlink" % (ISP, device))

    def add_route(self, device="wan0"):
        """The way out, which the kernel takes away with its address."""
        ip("-n", self.rtr, "route", "replace", "default", "via", ISP, "dev", device, "onlink")

    def drop(self, address, device="wan0"):
        """The router loses an address."""
        ip("-n", self.rtr, "addr", "del", address + "/24", "dev", device)

    def address(self):
        """The router's WAN addresses now."""
        lines = ip("-n", self.rtr, "-4", "addr", "show", "wan0").splitlines()
        return [line.split()[1].split("/")[0] for line in lines if line.split()[0] == "inet"]

    def change(self, address):
        """The line's address changes at once: old out, new in. Done in a millisecond, returns a little
        later."""
        for old in self.address():
            self.tell_ip("addr del %s/24 dev wan0" % old)
        self.tell_ip("addr add %s/24 dev wan0" % address)
        self.tell_ip("route replace default via %s dev wan0 onlink" % ISP)

    def tell_ip(self, line):
        """Give a line to one ip(8) that runs for as long as the lab: starting one takes up to 80 ms on a busy
        machine."""
        if not self.batch:
            self.batch = self.start(
                self.rtr, program("ip"), "-force", "-batch", "-", stdin=subprocess.PIPE, bufsize=0
            )
        self.batch.stdin.write(line.encode() + b"\n")

    @contextlib.contextmanager
    def big_nat(self, public, inner="100.64.1.2"):
        """The provider puts the line behind its own NAT: the router has `inner`, the outside sees
        `public`."""
        before = self.address()[0]
        self.nft(self.isp, "table ip cgn { chain in { type nat hook input priority 100; policy accept;\n"
                           "ip saddr %s snat to %s\n}\n}\n" % (inner, public))  # fmt: skip
        self.change(inner)
        try:
            yield
        finally:
            self.run(self.isp, program("nft"), "delete", "table", "ip", "cgn")
            self.change(before)

    def crossed(self):
        """How many packets went (from the home out to the line, from the home to the router itself) so
        far."""
        out = []
        for chain in ("out", "in"):
            text = self.run(self.rtr, program("nft"), "list", "chain", "inet", "wb", chain)
            out.append(int(text.split("packets ")[1].split()[0]))
        return tuple(out)

    def close(self):
        """End what was started, remove what was made."""
        for pid in (self.daemon, *self.others):
            end(pid, signal.SIGKILL)
        for process in list(self.processes):
            self.stop(process, signal.SIGKILL)
        for name in self.spaces:
            _end_space(name)
        self.spaces = []
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep():
    """Remove the namespaces and folders of a test run that was killed, and what still runs in them."""
    for line in ip("netns", "list").splitlines():
        name = line.split()[0]
        owner = name[3:].split("-")[0]
        if name.startswith("wbn") and owner.isdigit() and not Path("/proc", owner).exists():
            _end_space(name)
    for folder in Path(tempfile.gettempdir()).glob("wbn*-*"):
        owner = folder.name[3:].split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _end_space(name):
    """Remove a namespace and what runs in it: faketime, killed, leaves its program alone."""
    for pid in ip("netns", "pids", name, check=False).split():
        end(int(pid), signal.SIGKILL)
    ip("netns", "del", name, check=False)


def end(pid, number):
    """End a daemon by its process id and wait until it is gone (or waits for its parent to notice)."""
    if pid:
        stat = Path("/proc/%d/stat" % pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_for(lambda: not stat.exists() or ") Z " in stat.read_text(), "%d does not end" % pid, step=0.005)


def wait_for(condition, why, timeout=30, step=0.02):
    """Wait until condition() is true and return what it gave; AssertionError(why) when it does not come."""
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(str(why))
        time.sleep(step)
