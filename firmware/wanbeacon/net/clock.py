"""Wall clock and monotonic time behind one object, and how far the wall clock is to be believed. It asks
nobody itself.

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

SAME = const(300)  # seconds by which two honest clocks may differ
# seconds below the newest proven time that are believed at once: backdating, time zones, drift
_SLACK = const(172800)
# Seconds for which time servers must tell the same below that: then the floor was wrong, not they. Two that
# agree, one alone.
_BELOW = (1800, 600)
# seconds after which verified answers that contradict a proven time win; three of them win at once
_AGAINST = const(3600)
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
        self._ms = 0
        self._offset = None
        self.set_time = set_time
        self.state = HEARD if inherited else NONE
        self._anchor = None  # wall - mono when it was last proven
        self._below = None  # (since when, wall - mono) of time servers that contradict the floor
        # (since when, wall - mono, how often) of verified answers that contradict a proven time
        self._against = None
        self._doubted = False
        self._asked = None  # mono of the last question to time servers
        self._tries = 0

    def mono_ms(self):
        """Milliseconds since this object was made. Must be asked more often than half a wrap of the ticks (6
        days on an ESP32): the agent's slow timer does."""
        now = time.ticks_ms()
        self._ms += time.ticks_diff(now, self._last)
        self._last = now
        return self._ms

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
        if self.wall() is None or self._doubted and self.state != PROVEN:
            return since >= min(ASK_S[0] << max(0, min(self._tries, 20) - 6), ASK_S[1])
        return since >= (_ASK_DOUBT if self._doubted else _ASK_DAILY)

    def asking(self):
        """Call it before time servers are asked: whatever comes of it, they were."""
        self._asked = self.mono()
        self._tries += 1

    def set_unproven(self, wall, agreed=False, seen=0):
        """Time servers say `wall` (two of them: agreed). seen: the newest proven time on record, 0 for none.

        True when it is taken; False when it is held back: absurd, too far below `seen` for now, or against a
        proven time.
        """
        if not BUILD <= wall <= LATEST:
            return False
        now = self.mono()
        if self.state == PROVEN and not self._doubted:
            return abs(wall - self.wall()) <= SAME
        if seen and wall < seen - _SLACK:
            if not self._below or abs(wall - now - self._below[1]) > SAME:
                self._below = now, wall - now
                return False
            if now - self._below[0] < _BELOW[bool(agreed)]:
                return False
        self._set(wall)
        self.state = AGREED if agreed else HEARD
        self._doubted, self._tries = False, 0
        return True

    def prove(self, date):
        """An answer whose certificate was verified is dated `date` (unix seconds, None: it says nothing).

        True when our time is proven by it. Another time moves the clock, where it is ours; the next verified
        answer then proves it. A time that was proven before is moved by a third answer, or an hour after the
        first.
        """
        if date is None or not BUILD <= date <= LATEST:
            return False
        now, wall = self.mono(), self.wall()
        if wall is not None and abs(date - wall) <= SAME:
            self.state, self._doubted, self._anchor = PROVEN, False, date - now
            self._below = self._against = None
            return True
        if self.state == PROVEN:
            if not self._against or abs(date - now - self._against[1]) > SAME:
                self._against = now, date - now, 1
                return False
            self._against = self._against[0], self._against[1], self._against[2] + 1
            if self._against[2] < 3 and now - self._against[0] < _AGAINST:
                return False
        self._set(date)
        self.state, self._against = HEARD, None
        return False

    def doubt(self):
        """A certificate was refused for the time's sake: time servers are asked again soon, and a time that
        was proven earlier in this run is tried instead of one that was only heard."""
        if self.state not in (NONE, PROVEN) and self._anchor is not None and self.set_time:
            wall = self._anchor + self.mono()
            if abs(wall - (self.wall() or 0)) > SAME:
                self._set(wall)
        self._doubted = True

    def _set(self, wall):
        if self.set_time:
            self.set_time(wall)
        self._below = None

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
