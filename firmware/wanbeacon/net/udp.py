# SPDX-License-Identifier: MIT
"""UDP sockets under asyncio, where its streams do not reach. Questions and answers: asking.py.

What an address looks like differs from machine to machine: see board.sockaddr(). On MicroPython only one task
may wait for a socket at a time.
"""

import asyncio
import errno
import socket

from wanbeacon.net.waits import MAX_DATAGRAM, wait


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
