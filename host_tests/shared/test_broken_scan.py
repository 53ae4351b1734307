# SPDX-License-Identifier: MIT
"""A check page or a command that prints an IPv6 address with a dotted end: no IPv4 address is in it."""

from wanbeacon.core import address
from wanbeacon.observe import scan


def test_the_dotted_end_of_an_ipv6_address_is_no_ipv4_address():
    for text in (
        b"64:ff9b::45.33.7.9",
        b"::45.33.7.9",
        b"<p>2002::45.33.7.9</p>",
        b"fe80::5efe:45.33.7.9%eth0\n",
    ):
        assert scan.single(text, 4)[0] is None, text
        assert len(scan.single(text, 6)[0]) == 16, text


def test_an_ipv4_address_beside_colons_is_found():
    want = address.parse("45.33.7.9")
    for text in (
        b"::ffff:45.33.7.9",
        b"IP:45.33.7.9",
        b"45.33.7.9:8080",
        b"Your address: 45.33.7.9.",
        b"ip::45.33.7.9:x",
        b'{"ip":"45.33.7.9","ip6":"64:ff9b::1.2.3.4"}',
        b"2a00::1 45.33.7.9",
        b":45.33.7.9:",
    ):
        assert scan.single(text, 4) == (want, None), text
    assert "several" in str(scan.single(b"45.33.7.9:45.33.7.10", 4)[1])


def test_an_ipv6_address_is_found_as_before():
    want = address.parse("2a00::1")
    for text in (b"2a00::1", b"ip 2a00::1.", b'"2a00:0:0::1"', b"1.2.3.4 2a00::1"):
        assert scan.single(text, 6) == (want, None), text
