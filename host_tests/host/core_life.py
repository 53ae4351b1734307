# SPDX-License-Identifier: MIT
"""One device's life, step by step, under the judge: what the state machine and the dense sequences both
drive.

Every step may meet a power cut; the device then starts again. `end()` mends the world and asks whether all is
well.
"""

import json
import time
from functools import lru_cache

from wanbeacon.app import config

from tools.simulate import oracle, virtual

YEAR = 365 * 86400
V4 = ["45.33.1.%d" % n for n in range(1, 7)]
V6 = ["2600:77::%d" % n for n in range(1, 4)]
BOGONS = [
    "192.168.1.9",
    "100.64.3.4",
    "10.0.0.1",
    "0.0.0.0",
    "127.0.0.1",
    "224.0.0.9",
    "198.51.100.7",
    "169.254.1.1",
]
WAITS = [1, 5, 30, 61, 62, 125, 301, 700, 1801, 2500, 4000, 12000]
LONG = [45000, 90000, 15 * 86400, 30 * 86400]
HOSTS = [
    ("ann", "a.example.org"),
    ("ann", "b.example.org"),
    ("cat", "d.example.org"),
    ("bob", "c.example.org"),
]
TARGETS = ["*", "ann", "bob", "cat"] + [h for _, h in HOSTS]
SAYS = [
    "badauth", "!donator", "nohost", "notfqdn", "abuse", "badagent", "dnserr", "911", "911", "one nohost",
    "one abuse", "timeout", "timeout", "lost", "lost", "refuse", "dns", "reset", "other", "page", "empty",
    "garbage", 500, 503, 429, 401, 404, (503, 20), (429, 7000), (503, 10**6),
]  # fmt: skip
STEPS = [-30 * YEAR, -YEAR, 30, 700, 5000, YEAR, 30 * YEAR]
# of the clock while the device is off; None = lost
LEAPS = [None, -30 * YEAR, -YEAR, 0, 0, 0, YEAR, 30 * YEAR]
MINIMUM = {"ann": 60, "bob": 120, "cat": 60}
PROVIDER = {"ann": "dyn", "bob": "noip", "cat": "dyn"}


@lru_cache(64)
def settings(password, option, two):
    """(checked config, what the oracle is told of it) for one variant of the settings."""
    a = {"name": "a.example.org", "wildcard": option} if option else "a.example.org"
    hosts = [a, "b.example.org"] if two else [a]
    doc = {"accounts": [
        {"provider": "dyn", "user": "ann", "password": "secret%d" % password, "hosts": hosts},
        {"provider": "dyn", "user": "cat", "password": "secret", "hosts": ["d.example.org"]},
        {"provider": "noip", "user": "bob", "password": "secret", "hosts": ["c.example.org"],
         "server": "http://dyn.test"},
    ]}  # fmt: skip
    told = {}
    for name, minimum in MINIMUM.items():
        mine = [("a.example.org", option), ("b.example.org", None)] if name == "ann" else []
        mine = mine[: 2 if two else 1] or [(h, None) for who, h in HOSTS if who == name]
        told[name] = (PROVIDER[name], password if name == "ann" else 0, minimum, 28 * 86400, mine)
    return config.load(json.dumps(doc)), told


class Life:
    """A device in a world with a judge."""

    def __init__(self):
        self.judge = oracle.Oracle(set(V4 + V6))
        self.variant = [0, None, True]
        self.counter = 0
        cfg, told = settings(*self.variant)
        self.judge.configure(told)
        self.world = virtual.World(cfg, self._chance, tick0=virtual.Time.WRAP - 40000, judge=self.judge)
        self.off_for = 3
        self._guard(self._boot)

    def _chance(self):
        self.counter = (self.counter * 109 + 89) & 0xFFFF
        return self.counter >> 8

    def _boot(self):
        self.world.boot()
        self.world.round()

    def _guard(self, act, *args):
        """Do something that may meet a power cut; the device is on afterwards."""
        try:
            act(*args)
        except virtual.PowerCut:
            self.world.off(self.off_for, self.counter)
            self._guard(self._boot)
        self.agree()

    def agree(self):
        """A host's stop never stops another account; none is forgotten."""
        for account in self.world.agent.accounts:
            for host in account.hosts:
                known = self.judge.now[account.doc["user"], host.name]
                if bool(known.stop) != host.rec.stopped():
                    self.judge.fail("spread", "%s: %s, should be %s" % (host.name, host.rec.word, known.stop))

    # ---- steps

    def wait(self, seconds):
        self._guard(self.world.run, seconds)

    def long(self, seconds):
        """Hours or weeks; less while the agent keeps trying something, as that teaches nothing new."""
        world = self.world
        if [1 for what in world.provider.say.values() if what not in oracle.STOPS and what not in oracle.ODD]:
            seconds = min(seconds, 20000)
        if world.time.offset is None or world.cut == "refuse":
            seconds = min(seconds, 7000)
        self.wait(seconds)

    def address(self, text, family=4):
        """The line has another address (None: none; -1: the router does not answer), and the agent is
        told."""
        self.world.line[family] = text
        self._guard(self.world.round)

    def flap(self, a, b, seconds):
        """The address goes to and fro."""
        for text in (a, b, a, b, a):
            self.address(text)
            self.wait(seconds)

    def say(self, target, what):
        """From now on the provider answers this to that host or user."""
        self.world.provider.say[target] = what

    def well(self):
        self.world.provider.say.clear()

    def reboot(self, seconds, leap=0, cause="start"):
        """Power off and on; meanwhile the clock leaps, or is lost (None)."""
        self.world.off(seconds, self.counter)
        self.world.reset_cause = cause
        its = self.world.time
        its.offset = None if leap is None or its.offset is None else its.offset + leap
        self._guard(self._boot)

    def reboots(self, times, seconds):
        for _ in range(times):
            self.reboot(seconds)
            self.wait(seconds)

    def cut(self, kind, torn=128, off_for=3):
        """The power goes in the next write to flash."""
        self.world.cut, self.world.torn, self.off_for = kind, torn, off_for

    def die(self, when, off_for=3):
        """The power goes before or after the next request reaches the provider."""
        self.world.die, self.off_for = when, off_for

    def flash(self, works):
        """Flash refuses every write until it works again."""
        self.world.cut = None if works else "refuse"

    def damage(self, number, also_other=False):
        """While the device is off, something spoils a slot, or both. Not the only slot that tells of a
        request whose answer a power cut took away: of two faults at once that hide each other nobody can
        know."""
        self.world.off(5, self.counter)
        if number == self.judge.latest and self._alone(number):
            number = 1 - number
        for slot in self.world.slots:
            if slot.data and (slot.number == number or also_other):
                data = bytearray(slot.data)
                data[self.counter % len(data)] ^= 0x55
                slot.data = bytes(data)
        self._guard(self._boot)

    def _alone(self, number):
        """True when this slot knows of a request without an answer, and the other one does not."""
        here, there = [
            slot[0] if slot else {} for slot in (self.judge.kept[number], self.judge.kept[1 - number])
        ]
        return any(host.open and key in there and not there[key].open for key, host in here.items())

    def step(self, seconds):
        """The clock of the running device is stepped: by years for good, by less forward and back. A small
        step forward that flash never learned of looks like time in which the device was off: nobody could
        tell."""
        its = self.world.time
        small = abs(seconds) < YEAR
        if its.offset is None or (small and (self.world.cut or self.world.die)):
            return
        its.offset += seconds
        self._guard(self.world.round)
        if small:
            self.wait(5)
            its.offset -= seconds
            self._guard(self.world.round)

    def clock(self, right):
        """The clock is set right, or there is none and no time server either."""
        self.world.time_server = right
        self.world.time.offset = virtual.START if right else None
        self._guard(self.world.round)

    def edit(self, password, option, two):
        """The user edits the settings; the agent starts with them."""
        cfg, told = settings(password, option, two)
        self.world.cfg = cfg
        self.judge.configure(told)
        self.reboot(1)

    def command(self, name, account=None, host=None):
        """A command of the user; the agent may refuse it."""
        if host and (account, host) not in self.judge.now:
            return
        self._guard(self._command, name, account, host)

    def hammer(self, account, host, seconds):
        """A user who presses the button again and again."""
        for _ in range(4):
            self.command("update", account, host)
            self.wait(seconds)

    def _command(self, name, account, host):
        now = self.world.time.now()
        if name == "retry" and not self.judge.now[account, host].stop:
            assert not self.world.command("retry " + host)["ok"]
            return
        undo = self.judge.command(now, name, account, host)
        answer = self.world.command(name + (" " + host if host else ""))
        if not answer["ok"]:
            assert answer["text"]
            undo()
        elif name in ("update", "offline"):
            self.judge.granted(now, account, host)
        self.world.round()

    # ---- the end

    def end(self):
        """All is mended: the newest address must arrive everywhere but where the user or a stop forbids
        it."""
        world, judge = self.world, self.judge
        world.die = world.cut = None
        self.well()
        self.clock(True)
        self.command("resume")
        self.address(V4[0])
        self.address(V4[5])
        self.address(None, 6)
        self.wait(2 * 86400)
        for key, host in list(judge.now.items()):
            if not host.stop and not host.offline:
                self._check(key)
        for (account, name), host in list(judge.now.items()):
            if host.stop:
                self.wait(86400)  # the longest wait between two retries
                self.command("retry", account, name)
            if host.offline:
                self.wait(86400)
                self.command("update", account, name)
        self.wait(2 * 86400)
        for key in judge.now:
            self._check(key)

    def _check(self, key):
        have = self.world.provider.stored.get(key[1], {})
        if have.get(4) != V4[5] or have["offline"]:
            why = [h.why for h in self.world.agent.hosts() if h.name == key[1]]
            self.judge.fail("lost", "%s has %s; %s" % (key[1], have, why))


def _host(n):
    return HOSTS[n % 4]


def play(numbers):
    """A whole life of these steps; returns it."""
    life = Life()
    for number in numbers:
        name, args = step_of(number)
        getattr(life, name)(*args)
    life.end()
    return life


def shortest(numbers):
    """The same failure with as few steps as can be found by leaving out blocks, in half a minute at most."""
    end = time.monotonic() + 30

    def fails(some):
        try:
            play(some)
        except (Exception, oracle.Broken) as e:
            return type(e)

    kind, size = fails(numbers), len(numbers) // 2
    while size and time.monotonic() < end:
        at = 0
        while at < len(numbers) and time.monotonic() < end:
            fewer = numbers[:at] + numbers[at + size :]
            if fails(fewer) == kind:
                numbers = fewer
            else:
                at += size
        size //= 2
    return numbers


# name -> (weight, what a number 0..65535 makes of it): the dense form of the same steps
STEP = {
    "wait": (22, lambda n: (WAITS[n % 12],)),
    "long": (2, lambda n: (LONG[n % 4],)),
    "address": (16, lambda n: (V4[n % 6],)),
    "address ": (3, lambda n: ((BOGONS + [None, None, -1, -1])[n % 12],)),
    "address6": (4, lambda n: ((V6 + [None, -1, "fe80::1"])[n % 6], 6)),
    "flap": (2, lambda n: (V4[n % 6], V4[(n + 1 + n // 6 % 5) % 6], WAITS[n // 30 % 5])),
    "say": (16, lambda n: (TARGETS[n % 8], SAYS[n // 8 % 30])),
    "well": (6, lambda n: ()),
    "reboot": (8, lambda n: (WAITS[n % 10], LEAPS[n // 10 % 8], ("start", "power")[n // 80 % 2])),
    "reboots": (1, lambda n: (n % 8, WAITS[n // 8 % 5])),
    "cut": (7, lambda n: (("old", "new", "torn")[n % 3], n // 3 % 256, WAITS[n // 768 % 8])),
    "die": (4, lambda n: (("before", "after")[n % 2], WAITS[n // 2 % 8])),
    "flash": (2, lambda n: (n % 2 == 1,)),
    "damage": (1, lambda n: (n % 2, n // 2 % 8 == 0)),
    "step": (3, lambda n: (STEPS[n % 7],)),
    "clock": (2, lambda n: (n % 3 > 0,)),
    "edit": (2, lambda n: (n % 3, (None, "ON")[n // 3 % 2], n // 6 % 3 > 0)),
    "command": (6, lambda n: (("update", "update", "retry", "retry", "offline")[n % 5], *_host(n // 5))),
    "hammer": (1, lambda n: (*_host(n), WAITS[n // 4 % 8])),
    "command ": (2, lambda n: (("pause", "resume", "resume")[n % 3],)),
}
_TABLE = [name for name, (weight, _) in STEP.items() for _ in range(weight)]


def steps_of(data):
    """Bytes to numbers, three for each."""
    return [data[i] << 16 | data[i + 1] << 8 | data[i + 2] for i in range(0, len(data) - 2, 3)]


def step_of(number):
    """(method name, arguments) of one number."""
    name = _TABLE[number % len(_TABLE)]
    return name.strip(" 6"), STEP[name][1](number // len(_TABLE))
