# SPDX-License-Identifier: MIT
"""The guarded socket below `requests`: verified TLS, one deadline for everything, bounded replies, one
connection.

`requests` alone verifies no certificate, has no total time limit, reads without bound and follows redirects
with the password (micropython-lib #838). So it never opens its own socket: it gets a Wire, which must not
know what is sent over it.

Every wait is a poll of a non-blocking socket against the deadline. TLS reads through a Gate, because Mbed TLS
loops in C for as long as bytes come. Only the DNS look-up blocks, on every port and beyond any deadline (10 s
and more): a watchdog must be longer than that.
"""

import errno
import select
import socket
import time

from micropython import const

from wanbeacon.net import Trouble, names
from wanbeacon.net.gate import READS, Gate
from wanbeacon.net.refusal import NO_MEMORY, clean, out_of_memory, refused

_LINE_MAX = const(1024)  # what is kept of a header line; the headers that are read here are below 300 bytes
_LINES_MAX = const(500)  # header lines of one reply; servers stop at 100 to 200
_HEAD_MAX = const(32768)  # all header lines together; browsers and servers stop at 16 to 256 KB
_INTERIM_MAX = const(8)  # 1xx replies before the real one; there is no reason for more than one or two
_CERTIFICATE = const(400)  # bytes; no server's first answer with a certificate is as short
_SHAKE_MAX = const(65536)  # bytes of a handshake; the longest chains in use have 10 KB
# bytes at a time for a sink: an answer that passes through a full heap must fit into its crumbs
_SIP = const(128)
_SLICE = const(100)  # ms between two looks at the deadline while waiting (and two calls of keep_alive)
_BUSY = (errno.EAGAIN, errno.EINPROGRESS, 11, 115, 119, 36)


class Wire:
    """Stands in for the `socket` module inside `requests`, and for the one socket that this module hands out.

    tls: a context to verify with, or None for plain TCP. deadline: ticks_ms value. cap: most body bytes kept.
    board: stream(socket), bind(socket, device) and keep_alive(), called while waiting (feeds a watchdog).
    later: asked then, too: True ends the exchange, because something else comes first.
    sink: has feed(bytes) and gets the body in pieces, as it arrives; then read() returns b"".
    """

    SOCK_STREAM = 1

    def __init__(
        self, board, tls, host, deadline, cap, family=0, device=None, rows=None, sink=None, later=None
    ):
        self.board = board
        self.tls = tls
        self.host = host
        self.deadline = deadline
        self.cap = cap
        self.family = family
        self.device = device
        self.rows = rows
        self.sink = sink
        self.later = later
        self.used = self.eof = False
        self.sent = False  # a byte of the request was taken by TCP or by a finished TLS session
        self.sock = self.gate = self.stream = None
        self.out = bytearray()
        self.buf = b""
        self.head = self.status = 0
        self.fields = {}  # what the reply's header says of _FIELDS, as bytes
        self.truncated = False

    # as the `socket` module

    def getaddrinfo(self, host, port, *args):
        """All addresses of the host in one row, so that connect can try the next when one does not answer."""
        return [(0, 0, 0, "", self.rows or names.resolve(host, port, self.family))]

    def socket(self, *args):
        """The one socket of this exchange; a second one would be a redirect."""
        if self.used:
            raise Trouble("redirect", "", True)
        self.used = True
        return self

    # as the socket

    def settimeout(self, _):
        """One deadline holds for all."""

    def connect(self, rows):
        """TCP to the first address that answers, then TLS over it (its handshake ends with the first
        write)."""
        trouble, left = None, min(len(rows), 4)
        for row in rows[:4]:
            # one that swallows everything (an IPv6 that leads nowhere) must leave time for the next and for
            # the exchange
            share = time.ticks_diff(self.deadline, time.ticks_ms()) // (left + 1) if left > 1 else 0
            left -= 1
            sock = None
            try:
                self.sock = sock = socket.socket(row[0], row[1], row[2])
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
                word = "memory" if e.errno in NO_MEMORY else "connect"
                if e.errno in _NO_ROUTE and (not trouble or trouble.word == "no route"):
                    word = "no route"
                trouble = Trouble(word, "%s (%s)" % (self.host, e))
            except Trouble as e:
                trouble = e
            if sock:
                sock.close()
            self.sock = None
        if not self.sock:
            raise trouble
        self.stream = self.board.stream(self.sock)
        if not self.tls:
            return
        self.gate = Gate(self.stream)
        try:
            self.stream = self.tls.wrap_socket(
                self.gate, server_hostname=self.host, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as e:
            raise self._failed(e, "tls")

    def shake(self, port):
        """TCP and a verified TLS session alone; b"" as the body of no answer. A client answers the server's
        certificate only when it has verified it (RFC 5246 section 7.3, RFC 8446 section 2), and no port tells
        more."""
        self.connect(self.rows or names.resolve(self.host, port, self.family))
        while self.gate.before < _CERTIFICATE:
            if self._act(self.stream.read, 1) == b"":
                raise Trouble("reset", self.host)
            self._wait(select.POLLIN, _SLICE)
        return b""

    def write(self, data):
        """Collect the request: it leaves in one piece (one TLS record) when the reply is first read."""
        self.out.extend(data.encode() if isinstance(data, str) else data)

    def _flush(self):
        view, at = memoryview(self.out), 0
        while at < len(view):
            n = self._act(self.stream.write, view[at:])
            if n:
                at += n
                self.sent = True
            else:  # TLS is in its handshake (it waits to read), or the send buffer is full
                self._wait(select.POLLIN, _SLICE)
        self.out = bytearray()

    def _act(self, act, arg):
        """One bounded step of the stream: what it returns, None when it would block.
        Its errors as Troubles."""
        gate = self.gate
        if gate:
            gate.left = READS
        try:
            n = act(arg)
        except OSError as e:
            if e.errno in _BUSY:
                return None
            raise self._failed(e, "reset" if self.sent or not self.tls else "tls")
        except ValueError as e:  # only certificate checks raise this, before any byte of ours is sent
            raise refused(e)
        if gate and n is None and not self.sent and gate.taken > _SHAKE_MAX:
            raise Trouble("tls", "the handshake does not end")
        return n

    def _failed(self, error, word):
        return Trouble("memory" if out_of_memory(error) else word, clean(error), self.sent)

    def _wait(self, event, most=0, connecting=False):
        """Until the socket is ready, `most` ms have passed (0: no matter), or the deadline: then
        Trouble("timeout"). connecting: also when `most` ms have passed."""
        poller = select.poll()
        poller.register(self.sock, event)
        start = time.ticks_ms()
        while True:
            left = time.ticks_diff(self.deadline, time.ticks_ms())
            late = most and time.ticks_diff(time.ticks_ms(), start) >= most
            if late and not connecting:
                return
            if left <= 0 or late:
                raise Trouble("timeout", self.host, self.sent)
            self.board.keep_alive()
            if self.later and self.later():
                raise Trouble("later", self.host, self.sent)
            ready = poller.poll(min(left, _SLICE))
            if ready:
                if connecting and ready[0][1] & ~select.POLLOUT:
                    raise Trouble("connect", self.host)
                return

    def _fill(self):
        """More bytes into buf; False at the end of the stream."""
        if self.out:
            self._flush()
        while not self.eof:
            data = self._act(self.stream.read, _SIP if self.sink else 512)
            if data is None:
                self._wait(select.POLLIN)
            elif data:
                self.buf += data
                return True
            else:
                self.eof = True
        return False

    def _line(self):
        """One line with its end, or the beginning of one that is too long:
        what a header beyond that says is for browsers."""
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
            raise Trouble("header", "", True)

    def readline(self):
        """For `requests`: the status line, then the end of the header. What stands between was read here: it
        bounds nothing, and refuses or follows what is dealt with here."""
        if self.status:
            return b"\r\n"
        for _ in range(_INTERIM_MAX):
            status = self._status_line()
            self._header()
            if status >= 200:
                self.status = status
                target = self.fields.get(b"location")
                if target is not None and status < 400 and status > 299:
                    # a query may be ours, with the password in it
                    raise Trouble("redirect", "to " + text(target.split(b"?")[0]), True)
                return b"HTTP/1.0 %d\r\n" % status
            if status == 101:  # Switching Protocols: nobody asked for it
                break
        raise Trouble("odd", "1xx", True)

    def _status_line(self):
        """The status code of `HTTP-version SP status-code SP [reason]` (RFC 9112 section 4)."""
        line = self._line()
        if not line:
            raise Trouble("cut", "no answer", True)
        code = line[9:12]
        if (
            line[:7] != b"HTTP/1."
            or line[8:9] != b" "
            or not code.isdigit()
            or line[12:13] not in b" \r\n"
            or code < b"100"
        ):
            raise Trouble("odd", text(line[:40]), True)
        return int(code)

    def _header(self):
        """All header lines up to the empty one into `fields`. A line without a colon says nothing to us; one
        that begins with a space goes on with the line before it (RFC 9112 section 5.2)."""
        self.head, self.fields, name = 0, {}, None
        for _ in range(_LINES_MAX):
            line = self._line()
            if not line:
                raise Trouble("cut", "in the header", True)
            value = line.strip()
            if line in (b"\r\n", b"\n"):
                self.head = 0  # from here on it counts the lines of chunks
                return
            if line[:1] in b" \t":
                if name and len(self.fields[name]) < _LINE_MAX:
                    self.fields[name] = (self.fields[name] + b" " + value).strip()
                continue
            at = value.find(b":")
            name = value[:at].strip().lower() if at > 0 else b""
            if name in _FIELDS:
                value = value[at + 1 :].strip()
                if name == b"content-length" and self.fields.get(name, value) != value:
                    value = b"?"  # two lengths: neither counts
                self.fields[name] = value
            else:
                name = None
        raise Trouble("header", "", True)

    def field(self, name):
        """The value of a header field of the reply as str, at most 100 characters, or None.
        Name: lower-case bytes."""
        value = self.fields.get(name)
        return None if value is None else text(value)

    def read(self, n=0):
        """The whole body, at most `cap` bytes of it (`truncated` tells)."""
        if self.status == 204 or self.status == 304:
            return b""
        if b"chunked" in self.fields.get(b"transfer-encoding", b"").lower():
            return self._chunks()
        length = self.fields.get(b"content-length", b"")
        return self._take(int(length) if length.isdigit() and len(length) < 10 else -1, self.cap)

    def _take(self, size, cap):
        """`size` body bytes (-1: until the end of the stream), at most cap."""
        if self.sink:
            return self._pour(size)
        goal = cap if size < 0 or size > cap else size
        while len(self.buf) < goal and self._fill():
            pass
        if 0 <= size and len(self.buf) < goal:
            raise Trouble("cut", "in the body", True)
        if size < 0 and len(self.buf) >= cap or size > cap:
            self.truncated = True
        body, self.buf = self.buf[:goal], self.buf[goal:]
        return body

    def _pour(self, size):
        """The same, into the sink; self.cap is what is left of it."""
        while size and self.cap and (self.buf or self._fill()):
            part = self.buf[: self.cap if size < 0 else min(size, self.cap)]
            self.buf = self.buf[len(part) :]
            self.cap -= len(part)
            if size > 0:
                size -= len(part)
            self.sink.feed(part)
        if not self.cap and size:
            self.truncated = True
        elif size > 0:
            raise Trouble("cut", "the reply ended before its stated length", True)
        return b""

    def _chunks(self):
        """RFC 9112 section 7.1. Asked with HTTP/1.0 no server should chunk;
        Dyn's does for 1.1, some do always."""
        out = b""
        while True:
            size = self._line().split(b";")[0].strip()
            if not 0 < len(size) < 9 or size.strip(b"0123456789abcdefABCDEF"):
                raise Trouble("cut", "at a chunk", True)
            size = int(size, 16)
            if not size:  # trailer fields may follow: none of use, and the connection ends here
                return out
            out += self._take(size, self.cap - len(out))
            if self.truncated:
                return out
            if self._line().strip():
                raise Trouble("cut", "at a chunk", True)

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


# Header fields that somebody here reads.
_FIELDS = b"content-length transfer-encoding retry-after location date age connection".split()

_NO_ROUTE = (100, 101, 113, 118)  # ENETDOWN, ENETUNREACH, EHOSTUNREACH of Linux and of lwIP: no packet left


def text(value):
    """Bytes from outside as a short printable str."""
    return bytes([c for c in value[:100] if 32 <= c < 127]).decode().strip()
