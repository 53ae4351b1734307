# SPDX-License-Identifier: MIT
"""One change of the prefix, fifty hosts at home: how soon all are at the provider after the kernel's or
netifd's word, in how many requests, and that nothing leaves the home before and after."""

import copy
import json
import os
import time
from pathlib import Path

import pytest

from host_tests.needs import absent
from host_tests.openwrt import ubusd
from tools import ROOT
from tools.lab import running
from tools.netlab.agent_process import Agent, account, host
from tools.netlab.lab import wait_for
from tools.netlab.namespaces import inside, ip

COUNT = 50
A, B = "2600:77:2:100::", "2600:77:3:200::"
NAMES = ["h%02d.dyndns.org" % number for number in range(COUNT)]
#: Seconds from the router's word to the last host, and seconds of a processor that the agent takes for it:
#: those are the same however busy the machine is. The clock may show BUSY times as many, or as many as there
#: are programs for each processor.
GOAL_S, BUSY = 1.0, 2.5


class Place:
    """A namespace with one device, and the provider in it: what leaves the home would have no way but by
    `out`."""

    lab = None

    def __enter__(self):
        self.name = "wbf%d" % os.getpid()
        try:
            return self.made()
        except BaseException:
            self.__exit__()
            raise

    def made(self):
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "add", "eth0", "type", "veth", "peer", "name", "out")
        for name, value in (
            ("out/disable_ipv6", 1),
            ("eth0/accept_dad", 0),
            ("eth0/router_solicitations", 0),
        ):
            self.write(name, value)
        for device in ("lo", "eth0", "out"):
            ip("-n", self.name, "link", "set", device, "up")
        ip("-n", self.name, "route", "add", "default", "dev", "out")
        ip("-n", self.name, "-6", "route", "add", "default", "dev", "eth0")
        self.lab = inside(self.name, lambda: running("dyn", bind=("127.0.0.1",), accounts=ACCOUNTS).start())
        return self

    def __exit__(self, *_):
        if self.lab:
            self.lab.stop()
        ip("netns", "del", self.name, check=False)

    def write(self, name, value):
        inside(self.name, lambda: Path("/proc/sys/net/ipv6/conf/" + name).write_text(str(value)))

    def sent(self):
        """Bytes that left by either device."""
        rows = json.loads(ip("-n", self.name, "-s", "-j", "link", "show"))
        return sum(row["stats64"]["tx"]["bytes"] for row in rows if row["ifname"] != "lo")


ACCOUNTS = {"zones": ["dyndns.org"], "accounts": [{"user": "demo", "password": "demo-key", "hosts": NAMES}]}


def busy():
    """How much slower than alone a program may be now."""
    return max(BUSY, os.getloadavg()[0] / os.cpu_count())


def worked(agent):
    """Seconds of a processor that the agent has had."""
    fields = Path("/proc/%d/stat" % agent.pid).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def place():
    if os.getuid() != 0:
        absent("needs root rights (network namespaces)")
    with Place() as made:
        yield made


class Kernel:
    """The prefix as an address of eth0."""

    def __init__(self, place, folder):
        self.place, self.source, self.before = place, {"source": "netlink", "device": "eth0"}, None

    def tell(self, prefix):
        ip("-n", self.place.name, "addr", "add", prefix + "1/64", "dev", "eth0", "nodad")
        if self.before:
            ip("-n", self.place.name, "addr", "del", self.before + "1/64", "dev", "eth0")
        self.before = prefix

    def stop(self):
        pass


class Netifd:
    """The prefix as netifd's delegation and what the LAN got of it."""

    def __init__(self, place, folder):
        rows = json.loads((ROOT / "host_tests/netlab/data/ubus-dump.json").read_text())["interface"]
        self.rows = {row["interface"]: {key: row[key] for key in row if key != "interface"} for row in rows}
        self.ubus = ubusd.Ubusd(str(folder / "ubus.sock"), self.rows, {}, None)
        self.source = {"source": "ubus", "socket": str(folder / "ubus.sock")}
        self.started = False

    def tell(self, prefix):
        lan, wan = copy.deepcopy(self.rows["lan"]), copy.deepcopy(self.rows["wan6"])
        own = {"address": prefix + "1", "mask": 64}
        lan["ipv6-prefix-assignment"] = [{"address": prefix, "mask": 64, "local-address": own}]
        wan["ipv6-prefix"] = [{"address": prefix, "mask": 56, "class": "wan6", "assigned": {}}]
        if not self.started:
            self.rows.update(lan=lan, wan6=wan)
            self.ubus.start()
            self.started = True
            return
        self.ubus.change("lan", lan)
        self.ubus.change("wan6", wan)

    def stop(self):
        self.ubus.stop()


#: (interpreter, source, whether the names are those of three hosts, seconds)
CASES = [
    ("cpython", Kernel, False, GOAL_S),
    ("cpython", Netifd, False, GOAL_S),
    ("micropython-amd64", Kernel, False, GOAL_S),
    ("micropython-wheel", Netifd, True, GOAL_S),
]
if os.environ.get("WANBEACON_NIGHTLY"):
    CASES += [
        ("micropython-wheel", Kernel, True, GOAL_S),
        ("micropython-wheel", Netifd, False, GOAL_S),
        ("micropython-i386", Kernel, False, GOAL_S),
        ("micropython-i386", Netifd, False, GOAL_S),
    ]


@pytest.mark.parametrize("interpreter, what, twins, goal", CASES)
def test_fifty_hosts_follow_one_change_of_the_prefix(place, tmp_path, interpreter, what, twins, goal):
    """Dyn takes 20 names of one address in a request, and one address alone: 50 hosts are 50 requests, 50
    names of three hosts are three; over one connection, whose handshake would take the time otherwise."""
    line, lab = what(place, tmp_path), place.lab
    suffix = ["::1:%x" % (1 + (number * 3 // COUNT if twins else number)) for number in range(COUNT)]
    hosts = [{"name": name, "suffix": suffix[number], "ipv4": False} for number, name in enumerate(NAMES)]
    row = account(lab, *hosts, server="127.0.0.1:%d" % lab.https_port)
    settings = {"accounts": [row], "address": [line.source], "intervals": {"minimum": 1}}

    def done(prefix):
        return [lab.published(name).get("AAAA") for name in NAMES] == [prefix + one[2:] for one in suffix]

    try:
        line.tell(A)
        with Agent(interpreter, settings, before=["ip", "netns", "exec", place.name]) as agent:
            agent.start()
            wait_for(lambda: done(A), agent.output)
            agent.wait(lambda s: all(one["state"] == "ok" for one in s["hosts"]))
            time.sleep(1.2)  # the least time between two requests, and the second look
            assert lab.wait_quiet(), "a connection is left open"
            sent, updates, connections = place.sent(), len(lab.updates), len(lab.connections)
            time.sleep(1.5)
            assert (place.sent() - sent, len(lab.updates) - updates) == (0, 0), "idle"
            began, work = time.monotonic(), worked(agent)
            line.tell(B)
            wait_for(lambda: done(B), agent.output)
            work, took = worked(agent) - work, lab.updates[-1]["at"] - began
            requests = len(lab.updates) - updates
            what_came = interpreter, what.__name__, COUNT, requests, took, work
            print(
                "%s, %s: %d hosts, %d requests, %.2f s, %.2f of a processor; idle: 0 bytes outside"
                % what_came
            )
            assert requests == (3 if twins else COUNT), requests
            assert lab.wait_quiet() and len(lab.connections) - connections == 1
            assert work < goal and took < goal * busy() and lab.findings() == []
            assert host(agent.now())["state"] == "ok"
    finally:
        line.stop()
