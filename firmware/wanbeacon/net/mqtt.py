# SPDX-License-Identifier: MIT
"""One MQTT 3.1.1 connection that never waits: what goes out without waiting goes, what came in is read.

Own packet code and not umqtt.simple: its connect, its writes and the rest of each packet it reads block, a
broker that stalls so holds the whole loop (measured: docs/mqtt.md). Only what a device needs is spoken:
CONNECT, PUBLISH with QoS 0, one SUBSCRIBE, PINGREQ, DISCONNECT. Chapters are those of the OASIS standard.
"""

import time

from micropython import const

from wanbeacon.net import Trouble
from wanbeacon.net.gate import READS

_BODY_MAX = const(400)  # bytes of a packet that are kept; a command is a word and a host name
_AT_ONCE = const(16)  # reads between two turns of the other tasks: a flood must not hold the loop
_OUT_MAX = const(16384)  # bytes that may wait to leave: a broker that takes none is given up before
CONNACK, PUBLISH, SUBACK = 2, 3, 9
_TYPES = b"\x02\x03\x09\x0d"  # what a broker may send us: CONNACK, PUBLISH, SUBACK, PINGRESP


def length(n):
    """Remaining Length (2.2.3): seven bits a byte, the lowest first."""
    out = bytearray()
    while True:
        out.append(n & 127 | (128 if n > 127 else 0))
        n >>= 7
        if not n:
            return bytes(out)


def text(value):
    """A UTF-8 string with its length in bytes (1.5.3)."""
    data = value.encode() if isinstance(value, str) else value
    return bytes((len(data) >> 8, len(data) & 255)) + data


class Session:
    """sock: a connected non-blocking socket, for whoever waits for it. stream: what is read and written.
    gate: the TLS stream's Gate, or None. took(type, flags, body): called for each packet."""

    def __init__(self, sock, stream, gate, took):
        self.sock = sock
        self.stream = stream
        self.gate = gate
        self.took = took
        self.out = []
        self.waiting = 0  # bytes in `out`
        self.buf = b""
        self.skip = 0  # bytes of a packet that is too long
        self.heard = self.spoke = time.ticks_ms()
        self.fault = None  # why it is over, as `pull` said it to whoever read

    # ---- out

    def send(self, *parts):
        """Bytes that belong together, to leave with the next push. Raises Trouble when too much waits."""
        for part in parts:
            self.waiting += len(part)
            self.out.append(part)
        if self.waiting > _OUT_MAX:
            raise Trouble("timeout")

    def publish(self, topic, parts, retain=True):
        """A message of some pieces of bytes (3.3), QoS 0."""
        topic = text(topic)
        size = len(topic) + sum([len(part) for part in parts])
        self.send(b"\x31" if retain else b"\x30", length(size), topic, *parts)

    def push(self):
        """True when all that was to be sent has left. Raises OSError, ValueError (a certificate)."""
        while self.out:
            data = self.out[0]
            if self.gate:
                self.gate.left = READS
            n = self.stream.write(data)
            if not n:
                return False
            self.waiting -= n
            if n < len(data):
                self.out[0] = data[n:]
            else:
                self.out.pop(0)
            self.spoke = time.ticks_ms()
        return True

    # ---- in

    def pull(self):
        """Read what is there. True when there may be more. Raises OSError, ValueError, Trouble at the end."""
        for n in range(_AT_ONCE):
            if self.gate:
                self.gate.left = READS
            data = self.stream.read(256)
            if data is None:
                return False
            if not data:
                if n:
                    return True  # what was said last counts before the end does
                raise Trouble("reset")
            self.heard = time.ticks_ms()
            if self.skip:
                cut = min(self.skip, len(data))
                self.skip -= cut
                data = data[cut:]
            self.buf += data
            while self.buf and self._packet():
                pass
        return True

    def _packet(self):
        """Hand on one whole packet of `buf`. False when it is not whole yet."""
        buf, size, at = self.buf, 0, 1
        while True:
            if at >= len(buf):
                return False
            size |= (buf[at] & 127) << 7 * (at - 1)
            at += 1
            if buf[at - 1] < 128:
                break
            if at > 4:
                raise Trouble("mqtt")
        kind = buf[0] >> 4
        if kind not in _TYPES:
            raise Trouble("mqtt")  # no MQTT, or a version of it that we did not ask for
        if size > _BODY_MAX:
            rest = len(buf) - at - size
            self.skip, self.buf = max(0, -rest), buf[at + size :]
            return True
        if len(buf) < at + size:
            return False
        self.buf = buf[at + size :]
        self.took(kind, buf[0] & 15, buf[at : at + size])
        return True

    # ---- the end

    def close(self):
        """The stream and what TLS holds for it; the socket stays for whoever still waits for it (`end`)."""
        stream, self.stream, self.out = self.stream, None, []
        if stream and self.gate:
            self.gate = None
            try:
                stream.close()
            except OSError:
                pass

    def end(self):
        """All of it. Never raises."""
        self.close()
        try:
            self.sock.close()
        except OSError:
            pass
