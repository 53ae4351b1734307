"""NAT-PMP forged from the router's address at 50,000 packets a second: the router silent, rejecting, or answering.

10 seconds of it in CI, the router silent, which is the worst; nightly ten minutes of each."""

import os
import subprocess
import sys

import pytest
from host_tests.netlab.lab import DEV, LAN, WAN, wait_for
from host_tests.openwrt.namespaces import ip

from tools import ROOT

FORGED = "8.8.4.4"
NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
SECONDS, RATE = (600 if NIGHTLY else 10), 50000
_DROP = "table inet mute { chain in { type filter hook input priority 0; policy accept;\nudp dport 5351 drop\n}\n}\n"
_REFUSE = _DROP.replace("drop\n", "reject\n")


@pytest.fixture
def stranger(net):
    """A namespace on the router's LAN."""
    name = net.tag + "x"
    net.space(name)
    net.join(name)
    ip("-n", name, "addr", "add", "192.168.77.66/24", "dev", "eth0")
    ip("-n", name, "route", "add", "default", "dev", "eth0")  # multicast too
    yield name
    net.spaces.remove(name)
    ip("netns", "del", name)


@pytest.mark.parametrize("router", ["silent", "rejecting", "answering"] if NIGHTLY else ["silent"])
def test_a_flood_of_forged_answers_is_never_believed(net, driver, stranger, router):
    wait_for(lambda: driver.ask("read", ["natpmp"])[-1][2] == WAN, "the router does not answer")
    if router != "answering":
        net.nft(net.rtr, _REFUSE if router == "rejecting" else _DROP)
    watch = driver.watch([{"source": "natpmp", "known": WAN}])
    try:
        wait_for(watch.lines, "it does not start")
        argv = [sys.executable, ROOT / "host_tests/netlab/flood.py", SECONDS, RATE, LAN, DEV, FORGED]
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
        wait_for(lambda: ("natpmp", "45.33.7.8") in watch.events(), watch.log.read_text(), 10)
    finally:
        watch.stop()
        net.change(WAN)
