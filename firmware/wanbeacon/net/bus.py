# SPDX-License-Identifier: MIT
"""Speaks to OpenWrt's ubusd over its unix socket: look up an object, call it, subscribe to it.

A message is 8 bytes (version 0, type, sequence, peer) and one blob that holds attributes; all numbers are big
endian. A blob's head is 32 bits: extended (1), id or type (7), length with the head (24); each is padded to 4
bytes.
"""

import errno
import struct

from wanbeacon.net import unix, waits

#: Milliseconds for one answer of ubusd, which is on this machine.
_ANSWER_MS = 2000
#: A dump of many interfaces is 10-30 KB; more than this is not a message of ours.
_MAX = 65536
_DATA, _STATUS, _LOOKUP, _INVOKE, _ADD_OBJECT, _SUBSCRIBE, _UNSUBSCRIBE = 2, 1, 4, 5, 6, 8, 9
_A_STATUS, _A_PATH, _A_OBJECT, _A_METHOD, _A_DATA, _A_TARGET = 1, 2, 3, 4, 7, 8


def attribute(id_, payload):
    """Return the blob of one message attribute; `payload`: bytes, or a number."""
    if not isinstance(payload, bytes):
        payload = struct.pack(">I", payload)
    return struct.pack(">I", id_ << 24 | 4 + len(payload)) + payload + bytes(-len(payload) % 4)


def _blobs(data, at, end):
    """Yield (head, start, stop) of each blob in data[at:end]. ValueError when one does not fit."""
    while at < end:
        if at + 4 > end:
            raise ValueError("cut blob")
        head = struct.unpack_from(">I", data, at)[0]
        size = head & 0xFFFFFF
        if size < 4 or at + size > end:
            raise ValueError("cut blob")
        yield head, at + 4, at + size
        at += size + 3 & ~3


def decode(data, at, end, table=True, depth=8):
    """Return the dict (or list) that the blobmsg in data[at:end] holds.
    ValueError when it is damaged or too deep."""
    out = {} if table else []
    for head, start, stop in _blobs(data, at, end):
        # Kinds of libubox's blobmsg.h: 1 array, 2 table, 3 string (with its zero byte), 4 to 7 integers of
        # 64, 32, 16 and 8 bits, 8 double. Extended (the top bit): the value comes behind its name, which is a
        # length of 16 bits, the name, a zero byte, and padding of all that to 4 bytes.
        kind, name = head >> 24 & 127, None
        if head >> 31:
            size = struct.unpack_from(">H", data, start)[0] if start + 2 <= stop else _MAX
            name = bytes(data[start + 2 : start + 2 + size])
            start += size + 6 & ~3
        if start > stop or not depth:
            raise ValueError("damaged blob")
        if kind in (1, 2):
            value = decode(data, start, stop, kind == 2, depth - 1)
        elif kind == 3:
            value = bytes(data[start : stop - 1]).decode()
        elif kind in (4, 5, 6, 7):
            value = int.from_bytes(data[start:stop], "big")
        else:
            value = None
        if table:
            out[name.decode() if name else ""] = value
        else:
            out.append(value)
    return out


class Bus:
    """One connection. OSError when ubusd is not there or goes away; ValueError for what is no message."""

    def __init__(self, path):
        self.sock = unix.open_unix(path)
        self.buf = b""
        self.seq = 0

    async def message(self, ms=None):
        """Return (type, sequence, {attribute: bytes}) of the next message; `ms`: how long to wait at most."""
        while True:
            if len(self.buf) >= 12:
                _, kind, seq, _, head = struct.unpack_from(">BBHII", self.buf)
                size = 8 + (head & 0xFFFFFF)
                if not 12 <= size <= _MAX:
                    raise ValueError("no ubus message")
                if len(self.buf) >= size:
                    data, self.buf = self.buf[:size], self.buf[size:]
                    found = {head >> 24 & 127: data[at:end] for head, at, end in _blobs(data, 12, size)}
                    return kind, seq, found
            if not await waits.ready(self.sock, ms):
                raise OSError(errno.ETIMEDOUT, "ubusd does not answer")
            data = waits.receive(self.sock, 4096)
            if data == b"":
                raise OSError(errno.ECONNRESET, "ubusd is gone")
            self.buf += data or b""

    async def request(self, kind, peer=0, payload=b""):
        """Send a request; return (status, attributes of the last data message that answered it)."""
        self.seq += 1
        size = 4 + len(payload)
        self.sock.send(struct.pack(">BBHII", 0, kind, self.seq & 0xFFFF, peer, size) + payload)
        found = {}
        while True:
            kind, seq, attributes = await self.message(_ANSWER_MS)
            if seq == self.seq & 0xFFFF and kind == _DATA:
                found = attributes
            elif seq == self.seq & 0xFFFF and kind == _STATUS:
                return int.from_bytes(attributes.get(_A_STATUS, b"\0\0\0\xff"), "big"), found

    async def lookup(self, path):
        """Return the number of the object `path`, or None (not there, or not for this user)."""
        status, found = await self.request(_LOOKUP, 0, attribute(_A_PATH, path.encode() + b"\0"))
        number = found.get(_A_OBJECT)
        return None if status or not number else int.from_bytes(number, "big")

    async def call(self, path, method):
        """Return what `method` of the object `path` answers, as a dict, or None when it does not."""
        number = await self.lookup(path)
        if number is None:
            return None
        payload = (
            attribute(_A_OBJECT, number)
            + attribute(_A_METHOD, method.encode() + b"\0")
            + attribute(_A_DATA, b"")
        )
        status, found = await self.request(_INVOKE, number, payload)
        data = found.get(_A_DATA)
        return None if status or data is None else decode(data, 0, len(data))

    async def subscribe(self, path):
        """Subscribe to the object `path`; False when it is not there.
        Its messages then come by notified()."""
        status, found = await self.request(_ADD_OBJECT)
        number = await self.lookup(path)
        if status or number is None or _A_OBJECT not in found:
            return False
        own = int.from_bytes(found[_A_OBJECT], "big")
        payload = attribute(_A_OBJECT, own) + attribute(_A_TARGET, number)
        return (await self.request(_SUBSCRIBE, 0, payload))[0] == 0

    async def notified(self):
        """Wait for a notification: its method (text), or None when the object we subscribed to went away."""
        while True:
            kind, _, found = await self.message()
            if kind == _INVOKE and _A_METHOD in found:
                return found[_A_METHOD][:-1].decode()
            if kind == _UNSUBSCRIBE:
                return None

    def close(self):
        """Close the connection; ubusd forgets our objects and subscriptions."""
        self.sock.close()
