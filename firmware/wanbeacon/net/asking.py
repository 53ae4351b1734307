# SPDX-License-Identifier: MIT
"""A question and its answer over UDP. Deadlines are ticks."""

import errno
import socket
import time

from wanbeacon.net.waits import MAX_DATAGRAM, ready, receive


def host_port(text, port):
    """Split "host", "host:port", "[v6]:port" or a bare IPv6 literal into (host, port); `port` when none is
    named."""
    host, colon, number = text.rpartition(":")
    if not colon or ":" in host and host[-1] != "]":
        return text.strip("[]"), port
    return host.strip("[]"), int(number)


def resolve(host, port, family=4):
    """Return the sockaddr of `host` (a name or a literal) for connect(). OSError when it has none of that
    family.

    Blocks: no port of MicroPython looks names up without holding the loop.
    """
    want = socket.AF_INET6 if family == 6 else socket.AF_INET
    for row in socket.getaddrinfo(host, port, want, socket.SOCK_DGRAM):
        where = row[-1]
        if row[0] == want and where and (isinstance(where, (bytes, bytearray)) or where[0]):
            return where  # lwIP lists IPv6 hosts without their address
    raise OSError(errno.EHOSTUNREACH, "no IPv%d address" % family)


async def ask(sock, packet, accept, waits, size=MAX_DATAGRAM):
    """Send `packet` on a connected socket until somebody answers.

    `waits`: milliseconds to wait after each sending. `accept(data)` turns a datagram into the answer, or None
    when it is not one (stray, forged, damaged): that costs none of the waiting time. `size`: bytes of a
    datagram that are read, which a small heap must have in one piece. Returns the answer; None when all waits
    went by. OSError when the peer refused (no such service there) or the network is down.
    """
    for ms in waits:
        sock.send(packet)
        until = time.ticks_add(time.ticks_ms(), ms)
        while True:
            left = time.ticks_diff(until, time.ticks_ms())
            if left <= 0 or not await ready(sock, left):
                break
            data = receive(sock, size)
            answer = None if data is None else accept(data)
            if answer is not None:
                return answer
    return None
