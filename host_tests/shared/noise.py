# SPDX-License-Identifier: MIT
"""Damage for real packets, pages and documents, and how to flood a parser with them. No tests; every
interpreter.

1,000 inputs for each parser; nightly (WANBEACON_NIGHTLY) 60,000, or as many as WANBEACON_CASES says.
"""

import gc
import os

NIGHTLY = os.getenv("WANBEACON_NIGHTLY")
COUNT = int(os.getenv("WANBEACON_CASES") or (60000 if NIGHTLY else 1000))
SEED = int.from_bytes(os.urandom(3), "big") if NIGHTLY else 0
#: Bytes by which the heap may differ afterwards (interned strings, a grown table), not per packet.
SLACK = 4096


class Noise:
    """Pseudo-random, the same on every interpreter."""

    def __init__(self, seed):
        self.x = seed

    def __call__(self, n):
        self.x = (self.x * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.x >> 8) % n

    def spoil(self, packet):
        """Return a damaged copy of `packet` (sometimes one that only looks damaged)."""
        data = bytearray(packet)
        how = self(10)
        if how == 0:
            return bytes(self(256) for _ in range(self(64)))
        if how == 1:
            return bytes(data[: self(len(data))])
        if how == 2:
            return bytes(data) + bytes(self(40))
        if how == 3:  # a piece doubled
            at, size = self(len(data)), 1 + self(30)
            return bytes(data[: at + size]) + bytes(data[at:])
        if how == 4:  # a piece left out
            at = self(len(data))
            return bytes(data[:at]) + bytes(data[at + 1 + self(30) :])
        if how == 5:  # extreme numbers
            for _ in range(1 + self(3)):
                at = self(len(data))
                data[at : at + 4] = (
                    b"\xff\xff\xff\xff",
                    b"\0\0\0\0",
                    b"\x7f\xff\xff\xff",
                    b"\0\0\xff\xff",
                    b"\x80\0\0\0",
                )[self(5)]
            return bytes(data)
        if how == 6:  # tokens that parsers look for
            at = self(len(data))
            return (
                bytes(data[:at])
                + (b"<", b">", b"\r\n\r\n", b"<!--", b"]]>", b"::", b"&amp;", b"\xc0\x0c", b"%", b"\n")[
                    self(10)
                ]
                + bytes(data[at:])
            )
        for _ in range(1 + self(4)):
            data[self(len(data))] = self(256)
        return bytes(data)


def flood(packets, take, good=None, count=COUNT):
    """Feed `take` with spoiled copies of `packets` (one, or a list); the heap must be as full afterwards as
    before. good: called with each undamaged packet in between, to check what is made of it."""
    packets = packets if isinstance(packets, list) else [packets]
    noise = Noise(len(packets[0]) + SEED)
    if SEED:
        print("seed", SEED)
    for i in range(100):
        take(noise.spoil(packets[i % len(packets)]))  # what is allocated once, is allocated now
    gc.collect()
    before = gc.mem_alloc()
    for i in range(count):
        packet = packets[noise(len(packets))]
        if good and i % 50 == 0:
            good(packet)
        take(noise.spoil(packet))
    gc.collect()
    grown = gc.mem_alloc() - before
    assert grown < SLACK, "the heap grew by %d bytes" % grown
