"""What to do about one host: Send, Wait or Stopped; and what an outcome teaches. Pure: no clock, socket or file.

`now` is always monotonic whole seconds (Clock.mono), `rnd` a random number 0..65535. Wall time appears only as a value
to keep for people and for waits that outlive a reboot (journal.py converts them).
"""

from wanbeacon.core import outcome
from wanbeacon.core.record import DAY, NEVER, STOPS, Limits, Record  # noqa: F401

SEND, WAIT, STOPPED = "send", "wait", "stopped"

FORCE_EVERY = 600  # seconds between two updates forced by the user; doubles with each needless one

# Kind of failure -> first wait, its random part, longest wait, in seconds; waits double with each failure.
# 911/dnserr: not before 30 minutes (No-IP response page). The random part is wide and leans to its early end
# (`_lean`): a million devices that time out together come back over 20 minutes, fewer in each minute than in the one
# before, instead of as a wave that makes them time out again (`python -m tools simulate fleet --scene provider`).
SCHEDULE = {
    outcome.NET: (60, 1200, 3600),
    outcome.SERVER: (300, 1200, DAY),
    outcome.TROUBLE: (1800, 1800, DAY),
    outcome.ODD: (1800, 600, 3600),
}
# After an outage of the line every device of the region comes back in the same second: each waits a random part of
# this. 110 s keep a fleet's peak below 1 % a second, half of the names right in 60 s and all of them in 2 minutes.
SPREAD = 110


def hold(rec, now, wall, seconds):
    """No request for this host for `seconds` from now; kept over reboots. A second that has begun is not counted:
    `now` and `wall` were rounded down, and a wait must not be short."""
    seconds += 1
    rec.hold, rec.hold_for, rec.hold_wall = now + seconds, seconds, wall + seconds if wall else 0


def stored(rec):
    """(v4, v6): what the provider stores for sure; None = nothing, or not known."""
    v4 = None if rec.try4 and rec.try4 != rec.v4 else rec.v4
    return v4, None if rec.try6 and rec.try6 != rec.v6 else rec.v6


def changed(rec, want):
    """True when the provider does not store what it should: want = (v4 or None, v6 or None), canonical text."""
    return bool(rec.attempt or want[0] and want[0] != rec.v4 or want[1] and want[1] != rec.v6)


def decide(rec, want, now):
    """(SEND | WAIT | STOPPED, mono time of the next look or NEVER, why in words).

    want: publishable addresses for this host, (v4 or None, v6 or None). A None is "not known" and never a reason to
    send.
    """
    if rec.stopped():
        return STOPPED, NEVER, stop_text(rec)
    if not (want[0] or want[1]):
        return WAIT, NEVER, "no publishable address is known"
    if rec.offline == 2:
        return WAIT, NEVER, "set offline by the user"
    if rec.offline:
        why = "to be set offline, as the user asked"
    elif rec.forced:
        why = "update asked for by the user"
    elif rec.attempt:
        why = "the outcome of the last request is not known"
    elif changed(rec, want):
        why = "the address changed" if rec.v4 or rec.v6 else "not published yet"
    elif now >= rec.refresh:
        why = "refresh, so that the name does not expire"
    else:
        return WAIT, rec.refresh, "up to date"
    if now < rec.hold:
        return WAIT, rec.hold, "%s; %s" % (why, hold_text(rec))
    return SEND, now, why


def hold_text(rec):
    """Why a record is on hold, in words."""
    if rec.cls == outcome.LATER:
        return "%s: trying again later" % rec.word
    if rec.cls == outcome.ODD:
        return "%s: trying again later" % _odd_text(rec)
    return "waiting, so that the provider is not asked too often"


def _odd_text(rec):
    have = " ".join([a for a in (rec.v4, rec.v6) if a])
    if rec.word == "other address" and have:
        return "the provider says it stored another address than the one sent: %s" % have
    return "the answer was not understood (%s)" % rec.word


def stop_text(rec):
    """Why a record is stopped and what ends it, in words."""
    if rec.cls not in STOPS:
        return "%s: look at the provider's answers, then retry" % _odd_text(rec)
    what = {
        outcome.AUTH: "the provider refuses user name or password: correct them",
        outcome.FEATURE: "an option is not available to this account: remove it or upgrade",
        outcome.HOST: "the provider does not know this host in this account: correct the name",
        outcome.BLOCK: "the provider blocked this host: ask the provider to unblock it, then retry",
        outcome.AGENT: "the provider refuses this program: update it, then retry",
    }[rec.cls]
    return "%s: %s" % (rec.word, what)


def start(rec, now, wall, limits, sent):
    """A request for this host is about to leave with `sent` = (v4 or None, v6 or None): to be saved BEFORE it does,
    so that a power cut in between is visible and holds for the minimum interval, and longer when cuts (or crashes)
    keep hitting the requests: a board that browns out whenever its radio sends must not ask once a minute for ever."""
    rec.unsure = rec.attempt
    rec.v4, rec.v6 = stored(rec)  # what an earlier request without outcome carried is not known, whatever comes of this
    rec.attempt = True
    rec.try4, rec.try6 = sent
    rec.left = now
    rec.nets = min(rec.nets + 1, 255)
    hold(rec, now, wall, max(limits.minimum, _base(outcome.NET, rec.nets - 1)))


def withdraw(rec):
    """The request of `start` changed nothing at the provider: it did not get there, or was refused. What was owed before
    (the outcome of another request, a retry) is owed still."""
    rec.attempt = rec.unsure
    rec.try4 = rec.try6 = None


def learn(rec, out, now, wall, limits, rnd, cause):
    """Put one Outcome into the record of the host it is about.

    rnd: the only chance in this module. cause: fingerprint (8 bytes) of the settings a stop hangs on.
    Returns a warning for the log, or None.
    """
    if out.kind != outcome.NET:
        rec.nets = 0
    if out.split and not rec.single:  # which host of the list is meant? ask once for each alone, spaced by the minimum
        withdraw(rec)
        rec.attempt = rec.single = True
        rec.cls, rec.word, rec.kind = outcome.LATER, out.word, outcome.SERVER
        hold(rec, now, wall, limits.minimum)
        return "one answer (%s) for a list: asking host by host" % out.word
    warning = None
    if out.cls == outcome.LATER:
        times = rec.nets
        if out.kind != outcome.NET:
            withdraw(rec)  # they said that they did not do it
            times = rec.fails = min(rec.fails + 1, 255)
        hold(rec, now, wall, max(limits.minimum, later(out.kind, times, rnd, out.delay)))
    elif out.cls == outcome.ODD:
        if out.got:  # it says it stored something else: believe it, so that the status can name both
            _take(rec, out.got)
            rec.unsure = False  # so what it stores is known, whatever became of the request before
            withdraw(rec)
        rec.odds += 1
        rec.cause = cause
        hold(rec, now, wall, max(limits.minimum, later(outcome.ODD, 1, rnd)))
    elif out.cls in STOPS:
        withdraw(rec)
        rec.cause = cause
        if out.cls == outcome.FEATURE:
            rec.offline &= 2  # it may be that very option: a retry sends the address again
    else:
        warning = _success(rec, out, now, wall, limits)
    if out.cls not in (outcome.LATER, outcome.ODD):
        rec.forced = rec.single = False
    rec.cls, rec.word, rec.kind = out.cls, out.word, out.kind
    return warning


def _take(rec, addresses):
    for a in addresses:
        if ":" in a:
            rec.v6 = a
        else:
            rec.v4 = a


def _success(rec, out, now, wall, limits):
    warning, wait = None, limits.minimum
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
        warning, wait = "nochg twice for the same address: please report this as a bug", max(wait, 1800)
    rec.fails = rec.odds = 0
    rec.at = wall or 0
    rec.cause = b""
    rec.age = limits.age()
    rec.refresh = now + rec.age
    hold(rec, now, wall, wait)
    return warning


def _lean(rnd):
    """0..65535 that leans to the low end: the cube of a uniform number. A fleet's returns thin out from the first
    second on; with an even spread they would swell first."""
    return (rnd * rnd >> 16) * rnd >> 16


def _base(kind, times):
    """Least wait of the `times`-th failure in a row; 0 for none."""
    first, _, longest = SCHEDULE[kind]
    return min(longest >> 1, first << min(times - 1, 12)) if times > 0 else 0


def later(kind, times, rnd, delay=0):
    """Seconds to wait after the `times`-th failure of this kind in a row, or when the provider asked for `delay`
    (Retry-After). Never before the provider's own word: the random part is added; a provider that keeps giving the
    same short one is asked once an hour in the end. At most the kind's longest wait."""
    _, window, longest = SCHEDULE[kind]
    if delay:
        base, window = max(delay, min(3600, _base(kind, times - 3))), delay + 600
    else:
        base, window = _base(kind, times), window << min(times - 1, 12)
    return base + (max(0, min(longest - base, window)) * _lean(rnd) >> 16)


def wait_as(rec, other, due):
    """The provider's trouble, met by `other` (a record of the same account): this host waits as long, even one that is
    stopped, as it may be tried again by hand. due: it was about to be sent too."""
    if not rec.stopped() and (due or rec.cls in (outcome.LATER, outcome.ODD)):
        rec.cls, rec.word, rec.kind = other.cls, other.word, other.kind
    if other.hold > rec.hold:
        rec.hold, rec.hold_for, rec.hold_wall = other.hold, other.hold_for, other.hold_wall


def _least(rec, now, limits):
    """Seconds until the minimum interval since the last request is over, whatever other wait ends early."""
    return max(0, rec.left + limits.minimum - now) if rec.hold > now else 0


def line_returned(rec, now, wall, limits, rnd):
    """The line was down and is back: what failed only for want of a network need not wait its turn out, but everybody
    in the region is back in the same second: a random part of SPREAD."""
    if rec.hold <= now or rec.cls == outcome.LATER and rec.kind == outcome.NET:
        hold(rec, now, wall, max(SPREAD * rnd >> 16, _least(rec, now, limits)))


def address_changed(rec, now, wall, limits):
    """A new address on a line that stayed up: waits that came from the network are void (not the minimum interval)."""
    if rec.hold > now and rec.cls == outcome.LATER and rec.kind == outcome.NET:
        hold(rec, now, wall, _least(rec, now, limits))


def inherit(rec, old, minimum):
    """The wait of `old`, a record of the same provider and user whose settings are gone, for a record that is new
    here: what the provider may have asked for stays whole, a wait that new settings could make needless shrinks to the
    minimum. Before journal.resume."""
    wait = old.hold_for
    if old.cls == outcome.ODD or old.kind == outcome.NET:
        wait = min(wait, minimum + 1)  # as hold() counts it
    wall = old.hold_wall and old.hold_wall - old.hold_for + wait
    if rec.hold_for:
        wall = wall and rec.hold_wall and max(wall, rec.hold_wall)
    rec.hold_for, rec.hold_wall = max(rec.hold_for, wait), wall


def retry(rec):
    """The user says: try again. Ends a stop; the minimum interval stays."""
    rec.cls, rec.kind, rec.cause = "", None, b""
    rec.fails = rec.nets = rec.odds = 0
    withdraw(rec)
    rec.attempt = True


def force(rec, now, wall, offline=False):
    """The user asks for one update now, or to set the host offline. None when granted, else why not, in words."""
    if rec.stopped():
        return "%s (use retry)" % stop_text(rec)
    if now < rec.force and not (rec.offline and not offline):  # back from offline is a change
        return "the last update by hand was too recent: again in %d s, so that the provider does not block you" % (
            rec.force - now
        )
    if now < rec.hold:
        return "%s: again in %d s" % (hold_text(rec), rec.hold - now)
    wait = min(DAY, FORCE_EVERY << min(rec.same, 8))
    rec.force, rec.force_for, rec.force_wall = now + wait, wait, wall + wait if wall else 0
    if rec.offline and not offline:
        rec.v4 = rec.v6 = None  # the name does not lead here now: send until it does
    rec.offline = 1 if offline else 0
    rec.forced = rec.attempt = True  # the second outlives a power cut
    return None
