# SPDX-License-Identifier: MIT
"""What MicroPython has of itself and CPython has not:
waiting for any socket in a task, sockets as streams. CPython only."""

import asyncio


async def wait(sock, write):
    """Until `sock` can be read, or written."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
    number = sock.fileno()  # kept: the socket may be closed while somebody waits
    add(number, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        remove(number)


def pending():
    """True when a task waits for a socket that is ready: somebody else wants the loop."""
    try:
        return bool(asyncio.get_running_loop()._selector.select(0))
    except (RuntimeError, AttributeError):  # no loop, or one of another make
        return False


class Stream:
    """A plain socket with MicroPython's stream methods: None instead of an exception when it would block."""

    def __init__(self, sock):
        self.sock = sock
        self.close = sock.close

    def read(self, n):
        """At most n bytes, b"" at the end, None when there is nothing yet."""
        try:
            return self.sock.recv(n)
        except BlockingIOError:
            return None

    def readinto(self, buffer):
        """Number of bytes put into buffer, 0 at the end, None when there is nothing yet."""
        try:
            return self.sock.recv_into(buffer)
        except BlockingIOError:
            return None

    def write(self, data):
        """Number of bytes taken, or None."""
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return None
