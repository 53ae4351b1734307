# SPDX-License-Identifier: MIT
"""What finding and reading its modules costs a board: block reads from power to the first request, on the
real LittleFS.

MicroPython looks for main.py, then for wanbeacon/start.py as for any module (a folder, .py, .mpy, in every
folder of its path); all others are in the file that this one keeps open. The order is that of the sources
(build/loads.py). As measured with the same model, the packed 0.1.0 needed 3,820, a file for each module
12,050."""

import binascii
from functools import cache

from littlefs import LittleFS, LittleFSError
from littlefs.context import UserContext

from ..build import boards, loads, mpy
from ..device import image

_FLASH = 2 << 20
#: How MicroPython finds the module that finds the others: sys.path is the current folder and /lib.
_TRIED = ("/wanbeacon", "/wanbeacon.py", "/wanbeacon.mpy", "/lib/wanbeacon", "/lib/wanbeacon/__init__.py",
          "/lib/wanbeacon/__init__.mpy", "/lib/wanbeacon/start", "/lib/wanbeacon/start.py",
          "/lib/wanbeacon/start.mpy")  # fmt: skip
_CHUNK = 128  # what wanbeacon/start.py tells MicroPython to read at once


class _Counting(UserContext):
    """A flash in memory that counts how often it is read."""

    def __init__(self, data):
        super().__init__(len(data))
        self.buffer, self.reads = bytearray(data), 0

    def read(self, cfg, block, off, size):
        self.reads += 1
        return super().read(cfg, block, off, size)


class Flash:
    """A board's file system that has been switched on: .reads counts."""

    def __init__(self, data):
        self.flash = _Counting(data)
        count = len(data) // image.BLOCK
        self.fs = LittleFS(
            context=self.flash, block_size=image.BLOCK, block_count=count, mount=True, **image.LFS
        )
        self.file = None

    @property
    def reads(self):
        return self.flash.reads

    def whole(self, path):
        """A file is opened and read."""
        with self.fs.open(path, "rb") as file:
            return file.read()

    def start(self):
        """From main.py to the file with all modules, open, its index read."""
        self.whole("/main.py")
        for path in _TRIED:
            try:
                self.fs.stat(path)
            except LittleFSError:  # there is none of that name
                pass
        self.whole("/lib/" + mpy.START)
        self.file = self.fs.open("/lib/" + mpy.MODULES, "rb")
        self.index = self.file.read(int.from_bytes(self.file.read(2), "little"))
        rows = [self.index[at : at + 4] for at in range(0, len(self.index), 4)]
        ends = [16 * int.from_bytes(row[2:], "little") for row in rows] + [
            self.fs.stat("/lib/" + mpy.MODULES).size
        ]
        self.places = {row[:2]: (at, end) for row, at, end in zip(rows, ends, ends[1:], strict=False)}

    def load(self, short):
        """One module of it, by the name it has there; one that is not there is an empty package."""
        key = (binascii.crc32(b"/%s.mpy" % short.encode()) & 0xFFFF).to_bytes(2, "little")
        if key in self.places:
            at, end = self.places[key]
            self.file.seek(at)
            while at < end:
                at += len(self.file.read(min(_CHUNK, end - at)))


@cache
def _board():
    return image.filesystem(_FLASH, dict(boards.files(boards.read("ESP32_GENERIC")), **image.STARTING))


def reads(data, names):
    """(block reads until the file of all modules is open, for the modules `names`)."""
    flash, short = Flash(data), mpy.tree().names.modules
    before = flash.reads
    flash.start()
    started = flash.reads
    for name in names:
        flash.load(short[name])
    return started - before, flash.reads - started


def measure(bench, part):
    """Block reads: "start" for all modules up to the first request, "widest" for the dearest single
    module."""
    names = loads.order()
    if part == "widest":
        cost, name = max((reads(_board(), [name])[1], name) for name in names)
        bench.note(name)
        return cost
    start, modules = reads(_board(), names)
    bench.note(
        "%d modules; %d reads to find the file they are in, %d to read them" % (len(names), start, modules)
    )
    return start + modules
