"""The guarded socket below `requests`: verified TLS, one deadline for everything, bounded replies, one connection.

`requests` alone verifies no certificate, has no total time limit, reads without bound and follows redirects with the
password (micropython-lib #838). So it never opens its own socket: `requests.socket` is a Wire, which must not know what
is sent over it.

Every wait is a poll of a non-blocking socket against the deadline. Only the DNS look-up blocks, on every port and
beyond any deadline (10 s and more): a watchdog must be longer than that.
"""

import errno
import select
import time

from micropython import const

from wanbeacon.net import Trouble

_LINE_MAX = const(1024)  # what is kept of a header line; the headers that are read here are below 300 bytes
_HEAD_MAX = const(32768)  # all header lines together; browsers and servers stop at 16 to 256 KB
_SLICE = const(100)  # ms between two looks at the deadline while waiting (and two calls of keep_alive)
_BUSY = (errno.EAGAIN, errno.EINPROGRESS, 11, 115, 119, 36)



class Wire:
    """Stands in for the `socket` module inside `requests`, and for the one socket that this module hands out.

    tls: a context to verify with, or None for plain TCP. deadline: ticks_ms value. cap: most body bytes kept.
    board: stream(socket), bind(socket, device) and keep_alive(), called while waiting (feeds a watchdog).
    """

    SOCK_STREAM = 1

    def __init__(self, board, tls, host, deadline, cap, family=0, device=None, ready=None):
        self.board = board
        self.tls = tls
        self.host = host
        self.deadline = deadline
        self.cap = cap
        self.family = family
        self.device = device
        self.ready = ready
        self.used = False
        self.sock = None
        self.stream = None
        self.out = bytearray()
        self.buf = b""
        self.eof = False
        self.sent = False  # a byte of the request was taken by TCP or by a finished TLS session
        self.head = 0
        self.status = 0
        self.length = -1  # Content-Length, -1 = until the connection closes
        self.chunked = False
        self.retry_after = None
        self.truncated = False

    # as the `socket` module

    def getaddrinfo(self, host, port, *args):
        """All addresses of the host in one row, so that connect can try the next when one does not answer."""
        import socket

        family = {4: socket.AF_INET, 6: getattr(socket, "AF_INET6", 0)}.get(self.family, 0)
        try:
            rows = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        except OSError as e:
            raise Trouble("dns", "%s: name not found or no name server (%s)" % (host, e))
        # an ESP32 gives an IPv6 address as None
        rows = [r for r in rows if r[1] == socket.SOCK_STREAM and r[4] and (isinstance(r[4], bytes) or r[4][0])]
        if not rows:
            raise Trouble("dns", "%s has no IPv%s address" % (host, self.family or "4 or IPv6"))
        if self.ready and not self.ready():
            raise Trouble("journal", "not noted, so not sent")
        return [(0, 0, 0, "", rows)]

    def socket(self, *args):
        """The one socket of this exchange; a second one would be a redirect."""
        if self.used:
            raise Trouble("redirect", "the server sends us elsewhere", True)
        self.used = True
        return self

    # as the socket

    def settimeout(self, _):
        """One deadline holds for all."""

    def connect(self, rows):
        """TCP to the first address that answers, then TLS over it (its handshake ends with the first write)."""
        import socket

        trouble, left = None, min(len(rows), 4)
        for row in rows[:4]:
            # one that swallows everything (an IPv6 that leads nowhere) must leave time for the next and for the exchange
            share = time.ticks_diff(self.deadline, time.ticks_ms()) // (left + 1) if left > 1 else 0
            left -= 1
            self.sock = sock = socket.socket(row[0], row[1], row[2])
            try:
                sock.setblocking(False)
                if self.device:
                    self.board.bind(sock, self.device)
                try:
                    sock.connect(row[4])
                except OSError as e:
                    if e.errno not in _BUSY:
                        raise
                self._wait(select.POLLOUT, share, connecting=True)
                break
            except OSError as e:
                trouble = Trouble("connect", "no connection to %s (%s)" % (self.host, e))
            except Trouble as e:
                trouble = e
            sock.close()
            self.sock = None
        if not self.sock:
            raise trouble
        if not self.tls:
            self.stream = self.board.stream(self.sock)
            return
        try:
            self.stream = self.tls.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as e:
            raise Trouble("tls", _clean(e))

    def write(self, data):
        """Collect the request: it leaves in one piece (one TLS record) when the reply is first read."""
        self.out.extend(data.encode() if isinstance(data, str) else data)

    def _flush(self):
        view, at = memoryview(self.out), 0
        while at < len(view):
            try:
                n = self.stream.write(view[at:])
            except ValueError as e:  # only certificate checks raise this, before any byte of ours is sent
                raise _refused(e)
            except OSError as e:
                raise Trouble("reset" if self.sent or not self.tls else "tls", _clean(e), self.sent)
            if n:
                at += n
                self.sent = True
            else:  # TLS is in its handshake (it waits to read), or the send buffer is full
                self._wait(select.POLLIN, _SLICE)
        self.out = bytearray()

    def _wait(self, event, most=0, connecting=False):
        """Until the socket is ready, `most` ms have passed (0: no matter), or the deadline: then Trouble("timeout").
        connecting: also when `most` ms have passed."""
        poller = select.poll()
        poller.register(self.sock, event)
        start = time.ticks_ms()
        while True:
            left = time.ticks_diff(self.deadline, time.ticks_ms())
            late = most and time.ticks_diff(time.ticks_ms(), start) >= most
            if late and not connecting:
                return
            if left <= 0 or late:
                raise Trouble("timeout", "no answer from %s in time" % self.host, self.sent)
            self.board.keep_alive()
            ready = poller.poll(min(left, _SLICE))
            if ready:
                if connecting and ready[0][1] & ~select.POLLOUT:
                    raise Trouble("connect", "%s refused the connection or cannot be reached" % self.host)
                return

    def _fill(self):
        """More bytes into buf; False at the end of the stream."""
        if self.out:
            self._flush()
        while not self.eof:
            try:
                data = self.stream.read(512)
            except OSError as e:
                if e.errno in _BUSY:
                    data = None
                else:
                    raise Trouble("reset", _clean(e), self.sent)
            except ValueError as e:
                raise _refused(e)
            if data is None:
                self._wait(select.POLLIN)
            elif data:
                self.buf += data
                return True
            else:
                self.eof = True
        return False

    def _line(self):
        """One line with its end, or the beginning of one that is too long: what a header beyond that says is for browsers."""
        kept = b""
        while True:
            cut = self.buf.find(b"\n") + 1
            if not cut and len(self.buf) > _LINE_MAX:
                kept = kept or self.buf
                self._count(self.buf)
                self.buf = b""
            if cut or not self._fill():
                break
        cut = cut or len(self.buf)
        line, self.buf = self.buf[:cut], self.buf[cut:]
        self._count(line)
        return kept or line

    def _count(self, line):
        self.head += len(line)
        if self.head > _HEAD_MAX:
            raise Trouble("header", "the reply's header is too long", True)

    def readline(self):
        """Status line and header lines, bounded; keeps what the exchange needs and hides what `requests` chokes on."""
        line = self._line()
        if not self.status:
            parts = line.split(None, 2)
            if not line:
                raise Trouble("cut", "the server closed the connection without an answer", True)
            if len(parts) < 2 or parts[0][:5] != b"HTTP/" or len(parts[1]) != 3 or not parts[1].isdigit():
                raise Trouble("odd", "the server does not speak HTTP here", True)
            self.status = int(parts[1])
            return b"HTTP/1.0 %s x\r\n" % parts[1]
        if not line:
            raise Trouble("cut", "the reply ended within its header", True)
        cut = line.find(b":")
        if cut < 0:
            return b"\r\n" if not line.strip() else self.readline()
        name, value = line[:cut].strip().lower(), line[cut + 1 :].strip()
        if name == b"content-length":
            self.length = int(value) if value.isdigit() and len(value) < 10 else -1
        elif name == b"transfer-encoding":
            self.chunked = b"chunked" in value.lower()
        elif name == b"retry-after":
            self.retry_after = bytes([c for c in value[:40] if c < 128]).decode()
        elif name == b"location" and 300 <= self.status < 400:
            # not followed, for the password's sake; what follows "?" or "@" may hold it
            target = bytes([c for c in value[:120].split(b"?")[0].split(b"@")[-1] if 32 < c < 127]).decode()
            raise Trouble("redirect", "the server redirects to %s, which is not followed" % target, True)
        return b"X: y\r\n"  # `requests` needs no header: what it would refuse or follow is dealt with here

    def read(self, n=0):
        """The whole body, at most `cap` bytes of it (`truncated` tells)."""
        if self.status == 204 or self.status == 304:
            return b""
        return self._chunks() if self.chunked else self._take(self.length)

    def _take(self, size):
        """`size` body bytes (-1: until the end of the stream), at most cap."""
        cap = self.cap
        goal = cap if size < 0 or size > cap else size
        while len(self.buf) < goal and self._fill():
            pass
        if 0 <= size and len(self.buf) < goal:
            raise Trouble("cut", "the reply ended before its stated length", True)
        if size < 0 and len(self.buf) >= cap or size > cap:
            self.truncated = True
        body, self.buf = self.buf[:goal], self.buf[goal:]
        return body

    def _chunks(self):
        """RFC 9112 section 7.1. Asked with HTTP/1.0 no server should chunk; Dyn's does for 1.1, some do always."""
        out, cap = b"", self.cap
        while len(out) < cap:
            try:
                size = int(self._line().split(b";")[0].strip() or b"x", 16)
            except ValueError:
                raise Trouble("cut", "a chunk of the reply has no size", True)
            if size <= 0:
                return out
            out += self._take(size)
            if self.truncated:
                break
            self._line()
        self.truncated = True
        return out[:cap]

    def close(self):
        """Never raises; may be called again."""
        stream, sock = self.stream, self.sock
        self.stream = self.sock = None
        for one in (stream, sock):
            if one:
                try:
                    one.close()
                except OSError:
                    pass


# What a refused certificate's text holds -> the word for it (Mbed TLS's words, then OpenSSL's). What is wrong whoever
# signed it comes first; the rest may be for want of a root.
_REFUSALS = (
    ("clock", ("future", "not yet valid")),
    ("expired", ("expired",)),
    ("wrong name", ("CN", "Hostname", "IP address")),
)


def _refused(error):
    """The Trouble of a certificate that was not accepted. Nothing of the request has left then."""
    text = _clean(error)
    for word, marks in _REFUSALS:
        if [m for m in marks if m in text]:
            return Trouble(word, text)
    return Trouble("untrusted", text)


def _clean(error):
    """An exception's text in one line (Mbed TLS puts line ends around its own)."""
    return " ".join(str(error.args[-1] if error.args else error).split())[:120]
