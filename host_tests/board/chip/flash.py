# SPDX-License-Identifier: MIT
"""The data partition of the emulated board: NOR flash in a file.

Writes are unbuffered: what was written before the process is killed is in the image."""

import world

BLOCK = 4096
#: What VfsLfs2 programs at once on an ESP32.
PROG = 32


class Partition:
    """As esp32.Partition: block device with offsets. Erased bytes are 0xFF, programming only clears bits."""

    TYPE_APP = 0
    TYPE_DATA = 1
    BOOT = 0
    RUNNING = 1

    def __init__(self, label="vfs"):
        self._file = world.image("r+b")
        self._blocks = self._file.seek(0, 2) // BLOCK
        self._erased = b"\xff" * BLOCK
        self._label = label

    @classmethod
    def find(cls, type=TYPE_APP, subtype=0xFF, label=None, block_size=BLOCK):
        return [cls(label)] if type == cls.TYPE_DATA and label in (None, "vfs") else []

    def info(self):
        return (1, 129, 0x200000, self._blocks * BLOCK, self._label, False)

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            self._erase(block)
            offset = 0
        self._last_write_of_all(block, buffer, offset)
        self._program(block, offset, buffer)

    def ioctl(self, command, argument):
        if command == 4:
            return self._blocks
        if command == 5:
            return BLOCK
        if command == 6:
            self._last_write_of_all(argument, None, 0)
            self._erase(argument)
            return 0
        return 0 if command in (1, 2, 3) else None

    def _erase(self, block):
        self._file.seek(block * BLOCK)
        self._file.write(self._erased)

    def _program(self, block, offset, buffer):
        old = bytearray(len(buffer))
        self.readblocks(block, old, offset)
        for i in range(len(buffer)):
            old[i] &= buffer[i]
        self._file.seek(block * BLOCK + offset)
        self._file.write(old)

    def _last_write_of_all(self, block, buffer, offset):
        """Counts writes and erases down to the power cut the test asked for; the last one happens only
        half."""
        left = world.facts().get("cut_after_writes")
        if left is None:
            return
        done = world.load("writes", 0) + 1
        world.keep("writes", done)
        if done < left:
            return
        if buffer is None:
            self._file.seek(block * BLOCK)
            self._file.write(self._erased[: BLOCK // 2])
        else:
            self._program(block, offset, bytes(buffer[: len(buffer) // 2 // PROG * PROG + 7]))
        world.stop("cut")
