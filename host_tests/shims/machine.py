# SPDX-License-Identifier: MIT
"""ESP32's `machine` without a chip: what happens to it is recorded in names that start with _.

Runs on CPython and on MicroPython (the emulated board). Tests may set and read:
    _cause          what reset_cause() answers next (PWRON_RESET at first)
    _events         every reset and watchdog start, in order
    _boot(cause)    what a reset does: RTC memory stays (all but PWRON_RESET), watchdogs and pins are gone"""

import time

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE, EXT0_WAKE, EXT1_WAKE, TIMER_WAKE, TOUCHPAD_WAKE, ULP_WAKE = 2, 2, 3, 4, 5, 6
SLEEP, DEEPSLEEP = 2, 4

#: RTC slow memory that the port gives to RTC.memory (MICROPY_HW_RTC_USER_MEM_MAX).
_RTC_MEMORY = 2048

_cause = PWRON_RESET
_events = []
_memory = b""
_frequency = 160000000
_datetime = None  # (value set, ticks when set)
_pins = {}


class _Reset(SystemExit):
    """The chip starts anew: nothing after it runs, so no `except Exception` may catch it."""


def _boot(cause):
    global _cause, _memory
    _cause = cause
    _pins.clear()
    if cause == PWRON_RESET:
        _memory = b""


def _restart(name, cause):
    _events.append(name)
    _boot(cause)
    raise _Reset(name)


def reset():
    _restart("reset", HARD_RESET)


def soft_reset():
    _restart("soft_reset", SOFT_RESET)


def deepsleep(time_ms=None):
    _restart("deepsleep", DEEPSLEEP_RESET)


def lightsleep(time_ms=None):
    time.sleep_ms(time_ms or 0)


def reset_cause():
    return _cause


def wake_reason():
    return 0


def unique_id():
    return b"\x24\x0a\xc4\x00\x01\x10"


def idle():
    pass


def freq(*args):
    global _frequency
    if not args:
        return _frequency
    if args[0] not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _frequency = args[0]
    return None


class WDT:
    """Cannot be stopped, as there. A feed that comes too late finds the chip reset."""

    _timeout = None  # of the one running watchdog, for tests

    def __init__(self, *, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%d) does not exist" % id)
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        WDT._timeout = timeout
        _events.append("wdt %d" % timeout)
        self._timeout, self._fed = timeout, time.ticks_ms()

    def feed(self):
        now = time.ticks_ms()
        if time.ticks_diff(now, self._fed) > self._timeout:
            _restart("wdt reset", WDT_RESET)
        self._fed = now


class RTC:
    """Starts at 2000-01-01; memory() survives all resets but a power cut."""

    def __init__(self, id=0):
        if id != 0:
            raise ValueError("RTC(%d) does not exist" % id)

    def init(self, datetime=None):
        if datetime is not None:
            self.datetime(datetime)

    def datetime(self, datetimetuple=None):
        """(year, month, day, weekday, hours, minutes, seconds, microseconds); the stand-in's clock stands
        still."""
        global _datetime
        if datetimetuple is None:
            return _datetime or (2000, 1, 1, 5, 0, 0, 0, 0)
        if len(datetimetuple) != 8:
            raise ValueError("requested length 8 but object has length %d" % len(datetimetuple))
        _datetime = tuple(datetimetuple)
        return None

    def memory(self, *args):
        global _memory
        if not args:
            return _memory
        if len(args[0]) > _RTC_MEMORY:
            raise ValueError("buffer too long")
        _memory = bytes(args[0])
        return None


class Pin:
    """Remembers its value; irq handlers are called by tests through _fire()."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2
    IRQ_RISING, IRQ_FALLING, WAKE_LOW, WAKE_HIGH = 1, 2, 4, 5
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    class board:
        pass

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, alt=None):
        if not 0 <= id <= 48:
            raise ValueError("invalid pin")
        self._id = id
        self._handler = None
        _pins.setdefault(id, 0)
        self.init(mode, pull, value=value, drive=drive, alt=alt)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, alt=None):
        if mode == Pin.IN and pull == Pin.PULL_UP:
            _pins[self._id] = 1
        if value is not None:
            self.value(value)

    def value(self, *args):
        if not args:
            return _pins.get(self._id, 0)
        _pins[self._id] = 1 if args[0] else 0
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(not self.value())

    def irq(self, handler=None, trigger=3, *, priority=1, wake=None, hard=False):
        self._handler = handler

    def _fire(self):
        if self._handler:
            self._handler(self)
