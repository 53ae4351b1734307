# SPDX-License-Identifier: MIT
"""A network in memory and in virtual time: stand-ins for the modules socket, select, time and os, and a loop
for asyncio.

One device, one home, some servers. Time moves only in `advance`: while the loop waits, or while code
blocks.
"""

import asyncio
import errno
import heapq
import math
import select as real_select
import socket as real_socket

ME = "192.168.1.2"  # the device
_LATENCY = 2  # ms to anybody at home


class Network:
    """The wires and the clock. chance: random.Random."""

    def __init__(self, chance):
        self.chance = chance
        self.ms = 0
        self.events = []
        self.count = 0
        self.sockets = {}  # fd -> Socket, of the device
        self.udp = {}  # (ip, port) -> function(data, source, reply)
        self.groups = {}  # (group, port) -> the same
        self.tcp = {}  # (ip, port) -> function(Connection), or the string "hang"
        self.lookup = None  # function(host) -> [ip]; may block, raises OSError
        self.hook = None  # function(what, ip): called before each use of a socket, may raise
        self.frozen = False  # nothing happens: a run of the device is being cleared away
        self.next_fd, self.next_port = 1000, 49152

    def at(self, ms, act, *args):
        """Let `act` happen at that time."""
        if self.frozen:
            return
        self.count += 1
        heapq.heappush(self.events, (max(ms, self.ms), self.count, act, args))

    def after(self, ms, act, *args):
        self.at(self.ms + ms, act, *args)

    def advance(self, ms=None, done=None):
        """Let time pass: `ms` (None: as long as anything happens), or until done() is true. What done() gave
        at last."""
        if self.frozen:
            return None
        end = None if ms is None else self.ms + max(0, ms)
        found = done() if done else None
        while not found and self.events and (end is None or self.events[0][0] <= end):
            at, _, act, args = heapq.heappop(self.events)
            self.ms = max(self.ms, at)
            act(*args)
            if done:
                found = done()
        if not found and end is not None:
            self.ms = max(self.ms, end)
        return found

    def send_udp(self, data, source, to, fail=None):
        """A datagram of the device. fail(number): what ICMP does to it."""
        service = self.groups.get(to) or self.udp.get(to)
        if service:
            self.after(
                _LATENCY,
                service,
                data,
                source,
                lambda answer, ms=0, frm=None: self.deliver(answer, frm or to, source, ms),
            )
        elif fail and to[0][:8] == ME[:8]:
            self.after(_LATENCY, fail, errno.ECONNREFUSED)

    def deliver(self, data, source, to, ms=0):
        """A datagram for the device; to: (ip or group, port)."""
        self.after(ms + _LATENCY, self._deliver, data, source, to)

    def _deliver(self, data, source, to):
        for sock in list(self.sockets.values()):
            here = sock.port == to[1] and sock.local in ("0.0.0.0", to[0]) and sock.peer in (None, source)
            if sock.kind == real_socket.SOCK_DGRAM and here and len(sock.queue) < 200:
                sock.queue.append((data, source))

    def call(self, ip, port, data):
        """Somebody at `ip` connects to the device's port and sends `data`."""
        for sock in self.sockets.values():
            if sock.listening and sock.port == port and len(sock.backlog) < 4:
                sock.backlog.append((ip, data))

    def power_off(self):
        """The device lost its power: all its sockets are gone."""
        self.sockets.clear()


class Connection:
    """The server's end of a TCP connection. on_data(bytes) is called with what the device sends."""

    def __init__(self, net, sock):
        self.net = net
        self.sock = sock
        self.on_data = lambda data: None

    def send(self, data, ms=_LATENCY):
        self.net.after(ms, self._put, bytes(data))

    def _put(self, data):
        self.sock.inbox += data

    def close(self, ms=_LATENCY):
        self.net.after(ms, self._end, None)

    def reset(self, ms=_LATENCY):
        self.net.after(ms, self._end, errno.ECONNRESET)

    def _end(self, error):
        self.sock.ended = True
        self.sock.error = self.sock.error or error


class Socket:
    """One socket of the device, with what the agent uses of it."""

    def __init__(self, net, kind):
        self.net = net
        self.kind = kind
        self.timeout = None
        self.local, self.port, self.peer = "0.0.0.0", None, None
        self.queue, self.backlog, self.inbox = [], [], b""
        self.listening = self.connected = self.ended = False
        self.error = None
        self.link = None
        net.next_fd += 1
        self.fd = net.next_fd
        self._use("socket")
        net.sockets[self.fd] = self

    def _use(self, what, ip=None):
        if self.net.hook and not self.net.frozen:
            self.net.hook(
                what + (" udp" if self.kind == real_socket.SOCK_DGRAM else " tcp"),
                ip or (self.peer and self.peer[0]),
            )

    def fileno(self):
        return self.fd

    def setblocking(self, flag):
        self.timeout = None if flag else 0

    def settimeout(self, seconds):
        self.timeout = seconds

    def setsockopt(self, *_):
        pass

    def bind(self, to):
        self.local, self.port = to

    def listen(self, _):
        self.listening = True

    def _port(self):
        if self.port is None:
            self.net.next_port = self.port = 49152 + (self.net.next_port - 49151) % 16000
        return self.port

    def connect(self, to):
        self._use("connect", to[0])
        self.peer = tuple(to)
        if self.kind == real_socket.SOCK_DGRAM:
            self._port()
            return
        service = self.net.tcp.get(self.peer)
        if callable(service):
            self.net.after(_LATENCY, self._opened, service)
        elif service != "hang":
            number = service if isinstance(service, int) else errno.ECONNREFUSED
            self.net.after(_LATENCY, self._failed, number)
        if self.timeout == 0:
            raise BlockingIOError(errno.EINPROGRESS, "in progress")
        self._block(lambda: self.connected or self.error)

    def _opened(self, service):
        self.link = Connection(self.net, self)
        self.connected = True
        service(self.link)

    def _failed(self, number):
        self.error = number

    def _block(self, done):
        if self.timeout == 0:
            if not done():
                raise BlockingIOError(errno.EAGAIN, "nothing yet")
        elif not self.net.advance(None if self.timeout is None else int(self.timeout * 1000), done):
            raise TimeoutError(errno.ETIMEDOUT, "timed out")

    def _raise(self):
        if self.error:
            number, self.error = self.error, None if self.kind == real_socket.SOCK_DGRAM else self.error
            raise OSError(number, errno.errorcode.get(number, "?"))

    def send(self, data):
        self._use("send")
        self._raise()
        if self.kind == real_socket.SOCK_DGRAM:
            return self.sendto(data, self.peer)
        if self.link is None and self.connected is None:
            raise OSError(errno.ENOTCONN, "not connected")
        if not self.connected:
            raise BlockingIOError(errno.EAGAIN, "not yet")
        if not self.ended:
            self.net.after(_LATENCY, self.link.on_data, bytes(data))
        return len(data)

    def sendto(self, data, to):
        self._use("send", to[0])
        source = ME, self._port()
        self.net.send_udp(bytes(data), source, tuple(to), self._failed if self.peer else None)
        return len(data)

    def recv(self, size):
        if self.kind == real_socket.SOCK_DGRAM:
            return self.recvfrom(size)[0]
        self._use("recv")
        self._block(lambda: self.inbox or self.ended or self.error)
        if not self.inbox:
            self._raise()
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        return data

    def recvfrom(self, size):
        self._use("recv")
        self._block(lambda: self.queue or self.error)
        self._raise()
        data, source = self.queue.pop(0)
        return data[:size], source

    def accept(self):
        self._block(lambda: self.backlog)
        ip, data = self.backlog.pop(0)
        sock = Socket(self.net, real_socket.SOCK_STREAM)
        sock.connected, sock.peer, sock.inbox, sock.link = True, (ip, 40000), data, Connection(self.net, sock)
        return sock, sock.peer

    def close(self):
        self.net.sockets.pop(self.fd, None)

    def readable(self):
        return bool(self.queue or self.backlog or self.inbox or self.ended or self.error)

    def writable(self):
        return bool(self.connected or self.error or self.kind == real_socket.SOCK_DGRAM)


class SocketModule:
    """Stands in for `socket`."""

    def __init__(self, net):
        self.net = net
        for name in (
            "AF_INET",
            "AF_INET6",
            "SOCK_STREAM",
            "SOCK_DGRAM",
            "SOL_SOCKET",
            "SO_REUSEADDR",
            "inet_ntop",
        ):
            setattr(self, name, getattr(real_socket, name))

    def socket(self, family=2, kind=1, *_):
        return Socket(self.net, kind)

    def getaddrinfo(self, host, port, family=0, kind=0, *_):
        ips = [host] if host.replace(".", "").isdigit() else self.net.lookup(host)
        return [(self.AF_INET, kind, 0, "", (ip, port)) for ip in ips]


class SelectModule:
    """Stands in for `select`."""

    POLLIN, POLLOUT = real_select.POLLIN, real_select.POLLOUT

    def __init__(self, net):
        self.net = net

    def poll(self):
        return _Poll(self.net)


class _Poll:
    def __init__(self, net):
        self.net = net
        self.rows = []

    def register(self, sock, events):
        self.rows.append((sock, events))

    def poll(self, ms):
        return self.net.advance(ms, self._ready) or []

    def _ready(self):
        out = []
        for sock, events in self.rows:
            found = (real_select.POLLIN if sock.readable() else 0) | (
                real_select.POLLOUT if sock.writable() else 0
            )
            if found & events:
                bad = real_select.POLLERR | real_select.POLLHUP if sock.error else 0
                out.append((sock, found & events | bad))
        return out


class TimeModule:
    """Stands in for `time`, as a board has it. offset: of its wall clock from the true time, None while it is
    not set."""

    WRAP = 1 << 30

    def __init__(self, net, start, tick0):
        self.net = net
        self.start, self.tick0 = start, tick0
        self.offset = None

    def ticks_ms(self):
        return (self.net.ms + self.tick0) % self.WRAP

    def ticks_add(self, a, b):
        return (a + b) % self.WRAP

    def ticks_diff(self, a, b):
        return (a - b + self.WRAP // 2) % self.WRAP - self.WRAP // 2

    def true(self):
        """Unix seconds as they are."""
        return self.start + self.net.ms // 1000

    def time(self):
        return 0 if self.offset is None else self.true() + self.offset


class OsModule:
    """Stands in for `os`: chance only."""

    def __init__(self, chance):
        self.urandom = chance.randbytes


class Loop(asyncio.base_events.BaseEventLoop):
    """An event loop that waits in virtual time for sockets of a Network."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self._selector = self
        self.waiting = ({}, {})  # fd -> Handle: readers, writers

    def time(self):
        return self.net.ms / 1000

    def select(self, timeout):
        ms = None if timeout is None else math.ceil(timeout * 1000 - 1e-6)
        return self.net.advance(ms, self._found) or []

    def _found(self):
        sockets, out = self.net.sockets, []
        for fd, handle in self.waiting[0].items():
            sock = sockets.get(fd)
            if sock and (sock.queue or sock.backlog or sock.inbox or sock.ended or sock.error):
                out.append(handle)
        for fd, handle in self.waiting[1].items():
            if fd in sockets and sockets[fd].writable():
                out.append(handle)
        return out or self._stopping

    def _process_events(self, found):
        if found is not True:
            self._ready.extend(found)

    def _write_to_self(self):
        pass

    def add_reader(self, fd, callback):
        self.waiting[0][fd] = asyncio.Handle(callback, (), self, None)

    def add_writer(self, fd, callback):
        self.waiting[1][fd] = asyncio.Handle(callback, (), self, None)

    def remove_reader(self, fd):
        return self.waiting[0].pop(fd, None) is not None

    def remove_writer(self, fd):
        return self.waiting[1].pop(fd, None) is not None
