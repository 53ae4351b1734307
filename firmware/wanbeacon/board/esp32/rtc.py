# SPDX-License-Identifier: MIT
"""What this run leaves to the next one: counters and the last words of a crash, in RTC memory. Independent of
the agent.

RTC memory costs no flash and survives every reset but a power cut; it is guarded by a magic word only (random
content after power-on may pass that), so a CRC is ours to add."""

import struct
from binascii import crc32

import machine

_MAGIC = b"WB1"
_FORM = ">3sBBI"  # magic, flags, crashes, boots; then the reason's text, then crc32
_OPEN = 1  # this run has neither ended well nor proven itself
# the chip's clock, which survives what this memory does, holds a time that was proven, or the installing
# computer's
_TIME = 2
CRASHES = 3  # runs in a row that died young: the next start is a safe one
REASON_MAX = 120


def begin(cause):
    """At the start of a run: (boots, what the run before ended with, crashes in a row, whether this run
    should be a safe one, whether the chip's clock holds a proven time)."""
    memory = Memory()
    safe = memory.begin(cause)
    return memory.boots, memory.reason, memory.crashes, safe, memory.time_proven()


def use(method, *args):
    """Call a method of the Memory. What it holds is in the chip; nobody keeps the object."""
    memory = Memory()
    {
        "crash": memory.crash,
        "note": memory.note,
        "proven": memory.proven,
        "try_again": memory.try_again,
        "note_time": memory.note_time,
    }[method](*args)


class Memory:
    """boots: since power-on; crashes: runs in a row that ended badly, soon;
    reason: last words of the run before."""

    def __init__(self):
        self.boots = self.crashes = self.flags = 0
        self.reason = ""
        data = machine.RTC().memory()
        n = struct.calcsize(_FORM)
        if len(data) >= n + 4 and struct.unpack(">I", data[-4:])[0] == crc32(data[:-4]):
            magic, flags, crashes, boots = struct.unpack(_FORM, data[:n])
            if magic == _MAGIC:
                self.flags, self.crashes, self.boots = flags, crashes, boots
                self.reason = data[n:-4].decode()

    def _save(self):
        data = (
            struct.pack(_FORM, _MAGIC, self.flags, min(self.crashes, 255), self.boots) + self.reason.encode()
        )
        machine.RTC().memory(data + struct.pack(">I", crc32(data)))

    def begin(self, cause):
        """At start; cause: the reset's, in words. True when this start should be a safe one."""
        if self.flags & _OPEN:
            self.crashes += 1
            if not self.reason:
                self.reason = "%s reset" % cause
        self.boots += 1
        self.flags |= _OPEN
        self._save()
        return self.crashes >= CRASHES

    def crash(self, reason):
        """The run is about to end badly, and this is why."""
        self.reason = "".join([c if " " <= c <= "~" else " " for c in reason])[:REASON_MAX]
        self._save()

    def note(self, reason):
        """The run ends in good order, for this reason: told at the next start, and no crash."""
        self.flags, self.crashes = self.flags & _TIME, 0
        self.reason = reason
        self._save()

    def proven(self):
        """The run has done its work for a while, or ends because it was told to."""
        if self.flags & _OPEN or self.crashes or self.reason:
            self.flags, self.crashes = self.flags & _TIME, 0
            self.reason = ""
            self._save()

    def try_again(self):
        """A safe run ends by itself: the next start is a normal one, but the first crash makes it safe
        again."""
        self.flags, self.crashes = self.flags & _TIME, CRASHES - 1
        self._save()

    def time_proven(self):
        """True when the time of the chip's clock was proven in a run before this one:
        it may be believed at start."""
        return bool(self.flags & _TIME)

    def note_time(self, proven):
        """Whether the chip's clock holds a proven time now (or, from `tools flash`, that of the user's
        computer)."""
        if proven != self.time_proven():
            self.flags ^= _TIME
            self._save()
