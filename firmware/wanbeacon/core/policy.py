# SPDX-License-Identifier: MIT
"""What a host may do next, and what an answer teaches: the only place where that is decided. Pure.

`now` is always monotonic whole seconds (Clock.mono), `chance` a random number 0..65535. Wall time appears
only as a value to keep for people and for waits that outlive a reboot (journal.py converts them). An address
is its bytes. Reasons are codes, (code, data...); their words are in catalogue/words.txt.
"""

from wanbeacon.core import outcome, reasons
from wanbeacon.core.record import DAY, NEVER, STOPS

SEND, WAIT, STOPPED = "send", "wait", "stopped"

# All waits, in seconds: kind of failure -> (first, random part, longest);
# they double with each failure in a row.
SCHEDULE = {
    # The provider may have seen it (a time-out, a broken connection). The random part is wide and leans to
    # its early end (`_lean`): a million devices that time out together come back over 20 minutes, fewer in
    # each minute than in the one before, instead of as a wave that makes them time out again (`python -m
    # tools simulate fleet --scene provider`).
    outcome.NET: (60, 1200, 3600),
    # It said that it has trouble (5xx, 429).
    outcome.SERVER: (300, 1200, DAY),
    # 911, dnserr: not before 30 minutes (No-IP response page).
    outcome.TROUBLE: (1800, 1800, DAY),
    # We did not understand the answer.
    outcome.ODD: (1800, 600, 3600),
}
# Nothing reached the provider (no name server, no route):
# only our own home is asked again, so it may be often.
HOME_S, HOME_TRIES, HOME_MAX = 5, 24, 3600  # every 5 s for two minutes, then doubling to the hour
# A connection was refused: once after 5 to 10 s (a server that restarts), then as NET.
REFUSED_S, REFUSED_WINDOW = 5, 5
# But when the line was down, a whole region is back, and a refusal means too many at once: waited as after a
# time-out, which takes so much longer to show itself.
CROWD_S = 20
# After an outage of the line every device of the region comes back in the same second: each waits a random
# part of this. 110 s keep a fleet's peak below 1 % a second, half of the names right in 60 s and all of them
# in 2 minutes.
SPREAD = 110
TWICE_S = 1800  # after a second needless nochg: our own bug must not get the user blocked

# ---- what to do


def step(rec, want, now):
    """(SEND | WAIT | STOPPED, mono time of the next look or NEVER, why): why is a tuple of codes, each (code,
    data...).

    want: publishable addresses for this host, (v4 or None, v6 or None). A None is "not known" and never a
    reason to send.
    """
    if rec.stopped():
        return STOPPED, NEVER, (reasons.stop(rec),)
    if not (want[0] or want[1]):
        return WAIT, NEVER, (("wait.address",),)
    if rec.offline == 2:
        return WAIT, NEVER, (("wait.offline",),)
    why = due(rec, want, now)
    if not why:
        return WAIT, rec.refresh, (("ok",),)
    if now < rec.hold:
        return WAIT, rec.hold, ((why,), reasons.hold(rec))
    return SEND, now, ((why,),)


def due(rec, want, now):
    """Code of the reason for a request, or None when the name is up to date."""
    if rec.offline:
        return "due.offline"
    if rec.forced:
        return "due.forced"
    if rec.attempt:
        return "due.unknown" if rec.cls or rec.try4 or rec.try6 else "due.retry"
    if changed(rec, want):
        return "due.changed" if rec.v4 or rec.v6 else "due.new"
    if now >= rec.refresh:
        return "due.refresh"
    return None


def stored(rec):
    """(v4, v6): what the provider stores for sure; None = nothing, or not known."""
    v4 = None if rec.try4 and rec.try4 != rec.v4 else rec.v4
    return v4, None if rec.try6 and rec.try6 != rec.v6 else rec.v6


def changed(rec, want):
    """True when the provider does not store what it should: want = (v4 or None, v6 or None)."""
    return bool(rec.attempt or want[0] and want[0] != rec.v4 or want[1] and want[1] != rec.v6)


# ---- a request


def hold(rec, now, wall, seconds, why=None):
    """No request for this host for `seconds` from now; kept over reboots. A second that has begun is not
    counted: `now` and `wall` were rounded down, and a wait must not be short. why: code, None = what the
    record's class says."""
    seconds += 1
    rec.hold, rec.hold_for, rec.hold_wall = now + seconds, seconds, wall + seconds if wall else 0
    rec.hold_why = why


def start(rec, now, wall, limits, sent):
    """A request for this host is about to leave with `sent` = (v4 or None, v6 or None): to be saved BEFORE it
    does, so that a power cut in between is visible and holds for the minimum interval, and longer when cuts
    (or crashes) keep hitting the requests: a board that browns out whenever its radio sends must not ask once
    a minute for ever."""
    rec.unsure = rec.attempt
    # what an earlier request without outcome carried is not known, whatever comes of this
    rec.v4, rec.v6 = stored(rec)
    rec.attempt = True
    rec.try4, rec.try6 = sent
    rec.left = now
    if rec.kind == outcome.HOME:  # this one may get there: after a power cut its wait must hold, by hand too
        rec.kind = None
    rec.nets = min(rec.nets + 1, 255)
    hold(rec, now, wall, max(limits.minimum, _base(outcome.NET, rec.nets - 1)))


def withdraw(rec):
    """The request of `start` changed nothing at the provider: it did not get there, or was refused. What was
    owed before (the outcome of another request, a retry) is owed still."""
    rec.attempt = rec.unsure
    rec.try4 = rec.try6 = None


def undo(rec, now, wall):
    """The request of `start` did not even begin: due again at once."""
    withdraw(rec)
    hold(rec, now, wall, 0)
    rec.nets -= 1


def never_left(rec, word, now, limits):
    """No packet of ours left the home (no name server, no route): ask the home again soon. In RAM only:
    nobody outside has seen anything that would have to be remembered, and flash is not written every 5 s."""
    rec.cls, rec.word, rec.kind = outcome.LATER, word, outcome.HOME
    rec.home = min(rec.home + 1, 255)
    rec.left = now - limits.minimum
    rec.hold, rec.hold_why = now + home_wait(rec.home), None


def home_wait(times):
    """Seconds after the `times`-th try in a row that never left the home."""
    return min(HOME_MAX, HOME_S << max(0, min(times - HOME_TRIES, 12)))


# ---- an answer


def answered(rec, out, now, wall, limits, chance, cause):
    """Put one Outcome into the record of the host it is about; `start` was before.

    cause: fingerprint (8 bytes) of the settings a stop depends on. Returns what is to be said: a code with
    its data, or None.
    """
    if out.kind != outcome.HOME:
        rec.home = 0
    if out.kind not in (outcome.NET, outcome.REFUSED, outcome.HOME):
        rec.nets = 0
    # which host of the list is meant? ask once for each alone, spaced by the minimum
    if out.split and not rec.single:
        withdraw(rec)
        rec.attempt = rec.single = True
        rec.cls, rec.word, rec.kind = outcome.LATER, out.word, outcome.SERVER
        hold(rec, now, wall, limits.minimum)
        return "event.split", out.word
    said = None
    if out.cls == outcome.LATER:
        _later(rec, out, now, wall, limits, chance)
    elif out.cls == outcome.ODD:
        if out.got:  # it says it stored something else: believe it, so that the status can name both
            _take(rec, out.got)
            rec.unsure = False  # so what it stores is known, whatever became of the request before
            withdraw(rec)
        rec.odds += 1
        rec.cause = cause
        hold(rec, now, wall, max(limits.minimum, later(outcome.ODD, 1, chance)))
    elif out.cls in STOPS:
        withdraw(rec)
        rec.cause = cause
        if out.cls == outcome.FEATURE:
            rec.offline &= 2  # it may be that very option: a retry sends the address again
    else:
        said = _success(rec, out, now, wall, limits)
    if out.cls not in (outcome.LATER, outcome.ODD):
        rec.forced = rec.single = rec.crowd = False
    rec.cls, rec.word, rec.kind = out.cls, out.word, out.kind
    return said


def _later(rec, out, now, wall, limits, chance):
    if out.kind == outcome.HOME:  # no route: as if it had never begun
        undo(rec, now, wall)
        never_left(rec, out.word, now, limits)
    elif out.kind == outcome.REFUSED:
        withdraw(rec)
        rec.left = now - limits.minimum
        if rec.nets == 1 and not rec.crowd:
            wait = REFUSED_S + (REFUSED_WINDOW * chance >> 16)
        elif rec.crowd:
            wait = CROWD_S + later(outcome.NET, rec.nets, chance)
        else:
            wait = later(outcome.NET, rec.nets - 1, chance)
        hold(rec, now, wall, wait)
    else:
        times = rec.nets
        if out.kind != outcome.NET:
            withdraw(rec)  # they said that they did not do it
            times = rec.fails = min(rec.fails + 1, 255)
        hold(rec, now, wall, max(limits.minimum, later(out.kind, times, chance, out.delay)))


def _take(rec, addresses):
    for a in addresses:
        if len(a) == 16:
            rec.v6 = a
        else:
            rec.v4 = a


def _success(rec, out, now, wall, limits):
    said, wait = None, limits.minimum
    expected = rec.forced or rec.unsure or rec.offline or rec.fails or rec.odds or now >= rec.refresh
    known = rec.v4, rec.v6
    rec.v4, rec.v6 = rec.try4 or rec.v4, rec.try6 or rec.v6
    rec.unsure = False
    withdraw(rec)
    if rec.offline:
        rec.offline, rec.v4, rec.v6 = 2, None, None
    if out.cls != outcome.SAME:
        rec.same = 0
    elif rec.forced or not expected:  # a refresh is meant to bring one
        rec.same = min(rec.same + 1, 255)
    if rec.same > 1 and not expected and known == (rec.v4, rec.v6):
        said, wait = ("event.nochg-twice",), max(wait, TWICE_S)
    if rec.retries:  # it worked: the next stop, if there ever is one, may be tried again at once
        rec.retries = rec.force = rec.force_for = rec.force_wall = 0
    rec.fails = rec.odds = 0
    rec.at = wall or 0
    rec.cause = b""
    rec.age = limits.age()
    rec.refresh = now + rec.age
    hold(rec, now, wall, wait)
    return said


def _lean(chance):
    """0..65535 that leans to the low end: the cube of a uniform number. A fleet's returns thin out from the
    first second on; with an even spread they would swell first."""
    return (chance * chance >> 16) * chance >> 16


def _base(kind, times):
    """Least wait of the `times`-th failure in a row; 0 for none."""
    first, _, longest = SCHEDULE[kind]
    return min(longest >> 1, first << min(times - 1, 12)) if times > 0 else 0


def later(kind, times, chance, delay=0):
    """Seconds to wait after the `times`-th failure of this kind in a row, or when the provider asked for
    `delay` (Retry-After: itself plus at most a tenth). Never before the provider's own word: the random part
    is added. At most the kind's longest wait."""
    _, window, longest = SCHEDULE[kind]
    if delay:
        return min(longest, delay + (delay // 10 * chance >> 16))
    base, window = _base(kind, times), window << min(times - 1, 12)
    return base + (max(0, min(longest - base, window)) * _lean(chance) >> 16)


# ---- what one host's answer means for others, and the line for all


def share_stop(rec, out, cause):
    """A stop of the account or provider that another host met holds for this one too. One that is stopped,
    for a reason of its own, keeps it."""
    if not rec.stopped():
        rec.cls, rec.word, rec.kind, rec.cause = out.cls, out.word, None, cause
        withdraw(rec)


def wait_as(rec, other, due):
    """The provider's trouble, met by `other` (a record of the same account): this host waits as long, even
    one that is stopped, as it may be tried again by hand. due: it was about to be sent too."""
    if not rec.stopped() and (due or rec.cls in (outcome.LATER, outcome.ODD)):
        rec.cls, rec.word, rec.kind = other.cls, other.word, other.kind
        if other.kind == outcome.HOME:
            rec.home = other.home
    if rec.stopped() and not _from_network(other):
        # the wait is the provider's: new settings must not shorten it (release.inherit)
        rec.fails = max(rec.fails, 1)
    if other.hold > rec.hold:
        rec.hold, rec.hold_why = other.hold, other.hold_why
        if other.kind != outcome.HOME:
            rec.hold_for, rec.hold_wall = other.hold_for, other.hold_wall
    elif other.kind != outcome.HOME and not other.hold_wall:
        # begun under a clock that is lost: when it is set again, this wait must not end before `other`'s
        rec.hold_wall = 0


def _least(rec, now, limits):
    """Seconds until the minimum interval since the last request is over, whatever other wait ends early."""
    return max(0, rec.left + limits.minimum - now) if rec.hold > now else 0


def _from_network(rec):
    return rec.cls == outcome.LATER and rec.kind in (outcome.NET, outcome.REFUSED, outcome.HOME)


def line_returned(rec, now, wall, limits, chance):
    """The line was down and is back: what failed only for want of a network need not wait its turn out, but
    everybody in the region is back in the same second: a random part of SPREAD."""
    if rec.hold <= now or _from_network(rec):
        hold(rec, now, wall, max(SPREAD * chance >> 16, _least(rec, now, limits)), "hold.spread")
        rec.crowd = True


def address_changed(rec, now, wall, limits):
    """A new address on a line that stayed up:
    waits that came from the network are void (not the minimum interval)."""
    if rec.hold > now and _from_network(rec):
        hold(rec, now, wall, _least(rec, now, limits), "hold.interval")
