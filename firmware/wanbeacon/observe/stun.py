# SPDX-License-Identifier: MIT
"""Asks STUN servers from which address our packets come: one UDP packet out, one back, two servers compared.
RFC 8489.

A server knows nothing of us but that address. An answer counts when it comes from the server asked and
repeats our id.
"""

import os

from wanbeacon.net import asking, reason, udp
from wanbeacon.observe.base import FOUND, UNKNOWN

_WAITS = (500, 1000)  # RFC 8489 section 6.2.1, cut short: the next look tries again
_COOKIE = b"\x21\x12\xa4\x42"


def request(id_):
    """Return a binding request; `id_`: 12 random bytes."""
    return b"\0\1\0\0" + _COOKIE + id_


def parse(data, id_, family):
    """Return the packed address in the answer to request(id_), or None when the datagram is not such an
    answer.

    XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS, which some NATs rewrite on the way (section 14.1).
    """
    if data[:2] != b"\1\1" or data[4:20] != _COOKIE + id_ or len(data) != 20 + (data[2] << 8 | data[3]):
        return None
    plain = None
    at = 20
    while at + 4 <= len(data):
        kind, size = data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]
        value = data[at + 4 : at + 4 + size]
        if size == (8 if family == 4 else 20) == len(value) and value[1] == (1 if family == 4 else 2):
            if kind == 0x20:
                mask = data[4:20]
                return bytes(value[4 + i] ^ mask[i] for i in range(size - 4))
            if kind == 1:
                plain = bytes(value[4:])
        at += 4 + (size + 3 & ~3)
    return plain


class Observer:
    """Options: `servers`, a list of "host" or "host:port".
    Two of different operators: one that errs is found out."""

    OUTSIDE = True
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.servers = options["servers"]
        self.bind = options.get("bind")
        self.board = kit and kit.board
        self.asked = False  # False: the last read() reached nobody, so it may be tried again soon

    async def read(self, family):
        """See observe/base.py. UNKNOWN when two servers disagree:
        then one of them, or the way there, lies."""
        self.asked = False
        told, why = None, ("outside.silent", "")
        for server in self.servers[:4]:
            try:
                packed = await self._ask(server, family)
            except OSError as e:
                why = "outside.failed", server, reason.why(e)
                continue
            if not packed:
                why = "outside.silent", server
            elif not told:
                told = packed, server
            elif told[0] != packed:
                return UNKNOWN, None, ("stun.disagree", told[1], told[0], server, packed)
            else:
                return FOUND, packed, ("stun.both", told[1], server)
        if not told:
            return UNKNOWN, None, why
        return FOUND, told[0], ("stun.alone", told[1])

    async def _ask(self, server, family):
        host, port = asking.host_port(server, 3478)
        where = asking.resolve(host, port, family)
        id_ = os.urandom(12)
        sock = udp.open_udp(self.board, family=family, device=self.bind)
        try:
            sock.connect(where)
            self.asked = True
            return await asking.ask(sock, request(id_), lambda data: parse(data, id_, family), _WAITS)
        finally:
            sock.close()

    def close(self):
        """Nothing is kept open."""
