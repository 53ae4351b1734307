# SPDX-License-Identifier: MIT
"""Waiting for any socket under asyncio: what UDP, netlink, ubus and the control socket share.

The two interpreters differ in how a task waits for a socket; that difference ends here. On MicroPython only
one task may wait for a socket at a time.
"""

import asyncio
import errno
import select

try:  # MicroPython: the poller behind its streams takes any socket
    from asyncio import core

    def wait(sock, write):
        """Until `sock` can be read, or written."""
        queue = core._io_queue  # looked up each time: a new event loop makes a new one
        yield (queue.queue_write if write else queue.queue_read)(sock)

    def pending():
        """True when a task waits for a socket that is ready: somebody else wants the loop."""
        return bool(core._io_queue and core._io_queue.poller.poll(0))

except ImportError:
    from wanbeacon.net.cpython import pending, wait  # noqa: F401

#: No datagram of the protocols here is larger; a bigger one is cut, and then fails its parser.
MAX_DATAGRAM = 1500


async def ready(sock, ms=None, write=False):
    """Wait until `sock` can be read (or written), for at most `ms` milliseconds;
    False when the time is over."""
    if ms is None:
        await wait(sock, write)
        return True
    try:
        await asyncio.wait_for(wait(sock, write), ms / 1000)
        return True
    except asyncio.TimeoutError:
        # a stage may have held the loop longer than that: what came meanwhile counts
        return bool(_poll(sock, select.POLLOUT if write else select.POLLIN))


def _poll(sock, event):
    poller = select.poll()
    poller.register(sock, event)
    return poller.poll(0)


def receive(sock, size=MAX_DATAGRAM):
    """Return what has arrived (b"" at the end of a stream), or None when nothing has.
    OSError when the socket failed."""
    try:
        return sock.recv(size)
    except OSError as e:
        if e.errno == errno.EAGAIN:
            return None
        raise
