"""A flash chip and a disk in memory, for MicroPython's real file systems; every write can be logged, torn and cut.

For MicroPython only in use, plain Python in form. Knows file systems by what they call, and nothing of journals.
"""

#: One write: (position in bytes, what is written); None instead of bytes = the block is erased.


class PowerGone(Exception):
    """The device lost its power in the middle of a write."""


class Device:
    """size: bytes. data: content to start from (it is used, not copied). log: None, or a list that gets every write.
    left: None, or how many writes are still done before the power goes (PowerGone); tear: whether the next is torn."""

    def __init__(self, size=65536, data=None):
        self.data = bytearray(b"\xff" * size) if data is None else data
        self.log = None
        self.left = None
        self.tear = False
        self.dead = False
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
        """One write as the medium does it, unless the power is gone."""
        if self.dead:  # an open file of an agent that is no more may still be closed by the garbage collector
            return
        if self.left == 0:
            if self.tear:
                for one in self.torn(at, what)[:1]:
                    self.put(at, one)
            self.dead = True
            raise PowerGone()
        if self.left:
            self.left -= 1
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
