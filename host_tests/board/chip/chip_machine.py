"""`machine` of the emulated ESP32: what the agent uses of it, told to and asked from the test's world."""

import time as _time

import world

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

#: ESP32 counts from 2000.
_EPOCH_2000 = 946684800
_cause = PWRON_RESET


def reset():
    world.stop("reset")


def soft_reset():
    raise SystemExit


def reset_cause():
    return _cause


def unique_id():
    return bytes([0x24, 0x0A, 0xC4]) + bytes(world.facts().get("serial", [0, 0, 1]))


def freq(hz=None):
    return 160000000


def idle():
    pass


def disable_irq():
    return 0


def enable_irq(state=0):
    pass


def clock():
    """Seconds since 2000 as this board believes: starts at 0 with the power, runs on over resets."""
    start = world.load("clock", None)
    if start is None:
        start = int(_time.time())
        world.keep("clock", start)
    return int(_time.time()) - start


class RTC:
    def __init__(self, id=0):
        pass

    def datetime(self, moment=None):
        if moment is None:
            t = _time.gmtime(clock() + _EPOCH_2000)
            return (t[0], t[1], t[2], t[6], t[3], t[4], t[5], 0)
        year, month, day, _, hour, minute, second, _ = moment
        # The rig runs the board in UTC, so mktime is the inverse of gmtime.
        then = int(_time.mktime((year, month, day, hour, minute, second, 0, 0, 0))) - _EPOCH_2000
        world.keep("clock", int(_time.time()) - then)

    def init(self, moment):
        self.datetime(moment)

    def memory(self, data=None):
        if data is None:
            return bytes(world.load("rtc", []))
        if len(data) > 2048:
            raise ValueError("buffer too long")
        world.keep("rtc", list(data))


class WDT:
    """The rig looks at the clock and kills the board; here is only the telling."""

    def __init__(self, id=0, timeout=5000):
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        world.tell("wdt %d" % timeout)

    def feed(self):
        world.tell("feed")


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_UP = 2
    PULL_DOWN = 1
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=None, pull=None, value=None, drive=None, hold=None):
        self._id = id
        self._mode = mode
        if value is not None:
            self.value(value)

    def init(self, mode=None, pull=None, value=None, drive=None, hold=None):
        self._mode = mode
        if value is not None:
            self.value(value)

    def value(self, new=None):
        if new is None:
            return world.facts().get("pins", {}).get(str(self._id), 1)
        level = 1 if new else 0
        if getattr(self, "_out", None) != level:
            self._out = level
            world.tell("pin %s %d" % (self._id, level))

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def __call__(self, new=None):
        return self.value(new)


class SPI:
    """Only named, for boards whose Ethernet chip is on SPI."""

    def __init__(self, id, baudrate=500000, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None):
        self._id = id
