# SPDX-License-Identifier: MIT
"""`socket` as lwIP on an ESP32 gives it: addresses are (ip, port) tuples, IPv4 only, newlib's error numbers.

The sockets themselves are real. world.json may move names and ports: {"names": {"pool.ntp.org:123":
["127.0.0.1", 10123]}, "ports": {"80": 10080}, "peers": {"127.0.0.1": "192.168.4.2"}}: whom a connection seems
to come from."""

import io
import socket as _socket

import world

AF_INET = 2
AF_INET6 = 10
SOCK_STREAM = 1
SOCK_DGRAM = 2
SOCK_RAW = 3
IPPROTO_IP = 0
IPPROTO_TCP = 6
IPPROTO_UDP = 17
SOL_SOCKET = 0xFFF
SO_REUSEADDR = 4
SO_BROADCAST = 0x20
SO_BINDTODEVICE = 0x100B
IP_ADD_MEMBERSHIP = 3
TCP_NODELAY = 1

#: Linux -> newlib as ESP-IDF is built: code that compares with a number of its own instead of errno.X shows
#: here.
_ERRNO = {98: 112, 99: 125, 101: 114, 103: 113, 106: 127, 107: 128, 110: 116, 113: 118, 114: 120, 115: 119}
#: lwIP's option numbers -> Linux's.
_OPTION = {
    (SOL_SOCKET, SO_REUSEADDR): (1, 2),
    (SOL_SOCKET, SO_BROADCAST): (1, 6),
    (IPPROTO_IP, IP_ADD_MEMBERSHIP): (0, 35),
    (IPPROTO_TCP, TCP_NODELAY): (6, 1),
}


def _translated(error):
    number = error.errno
    return OSError(_ERRNO.get(number, number), *error.args[1:])


def _pack(address):
    ip, port = address  # a bytes sockaddr, as the unix port has it, is a TypeError here as there
    moved = world.facts().get("names", {}).get("%s:%d" % (ip, port))
    if moved:
        ip, port = moved
    return _socket.getaddrinfo(ip or "0.0.0.0", port, AF_INET)[0][-1]


def _unpack(sockaddr):
    _, packed, port = _socket.sockaddr(sockaddr)[:3]
    return (".".join(str(b) for b in packed), port)


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    if not isinstance(port, int):
        port = int(port)
    if world.facts().get("offline"):
        raise OSError(-202)
    moved = world.facts().get("names", {}).get("%s:%d" % (host, port))
    if moved:
        return [(AF_INET, type or SOCK_STREAM, 0, moved[0], tuple(moved))]
    try:
        found = _socket.getaddrinfo(host, port, AF_INET)
    except OSError:
        raise OSError(-202)
    return [(AF_INET, type or SOCK_STREAM, 0, host, _unpack(found[0][-1]))]


class socket(io.IOBase):
    """A real socket inside. IOBase, so that poll, asyncio and tls take it as a stream."""

    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0, _real=None):
        if af != AF_INET and _real is None:
            raise OSError(106)  # EAFNOSUPPORT: MicroPython on ESP32 has no IPv6 address to bind
        self._s = _real or _socket.socket(af, type, 0)

    def ioctl(self, request, argument):
        if request == 10:  # MP_STREAM_GET_FILENO: poll asks the kernel about the real one
            return self._s.fileno()
        if request == 4:
            self._s.close()
        return 0

    def _call(self, name, *args):
        try:
            return getattr(self._s, name)(*args)
        except OSError as error:
            raise _translated(error)

    def connect(self, address):
        self._call("connect", _pack(address))

    def bind(self, address):
        ip, port = address
        # a server nobody named is not asked for: two boards of one PC must not meet at its port 80
        port = world.facts().get("ports", {}).get(str(port), port if port > 1023 else 0)
        self._call("bind", _pack((ip, port)))

    def listen(self, backlog=2):
        self._call("listen", backlog)

    def accept(self):
        real, peer = self._call("accept")
        ip, port = _unpack(peer)
        return (socket(_real=real), (world.facts().get("peers", {}).get(ip, ip), port))

    def sendto(self, data, address):
        return self._call("sendto", data, 0, _pack(address))

    def recvfrom(self, size):
        data, peer = self._call("recvfrom", size)
        return (data, _unpack(peer))

    def setsockopt(self, level, option, value):
        if (level, option) not in _OPTION:
            raise OSError(109)  # ENOPROTOOPT
        self._call("setsockopt", *(_OPTION[level, option] + (value,)))

    def settimeout(self, seconds):
        self._s.settimeout(seconds)

    def setblocking(self, flag):
        self._s.setblocking(flag)

    def fileno(self):
        return self._s.fileno()

    def makefile(self, mode="rb", buffering=0):
        return self

    def recv(self, size, flags=0):
        return self._call("recv", size)

    def send(self, data, flags=0):
        return self._call("send", data)

    def sendall(self, data, flags=0):
        view = memoryview(data)
        while len(view):
            view = view[self._call("send", view) :]

    def read(self, size=-1):
        return self._call("read", size)

    def readinto(self, buffer, size=-1):
        return self._call("readinto", buffer)

    def readline(self):
        return self._call("readline")

    def write(self, data, size=-1):
        return self._call("write", data)

    def close(self):
        self._s.close()
