"""Give the heap of a module back once it is not needed. For small heaps only: a module that is loaded again costs time.

A module stays in memory as long as sys.modules, its package, or an object of a class or function of it holds it.
"""

import gc
import sys

# Bytes of heap in all below which modules are dropped. With all of them loaded the agent needs up to 180 KB where a word has
# 32 bits and twice that where it has 64; a router's interpreter has a megabyte.
SMALL = 256 * 1024 if sys.maxsize < 1 << 32 else 512 * 1024
# What a round of the agent needs step by step, and an exchange: dropped after use.
STEPS = (
    "plan", "learn", "decide", "journal", "ranges", "reasons", "observe.asking", "dyndns.share", "dyndns.request", "dyndns.reply",
    "dyndns.url", "dyndns.outcome", "net.route",
)  # fmt: skip
WIRE = ("net.http", "net.wire", "net.trust", "dyndns.url")


def small():
    """True when every kilobyte of this heap counts."""
    return gc.mem_alloc() + gc.mem_free() < SMALL


def spare(tidy):
    """From now on every kilobyte counts, even where the heap may grow; `tidy`: bytes between two collections."""
    global SMALL
    SMALL = sys.maxsize
    gc.threshold(tidy)


def printable(text, low=32):
    """The text with "?" for each character outside low..126. By its bytes: for every single character that is looked at,
    MicroPython keeps a string of its own for good."""
    raw, at = bytearray(str(text).encode()), 0
    for b in raw:
        if not 128 <= b < 192:  # one sign for a letter of several bytes
            raw[at] = b if low <= b < 127 else 63
            at += 1
    return bytes(raw[:at]).decode()


def drop(*names):
    """Forget modules of this package ("net.http"); they are loaded again when they are imported the next time."""
    if not small():
        return
    for name in names:
        name = "wanbeacon." + name
        if sys.modules.pop(name, None):
            parent, _, child = name.rpartition(".")
            delattr(sys.modules[parent], child)
    gc.collect()
