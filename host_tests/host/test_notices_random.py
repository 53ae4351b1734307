# SPDX-License-Identifier: MIT
"""Random lives of a device with receivers that are alive, dead, slow to answer or there when the power goes:
each event is told at most once to each, and to one that is well exactly once.
The judge sees only status and requests.

100 lives in CI, 1000 at night."""

import itertools
import json
import os
import random

import pytest
import wanbeacon
from wanbeacon.net import Answer, Trouble

from tools.simulate import virtual
from tools.simulate.quick import quick

LIVES = 1000 if os.environ.get("WANBEACON_NIGHTLY") else 100
SECRET = "sEcret-0f-ann"
NAMES = ("a.example.org", "b.example.org")
ALL = ["published", "stopped", "trouble", "well", "cgnat", "upgraded", "reverted"]
FIRST = wanbeacon.VERSION
OF_VERSIONS = ("upgraded", "reverted")
HOURS = 3
ADDRESSES = ["45.33.1.%d" % n for n in range(1, 200)]
SAYS = (
    "badauth",
    "nohost",
    "abuse",
    "911",
    "timeout",
    "refuse",
    500,
    "page",
    SECRET,
    "lost",
    "ok",
    "ok",
    "ok",
)
LINES = (None, virtual.UNKNOWN, "100.64.9.9")


class Kept(virtual.Whole):
    """The file of what was told; `lost`: the power went after it was written and before the notice left."""

    lost = False

    def write(self, data):
        self.lost = self.lost or self.world.cut == "new"
        virtual.Whole.write(self, data)


class Life:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        notify = [
            {"url": "https://notice-%s.example.org/x" % name, "events": ALL, "hours": HOURS}
            for name in ("well", "ill", "cut")
        ]
        doc = {
            "accounts": [{"provider": "dyn", "user": "ann", "password": SECRET, "hosts": list(NAMES)}],
            "notify": notify,
        }
        self.world = world = virtual.World(json.dumps(doc), lambda: self.chance.randrange(256))
        world.notices = Kept(world, 3)
        world.receive, world.watch = self.receive, self.watch
        self.ill = None
        # receiver -> (when, event, [host], address, message)
        self.heard = {name: [] for name in ("well", "ill", "cut")}
        self.state = {}  # host -> (state, since when in true seconds)
        self.fine = dict.fromkeys(NAMES, 0)  # host -> when it was right last
        wanbeacon.VERSION = FIRST
        self.number = self.failures = 0
        self.before = self.failed = None  # the version that runs again if the one on trial fails
        self.versions = []  # (when, event, version) of what became of new ones
        self.boot()
        self.run(5)  # its receivers are not new any more

    # what the receivers do

    def receive(self, req):
        name = req.host.split(".")[0][7:]
        self.world.time.ms += 100
        how = self.ill if name != "well" else None
        if how == "power" and name == "cut":
            if self.chance.random() < 0.5:
                self.take(name, req)
            self.ill = None
            raise virtual.PowerCut()
        if isinstance(how, Trouble):
            if how.sent and self.chance.random() < 0.5:
                self.take(name, req)
            raise how
        if isinstance(how, int):
            return Answer(how, b"", None, 100, 0)
        self.take(name, req)
        return Answer(200, b"", None, 100, 0)

    def take(self, name, req):
        assert SECRET.encode() not in req.body
        doc = json.loads(req.body)
        self.heard[name].append(
            (self.world.time.now(), doc["event"], doc["host"].split(","), doc["address"], doc["message"])
        )
        if doc["event"] == "trouble":
            for host in doc["host"].split(","):
                assert self.world.time.now() - self.fine[host] >= HOURS * 3600 - 60, "too early"

    # what happens

    def watch(self):
        now, agent = self.world.time.now(), self.world.agent
        for host in agent.hosts():
            line = host.account.line
            right = host.state == "ok" and line.kind[4] == virtual.FOUND and line.found[4] == host.rec.v4
            state = "unsure" if host.state == "ok" and not right else host.state
            if self.state.get(host.name, ("",))[0] != state:
                self.state[host.name] = state, now
            if right or host.state == "paused":
                self.fine[host.name] = now

    def guard(self, act, *args):
        try:
            return act(*args)
        except virtual.PowerCut:
            self.world.off(self.chance.choice((3, 3000)), self.chance.randrange(1 << 29))
            self.boot()

    def boot(self):
        if self.before:  # a start that is not the trial's first
            self.failures += 1
            self.failed = wanbeacon.VERSION, str(self.failures), ("upgrade.mute",)
            self.versions.append((self.world.time.now(), "reverted", wanbeacon.VERSION))
            wanbeacon.VERSION, self.before = self.before, None
        self.guard(self._started)

    def _started(self):
        self.world.boot()
        self.world.agent.on_trial, self.world.agent.failed = bool(self.before), self.failed

    def upgrade(self):
        """A new version starts; most confirm themselves before the next start."""
        if not self.before:
            self.number += 1
            before = wanbeacon.VERSION
            self.world.off(20)
            wanbeacon.VERSION = "9.0.%d" % self.number
            self.before = before
            self.guard(self._started)
        self.run(self.chance.choice((30, 300)))
        if self.before and self.chance.random() < 0.7:
            self.versions.append((self.world.time.now(), "upgraded", wanbeacon.VERSION))
            self.before = self.failed = None
            self.world.agent.on_trial, self.world.agent.failed = False, None

    def run(self, seconds):
        end = self.world.time.now() + seconds
        while self.world.time.now() < end:
            self.guard(self.world.run, end - self.world.time.now())

    def step(self):
        world, chance = self.world, self.chance
        what = chance.randrange(13)
        if what < 3:
            world.line[4] = chance.choice(ADDRESSES)
        elif what == 3:
            world.line[4] = chance.choice(LINES)
        elif what < 6:
            world.provider.say = {chance.choice(("*", *NAMES)): chance.choice(SAYS)}
        elif what == 6:
            world.off(chance.choice((1, 600, 90000)))
            self.boot()
        elif what == 7:
            world.cut = chance.choice(("old", "new", "torn"))
        elif what == 8:
            world.die = chance.choice(("before", "after"))
        elif what == 9:
            self.guard(world.command, "retry")
            for name in NAMES:
                self.guard(world.command, "retry " + name)
        elif what == 10:
            self.ill = chance.choice(
                (
                    None,
                    500,
                    401,
                    429,
                    Trouble("connect"),
                    Trouble("timeout", "", True),
                    Trouble("dns"),
                    "power",
                )
            )
        elif what == 11:
            self.guard(world.command, chance.choice(("pause", "resume", "check")))
        else:
            self.upgrade()
        self.guard(world.round)
        self.run(chance.choice((5, 400, 4000, 30000)))

    # the judge

    def last(self, name, host):
        """The last event but "published" that this receiver heard of a host."""
        return ([row[1] for row in self.heard[name] if host in row[2] and row[1] != "published"] or ["well"])[
            -1
        ]

    def judge_now(self):
        """The receiver that is always there knows how things are, if they have been so for a while."""
        now = self.world.time.now()
        if self.world.notices.lost or now - max(since for _, since in self.state.values()) < 300:
            return
        for host, (state, _) in self.state.items():
            if state == "stopped":
                assert self.last("well", host) == "stopped", host
            if state == "ok":
                assert self.last("well", host) == "well", host

    def stored_between(self, host, one, two):
        """Whether this host had another address between two notices of one address: a receiver that was dead
        in between may not have heard of that."""
        rows = [row for row in self.world.provider.heard if host == row[2] and one[0] < row[0] <= two[0]]
        return bool([row for row in rows if row[3] != one[3]])

    def judge_versions(self):
        """Each event of a version at most once, in order; where the receiver is well and had a few minutes,
        once."""
        told = {name: [] for name in self.heard}
        for name, rows in self.heard.items():
            for _, event, _, _, message in rows:
                if event in OF_VERSIONS:
                    words = message.split()
                    version = words[words.index("version") + 1]
                    told[name].append((event, version))
            known = [row[1:] for row in self.versions]
            places = [known.index(one) for one in told[name]]
            assert places == sorted(set(places)), "told twice, or late: %s" % told[name]
        if self.world.notices.lost:
            return
        for (when, event, version), after in itertools.pairwise(
            [*self.versions, (self.world.time.now(), "", "")]
        ):
            if after[0] - when > 600:
                assert (event, version) in told["well"], "%s %s at %d" % (event, version, when)

    def judge_all(self):
        self.judge_versions()
        stored = {row[3] for row in self.world.provider.heard}
        for name, rows in self.heard.items():
            for host in NAMES:
                mine = [row for row in rows if host in row[2]]
                news = [row for row in mine if row[1] in ("published", "well")]
                for one, two in itertools.pairwise(news):
                    missed = name != "well" and self.stored_between(host, one, two)
                    assert two[1] == "well" or one[3] != two[3] or missed, "one address told twice"
                assert all(row[3] in stored for row in news)
                states = [row for row in mine if row[1] != "published"]
                for one, two in itertools.pairwise(states):
                    same = one[1] == two[1] and one[4] == two[4]
                    # a receiver that missed the notice in between may hear the same twice; one that is always
                    # there never
                    assert not same or name != "well" or self.world.notices.lost, "told twice: %s" % two[4]
                    assert (
                        one[1:2] + two[1:2] not in (("stopped", "trouble"), ("cgnat", "trouble"))
                        or name != "well"
                    )


@pytest.fixture(scope="module", autouse=True)
def fast():
    with quick(patient=True):
        yield
    wanbeacon.VERSION = FIRST


@pytest.mark.parametrize("batch", range(10))
def test_each_event_is_told_once(batch):
    told = 0
    for seed in range(batch * LIVES // 10, (batch + 1) * LIVES // 10):
        life = Life(seed)
        try:
            for _ in range(60):
                life.step()
                life.judge_now()
            life.judge_all()
        except AssertionError as e:
            raise AssertionError("life %d at %d s: %s" % (seed, life.world.time.now(), e)) from e
        told += len(life.heard["well"])
    assert told > LIVES // 10 * 5, "nothing happened in these lives"
