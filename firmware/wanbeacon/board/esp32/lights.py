# SPDX-License-Identifier: MIT
"""The one LED and the one button of a board.

The LED counts: so many short blinks, then a pause. The table is also in boards/README.md."""

import asyncio
import time

import machine

# state -> blinks before the pause; 0: slow even blinking; -1: one short flash every few seconds (all is well)
BLINKS = {
    "ok": -1, "setup": 0, "starting": 1, "no link": 2, "wrong password": 3, "clock": 4, "address": 5,
    "provider": 6, "stopped": 7, "settings": 8, "safe": 9,
}  # fmt: skip
_LOOK_MS = 50
_ON, _OFF, _PAUSE = 120, 230, 1400  # ms
_SLOW = 700
_QUIET = 4000
SETUP_S = 3  # button held so long: set-up mode when let go
RESET_S = 10  # and so long: factory reset; the LED flickers from here on


class Led:
    """row: {"pin", "kind": "neopixel"?, "on": 0 when low lights it?} or None for a board without one."""

    def __init__(self, row):
        self.pin = self.pixel = None
        self.level = (row or {}).get("on", 1)
        self.lit = None
        if row and row.get("kind") == "neopixel":
            import neopixel  # few boards have such a light

            self.pixel = neopixel.NeoPixel(machine.Pin(row["pin"]), 1)
        elif row:
            self.pin = machine.Pin(row["pin"], machine.Pin.OUT)
        self.set(False)

    def set(self, on):
        """Light or dark."""
        if on == self.lit:
            return
        self.lit = on
        if self.pin:
            self.pin.value(self.level if on else 1 - self.level)
        elif self.pixel:
            self.pixel[0] = (0, 8, 8) if on else (0, 0, 0)  # dim: these are bright
            self.pixel.write()

    def show(self, state, ms):
        """What the pattern of `state` has at this moment (ms: any running count)."""
        n = BLINKS.get(state, 1)
        if n == 0:
            self.set(ms // _SLOW % 2 == 0)
        elif n < 0:
            self.set(ms % _QUIET < 60)
        else:
            at = ms % (n * (_ON + _OFF) + _PAUSE)
            self.set(at < n * (_ON + _OFF) and at % (_ON + _OFF) < _ON)


class Button:
    """row: {"pin", "pull": false when the board has its own resistor?, "pressed": level, 0 at default} or
    None."""

    def __init__(self, row):
        self.pin = None
        self.since = None
        self.down = (row or {}).get("pressed", 0)
        if row:
            pull = None
            if row.get("pull", True):
                pull = machine.Pin.PULL_UP if self.down == 0 else machine.Pin.PULL_DOWN
            self.pin = machine.Pin(row["pin"], machine.Pin.IN, pull)

    def held(self):
        """Seconds it has been down, 0 when it is up."""
        if not self.pin or self.pin.value() != self.down:
            self.since = None
            return 0
        if self.since is None:
            self.since = time.ticks_ms()
        return time.ticks_diff(time.ticks_ms(), self.since) / 1000


class Presses:
    """Turns looks at the button into "setup", "reset" or None; the press counts when it is let go, so that a
    longer one does not do the shorter one's work on its way."""

    def __init__(self, button):
        self.button = button
        self.longest = 0

    def look(self):
        """Call it every 50 ms or so."""
        held = self.button.held()
        if held:
            self.longest = held
            return None
        before, self.longest = self.longest, 0
        if before >= RESET_S:
            return "reset"
        return "setup" if before >= SETUP_S else None


async def run(led, button, state, pressed):
    """For ever: show what state() says, tell pressed() what the button asks for."""
    led, presses = Led(led), Presses(Button(button))
    while True:
        if presses.button.held() >= RESET_S:
            led.set(time.ticks_ms() // 60 % 2 == 0)
        else:
            led.show(state(), time.ticks_ms())
        wish = presses.look()
        if wish:
            pressed(wish)
        await asyncio.sleep_ms(_LOOK_MS)
