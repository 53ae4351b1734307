# SPDX-License-Identifier: MIT
"""Every state that a small world can reach: the real policy, byhand, release and journal, breadth first,
beside a ghost.

A world is one or two hosts of one account, three addresses, two slots of flash and a clock. A state holds
times only relative to the present, and those that no longer matter are clipped (`_near`, `_age`), so that two
histories that differ in nothing that counts are one state. The *ghost* is what an outsider knows of a host:
whether it must be silent, what is stored for sure, and until when nothing may leave. It knows neither Record
nor policy, travels into flash with each image and comes back with the slot that a reboot reads; every rule
(`RULES`) compares the two.
"""

from functools import lru_cache

from wanbeacon.app import words
from wanbeacon.core import byhand, journal, outcome, policy, release
from wanbeacon.core.record import DAY, NEVER, Journal, Limits, Record

NOW, TRUE = 100_000_000, 1_900_000_000  # mono and unix seconds at which each state is woken
YEAR = 365 * DAY
V4 = (b"\x2d\x21\x01\x01", b"\x2d\x21\x01\x02", b"\x2d\x21\x01\x03")
OTHER = b"\x2d\x21\x63\x63"
LIMITS = Limits()
AGE = LIMITS.age()
CAUSE = b"settings"

RULES = {
    "stopped": "a stopped host sends nothing, and only a stop stops",
    "kept": "once saved, a stop lies in both slots",
    "hold": "a wait never ends early through a reboot, with a clock or without",
    "least": "no wait is shorter than its kind allows",
    "address": "nothing is sent without a publishable address",
    "once": "one request per change, unless its outcome is unknown",
    "lost": "a well provider has the newest address in the end",
    "reason": "there is always a reason, and it has words",
}

# what may be answered: name -> (class, kind, delay, reach, least wait in seconds that the ghost holds the
# policy to)
ANSWERS = {
    "ok": (outcome.OK, None, 0, 0, 60), "same": (outcome.SAME, None, 0, 0, 60),
    "auth": (outcome.AUTH, None, 0, 1, 60), "feature": (outcome.FEATURE, None, 0, 0, 60),
    "host": (outcome.HOST, None, 0, 0, 60), "block": (outcome.BLOCK, None, 0, 0, 60),
    "agent": (outcome.AGENT, None, 0, 2, 60), "fail": (outcome.FAIL, None, 0, 0, 60),
    "odd": (outcome.ODD, None, 0, 0, 1800), "other": (outcome.ODD, None, 0, 0, 1800),
    "net": (outcome.LATER, outcome.NET, 0, 1, 60), "server": (outcome.LATER, outcome.SERVER, 0, 1, 300),
    "after": (outcome.LATER, outcome.SERVER, 7000, 1, 7000),
    "trouble": (outcome.LATER, outcome.TROUBLE, 0, 1, 1800), "home": (outcome.LATER, outcome.HOME, 0, 1, 5),
    "refused": (outcome.LATER, outcome.REFUSED, 0, 1, 5), "split": (outcome.HOST, None, 0, 0, 60),
}  # fmt: skip
STOPS = ("auth", "feature", "host", "block", "agent", "fail")

_NAMES = tuple([name for name in sorted(dir(Record(b""))) if not name.startswith("_") and name != "stopped"])
_KEPT = ("fp", "cause", "v4", "v6", "try4", "try6", "attempt", "single", "offline", "cls", "kind", "fails",
         "same", "root", "word", "at", "hold_for", "hold_wall", "force_for", "force_wall", "nets", "odds",
         "place", "retries")  # fmt: skip

_GHOST = ("stop", "odds", "stored", "offline", "least", "refresh", "hold")


class Broken(AssertionError):
    """A rule was broken: Broken(rule, text)."""


# ---- states as plain tuples

# a ghost: (stop, odds, stored for sure or None, offline wanted or done, seconds until which nothing may
#           leave, seconds until a refresh is due, seconds that the wait still lasts which was noted with the
#           last answer)
_NEW = (False, 0, None, False, 0, NEVER, 0)


def _near(wall):
    """A wall deadline, relative to the true time: one that is over is over (but for other frames of a stepped
    clock)."""
    return -10 if -YEAR // 2 < wall < -10 else wall


def _age(rest):
    """Seconds until a refresh: far away is far away."""
    return AGE if 2 * DAY < rest <= AGE else max(0, rest)


def _all(rec):
    """Every attribute: a record itself holds only what differs from a new one."""
    return {name: getattr(rec, name) for name in _NAMES}


def _row(rec, now, true):
    d = _all(rec)
    d["hold"] = max(0, d["hold"] - now)
    d["force"] = max(0, d["force"] - now)
    d["left"] = d["left"] - now if d["hold"] else 0
    d["refresh"] = NEVER if d["refresh"] == NEVER else _age(d["refresh"] - now)
    _walls(d, true)
    _alike(d)
    return tuple([d[name] for name in _NAMES])


def _alike(d):
    """The words do not decide, and three kinds of stop are one (`_answered` asks all for their reasons)."""
    d["word"] = ""
    if d["cls"] in (outcome.BLOCK, outcome.AGENT, outcome.FAIL):
        d["cls"] = outcome.HOST


def _walls(d, true):
    for name in ("hold_wall", "force_wall"):
        d[name] = None if not d[name] else _near(d[name] - true)
    if d["at"]:
        at = d["at"] - true
        d["at"] = 0 if -26 * DAY < at <= 0 else at
    else:
        d["at"] = None


def _wake(row):
    rec = Record.__new__(Record)
    d = rec.__dict__
    d.update(zip(_NAMES, row))
    for name in ("hold", "force"):
        d[name] += NOW
    d["left"] += NOW
    if d["refresh"] != NEVER:
        d["refresh"] += NOW
    _absolute(d)
    return rec


def _absolute(d):
    for name in ("hold_wall", "force_wall", "at"):
        d[name] = 0 if d[name] is None else d[name] + TRUE


def _ghost_later(ghost, seconds):
    stop, odds, stored, offline, least, refresh, hold = ghost
    refresh = refresh if refresh == NEVER else _age(refresh - seconds)
    return stop, odds, stored, offline, max(0, least - seconds), refresh, max(0, hold - seconds)


class _Slot:
    def __init__(self, world, image):
        self.world = world
        self.image = image  # bytes
        self.ghosts = None

    def read(self):
        return self.image

    def write(self, data):
        world = self.world
        if world.cut == 0:
            raise _Cut()
        if world.cut is not None:
            world.cut -= 1
        self.image, self.ghosts = bytes(data), tuple(world.ghosts)


class _Cut(BaseException):
    pass


class World:
    """One state, awake: real Records at NOW. `act` names what is done to it; `sleep` gives the state after
    it."""

    def __init__(self, state):
        rows, ghosts, slots, newest, offset, was_set, line = state
        self.recs = [_wake(row) for row in rows]
        self.ghosts = list(ghosts)
        self.offset = offset  # of the device's clock from the true time; None = not set
        self.was_set = was_set  # the clock, at some time of this run
        self.line = line
        self.elapsed = 0
        self.cut = None  # number of writes that still succeed
        self.slots = [_Slot(self, None), _Slot(self, None)]
        self.journal = Journal(self.slots)
        self._slots, self._newest, self._loaded = slots, newest, False

    @property
    def now(self):
        return NOW + self.elapsed

    @property
    def wall(self):
        return None if self.offset is None else TRUE + self.elapsed + self.offset

    def flash(self):
        """Put the images into the slots: only where something is written or read."""
        if self._loaded:
            return
        self._loaded = True
        j, lasting = self.journal, []
        for number, kept in enumerate(self._slots):
            if not kept:
                continue
            rows, ghosts, newest = kept
            recs = []
            for row in rows:
                rec = Record(b"")
                rec.__dict__.update(zip(_KEPT, row))
                _absolute(rec.__dict__)
                recs.append(rec)
            self.slots[number].image = bytes(
                journal.encode(recs, 2 - number, newest + TRUE if newest is not None else 0)
            )
            self.slots[number].ghosts = ghosts
            lasting.append(journal._lasting(recs, False))
            if number == 0:
                j.last, j.turn, j.seq = journal._body(j, recs), 1, 2
        j.newest = self._newest + TRUE if self._newest is not None else 0
        if len(lasting) == 2 and lasting[0] == lasting[1]:
            j.kept = lasting[0]

    def sleep(self):
        true = TRUE + self.elapsed
        rows = tuple([_row(rec, self.now, true) for rec in self.recs])
        ghosts = tuple([_ghost_later(g, self.elapsed) for g in self.ghosts])
        if self._loaded:
            kept = []
            for slot in self.slots:
                got = journal.decode(slot.image)
                if got:
                    kept.append((got[0], self._image(got[3], slot.ghosts, got[1] - true if got[1] else None)))
            kept.sort(reverse=True)
            slots = tuple([k[1] for k in kept] + [None] * (2 - len(kept)))
            newest = self.journal.newest - true if self.journal.newest else None
        elif self.elapsed:
            slots, newest = [], self._newest
            for one in self._slots:
                slots.append(one and self._aged(one))
            slots, newest = tuple(slots), newest if newest is None else newest - self.elapsed
        else:
            slots, newest = self._slots, self._newest
        return rows, ghosts, slots, _stale(newest), self.offset, self.was_set, self.line

    def _image(self, recs, ghosts, newest):
        true, rows = TRUE + self.elapsed, []
        for rec in recs:
            d = _all(rec)
            _walls(d, true)
            _alike(d)
            rows.append(tuple([d[name] for name in _KEPT]))
        return tuple(rows), tuple([_ghost_later(g, self.elapsed) for g in ghosts]), _stale(newest)

    def _aged(self, image):
        recs = []
        for row in image[0]:
            rec = Record(b"")
            rec.__dict__.update(zip(_KEPT, row))
            _absolute(rec.__dict__)
            recs.append(rec)
        newest = image[2]
        return self._image(recs, image[1], newest if newest is None else newest - self.elapsed)

    # ---- what the agent does around the policy

    def save(self):
        self.flash()
        journal.save(self.journal, self.recs, self.now, self.wall, self.wall)
        for i, ghost in enumerate(self.ghosts):
            if ghost[0] and not self.recs[i].stopped():
                raise Broken("stopped", "was refused, and is not stopped")
            if ghost[0] and not all(slot.ghosts and slot.ghosts[i][0] for slot in self.slots):
                raise Broken("kept", "a slot knows nothing of the stop")

    def boot(self, which=None):
        """Start with what flash holds; which: number of the only slot that can be read."""
        self.cut = None
        self.was_set = self.offset is not None
        self.flash()
        before = [(slot.image, slot.ghosts) for slot in self.slots]
        if which is not None and before[1 - which][0]:
            self.slots[1 - which].image = b"damaged" + before[1 - which][0][7:]
        found = [(journal.decode(slot.image)[0], slot) for slot in self.slots if journal.decode(slot.image)]
        self.journal = Journal(self.slots)
        kept = journal.load(self.journal)
        count = len(self.recs)
        self.ghosts = list(max(found, key=lambda one: one[0])[1].ghosts) if found else [_NEW] * count
        self.ghosts = [_ghost_later(g, 0) for g in self.ghosts]
        self.recs = kept or [Record(bytes([65 + i]) * 8) for i in range(count)]
        for rec in self.recs:
            journal.resume(rec, self.now, self.wall, self.journal.newest, LIMITS)

    def want(self):
        return (V4[self.line] if self.line is not None else None), None

    def verdict(self, i):
        return policy.step(self.recs[i], self.want(), self.now)

    def set_ghost(self, i, **new):
        g = dict(zip(_GHOST, self.ghosts[i]))
        g.update(new)
        self.ghosts[i] = tuple([g[name] for name in _GHOST])

    # ---- actions

    def act(self, name, *args):
        getattr(self, "do_" + name)(*args)

    def do_send(self, i, answer, cut=None, clock=0):
        """A request for the due host i (with `both` also for the other, in one list). cut: how many writes
        succeed before the power goes; "sent": it goes once the request has arrived. clock: offset of the
        clock after that."""
        due = [k for k in range(len(self.recs)) if (k == i or i < 0) and self.verdict(k)[0] == policy.SEND]
        if answer == "never":
            for k in due:
                policy.never_left(self.recs[k], "dns", self.now, LIMITS)
                self._waits(k, 5)
            self.save()
            return
        self.cut = cut if isinstance(cut, int) else None
        try:
            sent = self.want()
            for k in due:
                policy.start(self.recs[k], self.now, self.wall, LIMITS, sent)
                self.set_ghost(k, stored=None, least=self.elapsed + 60, hold=self.recs[k].hold - NOW)
            self.save()
            if cut == "sent":
                raise _Cut()
            met = []
            for k in due:
                if self._answered(k, answer, sent[0]):
                    met.append(k)
            for k in range(len(self.recs)):
                if (
                    met
                    and k not in met
                    and self.recs[met[0]].kind not in (outcome.NET, outcome.REFUSED, outcome.HOME)
                ):
                    policy.wait_as(self.recs[k], self.recs[met[0]], False)
                    other = self.ghosts[met[0]]
                    self.set_ghost(
                        k, least=max(self.ghosts[k][4], other[4]), hold=max(self.ghosts[k][6], other[6])
                    )
            self.save()
        except _Cut:
            self.elapsed += 5
            self.offset = clock
            self.boot()

    def _answered(self, k, answer, sent):
        cls, kind, delay, reach, least = ANSWERS[answer]
        rec, out = (
            self.recs[k],
            outcome.Outcome(cls, answer, reach, kind, (OTHER,) if answer == "other" else (), delay),
        )
        out.split = answer == "split"
        if out.split and rec.single:
            answer = "host"
        policy.answered(rec, out, self.now, self.wall, LIMITS, 0, CAUSE)
        stop, odds, _, offline, _, _, _ = self.ghosts[k]
        self._waits(k, least)
        # what never left the home may be tried again by hand: nobody outside was asked
        least = 0 if kind == outcome.HOME else self.elapsed + least
        if answer in ("ok", "same"):
            self.set_ghost(
                k, odds=0, stored="off" if offline else sent, least=least, refresh=self.elapsed + AGE
            )
        elif answer in STOPS:
            if answer == "feature" and rec.offline != 2:
                offline = False
            self.set_ghost(k, stop=True, offline=offline)
            if reach:
                for other in range(len(self.recs)):
                    if other != k:
                        policy.share_stop(self.recs[other], out, CAUSE)
                        self.set_ghost(other, stop=True)
        elif cls == outcome.ODD:
            self.set_ghost(k, odds=odds + 1, stop=stop or odds + 1 >= 3, least=least)
        else:
            self.set_ghost(k, least=least)
        self.set_ghost(k, hold=0 if kind == outcome.HOME else rec.hold - NOW)
        _reasons(self.verdict(k)[2])
        return cls == outcome.LATER and reach

    def _waits(self, k, least):
        if not self.recs[k].stopped() and self.recs[k].hold - self.now < least:
            raise Broken("least", "waits %d s, should wait %d" % (self.recs[k].hold - self.now, least))

    def do_wait(self, seconds):
        self.elapsed += seconds

    def do_line(self, line):
        """The line has another address, or none is known."""
        before, self.line = self.line, line
        if line is not None:
            for rec in self.recs:
                if policy.changed(rec, self.want()) and (before is not None or rec.kind == outcome.HOME):
                    policy.address_changed(rec, self.now, self.wall, LIMITS)
            self._shortened()

    def do_outage(self, line):
        """The line was down for a minute and is back."""
        self.elapsed += 61
        self.line = line
        for rec in self.recs:
            if policy.changed(rec, self.want()) and rec.cls:
                policy.line_returned(rec, self.now, self.wall, LIMITS, 0)
        self._shortened()

    def _shortened(self):
        """Waits for want of a network may be cut short, to the minimum between two requests; no others."""
        for i, rec in enumerate(self.recs):
            if rec.kind in (outcome.NET, outcome.REFUSED, outcome.HOME):
                least = 0 if rec.kind == outcome.REFUSED else self.ghosts[i][4]  # a refused request was none
                self.set_ghost(i, least=least, hold=max(least, min(self.ghosts[i][6], rec.hold - NOW)))

    def do_reboot(self, off, offset, which=None):
        """The power goes for `off` seconds; the clock then has `offset`. which: the only slot that can be
        read."""
        self.elapsed += off
        self.offset = offset
        self.boot(which)

    def do_clock(self, offset):
        """The clock is set, stepped or lost while the agent runs."""
        self.offset = offset
        if self.wall is not None:
            self.flash()
            rows = [(rec, LIMITS) for rec in self.recs]
            journal.restate_all(self.journal, rows, self.now, self.wall, not self.was_set)
            self.was_set = True
            self.save()

    def do_retry(self, i):
        if byhand.retry(self.recs[i], self.now, self.wall) is None:
            self.set_ghost(i, stop=False, odds=0, stored=None)
            self.save()

    def do_force(self, i, offline=False):
        if byhand.force(self.recs[i], self.now, self.wall, offline) is None:
            self.set_ghost(i, stored=None, offline=offline)
            self.save()

    def do_settings(self, i):
        if self.recs[i].stopped():
            release.release(self.recs[i])
            self.set_ghost(i, stop=False, odds=0, stored=None)
            self.save()


def _stale(newest):
    """The newest time in the journal, relative to the true one: recent, too old for a good clock, or
    unbelievable."""
    if newest is None or newest > 0 or newest < -YEAR // 2 - 1:
        return newest
    return (
        0
        if newest > -journal.BELIEVE // 2
        else -journal.BELIEVE // 2 - 1
        if newest > -journal.BELIEVE
        else -journal.BELIEVE - 1
    )


# ---- the rules, in each state


@lru_cache(None)
def _has_words(code):
    return words.find(code) is not None


def _reasons(why):
    if not why or not all(one and _has_words(one[0]) for one in why):
        raise Broken("reason", "no words for %s" % (why,))


class Rules:
    """Checks states; counts checks. `alive` remembers rows from which the way to "published" is known."""

    def __init__(self, live=True):
        self.checks = 0
        self.live = live
        self.alive = set()

    def check(self, state):
        world = World(state)
        for i, rec in enumerate(world.recs):
            stop, _, stored, _, least, refresh, hold = world.ghosts[i]
            verdict, at, why = world.verdict(i)
            self.checks += len(RULES)
            _reasons(why)
            if stop != (verdict == policy.STOPPED):
                raise Broken("stopped", "is %s, should %sbe stopped" % (verdict, "" if stop else "not "))
            if hold > rec.hold - NOW:
                raise Broken("hold", "%d s are left of a wait that lasts %d" % (rec.hold - NOW, hold))
            if policy.step(rec, (None, None), world.now)[0] == policy.SEND:
                raise Broken("address", "SEND without an address")
            if verdict != policy.SEND:
                if verdict == policy.WAIT and at < world.now:
                    raise Broken("lost", "waits for what is over")
            elif least > 0:
                raise Broken("least", "SEND %d s too early" % least)
            elif stored is not None and stored in ("off", world.want()[0]) and refresh > 2:
                raise Broken("once", "SEND of what is stored")
            if self.live:
                self._live(state, i)

    def _live(self, state, i):
        key = state[0][i], state[4]
        if key in self.alive:
            return
        self.alive.add(key)
        world = World((state[0], state[1], state[2], state[3], state[4], state[5], 1))
        rec = world.recs[i]
        for _ in range(12):
            verdict, at, why = world.verdict(i)
            if verdict == policy.STOPPED:
                world.elapsed = max(world.elapsed, rec.force - NOW)
                no = byhand.retry(rec, world.now, world.wall)
                if no:
                    raise Broken("lost", "no retry: %s" % (no,))
            elif rec.offline:
                world.elapsed = max(world.elapsed, rec.force - NOW, rec.hold - NOW)
                no = byhand.force(rec, world.now, world.wall)
                if no:
                    raise Broken("lost", "no update by hand: %s" % (no,))
            elif verdict == policy.SEND:
                policy.start(rec, world.now, world.wall, LIMITS, world.want())
                out = outcome.Outcome(outcome.OK, "good")
                policy.answered(rec, out, world.now, world.wall, LIMITS, 0, CAUSE)
            elif why == (("ok",),):
                if policy.stored(rec)[0] != V4[1] or world.elapsed > 4 * DAY:
                    raise Broken("lost", "%s is published after %d s" % (rec.v4, world.elapsed))
                return
            else:
                world.elapsed = at - NOW
        raise Broken("lost", "no way to the newest address: %s" % (why,))


# ---- the search


def moves(state, wide):
    """What may happen in a state. wide: also what is rarer, for the long run."""
    world = World(state)
    offset, line = state[4], state[6]
    yield from _requests(world, len(state[0]), offset)
    yield from _waits(world, wide)
    for other in (0, 1, 2, None):
        if other != line:
            yield ("line", other)
    if line is not None:
        yield ("outage", line)
    for off, clock in ((5, offset), (5, None), (4000, 0), (5, YEAR), (5, -YEAR)):
        yield ("reboot", off, clock)
    if state[2][0] and state[2][1]:
        yield ("reboot", 5, offset, 0)
        yield ("reboot", 5, offset, 1)
    for clock in (0, YEAR, -YEAR, None):
        if clock != offset and (wide or offset != 0 or clock != -YEAR):
            yield ("clock", clock)
    for i, rec in enumerate(world.recs):
        yield ("retry", i) if rec.stopped() else ("force", i)
        yield ("settings", i) if rec.stopped() else ("force", i, True)


def _requests(world, hosts, offset):
    """Every request that is due, with each answer, and cut at each place. -1: all of them in one."""
    due = [i for i in range(hosts) if world.verdict(i)[0] == policy.SEND]
    for i in due + [-1] if len(due) > 1 else due:
        yield ("send", i, "never")
        for answer in ANSWERS:
            yield ("send", i, answer)
        for cut in (0, 1, "sent"):
            for clock in (0, None) if offset == 0 else (None,):
                yield ("send", i, "ok", cut, clock)
        for answer in ("auth", "odd", "net"):  # cut between the answer's two writes
            yield ("send", i, answer, 2, 0)


def _waits(world, wide):
    """Until the next moments at which something ends, and for a second before that."""
    times = {at - NOW for rec in world.recs for at in (rec.hold, rec.force, rec.refresh) if NOW < at < NEVER}
    times = sorted(times)
    for seconds in (times if wide else times[:2]) + ([1] if times else []):
        yield ("wait", seconds)


def first(hosts, clock=0):
    """The state of a device that never ran."""
    world = World(((), (_NEW,) * hosts, (None, None), None, clock, clock is not None, 0))
    world.recs = [Record(bytes([65 + i]) * 8) for i in range(hosts)]
    for rec in world.recs:
        journal.resume(rec, world.now, world.wall, 0, LIMITS)
    return world.sleep()


class Found:
    """states, transitions, checks: counts. depth: of the last whole level."""

    def __init__(self):
        self.states = self.transitions = self.checks = self.depth = 0

    def __str__(self):
        return "%d states, %d transitions, %d checks, depth %d" % (
            self.states,
            self.transitions,
            self.checks,
            self.depth,
        )


def deep(move):
    """The moves of the narrow world, whose search goes deeper: failures in a row, waits and restarts."""
    if move[0] == "send":
        return len(move) == 3 and move[2] in (
            "ok",
            "odd",
            "other",
            "net",
            "server",
            "trouble",
            "refused",
            "never",
            "split",
        )
    return move[0] in ("wait", "retry", "settings") or (
        move[0] == "reboot" and move[1:] in ((5, 0), (5, None))
    )


def explore(hosts, most, wide=False, until=None, only=None, live=True):
    """Breadth first from a new device, with and without a clock, until `most` states are known, or until()
    says so. only(move): whether to make it. live: whether to look for the way to "published" from each state.
    Raises Broken with the way there."""
    starts = [first(hosts, clock) for clock in (0, None)]
    parent = dict.fromkeys(starts)
    level, rules, found = starts, Rules(live), Found()
    for state in starts:
        rules.check(state)
    while level and len(parent) < most:
        following = []
        for state in level:
            if len(parent) >= most or (until and until()):
                break
            for move in moves(state, wide):
                if only and not only(move):
                    continue
                found.transitions += 1
                try:
                    world = World(state)
                    world.act(*move)
                    new = world.sleep()
                    if new in parent:
                        continue
                    parent[new] = state, move
                    rules.check(new)
                except Broken as broken:
                    raise Broken(
                        broken.args[0], "%s\n%s" % (broken.args[1], _way(parent, state, move))
                    ) from None
                following.append(new)
        else:
            found.depth += 1
        if until and until():
            break
        level = following
    found.states, found.checks = len(parent), rules.checks
    return found


def _way(parent, state, move):
    steps = [move]
    while parent[state]:
        state, one = parent[state]
        steps.append(one)
    return "\n".join(["world.act%s" % (one,) for one in reversed(steps)])
