# SPDX-License-Identifier: MIT
"""interface and netlink: the table of the IPv6 choice, the kernel's messages as bytes, and this machine's own
kernel."""

import asyncio
import struct

from wanbeacon.core import address
from wanbeacon.net import kernel, route
from wanbeacon.observe import interface, ipv6, netlink
from wanbeacon.observe.base import FOUND, NONE

A = "2a02:8010:1::a"
B = "2a02:8010:2::b"
FOREVER = 0xFFFFFFFF
TEMP, DADFAILED, DEPRECATED, TENTATIVE, PERMANENT, MNGTMP, STABLE = 1, 8, 0x20, 0x40, 0x80, 0x100, 0x800


NOW = 500000  # 1/100 s since boot: when the rows here were last advertised, if not said otherwise


def row(text, flags=0, preferred=3600, scope=0, index=2, age=0):
    """age: seconds since it was last advertised."""
    packed = address.parse(text)
    return (
        4 if len(packed) == 4 else 6,
        index,
        flags,
        scope,
        preferred,
        64,
        packed,
        (NOW - age * 100) & 0xFFFFFFFF,
    )


def choose6(rows, known=None):
    """(address as text or None, code or None)."""
    packed, why = ipv6.choose(rows, known and address.parse(known))
    assert (packed is None) == (why is not None)
    return packed and address.text(packed), why and why[0]


NONE6, TWO, DEAD, LATER = "kernel.none6", "kernel.two_routers", "kernel.dead6", "kernel.deprecated"
# (what it shows, rows, known, expected: an address, or a code why there is none). Nobody is listening to
# routers here.
IPV6 = (
    ("nothing there", [], None, NONE6),
    ("only link-local", [row("fe80::1", PERMANENT, FOREVER, scope=253)], None, NONE6),
    ("one global", [row(A, MNGTMP)], None, A),
    ("temporary beside it", [row("2a02:8010:1::99", TEMP, 9000), row(A, MNGTMP)], None, A),
    ("only temporary", [row("2a02:8010:1::99", TEMP, 9000)], None, NONE6),
    ("the privacy address was published by mistake", [row(B, TEMP, 9000), row(A, MNGTMP)], B, A),
    ("deprecated by flag", [row(B, DEPRECATED, 9000), row(A, MNGTMP)], B, A),
    ("deprecated by lifetime 0, flag cleared for a moment", [row(B, MNGTMP, 0), row(A, MNGTMP)], B, A),
    ("only deprecated, and published", [row(B, DEPRECATED, 0)], B, LATER),
    ("only deprecated", [row(B, DEPRECATED, 0)], None, NONE6),
    ("tentative", [row(B, TENTATIVE, FOREVER)], None, NONE6),
    ("tentative beside a good one", [row(B, TENTATIVE, FOREVER), row(A, MNGTMP)], None, A),
    ("duplicate on the link", [row(B, DADFAILED | PERMANENT, FOREVER), row(A, MNGTMP)], None, A),
    ("ULA beside a global one", [row("fd00:1::1", PERMANENT, FOREVER), row(A, MNGTMP, 600)], None, A),
    ("only ULA: told, the chooser refuses it", [row("fd00:1::1", PERMANENT, FOREVER)], None, "fd00:1::1"),
    ("ULA was known, a global one comes", [row("fd00:1::1", 0, FOREVER), row(A, MNGTMP)], "fd00:1::1", A),
    ("static before advertised", [row(A, MNGTMP | STABLE, 9000), row(B, PERMANENT, FOREVER)], None, B),
    (
        "static even over the published one: the user set it",
        [row(A, MNGTMP, 9000), row(B, PERMANENT, FOREVER)],
        A,
        B,
    ),
    (
        "of two static ones the published stays",
        [row(A, PERMANENT, FOREVER), row(B, PERMANENT, FOREVER)],
        B,
        B,
    ),
    (
        "DHCPv6 before advertised in one network, however short",
        [row(A, MNGTMP, 86400), row(A + "b", 0, 600)],
        None,
        A + "b",
    ),
    ("DHCPv6 comes later: the published one stays", [row(A, MNGTMP, 86400), row(A + "b", 0, 600)], A, A),
    ("DHCPv6 of another network: whose?", [row(A, MNGTMP, 86400), row(B, 0, 600)], None, TWO),
    ("DHCPv6 of another network: the published one stays", [row(A, MNGTMP, 86400), row(B, 0, 600)], A, A),
    (
        "two prefixes of one advertisement: the longest preferred",
        [row(A, MNGTMP, 1800), row(B, MNGTMP, 3600)],
        None,
        B,
    ),
    ("equal lifetimes: always the same", [row(B, MNGTMP), row(A, MNGTMP)], None, A),
    ("equal lifetimes, other order", [row(A, MNGTMP), row(B, MNGTMP)], None, A),
    ("two living prefixes: the known one stays", [row(A, MNGTMP, 1800), row(B, MNGTMP, 3600)], A, A),
    ("two living prefixes, the other way round", [row(A, MNGTMP, 3600), row(B, MNGTMP, 1800)], B, B),
    ("a stranger's, preferred for ever", [row(A, MNGTMP, 600, age=500), row(B, MNGTMP, FOREVER)], A, A),
    (
        "a stranger's, half an hour after ours: ours is dead",
        [row(A, MNGTMP, 9000, age=1801), row(B, MNGTMP)],
        A,
        B,
    ),
    (
        "renumbered while we were away: said for half an hour",
        [row(A, MNGTMP, 9000, age=1000), row(B, MNGTMP)],
        None,
        TWO,
    ),
    ("then the one advertised last", [row(A, MNGTMP, 9000, age=1801), row(B, MNGTMP)], None, B),
    (
        "a /128 falls with its /64",
        [row(A, MNGTMP, 9000, age=1801), row(A + "b", 0, 9000), row(B, MNGTMP)],
        A + "b",
        B,
    ),
    (
        "a /128 stays with its /64",
        [row(A, MNGTMP, 9000, age=900), row(A + "b", 0, 9000, age=8000), row(B, MNGTMP)],
        A + "b",
        A + "b",
    ),
    ("the counter of the kernel wraps", [row(A, MNGTMP, age=5100), row(B, MNGTMP, age=0)], A, B),
    ("nothing heard for hours from anybody", [row(A, MNGTMP, 9000, age=4000)], A, A),
    ("mobile prefix: old one gone", [row(B, MNGTMP)], A, B),
    ("known is not on the device", [row(A, MNGTMP)], B, A),
    ("IPv4 rows are not its matter", [row("45.33.7.7", PERMANENT, FOREVER), row(A)], None, A),
)


def test_ipv6_choice_table():
    for what, rows, known, expected in IPV6:
        got = choose6(rows, known)
        assert expected in got, (what, got, expected)


R1, R2 = address.parse("fe80::1"), address.parse("fe80::2")
PA, PB = address.parse("2a02:8010:1::"), address.parse("2a02:8010:2::")
PK_A, PK_B = address.parse(A), address.parse(B)


class Link:
    """A link with routers, and the kernel's picture of it: ra() is one advertisement."""

    def __init__(self, *routers, tells=True):
        self.heard = ipv6.Heard()
        self.heard.tells = tells
        self.ms, self.routers, self.rows = 1000000, list(routers), {}
        self.known = None

    def ra(self, router, *prefixes, after=4, dns=False):
        """prefixes: (packed prefix, address, preferred s). Returns whether a listener would be woken."""
        self.ms += after * 1000
        woken = False
        if dns:
            woken = self.heard.feed(self.ms, router, None, 0, 0)
        for prefix, text, preferred in prefixes:
            flags = MNGTMP | (0 if preferred else DEPRECATED)
            self.rows[text] = (6, 2, flags, 0, preferred, 64, address.parse(text), self.ms // 10 & 0xFFFFFFFF)
            woken = self.heard.feed(self.ms, router, prefix, 64, preferred) or woken
        return woken

    def look(self):
        """What is published now, or the code why nothing is."""
        packed, why = ipv6.choose(list(self.rows.values()), self.known, self.routers, self.heard, self.ms)
        if packed:
            self.known = packed
        return packed or why[0]


def test_renumbering_without_a_word_is_over_after_two_advertisements():
    link = Link(R1)
    link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A
    woken = 0
    for _ in range(9):
        woken += link.ra(R1, (PA, A, 14400))
        assert link.look() == PK_A
    assert woken <= 1, "an advertisement that changes nothing wakes nobody"
    link.ra(R1, (PB, B, 14400))
    assert link.look() == PK_A, "one advertisement may have lost a prefix"
    assert link.ra(R1, (PB, B, 14400)), "a listener is woken"
    assert link.look() == PK_B
    assert not link.ra(R1, (PB, B, 14400)) and link.look() == PK_B


def test_renumbering_while_nobody_listened_is_over_after_two_advertisements():
    link = Link(R1)
    link.rows[A] = (6, 2, MNGTMP, 0, 3600, 64, PK_A, link.ms // 10)
    link.rows["dhcp"] = (6, 2, 0, 0, 9000, 128, address.parse("2a02:8010:9::1"), link.ms // 10)
    link.known = PK_A
    link.ra(R1, (PB, B, 14400))
    assert link.look() == PK_A
    assert link.ra(R1, (PB, B, 14400)), "a listener is woken"
    del link.rows["dhcp"]
    assert link.look() == PK_B
    link.rows = {"dhcp": (6, 2, 0, 0, 9000, 128, address.parse("2a02:8010:9::1"), 5)}
    link.known = None
    assert link.look() == address.parse("2a02:8010:9::1"), "a DHCPv6 address needs no advertised prefix"


def test_a_dhcpv6_address_of_the_dead_prefix_falls_too():
    link = Link(R1)
    link.ra(R1, (PA, A, 14400))
    link.rows["dhcp"] = (6, 2, 0, 0, 40000, 128, PK_A[:15] + b"", link.ms // 10)
    assert link.look() == PK_A[:15] + b""
    link.ra(R1, (PB, B, 14400))
    link.ra(R1, (PB, B, 14400))
    assert link.look() == PK_B


def test_renumbering_with_deprecation_is_over_at_once():
    link = Link(R1)
    link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A
    link.ra(R1, (PA, A, 0), (PB, B, 3600))
    assert link.look() == PK_B
    link.ra(R1, (PB, B, 3600))
    link.ra(R1, (PA, A, 3600))  # and back
    link.ra(R1, (PA, A, 3600))
    assert link.look() == PK_A


def test_a_router_that_lost_its_prefix_and_speaks_on_is_said():
    link = Link(R1)
    link.ra(R1, (PA, A, 14400), dns=True)
    assert link.look() == PK_A
    link.ra(R1, dns=True)
    assert link.ra(R1, dns=True)
    assert link.look() == DEAD


FOREVER_B = (PB, B, FOREVER)
# what a stranger's router sends, whether it becomes a default router, and what else
ROGUES = (
    ("router lifetime 0", False, [FOREVER_B]),
    ("a default router too", True, [FOREVER_B]),
    ("ours deprecated", False, [(PA, A, 0), FOREVER_B]),
    ("ours deprecated, as a default router", True, [(PA, A, 0), FOREVER_B]),
    ("ours as well", True, [(PA, A, 5), FOREVER_B]),
    ("short", True, [(PB, B, 30)]),
    ("a second address in our prefix", True, [(PA, A, 14400)]),
)


def test_a_strangers_advertisement_never_moves_the_known_address():
    for what, default, sends in ROGUES:
        for known_first in (True, False):
            link = Link(R1)
            if known_first:
                link.ra(R1, (PA, A, 14400))
            link.known = PK_A
            if default:
                link.routers.append(R2)
            for turn in range(200):
                if turn % 7 == 0:
                    link.ra(R1, (PA, A, 14400), after=40)
                    assert link.look() == PK_A, (what, known_first, turn)
                else:
                    link.ra(R2, *sends)
                    assert link.look() != PK_B, (what, known_first, turn)


def test_he_who_left_is_forgotten_though_he_was_published():
    link = Link(R1)
    link.known = PK_B
    for _ in range(10):
        link.ra(R1, (PA, A, 14400))
        link.ra(R2, FOREVER_B)
    for _ in range(16):
        link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A


def test_at_a_first_start_with_two_the_link_local_decides():
    link = Link(R1, tells=True)
    link.ra(R2, FOREVER_B)
    assert link.look() == "kernel.stranger"
    link.ra(R1, (PA, A, 600))
    assert link.look() == PK_A


def test_at_a_first_start_with_two_default_routers_both_are_named():
    link = Link(R1, R2)
    link.ra(R2, FOREVER_B)
    link.rows[A] = (6, 2, MNGTMP, 0, 3600, 64, PK_A, link.ms // 10 - 5000)
    packed, why = ipv6.choose(list(link.rows.values()), None, link.routers, link.heard, link.ms)
    assert packed is None and why[0] == TWO and set((why[1], why[3])) == {PK_A, PK_B}
    link.ra(R1, (PA, A, 600))
    packed, why = ipv6.choose(list(link.rows.values()), None, link.routers, link.heard, link.ms)
    assert packed is None and why[0] == TWO and {why[2], why[4]} == {R1, R2}
    for one in (R2, R1):  # one of them goes
        link.routers = [R1] if one == R2 else [R2]
        assert link.look() == (PK_A if one == R2 else PK_A), "and what is published stays"


def test_at_a_start_with_ours_deprecated_by_somebody_the_next_word_is_awaited():
    link = Link(R1)
    link.rows = {
        A: (6, 2, MNGTMP | DEPRECATED, 0, 0, 64, PK_A, 100000),
        B: (6, 2, MNGTMP, 0, FOREVER, 64, PK_B, 100010),
    }
    link.known = PK_A
    assert link.look() == TWO
    link.ra(R2, FOREVER_B)
    assert link.look() == "kernel.stranger"
    link.ra(R1, (PA, A, 3600))
    assert link.look() == PK_A
    old = Link(R1, tells=False)  # an older kernel never tells who: then deprecated is deprecated
    old.rows, old.known = (
        {A: link.rows[A][:2] + (MNGTMP | DEPRECATED, 0, 0) + link.rows[A][5:], B: link.rows[B]},
        PK_A,
    )
    assert old.look() == PK_B


def test_a_new_router_in_place_of_the_old_one_is_believed_when_the_old_one_is_gone():
    link = Link(R1)
    for _ in range(6):
        link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A
    link.routers = [R1, R2]
    for _ in range(10):
        link.ra(R2, (PB, B, 14400))
    assert link.look() == PK_A, "the old default route is there yet"
    link.routers = [R2]
    for _ in range(10):
        link.ra(R2, (PB, B, 14400))
    assert link.look() == PK_B


def test_a_default_router_that_has_no_way_out_for_a_while_keeps_its_prefix():
    link = Link(R1)
    for _ in range(6):
        link.ra(R1, (PA, A, 14400), after=200)
    assert link.look() == PK_A
    for routers in ([], [R2]):
        link.routers = routers
        for turn in range(30):
            link.ra(R2, FOREVER_B, after=20)
            if turn % 10 == 0:
                link.ra(R1, (PA, A, 14400))
            assert link.look() == PK_A


def test_a_million_advertised_prefixes_take_no_memory_and_ours_stays():
    link = Link(R1)
    link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A
    for i in range(3000):
        link.heard.feed(
            link.ms + i * 10,
            b"\xfe\x80" + bytes(12) + i.to_bytes(2, "big") if i & 1 else R2,
            i.to_bytes(8, "big") + bytes(8),
            64,
            9,
        )
    assert len(link.heard.prefixes) <= 48 and len(link.heard.routers) <= 48
    link.ms += 31000
    link.ra(R1, (PA, A, 14400))
    assert link.look() == PK_A and (PA[:8], R1) in link.heard.prefixes


def test_privacy_rotation_never_moves_the_choice():
    rows = [row(A, MNGTMP, 3600)]
    known = None
    for i in range(50):
        rows = [rows[0]] + [row("2a02:8010:1::%x" % (0x1000 + i), TEMP, 86400)]
        assert choose6(rows, known) == (A, None)
        known = A


def test_ipv4_publishable_before_private_and_primary_before_secondary():
    def pick(*rows):
        packed = kernel.pick4(list(rows))
        return packed and address.text(packed)

    assert pick() is None
    assert pick(row("192.168.1.5"), row("45.33.7.7")) == "45.33.7.7"
    assert pick(row("45.33.7.8", 1), row("45.33.7.7")) == "45.33.7.7"
    assert pick(row("192.168.1.5"), row("45.33.7.8", 1)) == "45.33.7.8"
    assert pick(row("45.33.7.8"), row("45.33.7.7")) == "45.33.7.8"
    assert pick(row("192.168.1.5")) == "192.168.1.5"
    assert pick(row(A)) is None


ROUTE4 = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0
"""
Z = "0" * 32
ROUTE6 = "\n".join(
    (
        "2a028010000100000000000000000000 40 "
        + Z
        + " 00 "
        + Z
        + " 00000100 00000001 00000000 00000001     eth0",
        Z + " 00 " + Z + " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003     eth1",
        Z + " 00 " + Z + " 00 fe800000000000000000000000000001 00000200 00000001 00000000 00450003     eth0",
        Z + " 00 " + Z + " 00 " + Z + " ffffffff 00000001 00000000 00200200       lo",
    )
)


def test_the_best_default_route_names_device_and_gateway():
    assert route.best(ROUTE4.split("\n"), 4) == ("eth0", "0102A8C0")
    assert route.best(ROUTE6.split("\n"), 6) == ("eth0", None)
    assert route.best(ROUTE4.split("\n")[:1], 4) == (None, None)
    assert route.best(ROUTE6.split("\n")[-1:], 6) == (None, None)
    assert route.best(["", "x", "a b c d e f g h i j"], 4) == (None, None)


def test_this_machines_default_routers_are_link_local():
    assert route.routers6("wan9") == []
    for packed in route.routers6("eth0"):
        assert packed[:2] == b"\xfe\x80" and len(packed) == 16


def message(kind, body):
    return struct.pack("IHHII", 16 + len(body), kind, 0, 1, 0) + body + bytes(-len(body) % 4)


def attr(kind, body):
    return struct.pack("HH", 4 + len(body), kind) + body + bytes(-len(body) % 4)


def new_address(text, flags=0x80, preferred=3600, scope=0, kind=20):
    packed = address.parse(text)
    return message(
        kind,
        struct.pack("BBBBI", 2 if len(packed) == 4 else 10, 64, flags & 255, scope, 7)
        + attr(1, packed)
        + attr(8, struct.pack("I", flags))
        + attr(6, struct.pack("IIII", preferred, 7200, 5, 77)),
    )


def rows_of(data):
    return [kernel.address_row(data, at, end) for kind, at, end in kernel.messages(data) if kind == 20]


def test_a_dump_is_read_as_the_kernel_writes_it():
    data = new_address("45.33.7.7") + new_address(A, 0x300, 1800)
    assert rows_of(data) == [
        (4, 7, 0x80, 0, 3600, 64, address.parse("45.33.7.7"), 77),
        (6, 7, 0x300, 0, 1800, 64, address.parse(A), 77),
    ]


def test_the_near_end_of_a_tunnel_is_taken():
    body = (
        struct.pack("BBBBI", 2, 32, 0x80, 0, 7)
        + attr(1, bytes([10, 0, 0, 1]))
        + attr(2, bytes([45, 33, 7, 7]))
    )
    assert rows_of(message(20, body))[0][6] == bytes([45, 33, 7, 7])


def test_damaged_messages_are_not_read_beyond_their_end():
    whole = new_address("45.33.7.7") + new_address(A)
    for cut in range(len(whole)):
        for one in rows_of(whole[:cut]):
            assert one is None or len(one[6]) in (4, 16)
    for at in range(len(whole)):
        for value in (0, 1, 3, 0x7F, 0xFF):
            broken = bytearray(whole)
            broken[at] = value
            for one in rows_of(bytes(broken)):
                assert one is None or len(one[6]) in (4, 16)
            netlink.Observer({}, Kit).take(bytes(broken))


class Kit:
    class clock:
        @staticmethod
        def mono_ms():
            return 1000


def test_only_what_changes_something_wakes():
    one = netlink.Observer({}, Kit)
    assert one.take(new_address("45.33.7.7"))
    assert not one.take(new_address("45.33.7.7")), "an advertisement that changes nothing"
    assert one.take(new_address("45.33.7.7", 0x80, 0)) and not one.take(
        new_address("45.33.7.7", DEPRECATED, 0)
    )
    assert one.take(new_address(A, kind=21))
    assert one.take(message(16, bytes(32)) + new_address(B))
    assert not one.take(new_address("fe80::1", scope=253))
    assert one.take(message(24, bytes((2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0)))), "the default route"
    assert not one.take(message(24, bytes((2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0)))), "some other route"
    assert not one.take(message(24, bytes((2, 0, 0, 0, 255, 3, 0, 1, 0, 0, 0, 0)))), "another table"
    assert not one.take(b"")
    for i in range(300):
        assert one.take(new_address("2a02:8010:9::%x" % i)) and len(one.states) <= 64


def router_option(router, option, index=7, kind=134):
    body = struct.pack("BBHiBBHI", 10, 0, len(option), index, kind, 0, 0, 0) + option
    return message(68, body + (attr(1, router) if router else b""))


def prefix_option(packed, preferred=3600, bits=64):
    return struct.pack(">BBBBIII", 3, 4, bits, 0xC0, 7200, preferred, 0) + packed


def test_who_advertised_a_prefix_is_read_as_the_kernel_writes_it():
    def read(data):
        return [kernel.router_option(data, at, end) for kind, at, end in kernel.messages(data) if kind == 68]

    rdnss = struct.pack(">BBHI", 25, 3, 0, 600) + PK_A
    assert read(router_option(R1, prefix_option(PA))) == [(7, R1, PA, 64, 3600)]
    assert read(router_option(R1, rdnss)) == [(7, R1, None, 0, 0)]
    for bad in (
        router_option(None, rdnss),
        router_option(R1, rdnss, kind=135),
        router_option(R1, b""),
        message(68, bytes(15)),
    ):
        assert read(bad) == [None], bad
    whole = router_option(R1, prefix_option(PA)) + router_option(R2, rdnss)
    for cut in range(len(whole)):
        read(whole[:cut])
    one = netlink.Observer({}, Kit)
    assert one.take(router_option(R1, prefix_option(PA))) and not one.take(
        router_option(R1, prefix_option(PA))
    )
    one.index = 8
    assert not one.take(router_option(R2, prefix_option(PB))), "another link"


def test_kernels_that_tell_who_advertised():
    for release, yes in (("6.11.0", True), ("6.18.3-fc", True), ("7.0", True), ("6.1.0-18-amd64", False),
                         ("5.15.167", False), ("", False), ("x.y", False), ("6", False),
                         ("6.x", False)):  # fmt: skip
        assert netlink.tells(release) == yes, release


def test_this_kernel_answers():
    sock = kernel.open_netlink()
    sock.settimeout(2)
    try:
        index = kernel.device_index(sock, "lo")
        rows = kernel.dump(sock, 4, index, 4096)
    finally:
        sock.close()
    assert [one[6] for one in rows][0] == bytes([127, 0, 0, 1])
    assert {one[1] for one in rows} == {index}


def test_interface_reads_the_loopback_device():
    one = interface.Observer({"device": "lo"}, Kit)
    assert asyncio.run(one.read(4)) == (FOUND, bytes([127, 0, 0, 1]), ("kernel.found", "lo"))
    assert asyncio.run(one.read(6))[0] in (FOUND, NONE)


def test_a_missing_device_is_none_with_its_name():
    answer = asyncio.run(interface.Observer({"device": "wan9"}, Kit).read(4))
    assert answer == (NONE, None, ("kernel.no_device", "wan9"))


def test_netlink_waits_and_can_be_cancelled_and_asked_again():
    async def go():
        one = netlink.Observer({"device": "lo"}, Kit)
        for _ in range(3):
            try:
                await asyncio.wait_for(one.changed(), 0.05)
                woken = True
            except asyncio.TimeoutError:
                woken = False
            assert not woken
        one.close()
        one.close()

    asyncio.run(go())


def test_a_buffer_that_is_too_small_is_noticed():
    sock = kernel.open_netlink()
    sock.settimeout(2)
    try:
        assert kernel.dump(sock, 4, kernel.device_index(sock, "lo"), 20) is None
    finally:
        sock.close()
