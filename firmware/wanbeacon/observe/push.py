# SPDX-License-Identifier: MIT
"""The router pushes: it keeps its WAN address up to date with us as with a DynDNS2 provider, on a port of
ours at home.

A push is a hint with a value. It counts only with the key, from a private address, and publishable; a router
that can be asked stands before it whatever the order of the sources, and its word against a push is the
router's (choose.py, choosing.py). What is said and answered: `pushed`. How often a change may be sent is
core/policy.py's, so a push that flaps costs nothing outside.
"""

import asyncio
import socket
import time

from wanbeacon.core import address
from wanbeacon.net import lan, reason, waits
from wanbeacon.observe import pushed
from wanbeacon.observe.base import FOUND, UNKNOWN

#: ms for a request, and the most of one: a router sends 300 bytes at once.
_MESSAGE_MS, _MESSAGE_MAX = 3000, 2048
#: Callers at a time, and of one address: strangers who only hold the line leave a place for the router, whose
#: own is kept free.
_GUESTS, _OF_ONE = 6, 2
_AGAIN_S = 60  # until a port that is taken is tried again


class Observer:
    """Options: `port`, `user`, `password`: what is entered in the router; `router6` as in `upnp`."""

    OUTSIDE = False
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.board = kit.board
        self.port = options["port"]
        self.login = options["user"], options["password"]
        self.router6 = not options.get("router6", False)
        self.networks = None
        self.found = {}
        self.peer = self.server = self.task = None
        self.fault = ("push.silent", self.port)
        self.guests = {}  # number -> (address, task)
        self.count = 0
        self.event = asyncio.Event()
        port = getattr(self.board, "portal", 0)
        if port and getattr(kit, "brief", False):  # a board's pages take the pushes
            self.port, self.box = port, kit.load("pushbox").Box()
            self.fault = "push.silent", port
            self.rest, self.resume = self._rest, self._resume
            self._resume((self.box,))

    box = later = None

    def _rest(self):
        """What the next observer goes on with: see base.py."""
        return (self.box,)

    def _resume(self, kept):
        """Take what rest() of the one before gave."""
        self.box = self.listener = kept[0]

    async def read(self, family):
        """See observe/base.py. Never NONE: nobody pushes that there is no address."""
        if self.box:
            self.found, self.networks, self.peer = self.box.found, self.box.networks, self.box.peer
        packed = self.found.get(family) or family == 6 and self.networks and self.networks[0][1]
        return (FOUND, packed, ("push.told", self.peer)) if packed else (UNKNOWN, None, self.fault)

    async def changed(self):
        """Return after a push of something new. The server runs from the first call on."""
        if not self.task:
            self.task = asyncio.create_task(self._listen())
        await self.event.wait()
        self.event.clear()

    async def _listen(self):
        while True:
            try:
                if not self.server:
                    self._open()
            except OSError as e:
                self._shut()
                self.fault = "push.port", self.port, reason.why(e)
                await asyncio.sleep(_AGAIN_S)
                continue
            try:
                await waits.ready(self.server)
                sock, source = self.server.accept()
                self._admit(sock, self.board.ip_port(source)[0])
            except (OSError, ValueError):  # who called has gone, or has no address of ours
                await asyncio.sleep(0.1)

    def _open(self):
        self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.setblocking(False)
        self.server.bind(self.board.sockaddr("0.0.0.0", self.port))
        self.server.listen(_GUESTS)
        self.fault = "push.silent", self.port

    def _admit(self, sock, peer):
        here = [row[0] for row in self.guests.values()]
        room = len(here) < _GUESTS or peer == self.board.gateway()
        if not room or here.count(peer) >= _OF_ONE or address.why_not(address.parse(peer)) not in pushed.HOME:
            sock.close()
            return
        self.count += 1
        self.guests[self.count] = peer, asyncio.create_task(self._serve(self.count, sock, peer))

    async def _serve(self, number, sock, peer):
        try:
            sock.setblocking(False)
            until = time.ticks_add(time.ticks_ms(), _MESSAGE_MS)
            head, body = await lan.read_message(sock, until, _MESSAGE_MAX, 0)
            status, text = self.answer(head, body, peer)
            more = 'WWW-Authenticate: Basic realm="Wanbeacon"\r\n' if status == 401 else ""
            line = (
                "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n"
                "%s\r\n%s"
            )
            sock.send((line % (status, "OK" if status == 200 else "-", len(text), more, text)).encode())
        except (OSError, reason.Why):
            pass
        finally:
            sock.close()
            self.guests.pop(number, None)

    def answer(self, head, body, peer):
        """(HTTP status, text) for a request of somebody at home; takes what it brings."""
        return pushed.reply(self, self.login, head, body, peer)

    def _shut(self):
        if self.server:
            self.server.close()
            self.server = None

    def close(self):
        """Stop listening."""
        if self.task:
            self.task.cancel()
            self.task = None
        for _, task in list(self.guests.values()):
            task.cancel()
        self._shut()
