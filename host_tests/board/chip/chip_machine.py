# SPDX-License-Identifier: MIT
"""`machine` of the emulated ESP32: the stand-in of host_tests/shims, with a rig around it that really resets.

Clock and RTC memory are kept outside of the process; the watchdog and the pins are the rig's and the
test's."""

import time as _time

import machine as _shim
import world
from machine import *  # noqa: F403

#: ESP32 counts from 2000.
_EPOCH_2000 = 946684800


def reset():
    world.stop("reset")


def soft_reset():
    raise SystemExit


def unique_id():
    return b"\x24\x0a\xc4" + bytes(world.facts().get("serial", [0, 0, 1]))


def clock():
    """Seconds since 2000 as this board believes: starts at 0 with the power, runs on over resets."""
    start = world.load("clock", None)
    if start is None:
        start = int(_time.time())
        world.keep("clock", start)
    return int(_time.time()) - start


class RTC(_shim.RTC):
    def datetime(self, datetimetuple=None):
        if datetimetuple is None:
            t = _time.gmtime(clock() + _EPOCH_2000)
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0)
        year, month, day, _, hour, minute, second, _ = datetimetuple
        # The rig runs the board in UTC, so mktime is the inverse of gmtime.
        then = int(_time.mktime((year, month, day, hour, minute, second, 0, 0, 0))) - _EPOCH_2000
        world.keep("clock", int(_time.time()) - then)

    def memory(self, *args):
        if not args:
            return bytes(world.load("rtc", []))
        if len(args[0]) > _shim._RTC_MEMORY:
            raise ValueError("buffer too long")
        world.keep("rtc", list(args[0]))


class WDT(_shim.WDT):
    """The rig looks at the clock and kills the board; here is only the telling."""

    def __init__(self, *, id=0, timeout=5000):
        super().__init__(id=id, timeout=timeout)
        world.tell("wdt %d" % timeout)

    def feed(self):
        world.tell("feed")


class Pin(_shim.Pin):
    """Inputs are the test's (`board.press`), outputs are told once per change."""

    def value(self, *args):
        if not args:
            return world.facts().get("pins", {}).get(str(self._id), _shim._pins.get(self._id, 0))
        before = _shim._pins.get(self._id)
        super().value(*args)
        if _shim._pins[self._id] != before:
            world.tell("pin %s %d" % (self._id, _shim._pins[self._id]))

    __call__ = value


class SPI:
    """Only named, for boards whose Ethernet chip is on SPI."""

    def __init__(self, id, **pins):
        self._id = id
