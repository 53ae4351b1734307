"""The loop: observe -> decide -> send -> learn -> remember. The only room that knows them all.

A change wakes it (observers' changed()), a slow timer is the net below. Everything it may do to a provider's account
is decided in decide.py; what it knows is in journal.py.
"""

import asyncio
import gc

from micropython import const

from wanbeacon import VERSION, address, decide, journal
from wanbeacon.dyndns import outcome
from wanbeacon.lean import drop
from wanbeacon.net import Trouble
from wanbeacon.observe import FOUND, NONE
from wanbeacon.status import Log

_OUTAGE = const(60)  # seconds without an address after which everybody in the region comes back at once
_AGAIN_MS = const(1500)  # after an event the source is asked once more: the old address is often announced first
CLOCK_EVERY = 30  # seconds between two looks at a clock that is not set
_FAULT_WAIT = const(60)  # seconds after a fault of the program itself (a full heap, a bug)
SAVE_AGAIN = 60  # seconds between two tries to write a journal that cannot be written


class Agent:
    """cfg: checked document of config.py. board: board/linux.py or esp32.py. report(agent) is called after each round.

    Raises ValueError with one line when the settings cannot work (unknown provider), OSError when the journal's
    folder cannot be made.
    """

    def __init__(self, cfg, board, clock, out=print, report=None):
        self.cfg = cfg
        self.board = board
        self.clock = clock
        self.report = report
        self.log = Log(clock, out)
        self.event = asyncio.Event()
        self.started = clock.mono()
        self.counters = {"requests": 0, "events": 0}
        self.exchange = None
        self.again = None  # mono_ms of the second look after an event
        self.clock_was_set = clock.wall() is not None
        self.clock_gone = False
        self.save_after = 0
        self.save_error = None
        self.tasks = {}
        self.lines = []
        self.accounts = []
        self.names = {}  # style -> User-Agent
        self.journal = journal.Journal(board.slots())
        self._build()
        drop("setup")

    # ---- set-up

    # What a module is needed for stands in a method of its own: a frame that still names a module keeps it alive.

    def _build(self):
        from wanbeacon import setup

        setup.build(self)

    def agent_name(self, style=None):
        """The User-Agent."""
        return self.names[style]

    def fetch(self, url, family=0, ca=None):
        """For observers: GET without credentials -> (status, body). Raises OSError or ValueError."""
        try:
            return self._get(url, family, ca)
        finally:
            drop(*_WIRE)

    def _get(self, url, family, ca):
        from wanbeacon.net import http

        return http.get(url, self.board, self.agent_name(), family, budget=10000, ca=ca)

    def hosts(self):
        """All hosts of all accounts."""
        return [h for a in self.accounts for h in a.hosts]

    # ---- observe

    async def observe(self):
        """Ask every line's sources; tell the records what a change or an outage means for their waits."""
        for line in self.lines:
            line.chooser.rest = self._rests(line)
            self._watch(line)
            await asyncio.sleep(0)
            for family in (4, 6):
                if line.wants[family]:
                    known = line.found[family] or self._published(line, family)
                    answer = await line.chooser.read(family, known)
                    self._note(line, family, *answer)
            self._watch(line)

    def _rests(self, line):
        """True while none of the line's hosts may be updated whatever the address: refused, blocked, paused, half an
        hour of dnserr or 911. Nobody outside the home is asked meanwhile (No-IP: not after an error code)."""
        now = self.clock.mono()
        for h in self.hosts():
            trouble = h.rec.cls == outcome.LATER and h.rec.kind == outcome.TROUBLE and now < h.rec.hold
            if h.account.line is line and not (h.rec.stopped() or trouble or self.journal.paused):
                return False
        return True

    def _published(self, line, family):
        for h in self.hosts():
            if h.account.line is line:
                have = h.rec.v4 if family == 4 else h.rec.v6
                if have:
                    return have
        return None

    def _note(self, line, family, kind, text, source, why):
        now = self.clock.mono()
        before = line.found[family]
        line.kind[family], line.why[family] = kind, why
        if kind != FOUND:
            if kind == NONE or before is None:
                line.found[family] = line.source[family] = None
            if line.lost[family] is None:
                line.lost[family] = now
                if kind == NONE or line.since[family]:
                    self.log("IPv%d: %s" % (family, why))
            return
        lost, line.lost[family] = line.lost[family], None
        line.source[family] = source
        if text == before and lost is None:
            return
        if text != before:
            line.since[family] = self.clock.wall()
            line.found[family] = text
            self.log("IPv%d address %s from %s" % (family, text, source))
            bad = address.why_not(address.parse(text))
            if bad:
                self.log("%s %s" % (text, bad))
        # Everybody in the region comes back at once after an outage or a power cut; a single new address is not that.
        crowd = lost is not None and now - lost >= _OUTAGE
        crowd = crowd or before is None and self.board.reset_cause == "power"
        wall, chance = self.clock.wall(), self._chance()
        for h in self.hosts():
            if h.account.line is line and decide.changed(h.rec, self.want(h)):
                if crowd and h.rec.cls:
                    decide.line_returned(h.rec, now, wall, h.account.limits, chance)
                elif before is not None:
                    decide.address_changed(h.rec, now, wall, h.account.limits)

    def _watch(self, line):
        """A task for each observer that can tell of a change; the chooser may have loaded another. The first ones listen
        before they are read; for a change that comes before the others do, there is a second look."""
        for watcher in line.chooser.watchers():
            if id(watcher) not in self.tasks:
                self.again = self.clock.mono_ms() + _AGAIN_MS
                self.tasks[id(watcher)] = asyncio.create_task(self._hints(watcher))

    async def _hints(self, watcher):
        while True:
            try:
                await watcher.changed()
            except Exception as e:  # a task's root: an observer's fault must not end the listening
                self.log("fault while listening: %s" % _fault(e))
                await asyncio.sleep(_FAULT_WAIT)
            self.counters["events"] += 1
            self.again = self.clock.mono_ms() + _AGAIN_MS
            self.event.set()

    def want(self, host):
        """(v4 or None, v6 or None): the publishable addresses this host should have, canonical text."""
        out = []
        for family, wanted in zip((4, 6), host.families):
            text = host.account.line.found[family] if wanted else None
            if text:
                packed = address.parse(text)
                if address.why_not(packed) and (not host.doc["allow_private"] or address.never(packed)):
                    text = None
            out.append(text)
        return tuple(out)

    # ---- decide, send, learn, remember

    def act(self):
        """Decide for every host and send what is due. The accounts go one after another."""
        if self.save_error and self.clock.mono() >= self.save_after:
            self.save()
        for account in self.accounts:
            self._act(account)

    def _judge(self, host):
        """Decide for one host and note it for the status. Returns (template, sent) when it is due, else None."""
        now, rec, want = self.clock.mono(), host.rec, self.want(host)
        verdict, host.next, host.why = decide.decide(rec, want, now)
        host.state = "waiting"
        if verdict == decide.STOPPED:
            host.state = "stopped"
        elif self.journal.paused:
            host.state, host.why, host.next = "paused", "paused by the user", decide.NEVER
        elif self.save_error:
            host.why, host.next = self.save_error, self.save_after
        elif verdict == decide.WAIT:
            if not (want[0] or want[1]):
                host.why = self._no_address(host)
            elif host.why == "up to date":
                host.state = "ok"
        elif not host.account.plain and self.clock.wall() is None:
            host.why = "clock not set: certificates cannot be checked, so no password is sent"
            host.next = now + CLOCK_EVERY
        else:
            choice = self._pick(host, want)
            if not choice:
                host.next = decide.NEVER  # nothing that this provider could be told
            return choice
        return None

    def _pick(self, host, want):
        from wanbeacon.dyndns import request

        have = decide.stored(host.rec)
        # a provider that saw another address than ours is told ours the next time
        own = host.account.line.source[4] in _OWN and host.rec.word != "other address"
        return request.pick(host.account.row, want, have, own, host.doc)

    def _groups(self, account, items):
        from wanbeacon.dyndns import request

        return request.group(account.row, items)

    def _act(self, account):
        due, items = [], []
        for h in account.hosts:
            choice = self._judge(h)
            if choice:
                due.append(h)
                items.append((h.doc, choice[0], choice[1], h.rec.offline, h.rec.single))
        if not due:
            return
        groups = self._groups(account, items)
        while groups:
            group = [i for i in groups.pop(0) if not due[i].rec.stopped()]  # an answer may have stopped the account
            if not group:
                continue
            first = items[group[0]]
            outs = self._send(account, [due[i] for i in group], first[1], first[2], first[3])
            if outs is None:
                break
            met = [due[group[i]] for i in range(len(outs)) if _trouble(outs[i])]
            if met:
                self._wait_as(account, met, [due[i] for g in groups for i in g])
                break
        self.save()
        for h in self.hosts():
            self._judge(h)

    def _wait_as(self, account, met, due):
        """The server is in trouble, said the answer to the hosts `met`: the account's other hosts wait as long, all of
        them when it said so itself, those that are `due` when the network failed."""
        first = met[0].rec
        for h in met:
            if h.rec.hold > first.hold:
                first = h.rec
        for h in account.hosts:
            if h.rec is not first and (h in due or h in met or first.kind != outcome.NET):
                decide.wait_as(h.rec, first, h in due)

    def _no_address(self, host):
        line = host.account.line
        for family in (4, 6):
            text = line.found[family]
            if text and host.families[family // 6]:
                bad = address.why_not(address.parse(text))
                if bad:
                    return "%s %s" % (text, bad)
        return line.why[4 if host.families[0] else 6]

    def _send(self, account, hosts, template, sent, offline):
        """One request for some hosts; None when the journal cannot be written, else their Outcomes."""
        now, wall = self.clock.mono(), self.clock.wall()
        for h in hosts:
            decide.start(h.rec, now, wall, account.limits, sent)
        if not self.save():
            for h in hosts:
                decide.withdraw(h.rec)
            return None
        names = [h.name for h in hosts]
        self.counters["requests"] += 1
        start = self.clock.mono_ms()
        req = self._request(account, hosts, template, sent, offline)
        drop("dyndns.request")
        answer = self._exchange(account, hosts, req)
        req = None
        drop(*_WIRE)
        if isinstance(answer, Trouble):
            odd = answer.word in ("redirect", "odd", "header")
            outs = [outcome.Outcome(outcome.ODD, answer.word) if odd else outcome.failed(answer.word) for _ in hosts]
            status, said = answer.word, self.log.scrub(answer.text)
            if not answer.sent:
                for h in hosts:
                    decide.withdraw(h.rec)
        else:
            outs = self._read(account, names, answer, sent if not offline else (None, None))
            drop("dyndns.reply")
            status, said = answer.status, self.log.said(answer.body)
            for h in hosts:
                h.rec.root = answer.root
        self.exchange = {
            "when": self.clock.wall(), "provider": account.row["id"], "hosts": names, "status": status, "reply": said,
            "ms": self.clock.mono_ms() - start,
        }  # fmt: skip
        self.log("%s: %s -> %s %s" % (account.row["id"], ",".join(names), status, said))
        chance = self._chance()  # one for all, so that they stay together in one request
        for i in range(len(hosts)):
            self._learn(hosts[i], outs[i], chance)
        return outs

    def _request(self, account, hosts, template, sent, offline):
        from wanbeacon.dyndns import request

        docs = [h.doc for h in hosts]
        return request.build(account.row, account.doc, docs, template, sent, self.agent_name, offline)

    def _exchange(self, account, hosts, req):
        """The request itself: an Answer, or the Trouble there was."""
        from wanbeacon.net import http

        row, doc = account.row, account.doc
        root = max([h.rec.root for h in hosts])
        try:
            return http.exchange(req, self.board, root, row.get("roots") or (), doc.get("ca"), doc.get("bind"))
        except Trouble as e:
            return e

    def _read(self, account, names, answer, sent):
        from wanbeacon.dyndns import reply

        wall = self.clock.wall()
        return reply.read(account.row, answer.status, answer.body, names, sent, answer.retry_after, wall)

    def _chance(self):
        return self.board.random() << 8 | self.board.random()

    def _learn(self, host, out, chance):
        account = host.account
        out.word = self.log.scrub(out.word, out.cls == outcome.ODD)
        now, wall = self.clock.mono(), self.clock.wall()
        cause = (host.rec.fp, account.fp, account.provider_fp)[out.reach]
        warning = decide.learn(host.rec, out, now, wall, account.limits, chance, cause)
        for text in (warning, out.note):
            if text:
                self.log("%s: %s" % (host.name, self.log.scrub(text)))
        if host.rec.stopped():
            self.log("%s: stopped. %s" % (host.name, decide.stop_text(host.rec)))
        if out.cls in decide.STOPS and out.reach:
            for other in self.hosts():
                same = other.account is account
                if out.reach == outcome.PROVIDER:
                    same = other.account.provider_fp == account.provider_fp
                r = other.rec
                if same and other is not host and (not r.stopped() or r.cause not in (cause, other.account.provider_fp)):
                    r.cls, r.word, r.kind, r.cause = out.cls, out.word, None, cause
                    decide.withdraw(r)

    def save(self):
        """Write the journal if something changed. False when it cannot be written: nothing is sent until it can."""
        now = self.clock.mono()
        try:
            self.journal.save([h.rec for h in self.hosts()], now, self.clock.wall())
        except OSError as e:
            from wanbeacon.board import words_of

            error = "the journal cannot be written (%s): nothing is sent until it can be" % words_of(e)
            self.save_after = now + SAVE_AGAIN
            if error != self.save_error:
                self.log(error)
            self.save_error = error
            return False
        self.save_error = None
        return True

    # ---- the loop

    async def run(self):
        """Until cancelled. Every round: observe, act, report, wait for an event or the next deadline."""
        self.log("Wanbeacon %s, %d hosts" % (VERSION, len(self.hosts())))
        try:
            while True:
                try:
                    await self.round()
                except Exception as e:  # the root: what is unsure stays on hold in the journal, so going on is safe
                    self.log("fault: %s; going on in %d s" % (_fault(e), _FAULT_WAIT))
                    gc.collect()
                    await asyncio.sleep(_FAULT_WAIT)
                try:
                    await asyncio.wait_for(self.event.wait(), self.pause_for())
                except asyncio.TimeoutError:
                    pass
                self.event.clear()
        finally:
            for task in self.tasks.values():
                task.cancel()
            for line in self.lines:
                line.chooser.close()

    async def round(self):
        """One walk through the house."""
        if self.again is not None and self.clock.mono_ms() >= self.again:
            self.again = None  # this is the second look
        self._clocks()
        await self.observe()
        self.act()
        self._clocks()
        if self.report:
            self.report(self)
            drop("commands")
        gc.collect()

    def _clocks(self):
        """The clock was set, or stepped: waits are told."""
        now, wall = self.clock.mono(), self.clock.wall()
        if wall is None:
            self.board.set_clock(self)
            wall = self.clock.wall()
        step = self.clock.stepped()
        back, self.clock_gone = self.clock_gone and wall, wall is None
        if wall and not self.clock_was_set:
            self.clock_was_set = True
            for h in self.hosts():
                journal.clock_set(h.rec, now, wall, self.journal.newest, h.account.limits)
            self.save()
        elif wall and (step or back):
            self.log("the clock was stepped by %d s" % step if step else "the clock is set again")
            for h in self.hosts():
                journal.restate(h.rec, now, wall)
            self.save()
        elif self.journal.strange(wall):
            self.save()

    def pause_for(self):
        """Seconds until there is something to do without an event."""
        now = self.clock.mono()
        until = now + self.cfg["intervals"]["check"]
        for h in self.hosts():
            until = min(until, h.next)  # may be past: due since another account's exchange
        if self.save_after > now:
            until = min(until, self.save_after)
        if self.clock.wall() is None:
            until = min(until, now + CLOCK_EVERY)
        wait = max(1, until - now)
        if self.again is not None:
            wait = min(wait, max(0, self.again - self.clock.mono_ms()) / 1000)
        return wait

    # ---- for people

    def command(self, text):
        """One command of the user -> {"ok": bool, "text": str}; "status" gives the status document instead."""
        from wanbeacon import commands

        return commands.run(self, text)

    def status(self):
        """The status document."""
        from wanbeacon import commands

        return commands.status(self)


def _trouble(out):
    return out.cls == outcome.LATER and out.reach == outcome.ACCOUNT


# Sources that read the device's own address: then the connection comes from it too.
_OWN = ("netlink", "interface", "ubus")
_WIRE = ("net.http", "net.wire", "net.trust", "dyndns.url")


def _fault(e):
    return "%s %s" % (type(e).__name__, e)
