# SPDX-License-Identifier: MIT
"""Unix sockets, which ubus and the control socket use."""

import socket
import struct


def unix_address(path):
    """Return what connect and bind want for a unix socket: a raw sockaddr_un on MicroPython, the path on
    CPython (which would take the raw bytes for a path)."""
    if hasattr(socket, "sockaddr"):
        return struct.pack("H", socket.AF_UNIX) + path.encode() + b"\0"
    return path


def open_unix(path):
    """Return a non-blocking stream socket connected to the unix socket `path`.
    OSError when nobody listens."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(unix_address(path))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
