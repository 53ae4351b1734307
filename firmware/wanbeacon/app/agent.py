# SPDX-License-Identifier: MIT
"""The agent's loop: observe -> decide -> send -> learn -> remember.

A change wakes it (observers' changed()); a slow poll is the fallback. What it may do to a provider's account
is decided in core/policy.py; what it remembers is core/journal.py. Each step's code is loaded as a stage
(app/stage.py).

Walls: whatever one line or account raises is that one's fault alone. It is said once, counted, and that one
rests for a while; the others go on in the same round.
"""

import asyncio
import gc

from micropython import const

from wanbeacon import VERSION
from wanbeacon.app import stage

CLOCK_EVERY = 30  # seconds between two looks at a clock that is not set
# after an event the source is asked once more: the old address is often announced first
_AGAIN_MS = const(1500)
_FLOOD = const(20)  # hints within 2 s; a real change brings one to four from each source
# seconds a line, account or listener rests after a fault of the program in it; doubles up to an hour
_REST = const(60)
_REST_MEMORY = const(3)  # half of the first one where memory was short: a page gives it back in a moment
_REST_MAX = const(3600)
SAVE_AGAIN = 60  # seconds between two tries to write a journal that cannot be written


class Agent:
    """cfg: checked document of config.py. board: board/linux.py or board/esp32. report(agent) is called after
    each round. transport: what carries a Request instead of net/http.py (a simulation's provider); same
    arguments, same outcome.

    Raises ValueError with one line when the settings cannot work (unknown provider), OSError when the
    journal's folder cannot be made.
    """

    look_at = None  # mono time of the next look at what is published (visible.py)
    latest = None  # the newest version on offer, if a look has found one (upgrade.py)
    on_trial = False  # this version has not confirmed itself yet (upgrade_trial.py)
    failed = None  # (version, how many have failed here so far, why) of one that did not

    def __init__(self, cfg, board, clock, out=None, report=None, transport=None):
        rows = stage.once("app.advise", "begin", self, cfg, board, clock, out, report, transport)
        stage.once("app.build", "begin", self, rows)
        stage.run("app.asked", "restore", self)

    # ---- for observers and requests

    def agent_name(self, style=None, account=None):
        """The User-Agent. account: the document of the account whose provider it is for, who learns the
        user's contact (the device's, else a user name that is a mail address); nobody else does."""
        if not account or style:
            return self.names[style]
        user = account.get("user") or ""
        contact = self.cfg["device"].get("contact") or ("@" in user[1:-1] and " " not in user and user)
        return "%s %s" % (self.names[style], contact) if contact else self.names[style]

    def fetch(self, url, family=0, ca=None, bind=None):
        """For observers: GET without credentials -> (status, body). Raises net.Trouble."""
        return stage.run(
            "net.get", "get", url, self.board, self.agent_name(), family, 10000, 4096, ca, bind, self.prove
        )

    def prove(self, date):
        """An answer whose certificate was verified is dated so: see net/believe.py."""
        stage.run("net.believe", "prove", self.clock, date)

    def say(self, code, *data):
        """For observers: one line of the log."""
        self.log.tell("info", code, *data)

    def load(self, name):
        """For the chooser: the module of a source, which stays."""
        return stage.resident("observe." + name)

    def run_stage(self, name, function, *args):
        """For the board: a function of a module that is needed for this alone."""
        return stage.run(name, function, *args)

    def dismiss(self, name):
        """For the chooser: the module of a source is not needed for now."""
        stage.dismiss("observe." + name)

    def hosts(self):
        """All hosts of all accounts."""
        return [h for a in self.accounts for h in a.hosts]

    def chance(self):
        """A random number 0..65535."""
        return self.board.random() << 8 | self.board.random()

    # ---- walls

    def fault(self, where, error):
        """A fault of the program in one place: say it once, count it, and let that place rest."""
        gc.collect()  # it may have been a full heap: make room to say so
        if isinstance(error, MemoryError):
            self.board.short_of_memory(where)
        what = "%s %s" % (type(error).__name__, error)
        row = self.faults.get(where)
        self.counters["faults"] += 1
        if not row or row[0] != what:
            row = self.faults[where] = [what, 0, _REST // 2]
            if isinstance(error, MemoryError):
                row[2] = _REST_MEMORY
            try:
                self.log.tell("err", "log.fault", where, what)
            except MemoryError:
                row[0] = ""  # said the next time
        row[2] = min(row[2] * 2, _REST_MAX)
        row[1] = self.clock.mono() + row[2]
        return row[2]

    def resting(self, where):
        """True while this place rests after a fault."""
        row = self.faults.get(where)
        return bool(row) and self.clock.mono() < row[1]

    def sound(self, where):
        """This place has done its work without a fault."""
        self.faults.pop(where, None)

    # ---- observe

    async def observe(self):
        """Ask every line's sources; tell the records what a change or an outage means for their waits."""
        for line in self.lines:
            if self.resting(line.name):
                continue
            try:
                self._watch(line)
                await asyncio.sleep(0)
                async with stage.floor:
                    try:
                        await self._look(line)
                    except MemoryError:
                        gc.collect()
                        await self._look(line)
                self._watch(line)
                self.sound(line.name)
            except Exception as e:
                self.fault(line.name, e)

    async def _look(self, line):
        answers = []
        for family, known in stage.run("app.plan", "wanted", self, line):
            answers.append((family,) + await line.chooser.read(family, known))
        line.chooser.tidy()
        for answer in answers:
            stage.run("app.plan", "note", self, line, *answer)
        if any([slot.asked for slot in line.chooser.slots]):
            stage.run("app.asked", "keep", self, line)

    async def _afterwards(self):
        for line in self.lines:
            try:
                async with stage.floor:
                    await line.chooser.afterwards()
            except Exception as e:
                self.fault(line.name, e)

    def _watch(self, line):
        """A task for each observer that can tell of a change; the chooser may have loaded another. The first
        ones listen before they are read; for a change that comes before the others do, there is a second
        look."""
        watchers = line.chooser.watchers()
        for watcher in watchers:
            if (line.name, id(watcher)) not in self.tasks:
                self.again = self.clock.mono_ms() + _AGAIN_MS
                self.tasks[line.name, id(watcher)] = asyncio.create_task(self.hints(watcher))
        here = [id(watcher) for watcher in watchers]
        for key in [key for key in self.tasks if key[0] == line.name and key[1] not in here]:
            self.tasks.pop(key).cancel()  # a source that was only asked once

    async def hints(self, watcher):
        start, count = 0, 0
        while True:
            try:
                await watcher.changed()
            except Exception as e:  # a task's root: an observer's fault must not end the listening
                await asyncio.sleep(self.fault("listening", e))
            self.counters["events"] += 1
            now = self.clock.mono_ms()
            self.again = now + _AGAIN_MS
            self.event.set()
            if now - start > 2000:
                start, count = now, 0
            count += 1
            if count > _FLOOD:  # rate-limit a noisy LAN host to one wake-up a second
                await asyncio.sleep(1)

    # ---- decide, send, learn, remember

    def step_aside(self):
        """Give back the memory of the sources: somebody needs the room more (a page). One that had to be
        closed comes back with the next look, which is at once when that is over (`event`)."""
        for line in self.lines:
            if line.chooser.rest_all(True):
                self._watch(line)
                self.event.set()

    async def act(self):
        """Decide for every host and send what is due. The accounts go one after another; between two of them
        commands are answered, and an event ends the walk:
        the next one begins with the address as it is then."""
        if self.save_error and self.clock.mono() >= self.save_after:
            self.save()
        sent = False
        for account in self.accounts:
            if sent:
                await self._listen()
                if self.event.is_set():
                    break
            if self.resting(account.where):
                continue
            try:
                async with stage.floor:
                    need = getattr(self.board, "at_need", None)  # a board's pages, while there are any
                    if need and [h for h in account.hosts if h.rec.word == "memory"]:
                        need()  # they left no room for it the last time
                        await asyncio.sleep(0)
                    try:
                        sent = self._act(account)
                    except MemoryError:
                        # once more in the same round; what may have left is on hold in the records
                        gc.collect()
                        sent = self._act(account)
                self.sound(account.where)
            except Exception as e:
                self.fault(account.where, e)

    async def _listen(self):
        """Let the other tasks have their turns: an exchange may have held them for 20 s."""
        await asyncio.sleep(0.05)

    def _act(self, account):
        """What is due for one account. False when nothing is."""
        due = stage.run("app.plan", "groups", self, account)
        if not due:
            return False
        stage.run("app.exchange", "act", self, account, due)
        self.save()
        stage.run("app.plan", "due", self, self.hosts())
        return True

    def save(self):
        """Write the journal if something changed. False when it cannot be written: nothing is sent until it
        can."""
        return stage.run("app.turn", "save", self)

    # ---- the loop

    async def run(self):
        """Until cancelled. Every round: observe, act, report, wait for an event or the next deadline."""
        self.log.tell("info", "log.start", VERSION, len(self.hosts()))
        if self.mqtt:
            stage.run("app.mqtt_care", "start", self)
        try:
            while True:
                wait = None
                try:
                    await self.round()
                except Exception as e:
                    # the root: what is unsure stays on hold in the journal, so going on is safe
                    wait = self.fault("the round", e)
                else:
                    self.sound("the round")
                try:
                    await asyncio.wait_for(self.event.wait(), wait or self.pause_for())
                except asyncio.TimeoutError:
                    pass
                self.event.clear()
        finally:
            for task in self.tasks.values():
                task.cancel()
            for line in self.lines:
                line.chooser.close()

    async def round(self):
        """One observe-decide-send cycle."""
        if self.again is not None and self.clock.mono_ms() >= self.again:
            self.again = None  # this is the second look
        self._clocks()
        await self.observe()
        await self.act()
        if self.look_at is not None and self.clock.mono() >= self.look_at and not self.event.is_set():
            async with stage.floor:
                await stage.run_async("app.visible", "due", self)
        if stage.scarce:
            await self._afterwards()
        self._clocks()
        gc.collect()
        if self.report:
            self.report(self)
        if self.mqtt:
            try:
                stage.run("app.mqtt_care", "after", self)
            except Exception as e:  # the broker's fault alone
                self.fault("mqtt", e)
        if self.notices and not self.resting("notices"):
            async with stage.floor:
                stage.run("app.telling", "notify", self)

    def _clocks(self):
        """The clock was set, or stepped: waits are told. What that takes is loaded when there is something of
        it."""
        clock = self.clock
        ask = clock.wall() is None or clock.ask_due()
        step = 0 if ask else clock.stepped()
        if ask or step or self.clock_gone or not self.clock_was_set or self.journal.strange(clock.record()):
            stage.run("app.turn", "clocks", self, ask, step)

    def pause_for(self):
        """Seconds until there is something to do without an event."""
        try:
            return stage.run("app.turn", "pause_for", self)
        except MemoryError:
            self.board.short_of_memory("the pause")
            return CLOCK_EVERY

    # ---- for people

    def command(self, text):
        """One command of the user -> {"ok": bool, "text": str};
        "status" gives the status document instead."""
        return stage.run("app.commands", "run", self, text)

    def status(self):
        """The status document."""
        return stage.run("app.status", "document", self)
