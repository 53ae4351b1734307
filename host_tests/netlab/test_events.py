# SPDX-License-Identifier: MIT
"""The router tells of a change (NAT-PMP and PCP announcements, UPnP events, netlink), under each
interpreter."""

import signal
import time

import pytest

from tools.netlab.lab import DEV, WAN, wait_for
from tools.netlab.namespaces import ip

TELLING = ["natpmp", {"source": "pcp", "map": True}, "upnp"]


@pytest.fixture
def line(net):
    """The line as at the beginning, before and after."""
    net.change(WAN)
    yield net
    if not net.daemon:
        net.upnpd()
    net.change(WAN)


def watching(driver, sources, **where):
    """A Watch whose sources are really listening: UPnP's first NOTIFY is not what a test is about."""
    made = driver.watch(sources, **where)
    wait_for(lambda: made.lines(), "it does not start")
    if "upnp" in sources:
        wait_for(lambda: ("upnp", WAN) in made.events(), "no first event: %s" % made.lines())
    return made


def test_a_change_is_told_by_announcements_and_by_upnp(line, each_driver):
    watch = watching(each_driver, TELLING)
    try:
        for address in ("45.33.7.8", "45.33.7.9", WAN):
            before = len(watch.events())
            line.change(address)

            def told(address=address, before=before):
                return {name for name, text in watch.events()[before:] if text == address}

            wait_for(lambda told=told: told() == {"natpmp", "pcp", "upnp"}, "not all told of %s" % address)
    finally:
        watch.stop()


def test_nothing_changes_and_nobody_wakes(line, driver):
    watch = watching(driver, TELLING)
    try:
        time.sleep(0.3)
        before = len(watch.events())
        time.sleep(1)
        assert len(watch.events()) == before
    finally:
        watch.stop()


def test_a_router_that_restarts_announces_itself(line, driver):
    watch = watching(driver, ["natpmp"])
    try:
        for number in (signal.SIGKILL, signal.SIGTERM):
            before = len(watch.events())
            line.upnpd_end(number)
            line.upnpd()
            wait_for(lambda before=before: ("natpmp", WAN) in watch.events()[before:], "not told")
    finally:
        watch.stop()


def test_upnp_finds_the_router_and_its_events_again_after_a_restart(line, driver):
    """The router forgets its subscribers; the next renewal is refused (412) and a new subscription made."""
    watch = driver.watch([{"source": "upnp", "renew": 1}])
    try:
        wait_for(lambda: ("upnp", WAN) in watch.events(), "no first event")
        line.upnpd_end(signal.SIGKILL)
        line.upnpd()
        before = len(watch.events())
        wait_for(lambda: len(watch.events()) > before, "no new subscription: %s" % watch.lines())
        line.change("45.33.7.8")
        wait_for(lambda: ("upnp", "45.33.7.8") in watch.events(), "no event of the new subscription")
    finally:
        watch.stop()


def test_only_the_default_router_of_two_is_believed(line, driver):
    other = line.tag + "o"
    line.space(other)
    line.join(other)
    line.second_router(other, "192.168.77.2", "45.33.8.8")
    line.nft(line.dev, "table inet two { chain in { type filter hook input priority 0; policy accept;\n"
                       "ip saddr 192.168.77.2 udp dport 5350 counter\n}\n}\n")  # fmt: skip
    watch = watching(driver, ["natpmp", "upnp"])
    try:
        lines = driver.ask("read", ["natpmp", "upnp"])
        assert [one[2] for one in lines] == [WAN] * 2
        before = len(watch.events())
        for address in ("45.33.8.9", "45.33.8.10"):
            ip("-n", other, "addr", "flush", "dev", "wan0")
            ip("-n", other, "addr", "add", address + "/24", "dev", "wan0")
        line.change("45.33.7.8")
        wait_for(lambda: ("natpmp", "45.33.7.8") in watch.events(), "not told")
        heard = line.run(line.dev, "nft", "list", "table", "inet", "two")
        assert "packets 0" not in heard, "the other router announced nothing: the test shows nothing"
        assert all(not text or text.startswith("45.33.7.") for _, text in watch.events()[before:])
        assert not [one for one in watch.events()[before:] if one[1] == WAN], (
            "the other router's words woke us"
        )
    finally:
        watch.stop()


def test_the_kernel_tells_of_the_devices_own_change(line, each_driver):
    watch = watching(each_driver, ["netlink"])
    try:
        for address in ("192.168.77.51", DEV):
            shown = [one.split() for one in ip("-n", line.dev, "-4", "addr", "show", "eth0").splitlines()]
            for old in [one[1] for one in shown if one[0] == "inet"]:
                ip("-n", line.dev, "addr", "del", old, "dev", "eth0")
            ip("-n", line.dev, "addr", "add", address + "/24", "dev", "eth0")
            ip("-n", line.dev, "route", "replace", "default", "via", "192.168.77.1", "dev", "eth0")
            wait_for(lambda address=address: ("netlink", address) in watch.events()[-2:], "not told")
    finally:
        watch.stop()
