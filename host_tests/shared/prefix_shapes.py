# SPDX-License-Identifier: MIT
# The prefixes and suffixes of the exhaustive test of core/prefix.py: shared by MicroPython (which has no
# ipaddress) and by host/test_prefix_vectors.py, which asks Python's ipaddress what should come out.

PREFIXES = (b"\xff" * 16, b"\x20\x01\x0d\xb8\xa5\x5a\x12\x34\x56\x78\x9a\xbc\xde\xf0\x0f\xed")


def suffixes():
    """Every shape: the last n bits set, bit n alone, all but bit n, and some as people write them."""
    for n in range(129):
        yield ((1 << n) - 1).to_bytes(16, "big")
    for n in range(128):
        yield (1 << n).to_bytes(16, "big")
        yield ((1 << 128) - 1 ^ 1 << n).to_bytes(16, "big")
    for text in (
        "00000000000000000000000000010002",
        "0000000000000001021122fffe334455",
        "a5a5a5a5a5a5a5a55a5a5a5a5a5a5a5a",
    ):
        yield bytes([int(text[i : i + 2], 16) for i in range(0, 32, 2)])
