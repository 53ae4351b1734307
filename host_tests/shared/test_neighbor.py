# SPDX-License-Identifier: MIT
# core/neighbor.py and core/leases.py as tables; the source `leases`; homehost with a neighbor table in
# memory. The real kernel's table: host_tests/netlab/test_neighbor.py.
import asyncio
import os

from wanbeacon.app import homehost
from wanbeacon.core import address, leases, neighbor, prefix
from wanbeacon.observe import leases as source
from wanbeacon.observe.base import FOUND, UNKNOWN

MAC = prefix.mac("00:11:22:33:44:55")
EUI = "211:22ff:fe33:4455"
NETS = [(address.parse("2600:77:2::"), 64)]
WEEK = 8 * 86400


# names in the table: two addresses of one network that may be temporary; B's identifier in two others
NAMED = {
    "A": "2600:77:2:0:a1b2:c3d4:e5f6:1",
    "B": "2600:77:2:0:b1b2:c3d4:e5f6:2",
    "FE": "fe80::b1b2:c3d4:e5f6:2",
    "FD": "fd00::b1b2:c3d4:e5f6:2",
}


def packed(texts):
    return [address.parse(NAMED.get(one, one)) for one in texts.split()]


CASES = (
    # addresses that answer, published, facts -> address or code
    ("fe80::a1b2:c3d4:e5f6:1", None, {}, "home.neighbor_unseen"),
    ("", "A", {}, "home.neighbor_off"),
    ("", "2600:77:1::a1b2:c3d4:e5f6:1", {}, "home.neighbor_unseen"),
    # one address: it, once the others were asked for
    ("A", None, {}, "home.neighbor_new"),
    ("A", None, {"age": 5}, "A"),
    ("A 2600:77:1::9:8:7:6", "2600:77:1::9:8:7:6", {"age": 5}, "A"),
    # two, neither proven: said; the host is known to make temporary ones: one alone is doubted as well
    ("A B", None, {"age": 5}, "home.neighbor_which"),
    ("B", None, {"age": 5, "several": True}, "home.neighbor_doubt"),
    # proven: EUI-64, small, leased, the same identifier in another network, there for more than a week
    ("2600:77:2::%s B" % EUI, None, {}, "2600:77:2:0:%s" % EUI),
    ("2600:77:2::5af B", None, {}, "2600:77:2::5af"),
    ("A B", None, {"leased": "B"}, "B"),
    ("FE A B", None, {}, "B"),
    ("FD A B", None, {}, "B"),
    ("A B", None, {"age": 5, "old": "A"}, "A"),
    # the published one stays while it answers; a proven one is better than one that may be temporary
    ("A B", "B", {"several": True}, "B"),
    ("2600:77:2::5af B", "B", {}, "2600:77:2::5af"),
    ("2600:77:2::5af 2600:77:2::1", "2600:77:2::5af", {}, "2600:77:2::5af"),
    # it is silent, another answers: not at once
    ("A", "B", {"age": 5}, "home.neighbor_silent"),
    ("A", "B", {"age": 90, "silent": 61}, "A"),
    # ULA beside GUA; ULA alone is for who wants it (allow_private)
    ("fd00::5af 2600:77:2::5b0", None, {"nets": "fd00:: 2600:77:2::"}, "2600:77:2::5b0"),
    ("fd00::5af", None, {"nets": "fd00::"}, "fd00::5af"),
)  # fmt: skip


def test_which_address_of_a_neighbor():
    for texts, have, facts, want in CASES:
        alive = packed(texts)
        ages = dict([(one, facts.get("age", 0)) for one in alive])
        for one in packed(facts.get("old", "")):
            ages[one] = WEEK
        known = neighbor.Facts(
            packed(facts.get("leased", "")), ages, facts.get("several", False), facts.get("silent", 0)
        )
        nets = [(one, 64) for one in packed(facts["nets"])] if "nets" in facts else NETS
        found, code = neighbor.choose(MAC, alive, nets, packed(have)[0] if have else None, known)
        assert (address.text(found) if found else code[0]) == NAMED.get(want, want), (
            texts,
            have,
            facts,
            found,
            code,
        )


def test_a_wide_network_takes_any_of_its_subnets():
    wide = [(address.parse("2600:77:2::"), 56)]
    assert (
        neighbor.choose(MAC, packed("2600:77:2:7::5"), wide, None, neighbor.Facts())[0]
        == packed("2600:77:2:7::5")[0]
    )


LLT = "000100012a3b4c5d001122334455"
ODHCPD = (
    "# br-lan %s 7a93fd1f nas 1900000000 5af 128 2600:77:2::5af/128 fd00::5af/128\n"
    "2600:77:2::5af\tnas.lan\tnas\n"
    "# br-lan 00020000ab11ffff 1 - -1 7 128 2600:77:2::7/128\n"
    "# br-lan %s ipv4 pc 1900000000 c0a80105 32 192.168.1.5/32\n"
    "# br-lan 00030001001122334456 2 broken\\x20x 1900000000 8 128 2600:77:2::8/128\n"
    "# br-lan 00030001001122334457 3 router 1900000000 10 60 2600:77:2:10::/60\n"
    "# br-lan 00030001001122334458 4 gone 0 9 128 2600:77:2::9/128\n"
    "# br-lan 00030001001122334458 4 short 0\n"
) % (LLT, LLT)
DNSMASQ = (
    "1900000000 00:11:22:33:44:55 192.168.1.5 nas 01:00:11:22:33:44:55\n"
    "duid 00:01:00:01:2a:3b:4c:5d:aa:bb:cc:dd:ee:ff\n"
    "1900000000 2056484921 2600:77:2::5af nas 00:01:00:01:2a:3b:4c:5d:00:11:22:33:44:55\n"
    "1900000000 T205648492 2600:77:2::666 nas 00:01:00:01:2a:3b:4c:5d:00:11:22:33:44:55\n"
    "0 7 2600:77:2::7 * 00:02:00:00:ab:11\n"
)


def test_lease_files_of_odhcpd_and_dnsmasq():
    rows = [(address.text(a), bits, mac and mac[-1], until) for a, bits, mac, until in leases.read(ODHCPD)]
    assert rows == [
        ("2600:77:2::5af", 128, 0x55, 1900000000), ("fd00::5af", 128, 0x55, 1900000000),
        ("2600:77:2::7", 128, None, None),
        ("2600:77:2::8", 128, 0x56, 1900000000), ("2600:77:2:10::", 60, 0x57, 1900000000),
    ], rows  # fmt: skip
    rows = [(address.text(a), bits, mac and mac[-1], until) for a, bits, mac, until in leases.read(DNSMASQ)]
    assert rows == [("2600:77:2::5af", 128, 0x55, 1900000000), ("2600:77:2::7", 128, None, None)], rows


def test_damaged_lease_files_raise_nothing_and_are_bounded():
    for text in (ODHCPD, DNSMASQ):
        for cut in range(len(text)):
            leases.read(text[:cut])
            leases.read(text[:cut] + "\x00" + text[cut + 1 :])
            leases.read(text[:cut] + text[cut + 1 :])
    assert (
        len(
            leases.read(
                "# a 00 1 x -1 1 128 "
                + "2600::1/128 " * 40
                + "\n"
                + "# a 00 1 x -1 1 128 2600::1/128\n" * 999
            )
        )
        < 300
    )


class Clock:
    now = 1800000000

    def wall(self):
        return self.now

    def mono(self):
        return 1000

    def mono_ms(self):
        return 1000000


class Kit:
    clock = Clock()


def asked(text):
    """What the source `leases` says of a file with this text: (kind, packed or code, networks)."""
    path = "%s/leases-%d" % (os.getenv("TMPDIR") or "/tmp", int.from_bytes(os.urandom(4), "big"))
    with open(path, "w") as f:
        f.write(text)
    try:
        one = source.Observer({"file": path}, Kit())
        kind, found, why = asyncio.run(one.read(6))
        return kind, found or why[0], one.networks
    finally:
        os.remove(path)


def test_the_prefix_by_the_leases_is_that_of_the_last_ones():
    net = packed("2600:77:2::")[0]
    assert asked(ODHCPD) == (FOUND, net, (("lan", net, 64),))
    new = "# br-lan %s 7a93fd1f nas 1900000700 5af 128 2600:77:3::5af/128\n" % LLT
    for text in (new + ODHCPD.replace(" -1 ", " 1900000000 "), ODHCPD.replace(" -1 ", " 1900000000 ") + new):
        assert asked(text)[1] == packed("2600:77:3::")[0]
    assert asked("# br-lan %s 1 nas 1700000000 5af 128 2600:77:2::5af/128\n" % LLT) == (
        UNKNOWN,
        "leases.none",
        None,
    )
    assert asked("") == (UNKNOWN, "leases.none", None)


class Table:
    """A neighbor table in memory."""

    def of(self, who, nets, have, privacy):
        self.asked = who, [(address.text(a), bits) for a, bits in nets], privacy
        return have, None


def test_the_networks_a_neighbor_is_looked_for_in():
    wide, lan = ("", packed("2600:77:100::")[0], 40), ("lan", packed("2600:77:2::")[0], 64)
    guest = ("guest", packed("2600:77:3::")[0], 64)
    line, table = packed("2600:77:9::1")[0], Table()
    for more, networks, want in (
        ({}, (), [("2600:77:9::1", 64)]),
        ({}, (wide,), [("2600:77:100::", 40)]),
        ({}, (wide, guest, lan), [("2600:77:2::", 64)]),
        ({"lan": "guest"}, (wide, guest, lan), [("2600:77:3::", 64)]),
        ({"subnet": 5}, (wide, lan), [("2600:77:100:5::", 64)]),
        ({"subnet": 5, "prefix_length": 60}, (), [("2600:77:9:5::", 64)]),
    ):
        doc = dict(more, neighbor="00:11:22:33:44:55")
        homehost.address_of(doc, line, networks, None, table)
        assert table.asked == (doc["neighbor"], want, False), (more, table.asked)
    doc = {"neighbor": "2600:77:2::5", "privacy": True}
    homehost.address_of(doc, line, (lan,), line, table)
    assert table.asked[2] is True
    assert homehost.address_of(doc, line, (lan,))[1] == ("home.no_neighbors",)
    assert homehost.address_of(dict(doc, lan="dmz"), line, (lan,), None, table)[1] == ("home.no_lan", "dmz")
