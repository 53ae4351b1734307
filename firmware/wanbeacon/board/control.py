"""The local control channel on Linux: a unix socket, one command line in, one JSON line out. Knows no command."""

import errno
import json
import os
import socket

from micropython import const

from wanbeacon.net import waits

_LINE_MAX = const(400)  # a command and a host name
_WAIT_MS = const(2000)  # a client that says nothing is let go


def listen(path):
    """A listening socket at `path`. Raises OSError: errno EADDRINUSE when another agent answers there."""
    try:
        waits.open_unix(path).close()
        raise OSError(errno.EADDRINUSE, "another wanbeacon runs already")
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise
    try:
        os.remove(path)  # left over from an agent that was killed
    except OSError:
        pass
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(waits.unix_address(path))
        sock.listen(2)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


async def serve(sock, agent):
    """Answer commands until cancelled; one client at a time."""
    while True:
        await waits.ready(sock)
        try:
            client = sock.accept()[0]
        except OSError:
            continue
        try:
            client.setblocking(False)
            await _one(client, agent)
        except (OSError, ValueError):
            pass  # the client went away, or sent something that is no text
        finally:
            client.close()


async def _one(client, agent):
    line = b""
    while b"\n" not in line:
        if len(line) > _LINE_MAX or not await waits.ready(client, _WAIT_MS):
            return
        data = waits.receive(client, _LINE_MAX)
        if data == b"":
            return
        line += data or b""
    answer = agent.command(line.split(b"\n")[0].decode())
    data = memoryview((json.dumps(answer) + "\n").encode())
    while data:
        try:
            data = data[client.send(data) :]
        except OSError as e:
            if e.errno != 11 or not await waits.ready(client, _WAIT_MS, write=True):
                return


def remove(path):
    """Take the socket's file away; never raises."""
    try:
        os.remove(path)
    except OSError:
        pass
