# SPDX-License-Identifier: MIT
"""A small MQTT 3.1.1 client for asyncio: one connection, QoS 0. What the fleet's view and the tests need."""

import asyncio
import itertools
import os
import ssl
from pathlib import Path

from .. import UserError
from ..agent_modules import firmware

#: What CONNACK's return codes mean (3.2.2.3).
REFUSALS = {1: "it does not speak MQTT 3.1.1", 2: "it does not take the client id", 3: "it is not available",
            4: "wrong user or password", 5: "not allowed"}  # fmt: skip
KEEP_S = 60
_codec = firmware("net.mqtt")
#: Bytes of a packet that are kept. A state has 600, the longest discovery 2,500; whoever may write a topic
#: may put 256 MB there.
PACKET_MAX = 65536


def context(ca=None):
    """A verifying TLS context; ca: a file (PEM or DER) to trust instead of the system's roots. UserError."""
    if not ca:
        return ssl.create_default_context()
    try:
        data = Path(ca).read_bytes()
        text = data.decode() if data.startswith(b"-----") else ssl.DER_cert_to_PEM_cert(data)
        return ssl.create_default_context(cadata=text)
    except (OSError, ValueError, ssl.SSLError) as error:
        raise UserError("the CA file %s cannot be used: %s" % (ca, error)) from None


def packet(head, *parts):
    """A packet of MQTT: first byte, Remaining Length, body."""
    body = b"".join(parts)
    return bytes((head,)) + _codec.length(len(body)) + body


class Client:
    """A connection; `await Client.open(...)`, then `messages()` and `publish()`. ConnectionError when it
    breaks."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer
        self._pings = None
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, host, port, user=None, password=None, tls=None, name=None, timeout=10):
        """tls: an SSLContext or None. Raises UserError when the broker refuses, OSError when it is not
        there."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port, ssl=tls), timeout)
        one = cls(reader, writer)
        flags, parts = 2, [_codec.text(name or "wb-view-" + os.urandom(4).hex())]
        for value, flag in ((user, 0x80), (password, 0x40)):
            if value:
                flags |= flag
                parts.append(_codec.text(value))
        writer.write(packet(0x10, _codec.text("MQTT"), bytes((4, flags, 0, KEEP_S)), *parts))
        kind, body = await asyncio.wait_for(one._next(), timeout)
        if kind >> 4 != 2 or len(body) != 2:
            raise UserError("what answers at %s:%d does not speak MQTT" % (host, port))
        if body[1]:
            await one.close()
            raise UserError("the broker %s refuses: %s" % (host, REFUSALS.get(body[1], body[1])))
        one._pings = asyncio.create_task(one._ping())
        return one

    async def _next(self):
        try:
            kind = (await self._reader.readexactly(1))[0]
            size = shift = 0
            while True:
                byte = (await self._reader.readexactly(1))[0]
                size |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
                if shift > 21:
                    raise ConnectionError("the broker does not speak MQTT")
            if size <= PACKET_MAX:
                return kind, await self._reader.readexactly(size)
            while size:
                size -= len(await self._reader.readexactly(min(size, PACKET_MAX)))
            return kind, b""
        except asyncio.IncompleteReadError:
            raise ConnectionError("the broker closed the connection") from None

    async def _ping(self):
        while True:
            await asyncio.sleep(KEEP_S / 2)
            self._writer.write(b"\xc0\x00")

    def subscribe(self, *filters):
        """Ask for topics; what is retained comes at once."""
        number = (next(self._ids) % 65535 + 1).to_bytes(2, "big")
        self._writer.write(packet(0x82, number, *[_codec.text(one) + b"\x00" for one in filters]))

    def publish(self, topic, payload, retain=False):
        """QoS 0."""
        data = payload.encode() if isinstance(payload, str) else payload
        self._writer.write(packet(0x31 if retain else 0x30, _codec.text(topic), data))

    async def messages(self):
        """(topic, payload as bytes, whether it was retained), for ever. Raises ConnectionError."""
        while True:
            kind, body = await self._next()
            if kind >> 4 != 3:
                continue
            size = int.from_bytes(body[:2], "big")
            start = 2 + size + (2 if kind & 6 else 0)
            yield body[2 : 2 + size].decode("utf-8", "replace"), body[start:], bool(kind & 1)

    async def close(self):
        """Never raises."""
        if self._pings:
            self._pings.cancel()
        try:
            self._writer.write(b"\xe0\x00")
            self._writer.close()
            await asyncio.wait_for(self._writer.wait_closed(), 2)
        except (TimeoutError, OSError):
            pass
