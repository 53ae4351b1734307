# SPDX-License-Identifier: MIT
"""The setting `neighbor` live: a host at home on a real kernel, a real dnsmasq that renumbers SLAAC and
DHCPv6, the agent beside it or on the router, and the provider lab."""

import ipaddress
import os
import time

import pytest
from wanbeacon.core import prefix

from tools.netlab.agent_process import host
from tools.netlab.home6 import EUI64, NAME, STABLE, Said
from tools.netlab.lab import wait_for

A, B = "2600:77:2::", "2600:77:3::"


NETLINK = {"source": "netlink", "device": "eth0"}


def published(lab):
    return lab.published(NAME).get("AAAA")


WAYS = (("micropython-wheel", "mac"), ("cpython", "link-local"))
if os.environ.get("WANBEACON_NIGHTLY"):
    WAYS += (("micropython-i386", "mac"), ("micropython-amd64", "link-local"))


@pytest.mark.parametrize("interpreter, by", WAYS)
def test_a_host_with_stable_privacy_is_followed_into_a_new_prefix(home, interpreter, by):
    """RFC 7217: its identifier is another one in each prefix; the agent is a machine beside it."""
    home.settle(STABLE)
    home.number(A)
    home.dnsmasq("::,constructor:eth0,ra-only,64,600")
    wait_for(lambda: home.addresses(A), "no address", 20)
    who = home.mac if by == "mac" else home.link_local()
    lab, agent = home.agent(home.link.host, [{"neighbor": who}], NETLINK, interpreter=interpreter)
    with agent:
        agent.start()
        wait_for(lambda: published(lab) in home.addresses(A), Said(agent, home))
        began = time.monotonic()
        home.number(B)
        wait_for(lambda: published(lab) in (home.addresses(B) or [0]), Said(agent, home), 60)
        print(
            "new prefix to the published address: %.1f s (advertisement, DAD and 2 s of doubt in it)"
            % (time.monotonic() - began)
        )
        first, second = home.addresses(A)[0], home.addresses(B)[0]
        assert first[len(A) - 1 :] != second[len(B) - 1 :], "the same identifier: this shows nothing"
        for whole in (first, second):  # whoever gives its own part as a suffix is warned
            own = str(ipaddress.IPv6Address(bytes(8) + ipaddress.IPv6Address(whole).packed[8:]))
            assert "RFC 7217" in prefix.doubts({"name": NAME, "suffix": own})[0], own
        assert len(lab.updates) == 2 and lab.findings() == []


@pytest.mark.parametrize("mode", (EUI64, STABLE))
def test_a_temporary_address_of_a_neighbor_is_never_published(home, mode):
    """With EUI-64 the stable one is known by the MAC, though only the temporary ones talk. With stable
    privacy nobody can tell: the setting `privacy` says that it makes such, and the agent says what it
    cannot decide."""
    home.settle(mode, temporary=2)
    home.number(A)
    home.dnsmasq("::,constructor:eth0,ra-only,64,600")
    wait_for(lambda: home.addresses(A, "temporary") and len(home.addresses(A)) > 1, "no addresses", 20)
    lab, agent = home.agent(home.link.host, [{"neighbor": home.mac, "privacy": mode == STABLE}], NETLINK)
    with agent:
        agent.start()
        if mode == STABLE:
            agent.wait(lambda s: host(s)["code"] in ("home.neighbor_doubt", "home.neighbor_which"))
            time.sleep(3)
            assert published(lab) is None
            return
        wait_for(lambda: published(lab), Said(agent, home))
        assert published(lab) not in home.addresses(A, "temporary"), published(lab)
        home.number(B)
        wait_for(
            lambda: home.addresses(B, "temporary") and published(lab) in (home.addresses(B) or [0]),
            Said(agent, home),
        )
        assert published(lab) not in home.addresses(B, "temporary")
        assert len(lab.updates) == 2


def test_on_the_router_the_leases_prove_which_address_is_the_stable_one(home):
    """DHCPv6 renumbering; the agent is on the router, whose lease file and neighbor table it reads. The
    NAS also makes temporary addresses."""
    home.settle(STABLE, temporary=2)
    home.number(A)
    home.dnsmasq("::1:0:0:1000,::1:0:0:1fff,constructor:eth0,slaac,64,120")
    wait_for(lambda: home.addresses(A, "temporary"), "no address", 20)
    client = home.dhclient()
    leased = wait_for(lambda: [one for one in home.addresses(A) if ":1::1" in one], "no lease", 20)[0]
    files = {"source": "leases", "file": str(home.leases)}
    lab, agent = home.agent(home.router, [{"neighbor": home.mac, "privacy": True}], files)
    with agent:
        agent.start()
        wait_for(lambda: published(lab) == leased, Said(agent, home))
        home.link.stop(client)
        home.number(B)
        wait_for(lambda: home.addresses(B, "temporary"), "not renumbered", 20)
        home.dhclient()
        leased = wait_for(lambda: [one for one in home.addresses(B) if ":1::1" in one], "no lease", 20)[0]
        agent.command("check")
        wait_for(lambda: published(lab) == leased, Said(agent, home))
        assert len(lab.updates) == 2 and lab.findings() == []
