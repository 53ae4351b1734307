# SPDX-License-Identifier: MIT
# A flash chip in RAM for LittleFS and FAT, on MicroPython: counts, and loses power at a chosen operation.
#
# LittleFS uses the extended interface: writeblocks(n, buf, off) programs, ioctl 6 erases. FAT uses
# writeblocks(n, buf): a whole sector replaced. An operation is one program, erase or sector; `cut` = (number
# of the operation, how):
#   "before"   the power goes before it: nothing of it happened
#   "torn"     in the middle: a program wrote its first half, an erase left half a block blank and half
#              of it scrambled, a sector is half new, half old
#   "after"    it is complete, but nothing after it happens
# From then on nothing reaches the flash: what a device without power would still have done does not happen.
# (It is told that all went well: an error would only make MicroPython print it, and nobody is alive to see
# it.)
import os

try:
    import vfs
except ImportError:
    vfs = os  # before MicroPython 1.23


class Flash:
    SIZE = 65536

    def __init__(self, block, data=None):
        self.block = block
        self.data = bytearray(b"\xff" * self.SIZE if data is None else data)
        self.erases = self.programs = self.ops = 0
        self.cut, self.how, self.dead = -1, None, False

    def cut_at(self, number, how):
        self.ops, self.cut, self.how = 0, number, how

    def _op(self):
        """How much of this operation happens: 0 nothing, 1 half, 2 all of it."""
        if self.dead:
            return 0
        self.ops += 1
        if self.ops - 1 != self.cut:
            return 2
        self.dead = True
        return {"before": 0, "torn": 1, "after": 2}[self.how]

    def readblocks(self, n, buf, off=0):
        at = n * self.block + off
        buf[:] = memoryview(self.data)[at : at + len(buf)]
        return 0

    def writeblocks(self, n, buf, off=None):
        if self.dead:
            return 0
        size = len(buf) * self._op() // 2
        at = n * self.block + (off or 0)
        self.data[at : at + size] = memoryview(buf)[:size]
        self.programs += 1
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return self.SIZE // self.block
        if op == 5:
            return self.block
        if op == 6:
            much, at, half = self._op(), arg * self.block, self.block // 2
            if much:
                self.data[at : at + half] = b"\xff" * half
            if much == 2:
                self.data[at + half : at + self.block] = b"\xff" * half
            elif much:
                for i in range(at + half, at + self.block, 7):
                    self.data[i] |= 0x5A
            self.erases += 1
            return 0
        return 0


def make(kind, block, data=None):
    """(Flash, its file system mounted at /f), formatted when there is no data. kind: "lfs" or "fat"."""
    flash = Flash(block, data)
    system = vfs.VfsLfs2 if kind == "lfs" else vfs.VfsFat
    if data is None:
        system.mkfs(flash)
    vfs.mount(system(flash), "/f")
    if data is None:
        os.mkdir("/f/state")
    return flash


def unmount():
    vfs.umount("/f")
