# SPDX-License-Identifier: MIT
"""Hears a UPnP router's events: subscribes, renews, and answers its NOTIFY. What changed, nobody believes:
`upnp` asks.

UPnP Device Architecture 1.1, section 4. A NOTIFY counts when it comes from the router and names our
subscription (SID).
"""

import asyncio
import os
import socket
import time

from wanbeacon.net import lan, reason, waits

#: Seconds until a router that sends no events is tried again; doubles up to the second number.
_AGAIN_S = (60, 960)


def renew_s(head):
    """Return after how many seconds to renew, from the head of a SUBSCRIBE answer ("Second-1800",
    "infinite").

    At most 300: a router that restarted has forgotten us, and says so only when asked.
    """
    try:
        return max(5, min(int(lan.header(head, b"timeout")[7:]) // 2, 300))
    except ValueError:
        return 300


class Subscription:
    """One subscription at `host`: `port`, `path` (the description's eventSubURL)."""

    def __init__(self, board, host, port, path):
        self.board = board
        self.host = host
        self.port = port
        self.path = path
        self.sid = self.server = self.due = None
        self.wait = _AGAIN_S[0]

    async def changed(self):
        """The same without an exception, for who listens to this alone: return after an event, and now and
        then while the router sends none (its URLs may be others by now)."""
        try:
            await self.notified()
            self.wait = _AGAIN_S[0]
        except (OSError, ValueError, reason.Why):
            self.close()
            await asyncio.sleep(self.wait)
            self.wait = min(self.wait * 2, _AGAIN_S[1])

    async def notified(self):
        """Return when the router sent an event.
        OSError or reason.Why when the subscription cannot be made or renewed."""
        if not self.sid:
            await self._subscribe()
        while True:
            left = time.ticks_diff(self.due, time.ticks_ms())
            if left <= 0:
                await self._subscribe()
            elif await waits.ready(self.server, left) and await self._serve():
                return

    async def _subscribe(self):
        if self.sid:
            lines = "SID: %s\r\n" % self.sid
        else:
            self.close()
            # not "any port": MicroPython on unix could not ask which one it got. Above those that Linux gives
            # to connections, which may still hold one (TIME_WAIT).
            port = 61000 + int.from_bytes(os.urandom(2), "big") % 4500
            lines = "Callback: <http://%s:%d/>\r\nNT: upnp:event\r\n" % (self.board.lan_address(), port)
            self.server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.server.setblocking(False)
            self.server.bind(self.board.sockaddr("0.0.0.0", port))
            self.server.listen(4)
        # the first NOTIFY may come before this answer: it waits in our server's queue
        lines += "Timeout: Second-1800\r\n"
        status, head, _ = await lan.exchange(self.board, self.host, self.port, "SUBSCRIBE", self.path, lines)
        if status == 412 and self.sid:  # forgotten: begin anew
            self.sid = None
            await self._subscribe()
            return
        if status != 200:
            raise reason.Why("upnp.status", self.host, status)
        self.sid = lan.header(head, b"sid") or self.sid
        self.due = time.ticks_add(time.ticks_ms(), renew_s(head) * 1000)

    async def _serve(self):
        """Answer one caller; True when it was the router with an event of ours."""
        sock = None
        try:
            sock, source = self.server.accept()
            if self.board.ip_port(source)[0] == self.host:
                sock.setblocking(False)
                until = time.ticks_add(time.ticks_ms(), 1500)  # others wait meanwhile
                head = (await lan.read_message(sock, until, 4096))[0]
                ours = head[:7] == b"NOTIFY " and lan.header(head, b"sid") == self.sid
                sock.send(b"HTTP/1.1 %d -\r\nContent-Length: 0\r\n\r\n" % (200 if ours else 412))
                return ours
        except (OSError, reason.Why):
            pass
        finally:
            if sock:
                sock.close()
        return False

    def close(self):
        """Stop listening, and tell the router so if it takes it at once (this blocks for at most 0.3 s a
        step)."""
        if self.server:
            self.server.close()
            self.server = None
        if self.sid:
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                sock.settimeout(0.3)
                sock.connect(self.board.sockaddr(self.host, self.port))
                sock.send(
                    lan.request("UNSUBSCRIBE", self.host, self.port, self.path, "SID: %s\r\n" % self.sid)
                )
                sock.recv(64)
            except OSError:
                pass
            finally:
                sock.close()
                self.sid = None
