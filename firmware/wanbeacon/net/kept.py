# SPDX-License-Identifier: MIT
"""A connection that serves several requests to one server, one after another: its handshakes are most of the
time that fifty hosts of one account take.

Only where memory is plenty: a TLS session holds 22 KB and more, and between two requests of a board other
code needs the room."""

import errno
import time

from micropython import const

from wanbeacon.net import Trouble, http, names, wire
from wanbeacon.net.gate import READS

# ms between two requests; servers close idle connections after 5 s (Apache) to 75 s (nginx), and one that is
# closed just as a request leaves would leave its fate in doubt
_IDLE = const(2000)


class Kept:
    """What the requests of one account leave to each other.

    contexts: http.py's `keep`. again: another request may follow. lost: a request on a connection that had
    served before met its end. Nobody knows whether it was dealt with, so each has a connection of its own
    from then on."""

    again = lost = False
    place = sock = stream = gate = None
    when = 0

    def __init__(self):
        self.contexts = []

    def exchange(self, req, *how, **more):
        """As http.exchange, over the connection there is if it leads to the same place."""
        if self.again and not self.lost:
            req.headers["Connection"] = "keep-alive"
        return http.exchange(req, *how, keep=self.contexts, maker=lambda *all: Link(self, *all), **more)

    def take(self, place):
        """(socket, stream, gate) of a connection to `place`, which are the caller's now. None when there is
        none that was used just now and has been silent since: one on which its end came, or bytes that nobody
        asked for, is closed before anything is sent."""
        if not self.sock:
            return None
        fresh = self.place == place and time.ticks_diff(time.ticks_ms(), self.when) < _IDLE
        if not fresh or not self._silent():
            self._drop()
            return None
        parts = self.sock, self.stream, self.gate
        self.sock = self.stream = self.gate = None
        return parts

    def put(self, place, *parts):
        """A connection (socket, stream, gate) that may serve again."""
        self.place, self.when = place, time.ticks_ms()
        self.sock, self.stream, self.gate = parts

    def _silent(self):
        if self.gate:
            self.gate.left = READS
        try:
            return self.stream.read(1) is None
        except OSError as e:
            return e.errno == errno.EAGAIN

    def _drop(self):
        stream, sock = self.stream, self.sock
        self.sock = self.stream = self.gate = None
        for one in (stream, sock):
            if one:
                try:
                    one.close()
                except OSError:
                    pass

    def close(self):
        """No more requests follow: nothing stays but `lost`. Never raises."""
        self._drop()
        self.contexts.clear()


class Link(wire.Wire):
    """A Wire that takes over an open connection and gives it back when its reply was read to the end."""

    def __init__(self, keep, *how):
        super().__init__(*how)
        self.keep, self.old, self.whole = keep, False, False

    def getaddrinfo(self, host, port, *args):
        """As Wire. An open connection to the same place is what is connected to."""
        self.place = self.host, port, bool(self.tls), self.family, self.device
        parts = self.keep.take(self.place)
        if parts:
            self.old = True
            self.sock, self.stream, self.gate = parts
            if self.gate:
                self.gate.taken = 0
            return [(0, 0, 0, "", None)]
        return super().getaddrinfo(host, port, *args)

    def connect(self, rows):
        """As Wire."""
        if not self.old:
            super().connect(rows)

    def _flush(self):
        try:
            super()._flush()
        except Trouble as e:
            if not self.old or self.sent or e.word == "timeout":
                raise
            super().close()  # it was closed before a byte left
            self.old, self.gate = False, None
            super().connect(self.rows or names.resolve(self.host, self.place[1], self.family))
            super()._flush()

    def read(self, n=0):
        """As Wire. A server says in words that it keeps the connection of an HTTP/1.0 request (RFC 9112
        section 9.3)."""
        body = super().read(n)
        sized = self.fields.get(b"content-length", b"").isdigit() or self.status == 204
        left = self.truncated or self.eof or self.buf or b"transfer-encoding" in self.fields
        stays = b"keep-alive" in self.fields.get(b"connection", b"").lower()
        self.whole = True
        if self.keep.again and stays and sized and not left and 199 < self.status < 300:
            self.keep.put(self.place, self.sock, self.stream, self.gate)
            self.sock = self.stream = None
        return body

    def close(self):
        """As Wire."""
        if self.old and self.sent and not self.whole:
            self.keep.lost = True
        super().close()
