# SPDX-License-Identifier: MIT
"""The local control channel on Linux: a unix socket, one command line in, one JSON line out.
What a command means is commands.py's."""

import errno
import gc
import json
import os
import socket

from micropython import const

from wanbeacon.net import unix, waits

_LINE_MAX = const(400)  # a command and a host name
_WAIT_MS = const(2000)  # a client that says nothing is let go


def listen(path):
    """A listening socket at `path`. Raises OSError: errno EADDRINUSE when another agent answers there."""
    try:
        unix.open_unix(path).close()
        raise OSError(errno.EADDRINUSE, "another wanbeacon runs already")
    except OSError as e:
        if e.errno == errno.EADDRINUSE:
            raise
    try:
        kind = os.stat(path)[0] & 0o170000
    except OSError:
        kind = 0
    if kind == 0o140000:
        os.remove(path)  # left over from an agent that was killed
    elif kind:
        raise OSError(errno.EEXIST)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(unix.unix_address(path))
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
        except Exception as e:  # the task's root: a full heap must not end the answering
            gc.collect()
            agent.log("fault while answering: %s %s" % (type(e).__name__, e))
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
    for part in _parts(agent.command(line.split(b"\n")[0].decode())):
        data = memoryview(part.encode())
        while data:
            try:
                data = data[client.send(data) :]
            except OSError as e:
                if e.errno != 11 or not await waits.ready(client, _WAIT_MS, write=True):
                    return


def _parts(answer):
    """The answer as one line of JSON, in pieces:
    the whole status would be two blocks of 4 KB in a small heap."""
    sign = "{"
    for key in answer:
        yield '%s"%s": ' % (sign, key)
        sign = ", "
        value = answer[key]
        if isinstance(value, list):
            yield "["
            for i in range(len(value)):
                yield (", " if i else "") + json.dumps(value[i])
            yield "]"
        else:
            yield json.dumps(value)
    yield "}\n"


def remove(path):
    """Take the socket's file away; never raises."""
    try:
        os.remove(path)
    except OSError:
        pass
