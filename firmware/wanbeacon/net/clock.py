"""Wall clock and monotonic time behind one object. Knows no network: setting the clock is the board's business."""

import time

from micropython import const

# Unix time before which no wall clock is plausible: the day this version was made (tools/build/version.py checks it).
BUILD = 1793491200  # 2026-11-01
LATEST = BUILD + 40 * 365 * 86400
_EPOCH = 946684800 if time.gmtime(0)[0] == 2000 else 0  # ESP32 counts from 2000, unix from 1970
_STEP = const(20)  # seconds the wall clock may drift from the ticks between two looks before it counts as stepped


class Clock:
    """mono() never steps nor wraps, wall() is None while the clock is not plausible."""

    def __init__(self):
        self._last = time.ticks_ms()
        self._ms = 0
        self._offset = None

    def mono_ms(self):
        """Milliseconds since this object was made. Must be asked more often than half a wrap of the ticks (6 days on
        an ESP32): the agent's slow timer does."""
        now = time.ticks_ms()
        self._ms += time.ticks_diff(now, self._last)
        self._last = now
        return self._ms

    def mono(self):
        """The same in whole seconds."""
        return self.mono_ms() // 1000

    def wall(self):
        """Unix seconds, or None while the clock is not set (before this version was made) or absurd."""
        now = int(time.time()) + _EPOCH
        return now if BUILD <= now <= LATEST else None

    def stepped(self):
        """Seconds the wall clock was stepped by since the last call; 0 when it was not, or is not set."""
        wall = self.wall()
        if wall is None:
            self._offset = None
            return 0
        offset = wall - self.mono()
        before, self._offset = self._offset, offset
        if before is None or abs(offset - before) <= _STEP:
            return 0
        return offset - before
