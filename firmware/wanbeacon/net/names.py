# SPDX-License-Identifier: MIT
"""A server's name -> its addresses, once per exchange."""

import socket

from wanbeacon.net import Trouble


def resolve(host, port, family=0):
    """Rows of getaddrinfo for TCP. family: 4, 6 or 0 for both. Raises Trouble("dns"): nothing has left the
    home but the question to its name server.
    It blocks, on every port and beyond any deadline (10 s and more)."""
    number = {4: socket.AF_INET, 6: getattr(socket, "AF_INET6", 0)}.get(family, 0)
    try:
        rows = socket.getaddrinfo(host, port, number, socket.SOCK_STREAM)
    except OSError as e:
        raise Trouble("dns", "%s: name not found or no name server (%s)" % (host, e))
    # an ESP32 gives an IPv6 address as None
    rows = [r for r in rows if r[1] == socket.SOCK_STREAM and r[4] and (isinstance(r[4], bytes) or r[4][0])]
    if not rows:
        raise Trouble("dns", "%s has no IPv%s address" % (host, family or "4 or IPv6"))
    return rows
