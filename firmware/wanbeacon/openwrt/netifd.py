# SPDX-License-Identifier: MIT
"""The device that an interface of netifd has right now, asked of ubusd at the moment a socket is bound to it.

A device that the settings had kept would be the old one after a reconnect under another name (pppoe-wan), and
the first request would leave by another line. Blocks, for at most _WAIT_MS: ubusd is on this machine and
answers in a millisecond.
"""

import errno
import select
import struct

from wanbeacon.net import bus, unix

SOCKET = "/var/run/ubus/ubus.sock"
_WAIT_MS = 500
#: One status is 1 KB; a router with a hundred routes has 10 KB.
_MAX = 65536
_STATUS, _DATA, _LOOKUP, _INVOKE = 1, 2, 4, 5
_A_STATUS, _A_PATH, _A_OBJECT, _A_METHOD, _A_DATA = 1, 2, 3, 4, 7


def device(interface, path=SOCKET):
    """Name of the device that the traffic of `interface` leaves by, or of its IPv6 twin on the same line.

    Raises OSError when the interface is down or unknown, or ubusd does not answer:
    then nothing may leave at all."""
    sock = unix.open_unix(path)
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    line = Line(sock, poll)
    try:
        for name in (interface, interface + "6", interface + "_6"):
            status = line.status("network.interface." + name)
            found = status and status.get("up") and status.get("l3_device")
            if found and isinstance(found, str):
                return found
    finally:
        sock.close()
    raise OSError(errno.ENODEV, "interface %s is down, or netifd does not show it" % interface)


class Line:
    """One connection to ubusd, spoken without asyncio: the code that binds a socket cannot wait for other
    tasks.

    sock: the connection; poll: waits for it."""

    def __init__(self, sock, poll):
        self.sock = sock
        self.poll = poll
        self.buf = b""
        self.seq = 0

    def status(self, path):
        """What `status` of that object answers, as a dict; None when there is none, or not for this user."""
        number = self._request(_LOOKUP, 0, bus.attribute(_A_PATH, path.encode() + b"\0")).get(_A_OBJECT)
        if not number:
            return None
        number = int.from_bytes(number[:4], "big")
        payload = (
            bus.attribute(_A_OBJECT, number)
            + bus.attribute(_A_METHOD, b"status\0")
            + bus.attribute(_A_DATA, b"")
        )
        data = self._request(_INVOKE, number, payload).get(_A_DATA)
        try:
            return None if data is None else bus.decode(data, 0, len(data))
        except (ValueError, IndexError):  # MicroPython's UnicodeError is either
            raise OSError(errno.EIO, "ubusd sent no message")

    def _request(self, kind, peer, payload):
        self.seq += 1
        self.sock.send(struct.pack(">BBHII", 0, kind, self.seq, peer, 4 + len(payload)) + payload)
        found = {}
        while True:
            kind, seq, attributes = self._message()
            if seq == self.seq and kind == _DATA:
                found = attributes
            elif seq == self.seq and kind == _STATUS:
                return found

    def _message(self):
        while True:
            if len(self.buf) >= 12:
                _, kind, seq, _, head = struct.unpack_from(">BBHII", self.buf)
                size = 8 + (head & 0xFFFFFF)
                if not 12 <= size <= _MAX:
                    raise OSError(errno.EIO, "ubusd sent no message")
                if len(self.buf) >= size:
                    data, self.buf = self.buf[:size], self.buf[size:]
                    return kind, seq, _attributes(data)
            if not self.poll.poll(_WAIT_MS):
                raise OSError(errno.ETIMEDOUT, "ubusd does not answer")
            data = self.sock.recv(4096)
            if not data:
                raise OSError(errno.ECONNRESET, "ubusd is gone")
            self.buf += data


def _attributes(data):
    found, at = {}, 12
    while at + 4 <= len(data):
        head = struct.unpack_from(">I", data, at)[0]
        size = head & 0xFFFFFF
        if size < 4 or at + size > len(data):
            raise OSError(errno.EIO, "ubusd sent no message")
        found[head >> 24 & 127] = data[at + 4 : at + size]
        at += size + 3 & ~3
    return found
