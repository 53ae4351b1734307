# SPDX-License-Identifier: MIT
"""The file that shared/test_prefix.py is held against is what Python's ipaddress says, at every length and
for every shape."""

import hashlib
import ipaddress
import sys

from tools import ROOT

sys.path.append(str(ROOT / "host_tests/shared"))
from prefix_shapes import PREFIXES, suffixes
from wanbeacon.core import prefix

FILE = ROOT / "host_tests/data/prefix-vectors.txt"


def expected(packed, bits, suffix):
    """By ipaddress alone: the network's address, and of the suffix what its hostmask lets through."""
    net = ipaddress.IPv6Network((packed, bits), strict=False)
    return ipaddress.IPv6Address(
        int(net.network_address) | int(ipaddress.IPv6Address(suffix)) & int(net.hostmask)
    ).packed


def vectors():
    """A line per length: what all prefixes and suffixes give there, as a digest."""
    for bits in range(1, 129):
        seen = hashlib.sha256()
        for packed in PREFIXES:
            for suffix in suffixes():
                seen.update(expected(packed, bits, suffix))
        yield "%d %s" % (bits, seen.hexdigest()[:32])


def test_the_vectors_are_what_ipaddress_says():
    assert FILE.read_text().splitlines() == list(vectors())


def test_every_subnet_of_small_delegations_and_the_edges_of_large_ones():
    for bits in range(1, 65):
        net = ipaddress.IPv6Network((PREFIXES[1], bits), strict=False)
        for length in range(bits, 129):
            most = 1 << length - bits
            for index in {0, 1, 2, 5, most // 2, most - 2, most - 1}:
                if 0 <= index < most:
                    want = ipaddress.IPv6Address(int(net.network_address) + (index << 128 - length))
                    assert ipaddress.IPv6Address(prefix.subnet(PREFIXES[1], bits, index, length)) == want, (
                        bits,
                        length,
                        index,
                    )
