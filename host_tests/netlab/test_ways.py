# SPDX-License-Identifier: MIT
"""Each way to learn the address, in the device's namespace, against real servers: miniupnpd, coturn, BIND,
the lab."""

import pytest

from tools.netlab import servers
from tools.netlab.lab import DEV, LAN, WAN

FOUND, NONE, UNKNOWN = 1, 0, -1
CGN, NAT_CGN = "100.64.1.2", "45.33.7.99"


@pytest.fixture(scope="module")
def dns(net):
    return servers.bind(net, [WAN, "45.33.7.8", NAT_CGN])


def sources(stun, dns, lab):
    page = "http://%s:%d/" % (servers.PROVIDER, lab.http_port)
    return [
        "natpmp", {"source": "pcp", "map": True}, "pcp", "upnp", {"source": "stun", "servers": stun},
        {"source": "whoami", "server": dns, "name": "myip.opendns.com"},
        {"source": "whoami", "server": dns + ":53", "name": "xip", "type": "A"},
        {"source": "whoami", "server": dns, "name": "me.example", "type": "TXT"},
        {"source": "web", "url": page}, "netlink", "interface",
    ]  # fmt: skip


def test_every_way_reads_the_right_address(each_driver, stun, dns, lab):
    lab.reset()
    lines = [one for one in each_driver.ask("read", sources(stun, dns, lab)) if one[0] != "log"]
    for name, _, text, why, ms in lines:
        print("%-10s %4d ms  %s (%s)" % (name, ms, text, why))
    want = [(FOUND, WAN)] * 2 + [(UNKNOWN, None)] + [(FOUND, WAN)] * 6 + [(FOUND, DEV)] * 2
    assert [(one[1], one[2]) for one in lines] == want
    assert lines[0][3] == "reported by router " + LAN


def test_pcp_leaves_no_port_open(net, driver):
    driver.ask("read", [{"source": "pcp", "map": True}])
    rules = net.run(net.rtr, "nft", "list", "chain", "inet", "miniupnpd", "prerouting_miniupnpd")
    assert "dnat" not in rules


def with_wan(net, address):
    """The line has `address`, or None: no address at all."""
    if address:
        net.change(address)
    else:
        for old in net.address():
            net.drop(old)


# (WAN address, NAT-PMP says, UPnP says)
STATES = (
    (CGN, (UNKNOWN, "CGNAT"), (UNKNOWN, "CGNAT")),
    ("10.0.0.5", (UNKNOWN, "CGNAT"), (UNKNOWN, "double NAT")),
    (None, (UNKNOWN, "line is down"), (NONE, "down")),
)


def test_cgnat_double_nat_and_a_dead_line_are_told_apart(net, driver):
    try:
        for address, *expected in STATES:
            with_wan(net, address)
            lines = driver.ask("read", ["natpmp", "upnp"])
            for (kind, words), (_, got, text, why, _) in zip(expected, lines, strict=True):
                assert (got, text) == (kind, None) and words in why, (address, got, text, why)
    finally:
        net.change(WAN)


def test_behind_cgnat_the_outside_tells_and_the_reason_is_said(net, driver, stun):
    with net.big_nat(NAT_CGN, CGN):
        (kind, text, source, why, seen) = driver.ask(
            "choose", ["natpmp", "upnp", {"source": "stun", "servers": stun}]
        )[-1]
        assert (kind, text, source) == (FOUND, NAT_CGN, "stun")
        assert "CGNAT" in why and [row["kind"] for row in seen] == ["unknown", "unknown", "found"]
        # without a way outside: nothing, and the reason
        kind, text, _, why, _ = driver.ask("choose", ["natpmp", "upnp"])[-1]
        assert (kind, text) == (UNKNOWN, None) and "CGNAT" in why
        kind, text, _, why, _ = driver.ask("choose", ["auto"])[-1]
        assert (kind, text) == (UNKNOWN, None) and DEV in why and "CGNAT" in why


def test_auto_behind_nat_asks_the_router(driver):
    assert driver.ask("choose", ["auto"])[-1][:3] == [FOUND, WAN, "natpmp"]


def test_auto_on_the_router_itself_needs_nobody(net, driver):
    *answer, _, seen = driver.ask("choose", ["auto"], space=net.rtr)[-1]
    assert answer == [FOUND, WAN, "netlink"] and len(seen) == 1


def test_a_silent_router_and_no_router_cost_a_few_seconds_at_most(net, driver):
    net.nft(net.rtr, "table ip mute { chain in { type filter hook input priority 0; policy accept;\n"
                     "ip saddr %s drop\n}\n}\n" % DEV)  # fmt: skip
    try:
        lines = driver.ask("read", ["natpmp", "upnp"])
        assert [one[1] for one in lines] == [UNKNOWN] * 2
        assert lines[0][4] < 4500 and lines[1][4] < 4500
    finally:
        net.run(net.rtr, "nft", "delete", "table", "ip", "mute")
    net.run(net.dev, "ip", "route", "del", "default")
    try:
        lines = driver.ask("read", ["natpmp", "pcp", "upnp", "netlink"])
        assert [one[1] for one in lines] == [UNKNOWN] * 3 + [NONE] and all(one[4] < 100 for one in lines)
    finally:
        net.run(net.dev, "ip", "route", "add", "default", "via", LAN)


def test_a_router_with_an_ipv6_firewall_says_that_ipv6_is_there(net, driver):
    """miniupnpd describes IGD version 2 with WANIPv6FirewallControl:1; no action of it tells the prefix."""
    kind, text, why = driver.ask("read", ["upnp"], 6)[-1][1:4]
    assert (kind, text) == (-1, None) and "has IPv6" in why and "does not tell its prefix" in why, why
