# SPDX-License-Identifier: MIT
"""One DNS UPDATE (dyndns/tsig.py) -> Answer, or Trouble: over UDP, and over TCP where UDP brings nothing that
counts.

Needs no TLS and no memory for it. Like http.exchange it holds the event loop, never beyond its deadline (DNS
aside).
"""

import errno
import select
import socket
import time

from micropython import const

from wanbeacon.dyndns import tsig
from wanbeacon.net import Answer, Trouble, names
from wanbeacon.net.clock import BUILD, LATEST

BUDGET = 20000  # ms for one exchange in all
# ms after each sending over UDP; then TCP: some networks drop UDP 53 or answer it themselves
_WAITS = (1500, 2500, 3500)
_ADDRESSES = const(2)  # of a server with several
_SLICE = const(100)  # ms between two calls of keep_alive
# over UDP nobody may send more to whom has not asked for more by EDNS (RFC 1035 section 4.2.1)
_DATAGRAM_MAX = const(512)
_ANSWER_MAX = const(1500)  # over TCP, read in pieces
_BUSY = (errno.EAGAIN, errno.EINPROGRESS, 11, 115, 119, 36)
_NO_MEMORY = (12, 105)  # ENOMEM, ENOBUFS
_NO_ROUTE = (100, 101, 113, 118)  # ENETDOWN, ENETUNREACH, EHOSTUNREACH of Linux and of lwIP


def exchange(req, board, root=0, roots=(), ca=None, device=None, budget=None, cap=0, rows=None):
    """Send `req` and return an Answer: status 200, body one word (tsig.word), date the server's proven time.
    Raises Trouble. req: an Update, or the arguments of tsig.build as a tuple.

    Other arguments as http.exchange, which this stands beside: root, roots, ca and cap mean nothing here.

    A success counts only when its TSIG verifies. A refusal that is not signed is asked again over TCP:
    anybody who guesses an ID could send one, and a stop outlives reboots. A server that says our clock is
    wrong, and proves it, is asked once more with its own time.
    """
    start = time.ticks_ms()
    if isinstance(req, tuple):
        req = tsig.build(*req)
    link = _Link(board, device, time.ticks_add(start, BUDGET if budget is None else budget), req.host)
    rows = [(r[0], r[4]) for r in (rows or names.resolve(req.host, req.port, req.family))[:_ADDRESSES]]
    when, fudge = req.when, tsig.FUDGE
    while True:
        ident = board.random() << 8 | board.random()
        rcode, error, server_time, proven = link.ask(rows, req.packet(ident, when, fudge), req.read)
        if (
            error != tsig.BADTIME
            or fudge != tsig.FUDGE
            or not proven
            or not server_time
            or not BUILD <= server_time <= LATEST
        ):
            break
        # A message unlike any before, so that no recorded answer fits it: both are under the MAC.
        when, fudge = server_time, tsig.FUDGE + 1 + board.random()
    ms = time.ticks_diff(time.ticks_ms(), start)
    body = tsig.word(rcode, error, proven).encode()
    return Answer(200, body, None, ms, 0, date=server_time if proven else None)


class _Link:
    """The sockets of one exchange."""

    def __init__(self, board, device, deadline, host):
        self.board = board
        self.device = device
        self.deadline = deadline
        self.host = host
        self.sent = False
        self.trouble = None

    def ask(self, rows, packet, read):
        """What the server says to the packet (tsig.Update.read)."""
        waits = _WAITS[: 1 + len(_WAITS) // len(rows)]
        for row in rows:
            said = self._try(self._udp, row, packet, read, waits)
            if said and said[3]:
                return said
            if said:  # a refusal without a signature, or an answer that did not fit
                rows = [row]
                break
        for row in rows:
            said = self._try(self._tcp, row, packet, read, waits)
            if said:
                return said
        raise self.trouble or Trouble(
            "timeout", "no answer from %s in time that counts" % self.host, self.sent
        )

    def _try(self, way, row, packet, read, waits):
        sock = None
        try:
            kind = socket.SOCK_DGRAM if way == self._udp else socket.SOCK_STREAM
            sock = socket.socket(row[0], kind)
            sock.setblocking(False)
            if self.device:
                self.board.bind(sock, self.device)
            try:
                sock.connect(row[1])
            except OSError as e:
                if e.errno not in _BUSY:
                    raise
            return way(sock, packet, read, waits)
        except OSError as e:
            self._failed(e, way == self._udp)
        except MemoryError:
            raise Trouble("memory", "no memory for an exchange with %s" % self.host, self.sent)
        finally:
            if sock:
                sock.close()

    def _failed(self, e, udp):
        word = "no route" if e.errno in _NO_ROUTE else "memory" if e.errno in _NO_MEMORY else "connect"
        if udp and e.errno == errno.ECONNREFUSED:
            self.sent = False  # nobody there took it
        if not self.sent:
            self.trouble = Trouble(word, "%s: %s" % (self.host, e))

    def _udp(self, sock, packet, read, waits):
        """The same bytes again and again: the answer's MAC covers the request's."""
        for wait in waits:
            sock.send(packet)
            self.sent, self.trouble = True, None
            until = time.ticks_add(time.ticks_ms(), wait)
            while self._ready(sock, select.POLLIN, until):
                data = sock.recv(_DATAGRAM_MAX)
                if len(data) > 3 and data[2] & 2:  # TC: the answer did not fit
                    return 0, None, None, False
                said = read(data)
                if said:  # anything else costs none of the waiting time
                    return said
        return None

    def _tcp(self, sock, packet, read, waits):
        """The same behind a length of two bytes (RFC 1035 section 4.2.2)."""
        if not self._ready(sock, select.POLLOUT, self.deadline):
            return None
        data, view = b"", memoryview(len(packet).to_bytes(2, "big") + packet)
        while view:
            n = sock.send(view)  # OSError here: refused
            self.sent, self.trouble = True, None
            view = view[n:]
        while len(data) < 2 or len(data) < 2 + (data[0] << 8 | data[1]):
            if len(data) > 2 + _ANSWER_MAX or not self._ready(sock, select.POLLIN, self.deadline):
                return None
            part = sock.recv(_DATAGRAM_MAX)
            if not part:
                return None
            data += part
        return read(data[2:])

    def _ready(self, sock, event, until):
        """Wait for the socket until `until`, but not beyond the deadline; False when the time is over."""
        poller = select.poll()
        poller.register(sock, event)
        while True:
            now = time.ticks_ms()
            left = min(time.ticks_diff(until, now), time.ticks_diff(self.deadline, now))
            if left <= 0:
                return False
            self.board.keep_alive()
            if poller.poll(min(left, _SLICE)):
                return True
