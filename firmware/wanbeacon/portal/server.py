"""The portal's front door: sockets and places. The one part of the portal that is resident; a request is read by request.py,
loaded while somebody is at the door, and answered by a stage (site.py) that holds the floor.

While the agent talks to a provider the event loop stands still (net/wire.py): busy() answers then, from inside the agent's
waits. What is said when memory is short is made of constants: saying it takes no memory.
"""

import asyncio
import gc
import socket
import time

from micropython import const

from wanbeacon.app import stage
from wanbeacon.net import waits

PLACES = 3  # connections at once: each takes memory of lwIP; the others wait in the backlog
HEAD_MS = 4000  # for the head of a request: a phone at the edge of the Wi-Fi needs seconds
ANSWER_MS = 3000  # for sending the answer: the agent's next step waits for it
_HELD_MS = const(500)  # for a browser that opened a connection during an exchange to say what it wants

_BUSY = (
    b"HTTP/1.0 503 Busy\r\nContent-Type: text/html\r\nRetry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    b"<!DOCTYPE html><html lang=en><meta name=viewport content='width=device-width'><title>Busy - Wanbeacon</title>"
    b"<h1>One moment</h1><p>This device is busy just now. "
)
_AGAIN = b"<meta http-equiv=refresh content=2>This page reloads by itself."
_RESEND = b"Please go back and send it again."
_FAILED = b"HTTP/1.0 500 Fault\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis page failed; the agent goes on.\n"


class Guest:
    """One connection and what it asks for (see request.py), plain values: method, path, args (of the query), form, home (it is in
    the set-up network), lost (and does not know the device's address there), session (a row of Server.sessions or None).

    floor: None while it is read, False while it waits for the floor, True while it has it; sent: some of the answer is on its way; until: ticks."""

    host = origin = kind = cookie = body = b""
    method = path = ""
    length = 0
    floor = task = session = None
    sent = home = lost = False

    def __init__(self, conn, ip):
        self.conn = conn
        self.ip = ip
        self.until = time.ticks_add(time.ticks_ms(), HEAD_MS)

    async def ready(self, write=False):
        """Raises OSError when the time is over."""
        left = time.ticks_diff(self.until, time.ticks_ms())
        if left <= 0 or not await waits.ready(self.conn, left, write):
            raise OSError(110)

    async def send(self, data):
        """All of data. Raises OSError."""
        view = memoryview(data)
        if not self.sent:  # what a page has to find out first (a scan of the air: 2 s) is not the browser's fault
            self.until = time.ticks_add(time.ticks_ms(), ANSWER_MS)
        while len(view):
            try:
                self.sent = True
                view = view[self.conn.send(view) :]
            except OSError as e:
                if e.errno != 11:
                    raise
                await self.ready(True)


class Server:
    """device: app/board_main.py. What pages keep from one request to the next, all plain values: key (of tokens), sessions
    and wrong (see guard.py), draft (settings in the making, JSON), heard (networks), trial (see trial.py)."""

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
            while True:
                await waits.ready(sock)
                try:
                    conn, peer = sock.accept()
                except OSError:
                    await asyncio.sleep(0.02)  # busy() was first
                    continue
                self.admit(conn, self.device.board.ip_port(peer)[0])
        finally:
            self.socks.remove(sock)
            if not self.socks:
                self.device.board.while_waiting = None
            sock.close()

    def admit(self, conn, ip):
        """A place for a connection. With all of them taken the source that has the most gives one up: no stranger, however fast
        or slow, keeps the owner out. A source that has the most itself gives up one that has not said what it wants."""
        guest = None
        try:
            conn.setblocking(False)
            if len(self.guests) >= PLACES:
                self._make_place(ip)
            guest = Guest(conn, ip)
            self.guests.append(guest)
            guest.task = asyncio.create_task(self.client(guest))
        except (OSError, MemoryError):
            if guest in self.guests:
                self.guests.remove(guest)
            _put_off(conn, b"")
            conn.close()

    def _make_place(self, ip):
        """Raises OSError when there is none to be had."""
        own, best, out = self._places(ip), 0, None
        for one in self.guests:
            n, reading = self._places(one.ip), one.floor is None
            if not one.floor and (n > own or reading and one.ip == ip) and 2 * n + reading > best:
                best, out = 2 * n + reading, one
        if not out:
            raise OSError(11)
        out.task.cancel()

    def _places(self, ip):
        return sum([one.ip == ip for one in self.guests])

    async def client(self, guest):
        """One connection: a request, an answer, the end."""
        try:
            request = stage.resident("portal.request")
            status = await request.read(self, guest)
            if status:
                await request.refuse(guest, status)
                return
            guest.floor, request = False, None
            self._forget()
            async with stage.floor:
                guest.floor = True
                if stage.scarce and self.device.agent and guest.path[-4:] not in (".css", "l.js"):
                    self.device.agent.step_aside()
                await stage.run_async("portal.site", "answer", self, guest)
        except MemoryError:  # nothing in here may need memory
            if not guest.sent:
                _put_off(guest.conn, b"POST" if guest.method == "POST" else b"")
        except OSError:
            pass  # gone, or too slow
        except Exception as e:  # the root of a request: a page that fails is that page's fault alone
            if not guest.sent:
                say(guest.conn, _FAILED)
            try:
                self.device.say("page %s: %s %s" % (guest.path[:20], type(e).__name__, e))
            except MemoryError:
                pass
        finally:
            self.guests.remove(guest)
            guest.conn.close()
            self._forget()

    def _forget(self):
        """Requests are read by a module that stays no longer than somebody's is."""
        if all([one.floor is not None for one in self.guests]):
            stage.forget("portal.request")
        gc.collect()

    # ---- while an exchange holds the loop

    def busy(self):
        """Called while the agent waits for a provider: whoever knocks gets a page that loads again. Never waits."""
        held = self.held
        if held:
            try:
                asked = waits.receive(held[0], 256)
            except OSError:
                asked = b""
            if asked is None and time.ticks_diff(time.ticks_ms(), held[2]) < _HELD_MS:
                return
            self.held = None
            _put_off(held[0], asked or b"")
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


def _put_off(conn, asked):
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
    """The portal of a device, for ever; port: default: the settings'. Raises OSError when the port is taken."""
    device.portal = server = device.portal or Server(device)
    await server.serve(address, port or (device.cfg["portal"]["port"] if device.cfg else 80))
