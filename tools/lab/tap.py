# SPDX-License-Identifier: MIT
"""One listening port: accepts, writes down every byte that comes in, and hands the connection to the HTTP
server.

The bytes go through a socket pair, so that they can be seen before TLS touches them and so that a
connection can be reset, muted or closed."""

import asyncio
import contextlib
import socket
import struct
import time

#: A client that has not finished its TLS handshake after so many seconds is let go.
HANDSHAKE = 30.0
#: Records that Mbed TLS takes any number of while it waits for the next message of a handshake.
RECORDS = {
    "alert": bytes.fromhex("1503030002015a"),  # a warning, user_canceled (RFC 5246 section 7.2)
    # ChangeCipherSpec, which TLS 1.3 ignores (RFC 8446 section 5)
    "ccs": bytes.fromhex("140303000101"),
}
#: How long the closing side waits for the peer's close_notify.
SHUTDOWN = 1.0


class Tap:
    """`factory(connection)` makes the HTTP protocol; `context(kind)` the TLS context, or None for a plain
    port; `trouble()` returns None or (fault name, options) for the connection that just came in."""

    def __init__(self, name, ledger, factory, context=None, certificate="good", trouble=None):
        self.name, self._ledger, self._factory = name, ledger, factory
        self._context, self._certificate, self._trouble = context, certificate, trouble
        self._servers, self._tasks = [], set()
        self.port = 0

    async def listen(self, binds, port):
        """Listens on every address of `binds` with one port number; the first must work, the others may not
        exist."""
        for attempt in range(10):
            first = await asyncio.start_server(self._accepted, binds[0], port, backlog=200)
            self.port = first.sockets[0].getsockname()[1]
            self._servers = [first]
            try:
                for bind in binds[1:]:
                    self._servers.append(await asyncio.start_server(self._accepted, bind, self.port))
                return self.port
            except OSError as error:
                if error.errno in (97, 99) or port:  # no IPv6 here
                    return self.port
                self.close()
                if attempt == 9:
                    raise
        return self.port

    def close(self):
        for server in self._servers:
            server.close()
        for task in self._tasks:
            task.cancel()

    async def _accepted(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        connection = self._ledger.connection(self.name, writer.get_extra_info("peername")[0])

        def reset():
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            writer.transport.abort()

        connection.reset = reset
        try:
            await self._serve(connection, reader, writer)
        except (OSError, asyncio.CancelledError, EOFError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            connection.closed = time.monotonic()
            self._tasks.discard(task)

    async def _serve(self, connection, reader, writer):
        trouble, options = (self._trouble and self._trouble()) or (None, {})
        if trouble == "close":
            if options.get("reset"):
                connection.reset()
            return
        if trouble == "mute":
            while data := await reader.read(65536):
                _note(connection, data, self._context is None)
            return
        if trouble == "flood":
            await self._flood(connection, reader, writer, options)
            return
        kind = options.get("kind", "expired") if trouble == "certificate" else self._certificate
        near, far = socket.socketpair()
        inside, outside = await asyncio.open_connection(sock=near)
        shake = asyncio.ensure_future(self._hand_over(connection, far, kind))
        inward = asyncio.ensure_future(self._inward(connection, reader, outside))
        try:
            while data := await inside.read(65536):
                connection.sent += len(data)
                writer.write(data)
                await writer.drain()
        finally:
            inward.cancel()
            shake.cancel()
            await asyncio.gather(inward, shake, return_exceptions=True)
            outside.close()

    async def _flood(self, connection, reader, writer, options):
        """TLS records that a client may skip, until it leaves or HANDSHAKE is over."""
        _note(connection, await reader.read(65536), False)
        piece = RECORDS[options.get("kind", "alert")] * (1 if "interval" in options else 500)
        end = time.monotonic() + HANDSHAKE
        while time.monotonic() < end:
            connection.sent += len(piece)
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(float(options.get("interval", 0)))

    async def _inward(self, connection, reader, outside):
        try:
            while data := await reader.read(65536):
                _note(connection, data, self._context is None)
                outside.write(data)
                await outside.drain()
            outside.write_eof()
        except OSError:
            outside.transport.abort()

    async def _hand_over(self, connection, sock, kind):
        """Gives the server's end to the HTTP protocol, after TLS on a TLS port."""
        loop = asyncio.get_running_loop()
        if self._context is None:
            await loop.connect_accepted_socket(lambda: self._factory(connection), sock)
            return
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: self._factory(connection),
                sock,
                ssl=self._context(kind),
                ssl_handshake_timeout=HANDSHAKE,
                ssl_shutdown_timeout=SHUTDOWN,
            )
        except OSError as error:  # ssl.SSLError is one
            connection.tls = "failed: %s" % (
                getattr(error, "reason", None) or error or "closed by the client"
            )
            sock.close()
            return
        inner = transport.get_extra_info("ssl_object")
        connection.tls, connection.sni = inner.version(), getattr(inner, "lab_sni", "")


def _note(connection, data, plain):
    connection.received += len(data)
    connection.keep("raw", data)
    if plain:
        connection.keep("plain", data)
