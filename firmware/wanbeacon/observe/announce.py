# SPDX-License-Identifier: MIT
"""Hears the router announce a new address (NAT-PMP, PCP), and tells from its epoch that it restarted. Asks
nothing.

Any host at home can forge an announcement: it is a reason to ask the router, never an answer. RFC 6886
section 3.2.1 and 3.6, RFC 6887 section 14.1.
"""

import asyncio
import time

from wanbeacon.net import udp

#: (family, address to bind, port). Bound to the group itself, so that unicast packets do not come here
#: (another program of this machine may own the port). Joining is not needed, every host is in the all-systems
#: group; lwIP even refuses it. 5351 is where routers of the 2006 draft send; miniupnpd sends to both.
PLACES = ((4, "224.0.0.1", 5350), (4, "224.0.0.1", 5351))
PLACES6 = ((6, "::", 5350),)
#: Seconds before a port is tried again that could not be opened (somebody holds it alone).
_AGAIN_S = 60
#: Hints at once, and ms for each further one: a change brings two to four, and each costs a question; anybody
#: can forge them.
_HINTS, _HINT_MS = 8, 250


def is_announcement(data):
    """Tell whether `data` looks like a NAT-PMP address announcement (12 bytes) or a PCP ANNOUNCE (24 or
    more)."""
    if len(data) == 12:
        return data[0] == 0 and data[1] == 128
    return 24 <= len(data) <= 1100 and data[0] == 2 and data[1] == 128


class Epoch:
    """The router's "seconds since I lost my state"."""

    def __init__(self):
        self.last = None

    def back(self, epoch, now):
        """Note `epoch` heard at `now` (s). True when it fell behind the clock: the router restarted or its
        address changed (which of the two, it does not tell).
        RFC 6886 section 3.6: 7/8 for its bad clock, 2 s for rounding."""
        last = self.last
        self.last = epoch, now
        return bool(last) and epoch < last[0] + (now - last[1]) * 7 // 8 - 2


class Listener:
    """router: the IPv4 address (text) whose announcements count, or a function that gives it, or None."""

    def __init__(self, board, router, places=PLACES):
        self.board = board
        self.router = router
        self.places = places
        self.socks = []
        self.hints = []  # when the last ones came (ticks)

    async def changed(self):
        """Return when the router announced something. What comes between two calls waits in the sockets."""
        while True:
            try:
                if not self.socks:
                    self._open()
                await udp.any_ready(self.socks)
                if any([self.drain(sock) for sock in self.socks]):
                    if await self._slowed():
                        any([self.drain(sock) for sock in self.socks])  # these are part of the same hint
                    return
            except OSError:
                self.close()
                await asyncio.sleep(_AGAIN_S)

    async def _slowed(self):
        """Wait while there were too many hints lately. True when it did."""
        now, wait = time.ticks_ms(), 0
        if len(self.hints) == _HINTS:
            age = time.ticks_diff(now, self.hints.pop(0))
            if 0 <= age < _HINTS * _HINT_MS:  # else it is long ago, or the ticks have wrapped
                wait = _HINTS * _HINT_MS - age
                await asyncio.sleep(wait / 1000)
        self.hints.append(time.ticks_ms())
        return wait > 0

    def _open(self):
        wrong = None
        for family, host, port in self.places:
            # a port that does not take the group's address takes any
            for own in (host, "::" if family == 6 else "0.0.0.0"):
                try:
                    self.socks.append(udp.open_udp(self.board, local=(own, port), family=family))
                    break
                except OSError as e:
                    wrong = e
        if not self.socks:
            raise wrong

    def drain(self, sock):
        """Take all that has arrived, as one hint."""
        hint = False
        router = self.router if isinstance(self.router, str) else self.router()
        while True:
            data, source = udp.receive_from(sock)
            if data is None:
                return hint
            if not hint and is_announcement(data):
                host = self.board.ip_port(source)[0]
                # over IPv6 the router speaks from an address that only the link knows
                hint = host == router or host[:4] == "fe80"

    def close(self):
        """Stop listening."""
        for sock in self.socks:
            sock.close()
        self.socks = []
