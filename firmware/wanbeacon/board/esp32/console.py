# SPDX-License-Identifier: MIT
"""The serial console before it is one: for a while after the start, and without end while the board has no
settings it can use, a browser's installer may want to set the Wi-Fi over it (app/improv_serial.py).

Every frame of such a client holds 0x03, which is Ctrl-C here: it is switched off from main.py's first
line on. Whoever else is at the cable (mpremote begins with a carriage return) gets the console with the
first byte that begins no frame. Names are for ever in a board's heap, and few boards meet a client: so
there are few in here."""

import asyncio
import select
import sys
import time

import micropython
from micropython import const

LISTEN_S = 15  # long enough for an installer that opened the port, which may have caused the start
_LOOK_MS = const(20)  # the chip keeps 260 bytes of what comes in: 22 ms at 115200 baud


async def run(device, answer):
    """Until nobody is expected any more, or somebody else wants the console. answer(device, waiting,
    byte): see improv_serial.run. Raises KeyboardInterrupt when that is what was typed."""
    micropython.kbd_intr(-1)  # main.py stays as old as the last installation over the cable
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)

    def waiting():
        for _ in poll.ipoll(0):  # takes no memory, fifty times a second
            return True
        return False

    start = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start) < LISTEN_S * 1000 or not device.cfg or device.problems:
        if not waiting():
            await asyncio.sleep_ms(_LOOK_MS)
            continue
        byte = sys.stdin.buffer.read(1)
        if byte and (byte in b"\0\n" or byte[0] > 127):
            continue  # what a plug makes on a serial line
        if byte == b"I":
            byte = await answer(device, waiting, byte)
        micropython.kbd_intr(3)
        while byte and byte != b"\x03":  # a Ctrl-C that came while it was none counts now
            byte = waiting() and sys.stdin.buffer.read(1)
        if byte:
            raise KeyboardInterrupt
        return
