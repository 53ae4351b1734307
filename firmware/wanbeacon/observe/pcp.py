# SPDX-License-Identifier: MIT
"""Asks the router with PCP, and hears its announcements over IPv4 and IPv6. RFC 6887.

PCP tells the WAN address only when it opens a port (MAP): that is done when the option `map` is true, for one
question, and undone at once. Without it PCP is worth its announcements and its epoch. Where NAT-PMP is
offered, prefer `natpmp`.
"""

import os

from wanbeacon.core import address
from wanbeacon.net import asking, udp
from wanbeacon.observe import announce
from wanbeacon.observe.base import FOUND, UNKNOWN

_WAITS = (250, 500, 1000, 2000)
_LIFE_S = 120  # of the mapping, should its removal get lost (the shortest lifetime servers must accept)
_MAPPED = b"\0\0\0\0\0\0\0\0\0\0\xff\xff"
_RESULTS = (1, 2, 4, 7, 8, 12)  # those that have words of their own


def request(op, client, life=0, body=b""):
    """Return a request: `op` 0 ANNOUNCE or 1 MAP, `client` our packed IPv4 address. RFC 6887 section 7.1."""
    return bytes((2, op, 0, 0)) + life.to_bytes(4, "big") + _MAPPED + client + body


def parse(data, op, body=b""):
    """Return (result, epoch, packed address or None) of the answer to request(op, .., body), or None if it is
    not it.

    The answer to MAP must repeat our nonce, protocol and port (section 11.4).
    """
    # Offsets (7.2, 11.1): 0 version, 1 opcode with 128 for an answer, 3 result, 4 lifetime, 8 epoch;
    # of MAP: 24 nonce (12 bytes), 36 protocol, 40 our port, 42 the outer port, 44 the outer address (16)
    if not 24 <= len(data) <= 1100:
        return None
    if data[0] == 0 and data[3] == 1:
        return 1, 0, None  # a NAT-PMP router says "unsupported version" in its own
    if data[0] != 2 or data[1] != op | 128:
        return None
    if data[3] == 1:
        return 1, 0, None
    # an error repeats the request too (section 8.3), but for those that were not understood;
    # it never becomes an address
    if op and len(data) >= 60 and data[24:42] != body[:18]:
        return None
    epoch = int.from_bytes(data[8:12], "big")
    if data[3] or not op:
        return data[3], epoch, None
    if len(data) < 60 or data[44:56] != _MAPPED:
        return None
    return 0, epoch, bytes(data[56:60])


class Observer:
    """Options: `gateway` (default: the router of the default route), `map` (default false)."""

    OUTSIDE = False
    FAMILIES = (4,)
    PORT = 5351

    def __init__(self, options, kit):
        self.kit = kit
        self.gateway = options.get("gateway")
        self.map = bool(options.get("map"))
        self.epoch = announce.Epoch()
        places = announce.PLACES[:1] + (announce.PLACES6 if getattr(kit.board, "ipv6", False) else ())
        self.listener = announce.Listener(kit.board, self.router, places)
        self.changed = self.listener.changed
        self.close = self.listener.close

    def router(self):
        """IPv4 address (text) of the router, or None."""
        return self.gateway or self.kit.board.gateway()

    async def read(self, family):
        """See observe/base.py."""
        router, own = self.router(), self.kit.board.lan_address()
        if not router or not own:
            return UNKNOWN, None, ("router.none",)
        client, op, body, life = address.parse(own), 0, b"", 0
        if self.map:
            # nonce, UDP, a port of ours where nobody listens; suggested: the same port outside, any address
            port = os.urandom(2)
            body = os.urandom(12) + b"\x11\0\0\0" + bytes((port[0] | 0xC0, port[1])) * 2 + _MAPPED + bytes(4)
            op, life = 1, _LIFE_S
        sock = reply = None
        given = bytearray()

        def accept(data):
            found = parse(data, op, body)
            if found and op and len(data) >= 60:
                given[:] = data[42:44]  # the external port (section 11.1)
            return found

        try:
            sock = udp.open_udp(self.kit.board, peer=(router, self.PORT))
            reply = await asking.ask(sock, request(op, client, life, body), accept, _WAITS)
        except OSError:
            pass
        finally:
            if sock:
                if op:
                    await self._unmap(sock, client, body)
                sock.close()
        if not reply:
            return UNKNOWN, None, ("pcp.silent", router)
        result, epoch, packed = reply
        if result != 1 and self.epoch.back(epoch, self.kit.clock.mono()):
            self.kit.log("router.restarted", router)
        if result:
            known = (
                ("pcp.result%d" % result, router) if result in _RESULTS else ("pcp.refuses", router, result)
            )
            return UNKNOWN, None, known
        if not packed:
            return UNKNOWN, None, ("pcp.map", router)
        if given != body[16:18]:  # nobody has that port at home: the ports are not all ours
            numbers = [one[0] << 8 | one[1] for one in (body[16:18], given)]
            return FOUND, packed, ("pcp.other_port", router, numbers[0], numbers[1])
        return FOUND, packed, ("router.told", router)

    @staticmethod
    async def _unmap(sock, client, body):
        """Close the port again; also when no answer came, for the question may have arrived."""
        try:
            await asking.ask(sock, request(1, client, 0, body), lambda d: parse(d, 1, body), (250, 500))
        except OSError:
            pass
