"""The loop: observe -> decide -> send -> learn -> remember. The only room that knows them all.

A change wakes it (observers' changed()), a slow timer is the net below. Everything it may do to a provider's account
is decided in decide.py; what it knows is in journal.py.
"""

import asyncio
import gc

from micropython import const

from wanbeacon import VERSION
from wanbeacon.lean import STEPS, WIRE, drop
from wanbeacon.model import Journal
from wanbeacon.net import Trouble
from wanbeacon.status import Log

CLOCK_EVERY = 30  # seconds between two looks at a clock that is not set
_AGAIN_MS = const(1500)  # after an event the source is asked once more: the old address is often announced first
_FLOOD = const(20)  # hints within 2 s; a real change brings one to four from each source
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
        self.journal = Journal(board.slots())
        self._build()
        drop("setup", *STEPS)

    # ---- set-up

    # A module that is dropped later has no name in a frame that lives on: that would keep it alive.

    def _build(self):
        from wanbeacon import setup

        setup.build(self)

    def agent_name(self, style=None):
        """The User-Agent."""
        return self.names[style]

    def fetch(self, url, family=0, ca=None, bind=None):
        """For observers: GET without credentials -> (status, body). Raises OSError or ValueError."""
        drop(*STEPS)
        try:
            return self._get(url, family, ca, bind)
        finally:
            drop(*WIRE)

    def _get(self, url, family, ca, bind):
        from wanbeacon.net import http

        return http.get(url, self.board, self.agent_name(), family, budget=10000, ca=ca, device=bind)

    def hosts(self):
        """All hosts of all accounts."""
        return [h for a in self.accounts for h in a.hosts]

    # ---- observe

    async def observe(self):
        """Ask every line's sources; tell the records what a change or an outage means for their waits."""
        for line in self.lines:
            self._watch(line)
            await asyncio.sleep(0)
            line.chooser.rest = _plan().rests(self, line)
            wanted = [(family, _plan().known(self, line, family)) for family in (4, 6) if line.wants[family]]
            drop(*STEPS)
            answers = []
            for family, known in wanted:
                answers.append(await line.chooser.read(family, known))
            drop(*STEPS)
            for i in range(len(wanted)):
                _plan().note(self, line, wanted[i][0], *answers[i])
            self._watch(line)

    def _watch(self, line):
        """A task for each observer that can tell of a change; the chooser may have loaded another. The first ones listen
        before they are read; for a change that comes before the others do, there is a second look."""
        for watcher in line.chooser.watchers():
            if id(watcher) not in self.tasks:
                self.again = self.clock.mono_ms() + _AGAIN_MS
                self.tasks[id(watcher)] = asyncio.create_task(self._hints(watcher))

    async def _hints(self, watcher):
        start, count = 0, 0
        while True:
            try:
                await watcher.changed()
            except Exception as e:  # a task's root: an observer's fault must not end the listening
                self.log("fault while listening: %s" % _fault(e))
                await asyncio.sleep(_FAULT_WAIT)
            self.counters["events"] += 1
            now = self.clock.mono_ms()
            self.again = now + _AGAIN_MS
            self.event.set()
            if now - start > 2000:
                start, count = now, 0
            count += 1
            if count > _FLOOD:  # somebody in the house talks without end: hear him once a second
                await asyncio.sleep(1)

    def want(self, host):
        """(v4 or None, v6 or None): the publishable addresses this host should have, canonical text."""
        return _plan().want(host)

    # ---- decide, send, learn, remember

    async def act(self):
        """Decide for every host and send what is due. The accounts go one after another; between two of them commands
        are answered, and an event ends the walk: the next one begins with the address as it is then."""
        if self.save_error and self.clock.mono() >= self.save_after:
            self.save()
        sent = False
        for account in self.accounts:
            if sent:
                await self._listen()
                if self.event.is_set():
                    break
            sent = self._act(account)

    async def _listen(self):
        """Let the other tasks have their turns: an exchange may have held them for 20 s."""
        drop(*STEPS)
        await asyncio.sleep(0.05)

    def _act(self, account):
        """What is due for one account. False when nothing is."""
        due = _plan().groups(self, account)
        if not due:
            return False
        while due:
            hosts, template, sent, offline = due.pop(0)
            hosts = [h for h in hosts if not h.rec.stopped()]  # an answer may have stopped the account
            if not hosts:
                continue
            met = self._send(account, hosts, template, sent, offline)
            if met:
                _learn().wait_as(self, account, met, [h for group in due for h in group[0]])
            if met or met is None:
                break
        drop(*STEPS)
        self.save()
        drop(*STEPS)
        for h in self.hosts():
            _plan().judge(self, h, self.clock.mono())
        return True

    def _send(self, account, hosts, template, sent, offline):
        """One request for some hosts. None when the journal cannot be written, else the hosts that met trouble."""
        drop(*STEPS)
        if not self._begin(account, hosts, sent):
            return None
        drop(*STEPS)
        req = self._request(account, hosts, template, sent, offline)
        drop(*STEPS)
        self.log.settle()
        start = self.clock.mono_ms()
        answer = self._exchange(account, hosts, req)
        req = None
        drop(*WIRE)
        if isinstance(answer, Trouble):
            status, said = answer.word, self.log.scrub(answer.text)
            outs = _learn().failed(hosts, answer)
        else:
            status, said = answer.status, self.log.said(answer.body)
            outs = self._read(account, hosts, answer, sent if not offline else (None, None))
            drop("dyndns.reply")
            for h in hosts:
                h.rec.root = answer.root
        answer = None
        names = [h.name for h in hosts]
        self.exchange = {
            "when": self.clock.wall(), "provider": account.row["id"], "hosts": names, "status": status, "reply": said,
            "ms": self.clock.mono_ms() - start,
        }  # fmt: skip
        self.log("%s: %s -> %s %s" % (account.row["id"], ",".join(names), status, said))
        return _learn().learn(self, account, hosts, outs)

    def _begin(self, account, hosts, sent):
        """Note the request in the journal before it leaves. False when that cannot be done: then it must not leave."""
        now, wall = self.clock.mono(), self.clock.wall()
        for h in hosts:
            _decide().start(h.rec, now, wall, account.limits, sent)
        drop(*STEPS)
        if self.save():
            self.counters["requests"] += 1
            return True
        for h in hosts:  # it did not leave: due again as soon as the journal can be written
            _decide().withdraw(h.rec)
            _decide().hold(h.rec, now, wall, 0)
            h.rec.nets -= 1
        return False

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

    def _read(self, account, hosts, answer, sent):
        """Outcomes of an Answer."""
        from wanbeacon.dyndns import reply

        names = [h.name for h in hosts]
        return reply.read(
            account.row, answer.status, answer.body, names, sent, answer.retry_after, self.clock.wall(), answer.cut
        )

    def chance(self):
        """A random number 0..65535."""
        return self.board.random() << 8 | self.board.random()

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
                    drop("commands", *WIRE, *STEPS)
                    gc.collect()  # it may have been a full heap: make room to say so
                    self.log("fault: %s; going on in %d s" % (_fault(e), _FAULT_WAIT))
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
        await self.act()
        self._clocks()
        drop(*STEPS)
        gc.collect()
        if self.report:
            self.report(self)

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
            self._restate(now, wall, True)
        elif wall and (step or back):
            self.log("the clock was stepped by %d s" % step if step else "the clock is set again")
            self._restate(now, wall, False)
        elif self.journal.strange(wall):
            self.save()

    def _restate(self, now, wall, first):
        """Put all waits into the time of a clock that was set for the first time in this run, or stepped."""
        from wanbeacon import journal

        for h in self.hosts():
            if first:
                journal.clock_set(h.rec, now, wall, self.journal.newest, h.account.limits)
            else:
                journal.restate(h.rec, now, wall)
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
        wait = (until * 1000 - self.clock.mono_ms()) / 1000 if until > now else 1  # whole numbers: a float has 22 bits
        if self.again is not None:
            wait = min(wait, max(0, self.again - self.clock.mono_ms()) / 1000)
        return wait

    # ---- for people

    def command(self, text):
        """One command of the user -> {"ok": bool, "text": str}; "status" gives the status document instead."""
        answer = _commands().run(self, text)
        drop("commands", *STEPS)
        return answer

    def status(self):
        """The status document."""
        document = _commands().status(self)
        drop("commands", *STEPS)
        return document


def _commands():
    from wanbeacon import commands

    return commands


def _plan():
    from wanbeacon import plan

    return plan


def _decide():
    from wanbeacon import decide

    return decide


def _learn():
    from wanbeacon import learn

    return learn


def _fault(e):
    return "%s %s" % (type(e).__name__, e)
