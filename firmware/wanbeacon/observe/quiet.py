# SPDX-License-Identifier: MIT
"""Asks a question over UDP that has no nonce (NAT-PMP), so that who forges answers in the router's name is
found out.

A forger who does not see our packets has to guess the port that a question left by. So each question leaves
by a random port of its own; some ports, from which nothing was ever asked, only listen: what arrives there
nobody asked for. The odds: at 50,000 packets a second one such port is hit every 1.3 s, and three questions
in a row, each within 20 ms, once in a quarter of a million tries.
"""

import errno
import os
import time

from wanbeacon.net import asking, udp, waits

#: Answers that must be equal, each to a question from a port of its own.
_EQUAL = 3
#: A router at home answers in 1 to 10 ms; three answers within this need no longer look.
_FAST_MS = 20
#: Over slow Wi-Fi: so long for each answer, and so long the silent ports must stay silent.
_SLOW_MS = (250, 500)
_LOOK_MS = 3000
#: Ports that only listen during that time (and one all the time).
_SILENT = 3
#: After something nobody asked for: seconds until an unproven change is believed again.
_QUIET_S = 30
#: Bytes of a datagram that are read: an answer has 12, and what is longer is none.
_SIZE = 16


class Asker:
    """Asks one port of one router at a time. `clock`: see base.Kit. look_ms: how long the long look takes."""

    def __init__(self, board, clock, port, look_ms=_LOOK_MS):
        self.board = board
        self.clock = clock
        self.port = port
        self.look_ms = look_ms
        self.router = None
        self.silent = None  # the socket that only listens
        self.drawn = 0  # the port drawn last
        self.until = 0  # disturbed until then (mono s)

    def _open(self):
        """A socket to the router, from a random port:
        those that lwIP and Linux hand out can be foretold or are few."""
        for _ in range(8):
            number = self.drawn = 1024 + int.from_bytes(os.urandom(2), "big") % 64512
            try:
                return udp.open_udp(self.board, peer=(self.router, self.port), local=("0.0.0.0", number))
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise
        raise OSError(errno.EADDRINUSE)

    def rest(self):
        """What another Asker goes on with."""
        return self.router, self.silent, self.until

    def resume(self, kept):
        """Go on where another one rested."""
        self.router, self.silent, self.until = kept

    def turn_to(self, router):
        """From now on this router is asked."""
        if router != self.router or not self.silent:
            self.close()
            self.router = router
            self.silent = self._open()

    def disturbed(self):
        """True when, lately, something came that nobody asked for."""
        try:
            if self.silent and _drain(self.silent):
                self.disturb()
                # what is left in its queue is old, and must not count as new for minutes to come
                self.silent.close()
                self.silent = None
                self.silent = self._open()
        except OSError:
            self.close()
        return self.clock.mono() < self.until

    def disturb(self):
        """Something came that nobody asked for."""
        self.until = self.clock.mono() + _QUIET_S

    async def once(self, packet, parse, each):
        """Ask once, as asking.ask does. OSError as there."""
        sock = self._open()
        try:
            return await asking.ask(sock, packet, parse, each, _SIZE)
        finally:
            sock.close()

    async def sure(self, packet, parse, expected):
        """Ask until `expected` (what parse made of an answer, without its epoch) is certain. False when
        anything speaks against it: another answer, none, one too many, or something at a port that never
        asked."""
        if self.disturbed():
            return False
        asked = []
        try:
            fast = await self._round(asked, packet, parse, expected, (_FAST_MS,))
            if fast is None:
                fast = await self._slow(asked, packet, parse, expected)
            return fast and not self.disturbed()
        except OSError:
            return False
        finally:
            for sock in asked:
                sock.close()

    async def _round(self, asked, packet, parse, expected, each):
        """_EQUAL questions. True: all answers as expected, and nothing more;
        False: not so; None: one was not answered."""
        for _ in range(_EQUAL):
            asked.append(self._open())
            found = await asking.ask(asked[-1], packet, parse, each, _SIZE)
            if found is None:
                return None
            if found != expected:
                self.disturb()
                return False
        return await self._nothing_more(asked, _FAST_MS)

    async def _slow(self, asked, packet, parse, expected):
        """The same with patience: meanwhile several ports must stay silent."""
        while asked:  # answers to the first ones may still come, and would be taken for too many
            asked.pop().close()
        began, silent = time.ticks_ms(), []
        try:
            for _ in range(_SILENT):
                try:
                    silent.append(self._open())
                except OSError:  # a board has few sockets
                    break
            good = await self._round(asked, packet, parse, expected, _SLOW_MS)
            left = self.look_ms - time.ticks_diff(time.ticks_ms(), began)
            return bool(good) and await self._nothing_more(silent + asked, max(left, _FAST_MS))
        finally:
            for sock in silent:
                sock.close()

    async def _nothing_more(self, socks, ms):
        """Look for `ms` whether anything arrives at `socks` or at the silent one."""
        for sock in socks[1:] + [self.silent]:
            if _drain(sock):
                self.disturb()
                return False
        if await waits.ready(socks[0], ms):
            self.disturb()
            return False
        for sock in socks[1:] + [self.silent]:
            if _drain(sock):
                self.disturb()
                return False
        return True

    def close(self):
        """Listen no more."""
        if self.silent:
            self.silent.close()
            self.silent = None


def _drain(sock):
    """Take all that has arrived; whether it was anything. Bounded: somebody may send without end."""
    for count in range(64):
        if waits.receive(sock, _SIZE) is None:
            return count > 0
    return True
