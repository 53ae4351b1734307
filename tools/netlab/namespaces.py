# SPDX-License-Identifier: MIT
"""Network namespaces for the router's tests: an internet with the provider lab, a router with one or two
uplinks.

Built with ip(8), gone with the fixture. Addresses in them are public ones, used inside only. Needs root."""

import ctypes
import os
import subprocess
import threading

_CLONE_NEWNET = 0x40000000
PROVIDER = "9.9.9.10"


def ip(*args, check=True):
    """One ip(8) call."""
    done = subprocess.run(["ip", *args], capture_output=True, text=True)
    if check and done.returncode:
        raise OSError("ip %s: %s" % (" ".join(args), done.stderr.strip()))
    return done.stdout


def inside(name, job):
    """Runs job() in a thread that lives in the namespace; threads it starts live there too. Returns its
    result."""
    result = {}

    def work():
        try:
            file = os.open("/run/netns/" + name, os.O_RDONLY)
            try:
                if ctypes.CDLL(None, use_errno=True).setns(file, _CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(file)
            result["value"] = job()
        except BaseException as error:
            result["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in result:
        raise result["error"]
    return result["value"]


class Internet:
    """`with Internet(uplinks=2) as net`: net.internet and net.router are namespace names.

    Uplink 0 is eth1 at 45.33.7.0/24, uplink 1 is eth2 at 93.184.100.0/24; the first is the default route."""

    UPLINKS = (("eth1", "45.33.7.52", "45.33.7.1"), ("eth2", "93.184.100.20", "93.184.100.1"))

    def __init__(self, uplinks=1):
        self.tag = "wbow%d" % os.getpid()
        self.internet, self.router = self.tag + "i", self.tag + "r"
        self.count = uplinks

    def __enter__(self):
        self.__exit__()
        for name in (self.internet, self.router):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.internet, "addr", "add", PROVIDER + "/32", "dev", "lo")
        for i, (device, address, gateway) in enumerate(self.UPLINKS[: self.count]):
            far = "isp%d" % i
            ip(
                "-n",
                self.router,
                "link",
                "add",
                device,
                "type",
                "veth",
                "peer",
                "name",
                far,
                "netns",
                self.internet,
            )
            ip("-n", self.internet, "addr", "add", gateway + "/24", "dev", far)
            ip("-n", self.internet, "link", "set", far, "up")
            ip("-n", self.router, "link", "set", device, "up")
            self.set_address(i, address)
        return self

    def set_address(self, uplink, address):
        """The uplink has that address alone, and the default route by it."""
        device, _, gateway = self.UPLINKS[uplink]
        ip("-n", self.router, "addr", "flush", "dev", device)
        ip("-n", self.router, "addr", "add", address + "/24", "dev", device)
        ip(
            "-n",
            self.router,
            "route",
            "replace",
            "default",
            "via",
            gateway,
            "dev",
            device,
            "metric",
            str(10 + uplink),
        )

    def __exit__(self, *_):
        for name in (self.internet, self.router):
            ip("netns", "del", name, check=False)
