# SPDX-License-Identifier: MIT
"""One seed's world, played from its story and judged at every step.

The judge knows the truth (what the line has, who is honest now) and what arrives at the providers; it reads
of the agent only what a user can see, and the journal. RULES are what it holds the agent to.
"""

import errno
import json
import random
from collections import Counter
from functools import lru_cache

from wanbeacon.app import words
from wanbeacon.core import address, journal

from host_tests.world import actors, device, net
from host_tests.world.story import EXCEPTIONS, LIES

RULES = {
    "right": "some honest path left: the name is right within its bound",
    "wrong": "what is sent is an address that the line had, never a liar's",
    "walls": "what comes from outside is no fault of the program, and one account's trouble is not another's",
    "time": "no unproven time becomes the journal's newest",
    "fair": "one request per change where the provider is well",
    "said": "what cannot be decided is said, with the sources that disagree",
}
NAMES = "a.example.org", "b.example.org"  # of two accounts; only the first one's provider ever fails
_IPS = {"dyn1.example.net": "52.1.1.1", "dyn2.example.net": "52.1.1.2", "check.example.net": "52.1.1.3",
        "pool.ntp.org": "52.1.2.1", "1.pool.ntp.org": "52.1.2.2", "2.pool.ntp.org": "52.1.2.3"}  # fmt: skip
_POSTPONED_S = 6 * 3600  # the provider's own wait, at most
_UPNP = ("soap", "router-web", "router-tcp", "cgnat")
_SLOPPY = ("chunked", "interim", "crowded")  # as real routers answer; honest all the same


class Broken(AssertionError):
    """A rule was broken: Broken(rule, text)."""


class _Verdict(BaseException):
    """The same on its way out: no wall of the agent may catch it."""


@lru_cache(None)
def _known(code):
    return words.find(code) is not None


def _all_known(why):
    """Every code in a reason has words."""
    if isinstance(why, tuple) and why and isinstance(why[0], str):
        return _known(why[0]) and all(_all_known(one) for one in why[1:] if isinstance(one, (tuple, list)))
    return all(_all_known(one) for one in why)


def settings(check, cross):
    """The settings as a user writes them."""
    accounts = []
    for number, name in enumerate(NAMES, 1):
        server = "http://dyn%d.example.net" % number
        accounts.append(
            {
                "provider": "dyn",
                "user": "u%d" % number,
                "password": "secret",
                "server": server,
                "hosts": [{"name": name, "ipv6": False}],
            }
        )
    page = {"source": "web", "url": "http://check.example.net/"}
    return json.dumps(
        {
            "accounts": accounts,
            "address": ["natpmp", "upnp", page],
            "cross_check": cross,
            "intervals": {"check": check},
        }
    )


class Universe:
    """story: story.Story. play() lives it; raises Broken."""

    def __init__(self, story):
        self.story = story
        self.chance = random.Random("world %s" % story.seed)
        self.net = net.Network(self.chance)
        self.time = net.TimeModule(self.net, device.START, net.TimeModule.WRAP - 40000)
        self.router = actors.Router(self.net, "45.33.1.1")
        self.servers = [actors.TimeServer(self.net, _IPS[n], self.time) for n in _IPS if "ntp" in n]
        self.page = actors.Page(self.net, _IPS["check.example.net"], self.router)
        self.providers = [
            actors.Provider(self.net, _IPS["dyn%d.example.net" % n], self._arrived) for n in (1, 2)
        ]
        self.names = self.net.lookup = actors.Names(self.net, _IPS, lambda: bool(self.router.wan))
        self.forger = actors.Forger(self.net, LIES[0])
        self.net.hook = self._hook
        self.device = device.Device(
            self.net,
            self.time,
            self.chance,
            settings(story.check, story.cross),
            self._round,
            lambda: self._turned(0, 1),
        )
        self.active = {}  # what -> how
        self.raised = False  # some exception was raised in a room since the start of this run
        self.had = [(0, self.router.wan)]  # (since ms, address) of the line
        self.before_down = None
        self.level = None
        self.since = [0, 0]  # per account: since when its conditions are as they are (ms)
        self.faults, self.checks = Counter(), Counter()
        self.requests_before = [0, 0]

    # ---- the truth

    def honest(self):
        """How the address can be known now: "home", "outside" or None."""
        a = self.active
        if not self.router.wan:
            return None
        bad = [what for what in a if a[what] not in _SLOPPY]
        upnp = not any(what in bad for what in (*_UPNP, "ssdp"))
        natpmp = not any(what in a for what in ("natpmp", "cgnat")) and (
            upnp or not ("forger" in a or "echo" in a)
        )
        page = not any(what in a for what in ("page", "page-lies", "names"))
        need = 2 if self.story.cross else 1
        if natpmp + upnp >= need:
            return "home"
        return "outside" if natpmp + upnp + page >= need else None

    def well(self, number):
        """True while nothing but the sources is in the way of that account."""
        a = self.active
        return not ("names" in a or "flash" in a or (number == 0 and "provider" in a))

    def bound_ms(self):
        """2 minutes with a check a minute, 12 when only somebody outside is honest."""
        return ((60 if self.level == "home" else 660) + self.story.check) * 1000

    def _turned(self, *accounts):
        """Conditions changed for these accounts: their time begins again."""
        for number in accounts:
            self.since[number] = self.net.ms
            if self.level and self.well(number):
                self.net.after(self.bound_ms() + 1, self._due, number, self.net.ms)

    def _judge_level(self):
        level = self.honest()
        if level != self.level:
            self.level = level
            self._turned(0, 1)

    # ---- what happens

    def _begin(self, what, how):
        self.faults["%s %s" % (what, how) if what not in ("renumber", "page-lies", "forger") else what] += 1
        if what == "renumber":
            if self.router.wan:
                self._renumber(how)
            return
        if what == "unplug" or what[:4] == "cut ":
            if what == "unplug":
                if self.device.agent:
                    self.device.pull()
            else:
                self.device.cut = what[4:]
            return
        self.active[what] = how
        self._set(what, how)
        self._boundary(what)

    def _end(self, what):
        # a look that finds his last datagrams in its socket is not the last one: two looks
        if what == "forger":
            self.active["echo"] = 1
            self.net.after(self.story.check * 1000 + 30000, self._end, "echo")
        if what in self.active:
            del self.active[what]
            self._set(what, None)
            self._boundary(what)

    def _boundary(self, what):
        self._judge_level()
        if what in ("names", "flash", "line"):
            self._turned(0, 1)
        elif what == "provider":
            self._turned(0)

    def _renumber(self, wan):
        if wan != self.router.wan:
            self.router.change(wan)
            self.had.append((self.net.ms, wan))
            self._turned(0, 1)

    def _set(self, what, how):
        """Begin what is going on with `what`, in this way; None: it is over."""
        if what in ("natpmp", "ssdp", "soap", "gena"):
            setattr(self.router, what, how or "ok")
        else:
            getattr(self, "_set_" + what.replace("-", "_"))(how)

    def _set_router_web(self, how):
        self.router.web.mode = how or "ok"

    def _set_router_tcp(self, how):
        self.router.listen("ok" if how == "raise" else how or "ok")

    def _set_quiet(self, how):
        self.router.announces = not how

    def _set_names(self, how):
        self.names.mode = how or "ok"

    def _set_ntp(self, how):
        for server in self.servers:
            server.mode = how or "ok"

    def _set_page(self, how):
        self.page.web.mode = how or "ok"
        self.net.tcp[_IPS["check.example.net"], 80] = None if how == "refuse" else self.page.service

    def _set_page_lies(self, how):
        self.page.lie = how

    def _set_forger(self, how):
        self.forger.address = how or self.forger.address
        self.forger.until = 0
        if how:
            self.forger.start(10**9)

    def _set_cgnat(self, how):
        self.router.shown = how

    def _set_echo(self, how):
        """The forger's last datagrams (`_end`): nothing to set."""

    def _set_flash(self, how):
        self.device.flash = how or "ok"

    def _set_line(self, down):
        """The line goes down, and comes back with another address."""
        outside = [_IPS[name] for name in _IPS if "ntp" not in name]
        if down:
            self.router.change(None)
            self.had.append((self.net.ms, None))
            for ip in outside:
                self.net.tcp[ip, 80] = errno.EHOSTUNREACH
            return
        wan = "45.33.9.%d" % self.chance.randrange(1, 250)
        for one in self.providers:
            self.net.tcp[one.ip, 80] = one.service
        self.net.tcp[_IPS["check.example.net"], 80] = self.page.service
        for what in ("page", "provider"):
            if what in self.active:
                self._set(what, self.active[what])
        self.router.change(wan)
        self.had.append((self.net.ms, wan))

    def _set_provider(self, how):
        mode = how or "ok"
        one = self.providers[0]
        one.inner.say = {}
        one.web.mode = "ok"
        self.net.tcp[one.ip, 80] = one.service if self.router.wan else errno.EHOSTUNREACH
        if mode == "refuse":
            self.net.tcp[one.ip, 80] = None
        elif mode == "silent":
            self.net.tcp[one.ip, 80] = "hang"
        elif mode in ("hang", "reset", "headers"):
            one.web.mode = mode
        elif mode in ("911", "503"):
            one.inner.say = {"*": 503 if mode == "503" else mode}
        elif mode == "503 after 90":
            one.inner.say = {"*": (503, 90)}

    def _hook(self, what, ip):
        """Exceptions of every kind out of the rooms below, where the story says "raise"."""
        a, at = self.active, None
        if a.get("natpmp") == "raise" and what[-3:] == "udp":
            at = ip in (actors.ROUTER, None)
        elif a.get("router-tcp") == "raise" and what[-3:] == "tcp":
            at = ip == actors.ROUTER
        elif a.get("provider") == "raise" and what[-3:] == "tcp":
            at = ip == self.providers[0].ip
        if at and self.chance.random() < 0.3:
            self.raised = True
            raise self.chance.choice(EXCEPTIONS)()

    # ---- the judge

    def fail(self, rule, text):
        said = "\n".join(self.device.lines[-30:])
        raise _Verdict(rule, "%s: at %.1f s: %s\n%s" % (RULES[rule], self.net.ms / 1000, text, said))

    def _arrived(self, names, ip):
        """A request is at a provider."""
        self.checks["wrong"] += 1
        until, good = self.net.ms, []
        for since, wan in reversed(self.had):
            if until >= self.net.ms - 780000:  # what a page said is good for ten minutes; then it is sent
                good.append(wan)
            until = since
        if ip not in good:
            self.fail("wrong", "%s for %s, the line has %s" % (ip, names, self.router.wan))
        if NAMES[1] in names:
            self.checks["fair"] += 1
            if self.providers[1].stored(NAMES[1]) == ip:
                self.needless = getattr(self, "needless", 0) + 1
                if self.needless > self.device.boots:
                    self.fail("fair", "%s is stored already" % ip)

    def _due(self, number, since):
        """The bound of an account is over, unless something has changed meanwhile."""
        if self.since[number] == since and self.level and self.well(number):
            self.checks["right"] += 1
            if self.providers[number].stored(NAMES[number]) != self.router.wan:
                self._late(number, since)

    def _late(self, number, since):
        agent = self.device.agent
        if not agent:  # its power is off: at its start the time begins again
            return
        host = agent.hosts()[number]
        rec, wait = host.rec, host.rec.hold * 1000 - agent.clock.mono_ms()
        theirs = (
            (number == 0 and rec.cls in ("LATER", "ODD"))
            or rec.hold_why == "hold.spread"
            or rec.kind in ("home", "net")
        )
        # the minimum between two requests; a power cut in one of them
        theirs = theirs or wait <= 61000 or rec.attempt
        if theirs and wait > -5000 and self.net.ms - since < _POSTPONED_S * 1000:
            self.net.after(max(wait, 0) + 30000, self._due, number, since)
            return
        why = wait, host.state, host.why, rec.cls, rec.kind, host.account.line.why[4]
        self.fail("right", "%s has %s, the line %s since %.1f s (%s, %s); %s" % (
            NAMES[number], self.providers[number].stored(NAMES[number]), self.router.wan, since / 1000,
            self.level, self.active, why))  # fmt: skip

    def _round(self, agent):
        """After each round of the agent."""
        self.checks["rounds"] += 1
        if agent.journal.newest:
            self.fail("time", "%d is in the journal" % agent.journal.newest)
        line = agent.lines[0]
        if agent.counters["faults"] and not self.raised:
            self.fail("walls", "%s" % agent.faults)
        # whatever is raised is raised below these
        for where in (line.name, "the round", agent.accounts[1].where):
            if where in agent.faults:
                self.fail("walls", "%s: %s" % (where, agent.faults))
        why = line.why[4]
        if not _all_known(why):
            self.fail("said", "no words for %s" % (why,))
        for host in agent.hosts():
            if not host.why or not _all_known(host.why):
                self.fail("said", "no words for %s" % (host.why,))
        told = {
            row["address"]
            for row in line.chooser.seen
            if row["kind"] == "found" and not address.why_not(row["address"])
        }
        if len(told) > 1 and line.kind[4] < 0 and why[0] != "sources.disagree":
            self.fail("said", "%s, but %s" % (line.chooser.seen, why))
        self.checks["time"] += 1
        self.checks["walls"] += 1
        self.checks["said"] += 3

    # ---- the whole

    def play(self, last=True):
        """Live the story. last: the names must be right when it ends. Returns self."""
        for start, end, what, how in self.story.rows:
            self.net.at(int(start * 1000), self._begin, what, how)
            if end > start:
                self.net.at(int(end * 1000), self._end, what)
        self.net.at(0, self._judge_level)
        end = int(self.story.days * 86400000)
        with device.World(self.net, self.time, self.chance) as inside:
            try:
                while self.net.ms < end:
                    self.device.run(end)
                for number in (0, 1) if last else ():
                    stored = self.providers[number].stored(NAMES[number])
                    self.checks["right"] += 1
                    if stored != self.router.wan:
                        self._late(number, self.net.ms)
                for slot in self.device.slots:
                    image = journal.decode(slot.data)
                    if image and image[1]:
                        self.fail("time", "%d is in flash" % image[1])
            except _Verdict as verdict:
                raise Broken(*verdict.args) from None
            finally:
                self.device.close()
            if inside.leaks():
                raise AssertionError("sees the machine instead of the world: %s" % inside.leaks())
        return self
