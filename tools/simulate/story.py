# SPDX-License-Identifier: MIT
"""One device through a script: the real agent, what happened to it and what it did. Draws nothing.

`tell(script, end)` -> a Story: spans and marks for the timeline, counts for the table."""

import heapq
import json
import random

from wanbeacon.core.record import NEVER

from . import oracle, virtual
from .quick import quick
from .script import parse, seconds

HOST = "home.example.org"
POOL = ["45.33.%d.%d" % (n // 200, n % 200 + 1) for n in range(2000)]
_LEAP = {"+1y": 365, "-1y": -365, "+30y": 30 * 365, "-30y": -30 * 365}


class Story:
    """spans: (lane, from, to, text); marks: (lane, when, text); lanes: line, provider, host, clock, device,
    request."""

    def __init__(self, end):
        self.end = end
        self.spans, self.marks, self.writes, self.changes = [], [], [], []
        self.requests = []  # (when, class of the outcome)
        self.told = []  # (when, what a command was answered)
        self.broken = None
        self._open = {}

    def span(self, lane, when, text):
        """From now on this lane says text (None: nothing)."""
        before = self._open.get(lane)
        if before and before[1] != text and before[1]:
            self.spans.append((lane, before[0], when, before[1]))
        if not before or before[1] != text:
            self._open[lane] = (when, text)

    def close(self):
        for lane in list(self._open):
            self.span(lane, self.end, None)
        self.spans.sort(key=lambda row: row[1])


class _Telling:
    def __init__(self, end, seed, minimum):
        self.story = Story(end)
        self.chance = random.Random(seed)
        doc = {"accounts": [{"provider": "dyn", "user": "user", "password": "secret", "hosts": [HOST]}],
               "intervals": {"minimum": minimum}}  # fmt: skip
        self.judge = oracle.Oracle(set(POOL))
        self.judge.configure({"user": ("dyn", 0, minimum, 28 * 86400, [(HOST, None)])})
        self.world = virtual.World(json.dumps(doc), lambda: self.chance.randrange(256), judge=self.judge)
        self.world.took = 400
        self.world.watch = self.look
        self.later = []  # (when, number, function, args): what ends by itself
        self.used = 0
        self.real = self.world.line[4]

    def look(self):
        """After every round: what the host's record says now."""
        now, story, world = self.world.time.now(), self.story, self.world
        if not world.agent:
            return
        host = world.agent.hosts()[0]
        story.span(
            "host", now, (host.state, host.why) if host.state in ("stopped", "paused", "waiting") else None
        )
        if host.state == "waiting" and host.next != NEVER:
            story.span(
                "hold", now, host.rec.word or "wait" if host.rec.hold > world.agent.clock.mono() else None
            )
        else:
            story.span("hold", now, None)
        if world.writes > len(story.writes):
            story.writes.extend([now] * (world.writes - len(story.writes)))
        for row in world.provider.heard[len(story.requests) :]:
            story.requests.append((row[0], row[6]))

    def until(self, when):
        """Let time pass, with what is due to end by itself."""
        while self.later and self.later[0][0] <= when:
            at, _, act, args = heapq.heappop(self.later)
            self.pass_to(at)
            self.guard(act, *args)
        self.pass_to(when)

    def pass_to(self, when):
        while self.world.time.now() < when:
            self.guard(self.world.run, when - self.world.time.now())

    def guard(self, act, *args):
        try:
            act(*args)
        except virtual.PowerCut:
            self.story.marks.append(("device", self.world.time.now(), "power cut"))
            self.world.off(3, self.chance.randrange(1 << 30))
            self.guard(self.start)

    def start(self):
        self.world.boot()
        self.world.round()

    def after(self, duration, act, *args):
        heapq.heappush(self.later, (self.world.time.now() + seconds(duration), len(self.later), act, args))

    # ---- verbs

    def address(self, text=None):
        if not text:
            self.used += 1
            text = POOL[self.used % len(POOL)]
        self.real = text
        now = self.world.time.now()
        self.story.changes.append(now)
        self.story.marks.append(("line", now, text))
        if self.world.line[4] not in (None, -1):  # during an outage nobody is told
            self.shows()

    def shows(self, text=None):
        """What the router tells, and what the line is called in the plot: an address, "no line", "router
        silent"."""
        self.world.line[4] = {"no line": None, "router silent": -1}.get(text, self.real)
        self.story.span("line", self.world.time.now(), text)
        self.guard(self.world.round)

    def outage(self, duration):
        self.shows("no line")
        self.after(duration, self.back)

    def back(self):
        """The line is back, with another address."""
        self.shows()
        self.address()

    def silent(self, duration):
        self.shows("router silent")
        self.after(duration, self.shows)

    def provider(self, what, duration=None):
        now = self.world.time.now()
        self.world.provider.say.clear()
        if what != "ok":
            self.world.provider.say["*"] = int(what) if what in ("500", "503", "429") else what
        self.story.span("provider", now, what if what != "ok" else None)
        if duration:
            self.after(duration, self.provider, "ok")

    def reboot(self, duration="20s"):
        now = self.world.time.now()
        self.story.marks.append(("device", now, "reboot"))
        self.story.span("device", now, "off")
        self.world.off(seconds(duration), self.chance.randrange(1 << 30))
        self.story.span("device", self.world.time.now(), None)
        self.guard(self.start)

    def cut(self, how):
        self.world.cut = how

    def die(self, when):
        self.world.die = when

    def clock(self, what):
        time = self.world.time
        if what in _LEAP and time.offset is not None:
            time.offset += _LEAP[what] * 86400
        self.world.time_server = what != "lost"
        if what in ("lost", "right"):
            time.offset = None if what == "lost" else virtual.START
        self.story.span("clock", time.now(), None if what == "right" else "clock " + what)
        self.guard(self.world.round)

    def spoil(self, what):
        self.world.off(5)
        newest = self.world.newest_slot()
        for slot in self.world.slots:
            if what == "both" or slot.number == newest:
                slot.data = slot.data[:40] + bytes([slot.data[40] ^ 0x55]) + slot.data[41:]
        self.story.marks.append(("device", self.world.time.now(), "journal: %s spoilt" % what))
        self.guard(self.start)

    def user(self, *words):
        if words[0] in ("update", "retry", "offline") and len(words) < 2:
            words = (*words, HOST)
        self.guard(self.say, words)

    def say(self, words):
        now = self.world.time.now()
        if words[0] == "retry" and not self.judge.now["user", HOST].stop:
            answer = self.world.command(" ".join(words))
        else:
            undo = self.judge.command(now, words[0], "user", HOST)
            answer = self.world.command(" ".join(words))
            if not answer["ok"]:
                undo()
        self.story.told.append((now, " ".join(words), answer["text"]))
        self.story.marks.append(("device", now, words[0] + ("" if answer["ok"] else " (refused)")))
        self.world.round()


def tell(text, end, seed=1, minimum=60, progress=None):
    """The Story of a script's text up to `end` seconds. progress: called with the seconds that have
    passed."""
    events = parse(text, end)
    with quick(patient=True):
        one = _Telling(end, seed, minimum)
        try:
            one.guard(one.start)
            for when, verb, args in events:
                one.until(when)
                getattr(one, verb)(*args)
                if progress:
                    progress(when)
            one.until(end)
        except oracle.Broken as broken:
            one.story.broken = str(broken)
        one.look()
        one.story.close()
        one.story.journal = one.world.agent.journal
        return one.story
