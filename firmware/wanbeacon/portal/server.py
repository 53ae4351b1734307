"""The portal's doorway: sockets and their limits. Knows no page: site.py is loaded when somebody knocks and forgotten when
it has been quiet, or when the agent needs the room (make_room).

HTTP itself is microdot's; it is given a reader that bounds lines, headers, bodies and time. While the agent talks to a
provider the event loop stands (net/http.py): busy() then answers in its place, from inside the agent's waits."""

import asyncio
import gc
import select
import socket
import sys
import time

from wanbeacon.net import udp

CLIENTS = 3  # connections at once; a browser opens up to 6, the others wait in the backlog
REQUEST_S = 10  # for a whole request and its answer: a phone at the edge of the Wi-Fi needs seconds
BODY_MAX = 4096  # the longest form is the account's: 50 host names
LINE_MAX = 1024
HEAD_MAX = 4096  # all header lines together
SETTLE_MS = 3000  # a change of address waits so long at most for a page to be finished
QUIET_MS = 20000  # after so long without a request the pages are forgotten
_BUSY = (
    "HTTP/1.0 503 Busy\r\nContent-Type: text/html; charset=UTF-8\r\nRetry-After: 2\r\nCache-Control: no-store\r\n"
    "Connection: close\r\n\r\n<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "%s<title>Busy</title><h1>Busy</h1><p>The device is talking to the provider. %s</p>"
)


class Limited:
    """A stream as microdot reads and writes it, with an end to everything. Raises OSError when a limit is passed."""

    def __init__(self, stream):
        self.stream = stream
        self.left = HEAD_MAX

    async def readline(self):
        line = bytearray()
        while not line.endswith(b"\n"):
            if len(line) >= LINE_MAX or self.left <= 0:
                raise OSError(104)  # microdot mutes a reset
            c = await self.stream.read(1)
            if not c:
                break
            line += c
            self.left -= 1
        return bytes(line)

    async def readexactly(self, n):
        if not 0 <= n <= BODY_MAX:
            raise OSError(104)
        return await self.stream.readexactly(n)

    async def read(self, n=-1):
        return b""  # a body beyond BODY_MAX is never read

    async def awrite(self, data):
        await self.stream.awrite(data)

    async def aclose(self):
        """Not here but in client(), once: on MicroPython's unix port a second close hits whoever got the number since."""

    def get_extra_info(self, name):
        return self.stream.get_extra_info(name)


class Server:
    """device: board/device.py. guard, draft, heard, trial: what pages keep from one request to the next."""

    def __init__(self, device):
        self.device = device
        self.guard = self.draft = self.trial = self.site = None
        self.heard = []
        self.socks = []  # that listen: the settings' port, and set-up mode's when that is another
        self.clients = 0
        self.used = time.ticks_ms()

    def load(self):
        """The pages, loaded if they are not."""
        if not self.site:
            gc.collect()
            from wanbeacon.portal import site

            self.site = site.Site(self.device, self)
            gc.collect()
        return self.site

    def make_room(self):
        """Forget the pages, if nobody is being served: before an exchange, and when it is quiet."""
        if self.site and not self.clients:
            self.site = None
            if "wanbeacon.portal.site" not in sys.modules:
                sys.modules.pop("microdot", None)
            gc.collect()

    async def settle(self):
        """Wait until nobody is being served, for some seconds at most."""
        for _ in range(SETTLE_MS // 20):
            if not self.clients:
                return
            await asyncio.sleep_ms(20)

    async def client(self, conn, peer):
        """One connection: a request, an answer, the end."""
        stream = Limited(asyncio.StreamReader(conn, {"peername": self.device.board.ip_port(peer)}))
        try:
            await asyncio.wait_for(self.load().handle_request(stream, stream), REQUEST_S)
        except (OSError, asyncio.TimeoutError, ValueError, EOFError, AttributeError):
            pass  # gone, too slow, or no HTTP
        except MemoryError:
            self.device.say("portal: out of memory")
        except ImportError as e:
            self.device.say("portal: %s; `python -m tools flash` installs all of it" % e)
        finally:
            self.clients -= 1
            self.used = time.ticks_ms()
            conn.close()
            gc.collect()

    async def serve(self, address, port):
        """For ever. Raises OSError when the port cannot be had."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(self.device.board.sockaddr(address, port))
            sock.listen(CLIENTS)
            sock.setblocking(False)
            self.socks.append(sock)
            self.device.board.while_waiting = self.busy
            while True:
                if not await udp.ready(sock, QUIET_MS):
                    if time.ticks_diff(time.ticks_ms(), self.used) > QUIET_MS:
                        self.make_room()
                    continue
                if self.clients >= CLIENTS:
                    await asyncio.sleep_ms(20)
                    continue
                try:
                    conn, peer = sock.accept()
                except OSError:
                    await asyncio.sleep_ms(20)  # busy() was first
                    continue
                conn.setblocking(False)
                self.clients += 1
                asyncio.create_task(self.client(conn, peer))
        finally:
            self.socks = [one for one in self.socks if one is not sock]
            if not self.socks:
                self.device.board.while_waiting = None
            sock.close()

    def busy(self):
        """Called while the agent waits for a provider: whoever knocks gets a page that loads again. Never waits long."""
        for sock in self.socks:
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            if poll.poll(0):
                self._put_off(sock)

    def _put_off(self, sock):
        conn = None
        try:
            conn, _ = sock.accept()
            conn.settimeout(0.1)
            asked = conn.recv(512)  # read first: closing on unread data would reset the connection
            again = asked[:4] == b"GET "
            more = ("<meta http-equiv=refresh content=2>", "This page loads again by itself.") if again else ("", "Please go back and send it again.")
            conn.send((_BUSY % more).encode())
        except OSError:
            pass
        finally:
            if conn:
                conn.close()


async def serve(device, address="0.0.0.0", port=None):
    """The portal of a device, for ever; port: default: the settings'. Raises OSError when the port is taken."""
    device.portal = server = device.portal or Server(device)
    gc.collect()
    await server.serve(address, port or (device.cfg["portal"]["port"] if device.cfg else 80))
