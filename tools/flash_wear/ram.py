"""A flash chip and a disk in memory, for MicroPython's real file systems; writes are logged, to be cut.

For MicroPython only in use, plain Python in form. Knows file systems by what they call, and nothing of journals.
"""


class Device:
    """size: bytes. data: content to start from (it is used, not copied). log: None, or a list that gets every write as
    (position in bytes, what is written; None = the block is erased): a prefix of it, put() on a copy of the medium, is
    a device that lost its power there."""

    def __init__(self, size=65536, data=None):
        self.data = bytearray(b"\xff" * size) if data is None else data
        self.log = None
        self.erases = self.programs = 0
        self.blocks = {}  # block -> erases

    def readblocks(self, number, buf, offset=0):
        at = number * self.BLOCK + offset
        buf[:] = memoryview(self.data)[at : at + len(buf)]

    def ioctl(self, what, arg):
        if what == 4:
            return len(self.data) // self.BLOCK
        if what == 5:
            return self.BLOCK
        if what == 6:
            return self.erase(arg)
        return 0

    def write(self, at, what):
        """One write as the medium does it."""
        if self.log is not None:
            self.log.append((at, what))
        if what is None:
            self.erases += 1
            self.blocks[at // self.BLOCK] = self.blocks.get(at // self.BLOCK, 0) + 1
        else:
            self.programs += 1
        self.put(at, what)


class Flash(Device):
    """NOR flash: erased in blocks, to ones; programming only clears bits."""

    BLOCK = 4096

    def erase(self, number):
        self.write(number * self.BLOCK, None)
        return 0

    def writeblocks(self, number, buf, offset):
        self.write(number * self.BLOCK + offset, bytes(buf))

    def put(self, at, what):
        """Let a whole or torn write (bytes; None; an int: so many bytes erased) reach the medium."""
        if what is None:
            what = self.BLOCK
        if isinstance(what, int):
            self.data[at : at + what] = b"\xff" * what
            return
        size = len(what)
        both = int.from_bytes(self.data[at : at + size], "big") & int.from_bytes(what, "big")
        self.data[at : at + size] = both.to_bytes(size, "big")

    def torn(self, at, what):
        """What may be left of a write that was under way: half of it."""
        return [self.BLOCK // 2] if what is None else [what[: len(what) // 2]]


class Disk(Device):
    """512-byte sectors that can be written again (SD card, FAT on a flash translation layer)."""

    BLOCK = 512

    def erase(self, number):
        return 0

    def writeblocks(self, number, buf, offset=0):
        for i in range(0, len(buf), self.BLOCK):
            self.write(number * self.BLOCK + i, bytes(buf[i : i + self.BLOCK]))

    def put(self, at, what):
        self.data[at : at + len(what)] = what

    def torn(self, at, what):
        """Half of the sector, and half of the bytes that differ: the second splits directory entries too."""
        old = self.data[at : at + len(what)]
        changed = [i for i in range(len(what)) if old[i] != what[i]]
        halves = [len(what) // 2]
        if changed:
            halves.append((changed[0] + changed[-1] + 1) // 2)
        return [what[:half] for half in halves]
