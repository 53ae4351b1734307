# SPDX-License-Identifier: MIT
"""Wall clock and monotonic time behind one object. It asks nobody itself; how far others are believed who
tell the time is for believe.py to say.

What a time server says is *unproven*: NTP is not authenticated. It serves to try TLS with, nothing more.
*Proven* is the Date of an answer whose certificate was verified under the same clock. Only proven time may be
written down or become a floor (`proven()`); a floor that is contradicted for long enough was wrong: none
holds longer than an hour against honest answers. dns-and-time.md, section 5, has the reasons.
"""

import time

from micropython import const

# Unix time before which no wall clock is plausible:
# the day this version was made (tools/build/version.py checks it).
BUILD = 1793491200  # 2026-11-01
LATEST = BUILD + 20 * 365 * 86400
_EPOCH = 946684800 if time.gmtime(0)[0] == 2000 else 0  # ESP32 counts from 2000, unix from 1970
# seconds the wall clock may drift from the ticks between two looks before it counts as stepped
_STEP = const(20)

NONE = const(0)  # nobody told the time yet
HEARD = const(1)  # one source says so
AGREED = const(2)  # two time servers do
PROVEN = const(3)  # a verified answer was dated so

# seconds between questions while there is no time: six times the first, then doubling up to the second
ASK_S = (20, 600)
_ASK_DAILY = const(86400)
_ASK_DOUBT = const(900)  # while TLS fails for the time's sake, though it was proven


class Clock:
    """mono() never steps nor wraps, wall() is None while the clock is not plausible.

    set_time(unix seconds): sets the machine's clock; None where it is the system's business (Linux), whose
    time is used as it is. inherited: whether the time that the machine has at start may be used: False where
    what was once heard survives a restart in an RTC (an ESP32's, unless its memory says that it was proven).
    """

    def __init__(self, set_time=None, inherited=True):
        self._last = time.ticks_ms()
        self.ms = 0
        self._offset = None
        self.set_time = set_time
        self.state = HEARD if inherited else NONE
        self.anchor = None  # wall - mono when it was last proven
        self.below = None  # (since when, wall - mono) of time servers that contradict the floor
        # (since when, wall - mono, how often) of verified answers that contradict a proven time
        self.against = None
        self.doubted = False
        self._asked = None  # mono of the last question to time servers
        self.tries = 0

    def mono_ms(self):
        """Milliseconds since this object was made. Must be asked more often than half a wrap of the ticks (6
        days on an ESP32): the agent's slow timer does."""
        now = time.ticks_ms()
        self.ms += time.ticks_diff(now, self._last)
        self._last = now
        return self.ms

    def mono(self):
        """The same in whole seconds."""
        return self.mono_ms() // 1000

    def wall(self):
        """Unix seconds, proven or not; None while the clock is not set (before this version was made) or
        absurd."""
        now = int(time.time()) + _EPOCH
        return now if self.state and BUILD <= now <= LATEST else None

    def proven(self):
        """Unix seconds that may be written down, or None while nothing proves them."""
        return self.wall() if self.state == PROVEN else None

    def record(self):
        """Unix seconds that may become a floor for the times to come, or None: what is proven, or the
        system's own time where the clock is the system's business."""
        return self.proven() if self.set_time else self.wall()

    # ---- what others say

    def ask_due(self):
        """True when time servers should be asked now; only where the clock is ours to set."""
        if not self.set_time:
            return False
        if self._asked is None:
            return True
        since = self.mono() - self._asked
        if self.wall() is None or self.doubted and self.state != PROVEN:
            return since >= min(ASK_S[0] << max(0, min(self.tries, 20) - 6), ASK_S[1])
        return since >= (_ASK_DOUBT if self.doubted else _ASK_DAILY)

    def asking(self):
        """Call it before time servers are asked: whatever comes of it, they were."""
        self._asked = self.mono()
        self.tries += 1

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
