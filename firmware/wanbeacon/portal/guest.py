"""A connection of the portal. Loaded while there is one."""

import time

from wanbeacon.net import waits

HEAD_MS = 4000  # for the head of a request: a phone at the edge of the Wi-Fi needs seconds
ANSWER_MS = 3000  # for sending the answer: the agent's next step waits for it


class Guest:
    """One connection and what it asks for (see request.py), plain values: method, path, args (of the query),
    form, home (it is in the set-up network), lost (and does not know the device's address there), session (a
    row of Server.sessions or None).

    floor: None while it is read, False while it waits for the floor, True while it has it; sent: some of the
    answer is on its way; until: ticks."""

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
