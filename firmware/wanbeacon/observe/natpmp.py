"""Asks the router for its WAN address with NAT-PMP: two bytes out, twelve back. RFC 6886 section 3.2.

The cheapest way there is, so the first one behind a router. It opens no port and changes nothing there.
"""

from wanbeacon.net import udp
from wanbeacon.observe import announce
from wanbeacon.observe.base import FOUND, UNKNOWN

_PORT = 5351
#: Milliseconds to wait after each question. RFC 6886 goes on doubling to 64 s; a slow poll does that for us.
_WAITS = (250, 500, 1000, 2000)
#: A router that did not answer last time is not given those seconds again: others may know, and they wait for us.
_WAITS_SILENT = (250,)
_RESULTS = 5  # of the protocol; each has words of its own


def parse(data):
    """Return (result, epoch, packed address or None) of an answer, or None when the datagram is not one."""
    if not 8 <= len(data) <= 12 or data[0] or data[1] != 128:
        # a router that only speaks PCP answers in its version, with result 1 (RFC 6887 section 9)
        return (1, 0, None) if len(data) >= 4 and data[0] == 2 and data[1] & 128 and data[3] == 1 else None
    result = data[2] << 8 | data[3]
    if not result and len(data) != 12:
        return None
    return result, int.from_bytes(data[4:8], "big"), None if result else bytes(data[8:])


class Observer:
    """Options: `gateway` (default: the router of the default route)."""

    OUTSIDE = False
    FAMILIES = (4,)

    def __init__(self, options, kit):
        self.kit = kit
        self.gateway = options.get("gateway")
        self.answered = True  # until it is known better
        self.told = None
        self.epoch = announce.Epoch()
        self.listener = announce.Listener(kit.board, self.router)
        self.changed = self.listener.changed
        self.close = self.listener.close

    def router(self):
        """IPv4 address (text) of the router, or None."""
        return self.gateway or self.kit.board.gateway()

    async def read(self, family):
        """See observe/base.py. Result 3 does not tell a line that is down from CGNAT, so it is not NONE."""
        router = self.router()
        if not router:
            return UNKNOWN, None, ("router.none",)
        reply = None
        # The protocol has no nonce: a new address must be told twice, over sockets of different ports, so that a host
        # at home that floods us with answers in the router's name would have to guess both ports.
        for _ in range(4):
            before = reply
            reply = await self._ask(router)
            if not reply or not reply[2] or reply[2] == self.told or before and reply[2] == before[2]:
                break
        else:
            return UNKNOWN, None, ("natpmp.contradicts", router)
        self.answered = bool(reply)
        if not reply:
            return UNKNOWN, None, ("natpmp.silent", router)
        result, epoch, packed = reply
        if self.epoch.back(epoch, self.kit.clock.mono()) and packed == self.told:
            self.kit.log("router.restarted", router)
        self.told = packed
        if result:
            known = ("natpmp.result%d" % result, router) if result <= _RESULTS else ("natpmp.refuses", router, result)
            return UNKNOWN, None, known
        return FOUND, packed, ("router.told", router)

    async def _ask(self, router):
        """Ask once; returns what parse() made of the answer, or None."""
        sock = None
        try:
            sock = udp.open_udp(self.kit.board, peer=(router, _PORT))
            return await udp.ask(sock, b"\0\0", parse, _WAITS if self.answered else _WAITS_SILENT)
        except OSError:  # "port unreachable" or no route: nobody there
            return None
        finally:
            if sock:
                sock.close()
