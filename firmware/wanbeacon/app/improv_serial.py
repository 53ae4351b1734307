# SPDX-License-Identifier: MIT
"""Improv Wi-Fi over serial (improv-wifi.com/serial): the page in a browser that has just installed the board
sets its Wi-Fi over the same cable and is given the address of the set-up pages.

Resident while a client talks; board/esp32/console.py waits for one. What a command needs is a stage,
improv_steps.py. There is no log-in: who holds the cable can read the flash too.
"""

import asyncio
import sys
import time

from micropython import const

from wanbeacon.app import stage

LISTEN_S = 15  # after each frame
JOIN_S = 28  # the client waits 45 s, and says that devices try for about 30
LOOK_MS = const(20)
GAP_MS = const(500)  # a frame that stops in the middle is forgotten
DATA_MAX = const(200)  # more than the longest command, 100 bytes of network and password

_HEAD = b"IMPROV\x01"
# types of frames
NOW, ERROR, COMMAND, RESULT = 1, 2, 3, 4
# states
READY, JOINING, JOINED = 2, 3, 4
# errors
NONE, DAMAGED, UNKNOWN, NOT_JOINED, NO_NAME = 0, 1, 2, 3, 5
# commands
SEND_WIFI, GET_STATE = 1, 2


def frame(kind, data):
    """The bytes of a frame, on a line of its own: the client throws away a frame that follows other text."""
    out = _HEAD + bytes((kind, len(data))) + data
    return b"\n" + out + bytes((sum(out) & 0xFF,)) + b"\n"


def result(command, texts):
    """The answer to a command; texts: of bytes."""
    rows = b"".join([bytes((len(text),)) + text for text in texts])
    if len(rows) == 8:  # the client takes a length of 10 for a line's end (SDK 2.8): one more, empty text
        rows += b"\0"
    return frame(RESULT, bytes((command, len(rows))) + rows)


class Reader:
    """Finds frames in the bytes of a client."""

    def __init__(self):
        self.got = bytearray()
        self.skip = False  # the rest of a line that was no frame

    def take(self, byte):
        """None: more is wanted. False: somebody else is at the cable. Else (type, data) of a whole frame;
        type None: it is damaged."""
        got = self.got
        n = len(got)
        if self.skip:
            self.skip = byte != 10
        elif n == 0 and (byte in (0, 10) or byte > 127):
            pass  # the line's end behind a frame; what a plug makes on a serial line
        # a command that came before Ctrl-C was off lost its type, which is one; an error would end the client
        elif n < len(_HEAD) and byte != _HEAD[n] or n == len(_HEAD) and byte != COMMAND:
            self.got = bytearray()
            self.skip = byte != 10
            if n == 0 or n < len(_HEAD) and byte in (3, 13):
                return False
        else:
            got.append(byte)
            if n == 8 and byte > DATA_MAX:
                return self._end(None, True)
            if n >= 9 and n == 9 + got[8]:
                good = sum(got[:-1]) & 0xFF == byte
                return self._end(got[7] if good else None, False)
        return None

    def _end(self, kind, skip):
        data = bytes(self.got[9:-1])
        self.got, self.skip = bytearray(), skip
        return kind, data

    def gap(self):
        """Nothing came for GAP_MS."""
        self.got, self.skip = bytearray(), False


class Improv:
    """One client. device: app/board_main.py; write(bytes): to the cable."""

    def __init__(self, device, write):
        self.device = device
        self.write = write
        self.state = None  # as it was told last

    def tell_state(self, state=None):
        """Send the state when it is another one than the client knows; state: default: as it is."""
        state = state or (JOINED if self.device.board.lan_address() else READY)
        if state != self.state:
            self.state = state
            self.write(frame(NOW, bytes((state,))))

    async def answer(self, kind, data):
        """Answer one frame."""
        if kind is None or kind == COMMAND and (len(data) < 2 or data[1] != len(data) - 2):
            self.write(frame(ERROR, bytes((DAMAGED,))))
        elif kind == COMMAND:
            command, data = data[0], data[2:]
            if command == GET_STATE:
                self.state = None
                self.tell_state()
            if command == SEND_WIFI:
                await self._join(data)
            elif command != GET_STATE or self.state == JOINED:
                for piece in await self._step("answer", command, data):
                    self.write(piece)

    async def _step(self, name, *args):
        async with stage.floor:
            return stage.run("app.improv_steps", name, self.device, *args)

    async def _join(self, data):
        """Try a network and keep it if it can be joined."""
        self.write(frame(ERROR, bytes((NONE,))))
        self.tell_state(JOINING)
        kept = await self._step("try_wifi", data)
        if kept:
            link = self.device.board.link
            for _ in range(JOIN_S * 4):
                await asyncio.sleep_ms(250)
                if link.address() or link.word == "wrong password":
                    break
        out = b"".join(await self._step("tried", kept))
        self.state = JOINED if self.device.board.lan_address() else READY
        state = frame(NOW, bytes((self.state,)))
        # in one piece: either of them ends the client's waiting, and then it looks at both
        self.write(out + state if out[8] == ERROR else state + out)


def _send(data):
    sys.stdout.buffer.write(data)  # not stdout, which makes CR LF of an LF


async def run(device, waiting, byte):
    """Talk to the client whose first byte was read. waiting(): whether there is another one. Returns what
    somebody else sent who wants the console now, b"" when nobody did."""
    reader, client = Reader(), Improv(device, _send)
    start, quiet = time.ticks_ms(), 0
    while True:
        found = reader.take(byte[0])
        if found is False:
            return byte
        if found:
            await client.answer(*found)
            start = time.ticks_ms()
        while not waiting():
            if (
                time.ticks_diff(time.ticks_ms(), start) > LISTEN_S * 1000
                and device.cfg
                and not device.problems
            ):
                return b""
            quiet += LOOK_MS
            if quiet == GAP_MS:
                reader.gap()
            if client.state:
                client.tell_state()
            await asyncio.sleep_ms(LOOK_MS)
        quiet = 0
        byte = sys.stdin.buffer.read(1)  # stdin would make LF of a CR
        if not byte:
            return byte
