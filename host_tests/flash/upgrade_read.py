# SPDX-License-Identifier: MIT
# Reads the bundles of a folder as a board does, on any interpreter. usage: upgrade_read.py FOLDER [HEAP]
# FOLDER holds key and NAME.bundle; a slot NAME is made in it for each. Prints "NAME version" or
# "NAME refused CODE". HEAP: so many bytes of the heap are left free first (MicroPython).
import gc
import os
import sys

from wanbeacon.app import upgrade_bundle
from wanbeacon.app.upgrade import Refused
from wanbeacon.core import signature  # noqa: F401  (code is not what is measured)

FOLDER = sys.argv[1]
upgrade_bundle.SPARE = 0

with open(FOLDER + "/key", "rb") as f:
    KEYS = [f.read()]


def read(name):
    reader = upgrade_bundle.Reader(FOLDER + "/" + name, KEYS)
    try:
        with open(FOLDER + "/" + name + ".bundle", "rb") as f:
            data = f.read(128)
            while data:
                reader.feed(data)
                data = f.read(128)
        return reader.end()
    except Refused as e:
        reader.close()
        return "refused " + e.args[0]


def fill(free):
    """Take all of the heap but `free` bytes in one piece."""
    gc.collect()
    left, held = bytearray(free), None
    for size in (4096, 256, 64, 16):
        try:
            while True:
                held = [bytearray(size), held]
        except MemoryError:
            pass
    del left
    gc.collect()
    return held


names = sorted([name[:-7] for name in os.listdir(FOLDER) if name[-7:] == ".bundle"])
if sys.argv[2:]:
    held = fill(int(sys.argv[2]))
    print("%d bytes free" % gc.mem_free())
for name in names:
    print(name, read(name))
