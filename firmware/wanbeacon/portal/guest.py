# SPDX-License-Identifier: MIT
"""A connection of the portal, from its first byte to its end. Loaded while there is one.

A request is read by request.py, and answered by stages that hold the floor, one after another, with plain
values between: enter.py (who may pass), judge.py
(what the agent would refuse), site.py with a page's `answer` (what
there is to show), html.py with the page's `body` (the writing)."""

import gc
import time

from wanbeacon.app import stage
from wanbeacon.net import waits
from wanbeacon.portal.server import put_off, say

HEAD_MS = 4000  # for the head of a request: a phone at the edge of the Wi-Fi needs seconds
ANSWER_MS = 3000  # for sending the answer: the agent's next step waits for it

_FAILED = (
    b"HTTP/1.0 500 Fault\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
    b"This page failed; the agent goes on.\n"
)


class Guest:
    """One connection and what it asks for (see request.py), plain values: method, path, args (of the query),
    form, home (it is in the set-up network), lost (and does not know the device's address there), session (a
    row of Server.sessions or None).

    floor: None while it is read, False while it waits for the floor, True while it has it; head: of the
    answer, sent with its first piece; sent: some of the answer is on its way; until: ticks."""

    host = origin = kind = cookie = body = head = b""
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
        if self.head:
            data, self.head = self.head + data, b""
        view = memoryview(data)
        # what a page has to find out first (a scan of the air: 2 s) is not the browser's fault
        if not self.sent:
            self.until = time.ticks_add(time.ticks_ms(), ANSWER_MS)
        while len(view):
            try:
                self.sent = True
                view = view[self.conn.send(view) :]
            except OSError as e:
                if e.errno != 11:
                    raise
                await self.ready(True)


def make_place(guests, ip):
    """A place for one more, at the cost of one of `guests`. With all places taken the source that has the
    most gives one up: no stranger, however fast or slow, keeps the owner out. A source that has the most
    itself gives up one that has not said what it wants. Raises OSError when there is none to be had."""
    own, best, out = _places(guests, ip), 0, None
    for one in guests:
        n, reading = _places(guests, one.ip), one.floor is None
        if not one.floor and (n > own or reading and one.ip == ip) and 2 * n + reading > best:
            best, out = 2 * n + reading, one
    if not out:
        raise OSError(11)
    out.task.cancel()


def _places(guests, ip):
    return sum([one.ip == ip for one in guests])


async def client(server, guest):
    """One connection: a request, an answer, the end."""
    try:
        request = stage.resident("portal.request")
        status = await request.read(server, guest)
        if status:
            await request.refuse(guest, status)
            return
        guest.floor, request = False, None
        _forget(server)
        async with stage.floor:
            guest.floor = True
            agent = server.device.agent if stage.scarce else None
            if agent and (guest.home or guest.session):  # the owner's pages are the large ones
                if agent.mqtt:
                    await stage.run_async("app.mqtt_care", "leave", agent)
                agent.step_aside()
            try:
                await _answer(server, guest)
            except MemoryError:  # strangers' pages do not disturb the sources unless it must be
                if guest.sent or not agent or guest.method == "POST":
                    raise
                agent.step_aside()
                await _answer(server, guest)
    except MemoryError:  # nothing in here may need memory
        if not guest.sent:
            put_off(guest.conn, b"POST" if guest.method == "POST" else b"")
    except OSError:
        pass  # gone, or too slow
    except Exception as e:  # the root of a request: a page that fails is that page's fault alone
        if not guest.sent:
            say(guest.conn, _FAILED)
        try:
            server.device.say("page %s: %s %s" % (guest.path[:20], type(e).__name__, e))
        except MemoryError:
            pass
    finally:
        server.guests.remove(guest)
        guest.conn.close()
        _forget(server)


async def _answer(server, guest):
    """Raises OSError when the browser has gone."""
    way = stage.run("portal.enter", "enter", server, guest)
    if isinstance(way, dict):
        if way["judge"]:
            stage.run("portal.judge", "judge", server, guest, way)
        way = stage.run("portal.site", "answer", server, guest, way)
    guest.head, parts = way
    way = None
    if guest.method == "HEAD":
        parts = ()
    for part in parts:
        if isinstance(part, bytes):
            await guest.send(part)
        elif part[0] == "write":
            await stage.run_async("portal.html", "write", server, guest, *part[1:])
        else:
            await stage.run_async("portal.front", "answer", server, guest, *part)
    if guest.head:
        await guest.send(b"")


def _forget(server):
    """What reads requests stays no longer than somebody's is read, what holds connections no longer than
    there is one. Takes no memory before there is some: this is also the end of who found none."""
    gc.collect()
    for one in server.guests:
        if one.floor is None:
            return
    try:
        stage.dismiss("portal.request")
        if not server.guests:
            stage.dismiss("portal.guest")
    except MemoryError:  # the next one's end does it
        pass
    gc.collect()
