# SPDX-License-Identifier: MIT
"""NAT-PMP forged from the router's address at 50,000 packets a second: the router silent, rejecting, or
answering.

10 seconds of it in CI, the router silent, which is the worst; nightly ten minutes of each (WANBEACON_FLOOD_S:
so many seconds)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.netlab.lab import DEV, LAN, WAN, wait_for
from tools.netlab.namespaces import ip

FORGED = "8.8.4.4"
NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
SECONDS = int(os.environ.get("WANBEACON_FLOOD_S") or (600 if NIGHTLY else 10))
RATE = 50000
# NAT-PMP, and what would find it out: SSDP and SOAP
_DROP = """table inet mute { chain in { type filter hook input priority 0; policy accept;
iifname lan0 udp dport { 5351, 1900 } drop
iifname lan0 tcp dport 5000 drop
}
}
"""
_REFUSE = _DROP.replace("drop\n", "reject\n")


@pytest.fixture(scope="module")
def stranger(net):
    """A namespace on the router's LAN. It stays: a bridge that loses a port may change its own address."""
    name = net.tag + "x"
    net.space(name)
    net.join(name)
    ip("-n", name, "addr", "add", "192.168.77.66/24", "dev", "eth0")
    ip("-n", name, "route", "add", "default", "dev", "eth0")  # multicast too
    # else the router's connection table is full of what only crosses its bridge
    if Path("/proc/sys/net/bridge").exists():
        net.set(net.rtr, "net/bridge/bridge-nf-call-iptables", 0)
    return name


@pytest.mark.parametrize("router", ["silent", "rejecting", "answering"] if NIGHTLY else ["silent"])
def test_a_flood_of_forged_answers_is_never_believed(net, driver, stranger, router):
    wait_for(lambda: driver.ask("read", ["natpmp"])[-1][2] == WAN, "the router does not answer")
    if router != "answering":
        net.nft(net.rtr, _REFUSE if router == "rejecting" else _DROP)
    watch = driver.watch([{"source": "natpmp", "known": WAN}])
    try:
        wait_for(watch.lines, "it does not start")
        argv = [sys.executable, ROOT / "tools/netlab/flood.py", SECONDS, RATE, LAN, DEV, FORGED]
        done = subprocess.run(net.exec(stranger, *argv), capture_output=True, text=True, timeout=SECONDS + 30)
        sent = int(done.stdout)
        assert sent > SECONDS * RATE / 4, "%d packets are no flood" % sent
        events = wait_for(watch.events, "nobody was made to ask: this shows nothing")
        assert not [one for one in events if one[1] == FORGED], watch.log.read_text()[-3000:]
        print("%d forged packets, %d questions" % (sent, len(events)))
    finally:
        watch.stop()
        if router != "answering":
            net.run(net.rtr, "nft", "delete", "table", "inet", "mute")


def test_after_the_flood_an_honest_change_is_told(net, driver):
    watch = driver.watch([{"source": "natpmp", "known": WAN}])
    try:
        wait_for(watch.lines, "it does not start")
        net.change("45.33.7.8")
        try:
            wait_for(lambda: ("natpmp", "45.33.7.8") in watch.events(), "", 10)
        except AssertionError:
            raise AssertionError(watch.log.read_text()) from None
    finally:
        watch.stop()
        net.change(WAN)
