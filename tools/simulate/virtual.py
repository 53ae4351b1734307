# SPDX-License-Identifier: MIT
"""The real agent in virtual time: clock, board, flash, line and provider in memory.

Runs on CPython and MicroPython (host_tests/shared imports it by its path), so it uses only what both have.
Time moves only when a World is told so; a power cut is the exception PowerCut out of a flash write or an
exchange.
"""

import asyncio
import sys

import ubinascii
from wanbeacon.app import agent, config
from wanbeacon.core import address, journal
from wanbeacon.net import Answer
from wanbeacon.net import clock as theirs
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

# A private copy of the clock, so that its `time` can be ours alone: imported once more, then put back.
_name = theirs.__name__
_parent = sys.modules.get(_name.rpartition(".")[0])  # none in a board's build
del sys.modules[_name]
if _parent:
    del _parent.clock
from wanbeacon.net import clock  # noqa: E402

sys.modules[_name] = theirs
if _parent:
    _parent.clock = theirs

if "." in __name__:
    from .virtual_provider import ENDS, Provider, unquote
else:  # by its path
    from virtual_provider import ENDS, Provider, unquote

_MICRO = sys.implementation.name == "micropython"
HALF_WRAP_S = 500000  # the ticks of an ESP32 wrap after 2^30 ms: nobody may sleep longer than half of that
START = 1800000000  # unix time when a world begins: 2027-01-15


class PowerCut(BaseException):
    """The device lost its power."""


class Time:
    """Stands in for the module `time`. ms: true milliseconds since the world began. offset: what the device's
    wall clock adds to the true time, None = it is not set. ticks wrap like those of an ESP32."""

    WRAP = 1 << 30

    def __init__(self, tick0=0):
        self.ms = 0
        self.offset = START
        self.tick0 = tick0

    def ticks_ms(self):
        return (self.ms + self.tick0) % self.WRAP

    def ticks_diff(self, a, b):
        return (a - b + self.WRAP // 2) % self.WRAP - self.WRAP // 2

    def time(self):
        return 0 if self.offset is None else self.ms // 1000 + self.offset

    def now(self):
        """True seconds since the world began."""
        return self.ms / 1000


class Slot:
    """One journal slot in memory. `cut` says what becomes of the next write: None, or "old", "new", "torn"
    (then the power is gone), "refuse" (then flash says no, until told otherwise)."""

    def __init__(self, world, number):
        self.world = world
        self.number = number
        self.data = None

    def read(self):
        return self.data

    def write(self, data):
        cut = self.world.cut
        if cut == "refuse":
            raise OSError(5)
        self.world.cut = None
        if cut == "torn":
            self.data = bytes(data[: len(data) * self.world.torn >> 8]) + b"\xff" * 7
        elif cut != "old":
            self.data = bytes(data)
            self.world.writes += 1
            if self.world.judge:
                self.world.judge.written(self.number, len(data), bool(cut))
        if cut:
            raise PowerCut()


class Whole(Slot):
    """A slot that a power cut leaves as it was or as it is to be."""

    def write(self, data):
        if self.world.cut == "torn":
            self.world.cut = "old"
        Slot.write(self, data)


class Board:
    """What the agent may ask of its machine."""

    name = "virtual"
    unique = b"virtual"
    roots = "firmware/catalogue/roots"
    catalogue = "firmware/catalogue/providers.dat"

    def __init__(self, world):
        self.world = world
        self.reset_cause = world.reset_cause

    def slots(self):
        return self.world.slots

    def asked(self):
        return Slot(self.world, 2)

    def notices(self):
        return self.world.notices

    def ids(self):
        return Slot(self.world, 3)

    def random(self):
        return self.world.random()

    def model(self):
        return None

    def sources(self):
        return ()

    def keep_alive(self):
        pass

    exchange_begins = exchange_ends = keep_alive

    def share_tls(self, tenant):
        pass

    def memory_low(self):
        return False

    def short_of_memory(self, where):
        pass

    def set_clock(self, kit):
        self.world.ask_time()


class Line:
    """Stands in for the chooser: what the world says is the address. found: {4: text or None (sure) or
    UNKNOWN}."""

    seen = ()
    homes = False
    networks = ()  # the home's IPv6 networks: see observe/base.py
    router6 = False
    slots = ()

    def __init__(self, world):
        self.world = world

    def watchers(self):
        return ()

    def tidy(self):
        pass

    def close(self):
        pass

    async def read(self, family, known=None):
        text = self.world.line[family]
        if text == UNKNOWN:
            return UNKNOWN, None, None, ("natpmp.silent", "router")
        if text is None:
            return NONE, None, "router", ("upnp.down", "router")
        return FOUND, address.parse(text), "router", ("router.told", "router")


class Core(agent.Agent):
    """The agent with the world's provider at the other end of every exchange."""

    async def _listen(self):
        """Commands come between two rounds here."""


def _drain(walk):
    """Run a coroutine in which nothing really waits; CPython takes long to make a loop."""
    try:
        while True:
            walk.send(None)
    except StopIteration:
        pass


class World:
    """One device, its line and its provider. `cfg`: config document as text (JSON) or checked (dict)."""

    def __init__(self, cfg, chance=None, tick0=0, judge=None):
        self.time = Time(tick0)
        self.provider = Provider()
        self.slots = (Slot(self, 0), Slot(self, 1))
        self.notices = Whole(self, 3)
        # what a request to others than the provider comes to: request -> Answer, or raises Trouble
        self.receive = None
        self.cut, self.torn = None, 128
        self.die = None  # power goes "before" or "after" the next request reaches the provider
        self.writes = 0
        self.line = {4: "45.33.1.1", 6: None}
        self.reset_cause = "start"
        self.time_server = True  # whether ask_time sets a clock that is not set
        self.right = START  # what it would set
        self.cfg = config.load(cfg) if isinstance(cfg, str) else cfg
        self.agent = None
        self.judge = judge  # an oracle.Oracle, or None
        self.watch = None  # called after every round
        self.walls = False  # True: the program may be at fault somewhere, that is what is tried
        self.lines = []  # log
        self.took = 300  # ms of an exchange; 20 s more when it times out
        self._chance = chance

    def random(self):
        return self._chance() if self._chance else 128

    def ask_time(self):
        if self.time_server:
            self.time.offset = self.right

    def exchange(self, req, *_):
        """The agent's transport: parse the request, let judge and provider have it."""
        if self.receive and req.host[:6] == "notice":
            return self.receive(req)
        args = {}
        for pair in req.path.split("?", 1)[1].split("&"):
            key, _, value = pair.partition("=")
            args[key] = unquote(value)
        addresses = {}
        for text in args.get("myip", "").split(","):
            if text:
                addresses[6 if ":" in text else 4] = text
        names, offline = args["hostname"].split(","), args.get("offline") == "YES"
        user = ubinascii.a2b_base64(req.headers["Authorization"][6:]).decode().split(":")[0]
        says, once = self.provider.says(user, names)
        what = user, names, addresses.get(4), addresses.get(6), offline
        die, self.die = self.die, None
        if self.judge:  # a device that dies cannot know whether its request arrived
            may = die or says[0] not in ENDS or ENDS[says[0]][1]
            self.judge.arrive(self.time.now(), *(what + (may,)))
        if die == "before":
            raise PowerCut()
        self.time.ms += self.took
        status, body, after, trouble = self.provider.answer(
            self.time.now(), user, names, addresses, offline, says, once
        )
        if trouble and trouble.word == "timeout":
            self.time.ms += 20000
        if die:
            raise PowerCut()
        if self.judge:
            self.judge.answered(self.time.now(), *(what + (says, once)))
        if trouble:
            raise trouble
        return Answer(status, body, after, self.took, 0)

    # ---- the device's life

    def boot(self):
        """Start the agent; the first round follows with `run` or `round`."""
        clock.time = self.time
        if self.judge:
            self.judge.booted(self.newest_slot())
        self.agent = Core(
            self.cfg,
            Board(self),
            clock.Clock(),
            out=lambda line, level: self.lines.append(line),
            transport=self.exchange,
        )
        for line in self.agent.lines:
            line.chooser = Line(self)

    def newest_slot(self):
        """Number of the slot the agent will believe, or None."""
        found = []
        for slot in self.slots:
            image = journal.decode(slot.data)
            if image:
                found.append((image[0], slot.number))
        return max(found)[1] if found else None

    def off(self, seconds=0, tick0=0):
        """Power off for some seconds; the ticks start anew."""
        self.agent = None
        self.time.ms += int(seconds * 1000)
        self.time.tick0 = tick0 - self.time.ms

    def round(self):
        """One walk through the house."""
        clock.time = self.time
        if self.judge:
            self.judge.sees(self.line)
        self.agent.event.clear()
        walk = self.agent.round()
        if _MICRO:
            asyncio.run(walk)
        else:
            _drain(walk)
        for where in () if self.walls else self.agent.faults:  # the walls hold it, a test must not
            raise RuntimeError("fault in %s: %s" % (where, self.agent.faults[where][0]))
        if self.watch:
            self.watch()

    def next(self):
        """True seconds until the agent has something to do without an event; the slow timer is left out, as
        nothing changes here unseen."""
        a = self.agent
        if a.event.is_set():
            return 1
        now = a.clock.mono()
        times = [h.next for h in a.hosts()]
        if a.save_after > now:
            times.append(a.save_after)
        if a.clock.wall() is None:
            times.append(now + agent.CLOCK_EVERY)
        if a.notices:
            times.append(a.notices[0])
        return max(1, min(min(times) - now, HALF_WRAP_S))

    def run(self, seconds):
        """Let time pass while the device is on (or off). Ends at a PowerCut, which is the caller's."""
        end = self.time.ms + int(seconds * 1000 + 0.5)
        while self.agent and self.time.ms < end:
            self.round()  # takes time itself, perhaps beyond the end
            self.time.ms = max(self.time.ms, min(end, self.time.ms + int(self.next() * 1000)))
        self.time.ms = max(end, self.time.ms)

    def command(self, text):
        """What a user says to the running agent."""
        clock.time = self.time
        return self.agent.command(text)

    def record(self, name):
        """The Record of a host."""
        return next(h for h in self.agent.hosts() if h.name == name).rec
