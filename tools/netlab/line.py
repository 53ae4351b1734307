# SPDX-License-Identifier: MIT
"""A line to the internet in a network namespace of its own: a device whose address a test changes, and
nothing else.

    with Line() as line, line.lab("dyn") as lab, Agent(..., before=line.before) as agent:
        line.change("45.33.7.9")     # returns time.monotonic() just before the kernel was told

The lab listens on the namespace's loopback. Needs root. Gone with the block.
"""

import os
import subprocess
import time

from ..lab import running
from .namespaces import inside, ip

DEVICE = "wan"


class Line:
    """before: words that start a program in the namespace. address: the device's address now, or None."""

    count = 0

    def __enter__(self):
        Line.count += 1
        self.name = "wbl%d-%d" % (os.getpid(), Line.count)
        self.before = ["ip", "netns", "exec", self.name]
        self.address = self._lab = self._batch = None
        ip("netns", "add", self.name)
        try:
            ip("-n", self.name, "link", "set", "lo", "up")
            ip("-n", self.name, "link", "add", DEVICE, "type", "veth", "peer", "name", "isp")
            for device in (DEVICE, "isp"):
                # no link-local address: the kernel's own router solicitations are none of ours
                ip("-n", self.name, "link", "set", device, "addrgenmode", "none")
                ip("-n", self.name, "link", "set", device, "up")
            # one process for all changes: starting ip(8) takes longer than what is measured
            self._batch = subprocess.Popen(
                ["ip", "-n", self.name, "-batch", "-"], stdin=subprocess.PIPE, text=True
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._batch:
            self._batch.stdin.close()
            self._batch.wait(5)
        ip("netns", "del", self.name, check=False)

    def lab(self, provider="dyn", **options):
        """A lab that runs in the namespace, as a context manager."""
        return _Lab(self, running(provider, bind="127.0.0.1", **options))

    def change(self, address):
        """The device has this address instead of the one before (None: no address)."""
        before = time.monotonic()
        lines = ["addr del %s/32 dev %s" % (self.address, DEVICE)] if self.address else []
        if address:
            lines.append("addr add %s/32 dev %s" % (address, DEVICE))
        self.address = address
        self._batch.stdin.write("".join(line + "\n" for line in lines))
        self._batch.stdin.flush()
        return before

    def counter(self, device, what):
        """A counter of the kernel for a device, "lo" among them: "tx_packets", "tx_bytes" (headers
        included)."""
        path = "/sys/class/net/%s/statistics/%s" % (device, what)
        return int(
            subprocess.run([*self.before, "cat", path], capture_output=True, text=True, check=True).stdout
        )


class _Lab:
    def __init__(self, line, lab):
        self.line, self.made = line, lab

    def __enter__(self):
        inside(self.line.name, self.made.start)
        return self.made

    def __exit__(self, *_):
        self.made.stop()


def source():
    """The config's "address" for the device."""
    return [{"source": "netlink", "device": DEVICE}]
