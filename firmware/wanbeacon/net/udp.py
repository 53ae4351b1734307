"""UDP sockets under asyncio, where its streams do not reach. Knows no protocol; deadlines are ticks.

What an address looks like differs from machine to machine: see board.sockaddr(). On MicroPython only one task
may wait for a socket at a time.
"""

import asyncio
import errno
import socket
import time

from wanbeacon.net.waits import MAX_DATAGRAM, ready, receive, wait


def host_port(text, port):
    """Split "host", "host:port", "[v6]:port" or a bare IPv6 literal into (host, port);
    `port` when none is named."""
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


def open_udp(board, peer=None, local=None, family=4, device=None):
    """Return a non-blocking UDP socket. `peer` and `local` are (ip text, port); device: network device to
    leave by.

    With a peer the socket is connected: the kernel then drops datagrams of everybody else.
    A bound port may be shared (SO_REUSEADDR): another program may listen to the same announcements.
    """
    sock = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if device:
            board.bind(sock, device)
        if local:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(board.sockaddr(local[0], local[1]))
        if peer:
            sock.connect(board.sockaddr(peer[0], peer[1]))
    except BaseException:
        sock.close()
        raise
    return sock


async def any_ready(socks):
    """Wait until one of `socks` can be read."""
    event = asyncio.Event()

    async def watch(sock):
        await wait(sock, False)
        event.set()

    tasks = [asyncio.create_task(watch(sock)) for sock in socks]
    try:
        await event.wait()
    finally:
        for task in tasks:
            task.cancel()


def receive_from(sock):
    """Return (datagram, sender's sockaddr), (None, None) when nothing has arrived.
    OSError when the socket failed."""
    try:
        return sock.recvfrom(MAX_DATAGRAM)
    except OSError as e:
        if e.errno == errno.EAGAIN:
            return None, None
        raise


async def ask(sock, packet, accept, waits):
    """Send `packet` on a connected socket until somebody answers.

    `waits`: milliseconds to wait after each sending. `accept(data)` turns a datagram into the answer, or None
    when it is not one (stray, forged, damaged): that costs none of the waiting time. Returns the answer; None
    when all waits went by. OSError when the peer refused (no such service there) or the network is down.
    """
    for ms in waits:
        sock.send(packet)
        until = time.ticks_add(time.ticks_ms(), ms)
        while True:
            left = time.ticks_diff(until, time.ticks_ms())
            if left <= 0 or not await ready(sock, left):
                break
            data = receive(sock)
            answer = None if data is None else accept(data)
            if answer is not None:
                return answer
    return None
