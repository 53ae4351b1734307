# SPDX-License-Identifier: MIT
# upnp6: a FRITZ!Box's IPv6 over IPv4 UPnP, by the real upnp source and chooser against fritz.py; other
# routers.
import asyncio

from fritz import Box
from loopback import LO, Board, free_port
from wanbeacon.app import stage
from wanbeacon.core import address
from wanbeacon.observe import choose, gena, upnp, upnp6
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN, Kit

V4 = bytes([45, 33, 7, 7])
V6 = address.parse("2003:d6:abbf:2220::1")
PREFIX = address.parse("2003:d6:abe2:1f00::")
MODULES = {"upnp": upnp, "upnp6": upnp6, "gena": gena}


class Clock:
    def mono(self):
        return 1000

    def wall(self):
        return None


def with_box(box, what, options=(), homes=True):
    """Run the coroutine what(chooser) while the box answers."""

    async def go():
        port = free_port()
        server = await asyncio.start_server(box.client, LO, port)
        source = {"source": "upnp", "location": "http://%s:%d/igddesc.xml" % (LO, port)}
        source.update(dict(options))
        one = choose.Chooser(
            [source], Kit(Board(), Clock(), None, None, MODULES.__getitem__, stage.run_async)
        )
        one.homes = homes
        try:
            return await what(one)
        finally:
            one.close()
            server.close()
            await server.wait_closed()

    found = asyncio.run(go())
    assert box.wrong == [], box.wrong
    return found


def told(box, **more):
    """What the chooser says of IPv6: (kind, packed, why, networks)."""

    async def what(one):
        kind, packed, _, why = await one.read(6)
        return kind, packed, why, one.networks

    return with_box(box, what, **more)


def test_the_prefix_and_the_boxs_own_address_are_told_and_are_two_networks():
    box = Box()
    kind, packed, why, networks = told(box)
    assert (kind, packed, why) == (FOUND, V6, ("router.told", LO))
    assert networks == (("", PREFIX, 56),)
    assert box.heard == ["X_AVM_DE_GetIPv6Prefix", "X_AVM_DE_GetExternalIPv6Address"]


def test_both_families_come_from_one_description():
    box = Box()

    async def what(one):
        rows = []
        for family in (4, 6, 4, 6):
            rows.append((await one.read(family))[:2])
        return rows

    assert with_box(box, what) == [(FOUND, V4), (FOUND, V6)] * 2
    assert len(box.heard) == 6


def test_another_prefix_is_told_at_the_next_look():
    box = Box()

    async def what(one):
        await one.read(6)
        box.prefix, box.v6 = "2003:d6:abe3:4200::", "2003:d6:abbf:9999::1"
        await one.read(6)
        return one.networks, one.router6

    assert with_box(box, what) == ((("", address.parse("2003:d6:abe3:4200::"), 56),), True)


def test_the_length_may_be_behind_the_prefix_too_and_host_bits_are_dropped():
    for text, bits, want in (
        ("2003:d6:abe2:1f00::/56", 56, 56), ("2a02:908:1200:1234::/59", 64, 59),
        ("2003:d6:abe2:1f00::1", 56, 56), ("2003:D6:ABE2:1F00::", 62, 62), ("2003:d6:abe2:1f00::", 48, 48),
        ("2003:d6:abe2:1f00:0000:0000:0000:0000", 64, 64),
    ):  # fmt: skip
        networks = told(Box(prefix=text, bits=bits))[3]
        assert networks[0][2] == want and networks[0][1][8:] == bytes(8), (text, networks)


def test_a_box_without_ipv6_is_sure_of_it_and_one_without_a_prefix_never_lends_its_own_network():
    assert told(Box(v6="", prefix="")) == (NONE, None, ("upnp.no6", LO), ())
    assert told(Box(v6="::", prefix="::")) == (NONE, None, ("upnp.no6", LO), ())
    kind, packed, _, networks = told(Box(prefix=""))
    assert (kind, packed, networks) == (FOUND, V6, None)


def test_a_prefix_without_an_own_address_is_enough_for_the_hosts():
    kind, packed, _, networks = told(Box(v6=""))
    assert (kind, packed, networks) == (FOUND, PREFIX, (("", PREFIX, 56),))


def test_ds_lite_has_no_ipv4_and_tells_its_ipv6():
    async def what(one):
        return (await one.read(4))[0], (await one.read(6))[:2]

    assert with_box(Box(v4=""), what) == (UNKNOWN, (FOUND, V6))


def test_a_router_that_does_not_know_the_actions_could_not_tell():
    box = Box(ipv6=False)
    kind, packed, why, networks = told(box)
    assert (kind, packed, networks) == (UNKNOWN, None, ()) and "upnp.firewall6_shut" in str(why)
    box.pinholes = "1"
    assert "'upnp.firewall6'" in str(told(box)[2]), (
        "IPv6 is there (WANIPv6FirewallControl), its prefix is not told"
    )
    assert box.heard[-1] == "GetFirewallStatus"
    box.firewall = False
    assert "upnp.mute6" in str(told(box)[2])


def test_nonsense_is_could_not_tell():
    for text, bits in (
        ("none", 56), ("45.33.7.7", 24), ("2003:d6:abe2:1f00::", 0), ("2003:d6:abe2:1f00::", 128),
        ("2003:d6:abe2:1f00::", 8), ("2003:d6:abe2:1f00::/", "x"), ("2003:d6:abe2:1f00::", "-5"),
        ("2003::g", 56), ("\x7f\x01", 56), ("2003:d6:abe2:1f00::/999999999", 56), ("::ffff:45.33.7.7", 56),
        ("1" * 500, 56), ("\xe4", 56),
    ):  # fmt: skip
        kind, packed, why, networks = told(Box(prefix=text, bits=bits))
        assert (kind, packed, networks) == (UNKNOWN, None, ()) and "upnp.garbage6" in str(why), (text, why)
    assert told(Box(v6="garbage"))[0] == UNKNOWN


def test_networks_that_are_not_public_do_not_make_an_address_of_the_box_publishable():
    kind, packed, why, _ = told(Box(v6="", prefix="fd00:1234::", bits=48))
    assert kind == FOUND and why[0] == "address.unfit"


def test_where_no_host_wants_it_the_box_is_not_asked_unless_the_user_says_so():
    box = Box()
    assert told(box, homes=False)[0] == UNKNOWN and box.heard == []

    async def what(one):
        return (await one.read(6))[:2] + (one.router6,)

    assert with_box(Box(), what, {"router6": True}, False) == (FOUND, V6, False)
