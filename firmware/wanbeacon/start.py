# SPDX-License-Identifier: MIT
"""Lets a board find its modules without a look-up for each in its flash: they lie in one file beside this
one, as tools/build/archive.py has packed them, and this is the file system of it, mounted at /w. Without that
file (sources, or modules in the firmware) nothing is mounted. main.py calls main(); the rest of the program
has short names on a board, which differ from version to version, and main.py outlives them.

    the file    length of the index (2 bytes), index, modules
    index       for each module the lower half of its path's CRC-32 (2 bytes) and where it begins, in units of
                16 bytes (2 bytes); numbers little-endian
    module      its path ("/aes.mpy") and what such a file holds"""

import io
import sys
from binascii import crc32

import vfs

_FILE = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_BUFFER_SIZE, _CHUNK = 11, 128  # MicroPython asks how much to read at once; LittleFS reads so much


class Modules(io.IOBase):
    """The file with all modules, open for good: what MicroPython reads one of them from, one at a time. A
    module says itself where it ends."""

    def __init__(self, path):
        self.file = file = open(path, "rb")
        self.readinto = file.readinto
        self.index = file.read(int.from_bytes(file.read(2), "little"))

    def find(self, path):
        """Read on behind the name of the module with that path; False when there is none."""
        key = (crc32(path) & 0xFFFF).to_bytes(2, "little")
        at = self.index.find(key)
        while at > 0 and at % 4:
            at = self.index.find(key, at + 1)
        if at < 0:
            return False
        self.file.seek(16 * int.from_bytes(self.index[at + 2 : at + 4], "little"))
        return self.file.read(len(path)) == path.encode()

    def ioctl(self, what, argument):
        return _CHUNK if what == _BUFFER_SIZE else 0


class Archive:
    """What MicroPython asks of a file system in which it looks for modules: stat(), then open(). Not the same
    object as the file: it would take that for a file system of its own."""

    def __init__(self, modules):
        self.modules = modules

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if path[-4:] == ".mpy" and self.modules.find(path):
            return _FILE
        raise OSError(2)

    def open(self, path, mode):
        self.stat(path)
        return self.modules

    def ilistdir(self, path):
        return iter(())


def main(home):
    """The agent, for good. home: the folder of the version that runs."""
    from wanbeacon.app import board_main  # found only when the modules are mounted, below

    board_main.main(home)


_here = __file__.rpartition("/")[0]
try:
    vfs.mount(Archive(Modules(_here + "/modules.bin")), "/w")
except OSError:  # none there, or mounted already
    pass
else:
    # .frozen before the flash: asyncio is not looked for there
    sys.path[:] = ["/w", ".frozen"] + [path for path in sys.path if path != ".frozen"]
    import wanbeacon  # from there: it does not know where its data is

    # what a package itself holds stays, as anywhere: without packages a stage would take it along
    from wanbeacon import net  # noqa: F401

    wanbeacon.catalogue = _here.rpartition("/")[0] + "/catalogue"
