# SPDX-License-Identifier: MIT
# core/prefix.py: every prefix length by every shape of suffix, against what Python's ipaddress gave
# (data/prefix-vectors.txt, held against it by host/test_prefix_vectors.py); subnets, suffixes and MACs as
# people write them.
import hashlib

import ubinascii
from prefix_shapes import PREFIXES, suffixes
from wanbeacon.core import address, prefix


def raises(function, *args):
    try:
        function(*args)
    except ValueError:
        return True
    return False


def test_every_length_by_every_shape_is_what_ipaddress_says():
    count = 0
    with open("host_tests/data/prefix-vectors.txt") as f:
        for line in f:
            bits, want = line.split()
            seen = hashlib.sha256()
            for packed in PREFIXES:
                for suffix in suffixes():
                    seen.update(prefix.join(packed, int(bits), suffix))
            assert ubinascii.hexlify(seen.digest()).decode()[:32] == want, bits
            count += 1
    assert count == 128


def test_the_ends_take_one_side_alone_and_a_network_holds_what_was_joined_in_it():
    for packed in PREFIXES:
        for suffix in suffixes():
            assert prefix.join(packed, 0, suffix) == suffix
            assert prefix.join(packed, 128, suffix) == packed
    for bits in range(129):
        one = prefix.join(PREFIXES[1], bits, b"\xff" * 16)
        assert prefix.inside(one, PREFIXES[1], bits) and prefix.network(one, bits) == prefix.network(
            PREFIXES[1], bits
        )
        assert prefix.fits(prefix.join(bytes(16), bits, b"\xff" * 16), bits)
        assert bits == 0 or not prefix.fits((1 << 128 - bits).to_bytes(16, "big"), bits), bits
        assert bits == 0 or not prefix.inside(prefix.join(b"\0" * 16, bits, PREFIXES[1]), PREFIXES[0], bits)


def test_subnets_of_a_delegation():
    base = address.parse("2a02:908:1200:1f00::")
    for bits, index, want in (
        (56, 0, "2a02:908:1200:1f00::"), (56, 1, "2a02:908:1200:1f01::"), (56, 255, "2a02:908:1200:1fff::"),
        (62, 3, "2a02:908:1200:1f03::"), (64, 0, "2a02:908:1200:1f00::"), (48, 65535, "2a02:908:1200:ffff::"),
        (57, 127, "2a02:908:1200:1f7f::"),
    ):  # fmt: skip
        assert address.text(prefix.subnet(base, bits, index)) == want, (bits, index)
    for bits, index in ((56, 256), (64, 1), (62, 4), (62, -1), (65, 0), (128, 0)):
        assert raises(prefix.subnet, base, bits, index), (bits, index)
    assert address.text(prefix.subnet(base, 64, 5, 72)) == "2a02:908:1200:1f00:500::"


def test_suffixes_as_people_write_them():
    for text, want in (
        ("::1:2", "::1:2"),
        ("::", "::"),
        ("::FFFF:1:2", None),
        ("::1:0:0:0:5", "::1:0:0:0:5"),
        ("::1.2.3.4", "::102:304"),
    ):
        packed = prefix.suffix(text)
        assert len(packed) == 16, text
        assert want is None or address.text(packed) == want, (text, address.text(packed))
    assert prefix.suffix("::ffff:1:2") == bytes(10) + b"\xff\xff\x00\x01\x00\x02"
    for text in ("", "5", "1.2.3.4", "::1/64", "::1%eth0", "::g", ":::1", "1:2", "::1::2"):
        assert raises(prefix.suffix, text), text


def test_a_suffix_that_a_host_drew_by_lot_is_doubted():
    for text in ("::b682:7292:5f5d:351e", "::8899:89cb:1911:8afa", "::1:b682:7292:5f5d:351e"):
        said = prefix.doubts({"name": "nas.example.org", "suffix": text})
        assert len(said) == 1 and "nas.example.org" in said[0] and "neighbor" in said[0], text
    for text in ("::1", "::1:2", "::ffff:ffff", "::11:22ff:fe33:4455", "::5af", "::1:0:0:0:5"):
        assert prefix.doubts({"name": "n", "suffix": text}) == [], text


def test_a_mac_gives_the_identifier_of_slaac_without_privacy():
    packed = prefix.eui64(prefix.mac("02:11:22:33:44:55"))
    assert packed == address.parse("::11:22ff:fe33:4455"), "measured on a Linux host"
    assert prefix.eui64(prefix.mac("00-AA-BB-cc-dd-EE")) == address.parse("::2aa:bbff:fecc:ddee")
    for text in ("", "1:2:3:4:5:6", "02:11:22:33:44", "02:11:22:33:44:5g", "+2:11:22:33:44:55",
                 "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "02:11:22:33:44:55:66",
                 "021122334455", "02:11:22:33:44:\xe4\xe4"):  # fmt: skip
        assert raises(prefix.mac, text), text
