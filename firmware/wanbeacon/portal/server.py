# SPDX-License-Identifier: MIT
"""The portal's front door: sockets and places. The one part of the portal that is resident; what becomes of a
connection is guest.py's, loaded while there is one.

While the agent talks to a provider the event loop stands still (net/wire.py): busy() answers then, from
inside the agent's waits. What is said when memory is short is made of constants: saying it takes no memory.
"""

import asyncio
import socket
import time

from micropython import const

from wanbeacon.app import stage
from wanbeacon.net import waits

PLACES = 3  # connections at once: each takes memory of lwIP; the others wait in the backlog
_SHUT_MS = const(300)  # by then the exchange has begun, and holds the loop
_HELD_MS = const(500)  # for a browser that opened a connection during an exchange to say what it wants

_BUSY = (
    b"HTTP/1.0 503 Busy\r\nContent-Type: text/html\r\nRetry-After: 2\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\n\r\n"
    b"<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'>"
    b"<title>Busy - Wanbeacon</title>"
    b"<h1>One moment</h1><p>This device is busy just now. "
)
_AGAIN = b"<meta http-equiv=refresh content=2>This page reloads by itself."
_RESEND = b"Please go back and send it again."


class Server:
    """device: app/board_main.py. What pages keep from one request to the next, all plain values: key (of
    tokens), sessions and wrong (see guard.py), draft (settings in the making, JSON), heard (networks), trial
    (see trial.py)."""

    def __init__(self, device):
        self.device = device
        self.key = None
        self.sessions = []
        self.wrong = bytearray()
        self.draft = self.trial = None
        self.heard = ()
        self.socks = []  # that listen: the settings' port, and set-up mode's when that is another
        self.guests = []
        self.held = None  # a connection that busy() took: (conn, ip, ticks)
        self.taking = False
        self.shut = None  # ticks since when an exchange needs the memory of all guests

    # ---- the door

    async def serve(self, address, port):
        """For ever. Raises OSError when the port cannot be had."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(self.device.board.sockaddr(address, port))
            sock.listen(PLACES)
            sock.setblocking(False)
            self.socks.append(sock)
            self.device.board.while_waiting = self.busy
            self.device.board.at_need = self.put_off_all
            while True:
                await waits.ready(sock)
                try:
                    conn, peer = sock.accept()
                except OSError:
                    await asyncio.sleep(0.02)  # busy() was first
                    continue
                self.admit(conn, self.device.board.ip_port(peer)[0])
        finally:
            if sock in self.socks:  # it listened
                self.socks.remove(sock)
            if not self.socks:
                self.device.board.while_waiting = self.device.board.at_need = None
            sock.close()

    def admit(self, conn, ip):
        """A place for a connection, or the busy page."""
        guest = None
        try:
            conn.setblocking(False)
            if self.shut is not None and time.ticks_diff(time.ticks_ms(), self.shut) < _SHUT_MS:
                raise OSError(12)
            self.shut = None
            room = stage.resident("portal.guest")
            if len(self.guests) >= PLACES:
                room.make_place(self.guests, ip)
            guest = room.Guest(conn, ip)
            self.guests.append(guest)
            guest.task = asyncio.create_task(room.client(self, guest))
        except (OSError, MemoryError):
            if guest in self.guests:
                self.guests.remove(guest)
            put_off(conn, b"")
            conn.close()

    def put_off_all(self):
        """Whoever has no page yet gets the busy page, and his memory goes to an exchange that found none."""
        self.shut = time.ticks_ms()
        for one in self.guests:
            if not one.floor:
                put_off(one.conn, b"")
                one.task.cancel()

    # ---- while an exchange holds the loop

    def busy(self):
        """Called while the agent waits for a provider: whoever knocks gets a page that loads again.
        Never waits."""
        held = self.held
        if held:
            try:
                asked = waits.receive(held[0], 256)
            except OSError:
                asked = b""
            if asked is None and time.ticks_diff(time.ticks_ms(), held[2]) < _HELD_MS:
                return
            self.held = None
            put_off(held[0], asked or b"")
            held[0].close()
        for sock in self.socks:
            try:
                conn, peer = sock.accept()
            except OSError:
                continue  # nobody: the socket does not block
            try:
                conn.setblocking(False)
                if not self.taking:
                    asyncio.create_task(self._take())
                    self.taking = True
                self.held = conn, self.device.board.ip_port(peer)[0], time.ticks_ms()
            except (OSError, MemoryError):
                conn.close()
            return

    async def _take(self):
        """Runs when the exchange is over: a connection that was not answered yet is one like any other."""
        self.taking, held, self.held = False, self.held, None
        if held:
            self.admit(held[0], held[1])


def put_off(conn, asked):
    """The busy page. asked: how the request begins (bytes). Takes no memory."""
    say(conn, _BUSY)
    say(conn, _RESEND if asked.startswith(b"POST") else _AGAIN)


def say(conn, data):
    """Send what fits into the socket, for better or worse."""
    try:
        conn.send(data)
    except OSError:
        pass


async def serve(device, address="0.0.0.0", port=None):
    """The portal of a device, for ever; port: default: the settings'.
    Raises OSError when the port is taken."""
    device.portal = server = device.portal or Server(device)
    await server.serve(address, port or (device.cfg["portal"]["port"] if device.cfg else 80))
