"""interface and netlink: the table of the IPv6 choice, the kernel's messages as bytes, and this machine's own kernel."""

import asyncio
import struct

from wanbeacon.core import address
from wanbeacon.net import kernel, route
from wanbeacon.observe import interface, netlink
from wanbeacon.observe.base import FOUND, NONE

A = "2a02:8010:1::a"
B = "2a02:8010:2::b"
FOREVER = 0xFFFFFFFF
TEMP, DADFAILED, DEPRECATED, TENTATIVE, PERMANENT, MNGTMP, STABLE = 1, 8, 0x20, 0x40, 0x80, 0x100, 0x800


def row(text, flags=0, preferred=3600, scope=0, index=2):
    packed = address.parse(text)
    return (4 if len(packed) == 4 else 6, index, flags, scope, preferred, 64, packed)


def choose6(rows, known=None):
    packed = kernel.pick6(rows, known and address.parse(known))
    return packed and address.text(packed)


# (what it shows, rows, known, expected)
IPV6 = (
    ("nothing there", [], None, None),
    ("only link-local", [row("fe80::1", PERMANENT, FOREVER, scope=253)], None, None),
    ("one global", [row(A, MNGTMP)], None, A),
    ("temporary beside it", [row("2a02:8010:1::99", TEMP, 9000), row(A, MNGTMP)], None, A),
    ("only temporary", [row("2a02:8010:1::99", TEMP, 9000)], None, None),
    ("the privacy address was published by mistake", [row(B, TEMP, 9000), row(A, MNGTMP)], B, A),
    ("deprecated by flag", [row(B, DEPRECATED, 9000), row(A, MNGTMP)], B, A),
    ("deprecated by lifetime 0", [row(B, MNGTMP, 0), row(A, MNGTMP)], B, A),
    ("only deprecated", [row(B, DEPRECATED, 0)], B, None),
    ("tentative", [row(B, TENTATIVE, FOREVER), row(A, MNGTMP)], None, A),
    ("duplicate on the link", [row(B, DADFAILED | PERMANENT, FOREVER), row(A, MNGTMP)], None, A),
    ("only tentative", [row(B, TENTATIVE, FOREVER)], None, None),
    ("ULA beside a global one", [row("fd00:1::1", PERMANENT, FOREVER), row(A, MNGTMP, 600)], None, A),
    ("only ULA: told, the chooser refuses it", [row("fd00:1::1", PERMANENT, FOREVER)], None, "fd00:1::1"),
    ("ULA was known, a global one comes", [row("fd00:1::1", 0, FOREVER), row(A, MNGTMP)], "fd00:1::1", A),
    ("static before advertised", [row(A, MNGTMP | STABLE, 9000), row(B, PERMANENT, FOREVER)], None, B),
    ("DHCPv6 before advertised, however short", [row(A, MNGTMP, 86400), row(B, 0, 600)], None, B),
    ("the longest preferred", [row(A, MNGTMP, 1800), row(B, MNGTMP, 3600)], None, B),
    ("two living prefixes: the known one stays", [row(A, MNGTMP, 1800), row(B, MNGTMP, 3600)], A, A),
    ("two living prefixes, the other way round", [row(A, MNGTMP, 3600), row(B, MNGTMP, 1800)], B, B),
    ("a prefix no longer advertised loses", [row(A, MNGTMP, 1799), row(B, MNGTMP, 3600)], A, B),
    ("mobile prefix: old one gone", [row(B, MNGTMP)], A, B),
    ("equal lifetimes: always the same", [row(B, MNGTMP), row(A, MNGTMP)], None, A),
    ("equal lifetimes, other order", [row(A, MNGTMP), row(B, MNGTMP)], None, A),
    ("known is not on the device", [row(A, MNGTMP)], B, A),
    ("IPv4 rows are not its matter", [row("45.33.7.7", PERMANENT, FOREVER), row(A)], None, A),
)


def test_ipv6_choice_table():
    for what, rows, known, expected in IPV6:
        got = choose6(rows, known)
        assert got == expected, (what, got, expected)


def test_privacy_rotation_never_moves_the_choice():
    rows = [row(A, MNGTMP, 3600)]
    known = None
    for i in range(50):
        rows = [rows[0]] + [row("2a02:8010:1::%x" % (0x1000 + i), TEMP, 86400)]
        assert choose6(rows, known) == A
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
        "2a028010000100000000000000000000 40 " + Z + " 00 " + Z + " 00000100 00000001 00000000 00000001     eth0",
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
        + attr(6, struct.pack("IIII", preferred, 7200, 0, 0)),
    )


def rows_of(data):
    return [
        kernel.address_row(data, at, end) for kind, at, end in kernel.messages(data) if kind == 20
    ]


def test_a_dump_is_read_as_the_kernel_writes_it():
    data = new_address("45.33.7.7") + new_address(A, 0x300, 1800)
    assert rows_of(data) == [
        (4, 7, 0x80, 0, 3600, 64, address.parse("45.33.7.7")),
        (6, 7, 0x300, 0, 1800, 64, address.parse(A)),
    ]


def test_the_near_end_of_a_tunnel_is_taken():
    body = struct.pack("BBBBI", 2, 32, 0x80, 0, 7) + attr(1, bytes([10, 0, 0, 1])) + attr(2, bytes([45, 33, 7, 7]))
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
            netlink.is_event(bytes(broken))


def test_only_address_messages_wake():
    assert netlink.is_event(new_address("45.33.7.7"))
    assert netlink.is_event(new_address(A, kind=21))
    assert netlink.is_event(message(16, bytes(32)) + new_address("45.33.7.7"))
    assert not netlink.is_event(new_address("fe80::1", scope=253))
    assert netlink.is_event(message(24, bytes((2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0)))), "the default route"
    assert not netlink.is_event(message(24, bytes((2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0)))), "some other route"
    assert not netlink.is_event(message(24, bytes((2, 0, 0, 0, 255, 3, 0, 1, 0, 0, 0, 0)))), "another table"
    assert not netlink.is_event(b"")


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
    one = interface.Observer({"device": "lo"}, None)
    assert asyncio.run(one.read(4)) == (FOUND, bytes([127, 0, 0, 1]), ("kernel.found", "lo"))
    assert asyncio.run(one.read(6))[0] in (FOUND, NONE)


def test_a_missing_device_is_none_with_its_name():
    answer = asyncio.run(interface.Observer({"device": "wan9"}, None).read(4))
    assert answer == (NONE, None, ("kernel.no_device", "wan9"))


def test_netlink_waits_and_can_be_cancelled_and_asked_again():
    async def go():
        one = netlink.Observer({"device": "lo"}, None)
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
