# SPDX-License-Identifier: MIT
from wanbeacon.app import words
from wanbeacon.core.address import canonical, family, never, parse, text, why_not

GOOD = (
    ("45.33.7.7", "45.33.7.7"),
    (" 045.033.007.007 ", "45.33.7.7"),
    ("::ffff:45.33.7.7", "45.33.7.7"),
    ("::FFFF:2d21:707", "45.33.7.7"),
    ("2600:0077:0001:0000:0000:0000:0000:0009", "2600:77:1::9"),
    ("2600:77:1::9/64", "2600:77:1::9"),
    ("fe80::1%eth0", "fe80::1"),
    ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("::", "::"),
    ("::1", "::1"),
    ("1::", "1::"),
    ("64:ff9b::45.33.7.7", "64:ff9b::2d21:707"),
)
BAD = (
    "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.1000", "1.2.3.-4", "1.2.3.+4", "1.2.3.4a", "a.b.c.d",
    "1..2.3", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "+1::", "1_0::",
    "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "good", "127.0.0.1 5", "1" * 60,
)  # fmt: skip
REFUSED = (
    ("0.0.0.0", "unspecified"), ("0.1.2.3", "this network"), ("10.1.2.3", "private"), ("100.64.1.2", "CGNAT"),
    ("100.127.255.255", "CGNAT"), ("127.0.0.1", "loopback"), ("169.254.3.3", "link-local"),
    ("172.16.0.1", "private"), ("172.31.255.255", "private"), ("192.0.0.8", "protocol"),
    ("192.0.2.5", "documentation"), ("192.31.196.1", "AS112"), ("192.52.193.1", "AMT"),
    ("192.88.99.1", "6to4"), ("192.168.1.1", "private"), ("192.175.48.1", "AS112"),
    ("198.18.0.1", "benchmark"), ("198.19.255.255", "benchmark"), ("198.51.100.1", "documentation"),
    ("203.0.113.9", "documentation"), ("224.0.0.1", "multicast"), ("239.1.1.1", "multicast"),
    ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"), ("::", "unspecified"), ("::1", "loopback"),
    ("::1.2.3.4", "global"), ("::ffff:10.0.0.1", "private"), ("64:ff9b::1", "tunnel"),
    ("64:ff9b:1::1", "tunnel"), ("100::1", "discard"), ("100:0:0:1::1", "global"), ("2001::1", "tunnel"),
    ("2001:2::1", "protocol"), ("2001:1ff::1", "protocol"), ("2001:db8::1", "documentation"),
    ("2002:2d21:707::1", "tunnel"), ("2620:4f:8000::1", "AS112"), ("3fff:fff::1", "documentation"),
    ("5f00::1", "segment"), ("fc00::1", "unique local"), ("fdff::1", "unique local"),
    ("fe80::1", "link-local"), ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("4000::1", "global"),
    ("2600:77:1::", "prefix"),
)  # fmt: skip
PUBLISHABLE = (
    "1.0.0.1", "9.255.255.255", "11.0.0.0", "45.33.7.7", "100.63.255.255", "100.128.0.0", "172.15.255.255",
    "172.32.0.1", "192.0.1.1", "192.167.255.255", "198.17.255.255", "198.20.0.1", "223.255.255.255",
    "2600:77:1::9", "2001:200::1", "2a01:4f8::1", "3ffe::1",
)  # fmt: skip


def test_addresses_are_read_as_written_by_sources_and_providers():
    for given, want in GOOD:
        assert canonical(given) == want, (given, canonical(given))
        assert parse(want) == parse(given)
        assert text(parse(want)) == want
        assert family(parse(want)) == (6 if ":" in want else 4)


def test_what_is_no_address_is_refused():
    for given in BAD:
        try:
            parse(given)
        except ValueError:
            continue
        raise AssertionError(given)


def test_addresses_that_must_never_be_published_come_with_a_reason():
    words.path = "firmware/catalogue/words.txt"
    for given, word in REFUSED:
        code = why_not(parse(given))
        assert code and " " not in code, (given, code)
        assert word in words.say("address." + code), (given, code)


def test_public_addresses_are_publishable():
    for given in PUBLISHABLE:
        assert why_not(parse(given)) is None, (given, why_not(parse(given)))


def test_allow_private_never_covers_loopback_multicast_link_local_or_broadcast():
    for given in (
        "127.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "169.254.1.1",
        "255.255.255.255",
        "::1",
        "::",
        "ff02::1",
        "fe80::1",
        "fd00::",
    ):
        assert never(parse(given)), given
    for given in ("10.0.0.1", "100.64.0.1", "192.168.1.1", "fd00::1", "203.0.113.1"):
        assert not never(parse(given)), given
