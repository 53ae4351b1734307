# SPDX-License-Identifier: MIT
"""Prefixes live: a real dnsmasq renumbers a home that has a ULA beside, two prefixes for a while, and a
delegated prefix shorter than /64; hosts by `suffix`, `mac` and `subnet`."""

from tools.netlab.home6 import EUI64
from tools.netlab.lab import wait_for
from tools.netlab.namespaces import ip

A, B, ULA = "2600:77:2:a00::", "2600:77:3:b00::", "fd77:1:2:3::"
HOSTS = [
    {"name": "demo.dyndns.org", "suffix": "::1:2"},
    {"name": "demo2.dyndns.org", "mac": "02:11:22:33:44:55"},
    {"name": "demo3.dyndns.org", "suffix": "::5", "subnet": 7, "prefix_length": 56},
]


def test_renumbering_with_two_prefixes_a_ula_and_a_subnet(home):
    home.settle(EUI64)
    ip("-n", home.router, "addr", "add", ULA + "1/64", "dev", "eth0", "nodad")
    home.number(A)
    home.dnsmasq("::,constructor:eth0,ra-only,64,600")
    wait_for(lambda: home.addresses(A) and home.addresses(ULA), "no addresses", 20)
    lab, agent = home.agent(home.link.host, HOSTS, {"source": "netlink", "device": "eth0"})

    def published():
        return [lab.published(one["name"]).get("AAAA") for one in HOSTS]

    def want(prefix):
        return [prefix + "1:2", prefix[:-1] + "11:22ff:fe33:4455", prefix[:-3] + "7::5"]

    with agent:
        agent.start()
        wait_for(lambda: published() == want(A), lambda: published())
        ip(
            "-n", home.router, "addr", "add", B + "1/64", "dev", "eth0", "nodad"
        )  # a second one beside the first
        wait_for(lambda: home.addresses(B), "not advertised", 20)
        agent.command("check")
        assert published() == want(A) and len(lab.updates) == 3, "what is published stays while it is valid"
        ip("-n", home.router, "addr", "del", A + "1/64", "dev", "eth0")  # dnsmasq advertises it as ended
        wait_for(lambda: published() == want(B), lambda: published())
        assert len(lab.updates) == 6 and lab.findings() == []
