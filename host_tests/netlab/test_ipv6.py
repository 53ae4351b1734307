# SPDX-License-Identifier: MIT
"""IPv6 live: addresses from router advertisements, privacy addresses that come and go, a new prefix, STUN and
a check page."""

import socket
import time

import pytest

from host_tests.netlab.agent_rig import NAME, SPEED
from tools.netlab import link6, servers
from tools.netlab.agent_process import Agent, host
from tools.netlab.lab import PROVIDER, wait_for
from tools.netlab.namespaces import inside, ip

OUTSIDE6 = ("2600:77:9::21", "2600:77:9::22")
FIRST, SECOND = "2600:77:2::", "2600:77:3::"


def advertise(net, *prefixes):
    """The router sends an advertisement; prefixes: (text, valid s, preferred s)."""
    link6.advertise(net.rtr, "lan0", *prefixes)


def addresses(net, *flags):
    """The device's global IPv6 addresses; flags as in `ip addr show` ("temporary", "-temporary")."""
    text = ip("-n", net.dev, "-6", "addr", "show", "dev", "eth0", "scope", "global", *flags)
    return [line.split()[1].split("/")[0] for line in text.splitlines() if line.split()[0] == "inet6"]


@pytest.fixture(scope="module")
def net6(net):
    """The line with IPv6: a prefix on the LAN, the outside reachable by it."""
    for space in (net.rtr, net.isp):
        net.set(space, "net/ipv6/conf/all/forwarding", 1)
    for space, address, device in (
        (net.isp, "2600:77:1::1/64", "isp0"), (net.rtr, "2600:77:1::7/64", "wan0"),
        (net.rtr, FIRST + "1/64", "lan0"), (net.rtr, SECOND + "1/64", "lan0"),
        *((net.isp, one + "/128", "lo") for one in OUTSIDE6),
    ):  # fmt: skip
        ip("-n", space, "addr", "add", address, "dev", device, "nodad")
    ip("-n", net.rtr, "-6", "route", "add", "default", "via", "2600:77:1::1")
    for prefix in (FIRST, SECOND):
        ip("-n", net.isp, "-6", "route", "add", prefix + "/64", "via", "2600:77:1::7")
    # privacy addresses that last 5 s, so that some come and go while the test looks
    for name, value in (("use_tempaddr", 2), ("temp_prefered_lft", 5), ("temp_valid_lft", 30),
                        ("max_desync_factor", 0), ("dad_transmits", 0), ("accept_ra", 1)):  # fmt: skip
        net.set(net.dev, "net/ipv6/conf/eth0/" + name, value)
    return net


@pytest.fixture
def advertised(net6):
    """The device has its addresses in the first prefix, made from an advertisement."""
    advertise(net6, (FIRST, 3600, 3600), (SECOND, 7200, 0))
    wait_for(lambda: addresses(net6, "temporary"), "no privacy address")
    stable = wait_for(
        lambda: [one for one in addresses(net6, "mngtmpaddr") if one.startswith(FIRST[:-1])], "no address"
    )
    return stable[0]


def test_privacy_addresses_cause_no_update_and_a_new_prefix_causes_one(net6, lab, advertised):
    lab.reset()
    account = {"provider": "dyn", "user": "demo", "password": "demo-key",
               "hosts": [{"name": NAME, "ipv4": False}], "server": "%s:%d" % (PROVIDER, lab.https_port),
               "ca": str(lab.ca_der)}  # fmt: skip
    config = {"accounts": [account], "address": ["netlink"], "intervals": {"minimum": 1}}
    with Agent("micropython-wheel", config, before=net6.exec(net6.dev), speed=SPEED) as agent:
        agent.start()
        agent.wait(lambda s: host(s)["state"] == "ok")
        assert lab.published(NAME)["AAAA"] == advertised
        seen, looks = set(addresses(net6, "temporary")), agent.now()["counters"]["events"]
        wait_for(lambda: set(addresses(net6, "temporary")) - seen, "no new privacy address came", 12, 0.2)
        advertise(net6, (FIRST, 3600, 3600))
        time.sleep(0.5)
        assert agent.now()["counters"]["events"] > looks, (
            "the agent did not even notice: the test shows nothing"
        )
        assert len(lab.updates) == 1 and lab.published(NAME)["AAAA"] == advertised
        advertise(net6, (FIRST, 7200, 0), (SECOND, 3600, 3600))
        wait_for(lambda: (lab.published(NAME)["AAAA"] or "").startswith(SECOND[:-1]), agent.output)
        time.sleep(2)  # and the second look
        assert len(lab.updates) == 2
        assert lab.published(NAME)["AAAA"] not in addresses(net6, "temporary")
        assert lab.findings() == []


def test_every_interpreter_chooses_the_same_address(net6, each_driver, advertised):
    assert each_driver.ask("read", ["netlink"], 6)[-1][:3] == ["netlink", 1, advertised]
    suffix = {"source": "netlink", "suffix": "::cafe:1"}
    assert each_driver.ask("read", [suffix], 6)[-1][2] == FIRST + "cafe:1"


def test_ula_tentative_and_deprecated_are_not_chosen(net6, driver, advertised):
    others = ("fd00:77::5/64", "2600:77:4::5/64")
    try:
        ip("-n", net6.dev, "addr", "add", others[0], "dev", "eth0")
        ip("-n", net6.dev, "addr", "add", others[1], "dev", "eth0", "preferred_lft", "0")
        assert driver.ask("read", ["netlink"], 6)[-1][2] == advertised
    finally:
        for one in others:
            ip("-n", net6.dev, "addr", "del", one, "dev", "eth0", check=False)


def test_the_outside_over_ipv6(net6, driver, advertised):
    for address in OUTSIDE6:
        net6.start(net6.isp, servers.program("turnserver"), "-n", "-S", "-L", address, "--no-cli", "--no-tls",
                   "--no-dtls", "--log-file", "stdout", "--pidfile", net6.folder / "turn6.pid", "-b",
                   net6.folder / "turn6.db")  # fmt: skip
    sources = [{"source": "stun", "servers": ["[%s]:3478" % one for one in OUTSIDE6]}]

    def answer():
        kind, text = driver.ask("read", sources, 6)[-1][1:3]
        return kind == 1 and text

    # from the device the kernel takes a privacy address: what the outside sees is not what others should call
    assert wait_for(answer, "STUN does not answer") in addresses(net6)


def test_pcp_announcements_are_heard_over_ipv6_too(net6, driver, advertised):
    """miniupnpd sends them to ff02::1; IPv4 multicast is dropped here."""
    net6.nft(net6.dev, "table inet four { chain in { type filter hook input priority 0; policy accept;\n"
                       "ip daddr 224.0.0.0/4 drop\n}\n}\n")  # fmt: skip
    watch = driver.watch([{"source": "pcp", "map": True}])
    try:
        wait_for(lambda: watch.lines(), "it does not start")
        time.sleep(0.1)
        send_announcement(net6)
        wait_for(lambda: watch.events(), "not heard")
    finally:
        watch.stop()
        net6.run(net6.dev, "nft", "delete", "table", "inet", "four")


def send_announcement(net):
    """A PCP ANNOUNCE of the router by IPv6 multicast (RFC 6887 section 14.1)."""

    def send():
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            index = socket.if_nametoindex("lan0")
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            sock.sendto(b"\2\x80\0\0" + bytes(8) + bytes(12), ("ff02::1", 5350, 0, index))

    inside(net.rtr, send)
