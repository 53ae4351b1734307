"""What to do about one host: Send, Wait or Stopped; and what an outcome teaches. Pure: no clock, socket or file.

`now` is always monotonic whole seconds (Clock.mono). Wall time appears only as a value to keep for people and for
waits that outlive a reboot (journal.py converts them).
"""

from wanbeacon.dyndns import outcome

SEND, WAIT, STOPPED = "send", "wait", "stopped"

# Classes after which only the user, or a change of the settings that caused them, may go on.
STOPS = (outcome.AUTH, outcome.FEATURE, outcome.HOST, outcome.BLOCK, outcome.AGENT)

NEVER = 0x7FFFFFFF  # "no time set": 68 years of seconds
MINIMUM = 60  # seconds between two requests for one host when the provider names no other (ddclient 30, No-IP 120)
REFRESH_DAYS = 28  # Dyn lets free names expire after about 35 days without an update
ODD_TRIES = 3  # answers we do not understand before the host stops
FORCE_EVERY = 600  # seconds between two updates forced by the user; doubles with each needless one

# Kind of LATER -> first wait and longest wait in seconds. 911/dnserr: not before 30 minutes (No-IP response page).
SCHEDULE = {outcome.NET: (60, 3600), outcome.SERVER: (300, 86400), outcome.TROUBLE: (1800, 86400)}
ODD_WAIT = 1800
DAY = 86400
# After an outage of the line every device of the region comes back in the same second: each waits a random part of
# this. 118 s keep a fleet's peak below 1 % a second, half of the names right in 60 s and all of them in 2 minutes.
SPREAD = 118

class Limits:
    """What the provider's row and the config allow one host: seconds between requests (`minimum`), seconds until an
    unchanged name is sent again (`refresh`), whether it takes the connection's address (`conn`), and a number 0..255
    that differs from device to device (`seed`)."""

    def __init__(self, minimum=MINIMUM, refresh=REFRESH_DAYS * DAY, conn=False, seed=0):
        self.minimum = minimum
        self.refresh = refresh
        self.conn = conn
        self.seed = seed


class Record:
    """All we know about one host. The journal keeps every field but those marked RAM."""

    def __init__(self, fp):
        self.fp = fp  # 8 bytes: fingerprint of the host's settings; this record is void when they change
        self.cause = b""  # 8 bytes: fingerprint of the settings whose change ends a stop
        self.v4 = self.v6 = None  # what the provider stores, canonical text, as far as we know
        self.cls = ""  # class of the last outcome, "" = none yet
        self.word = ""  # the provider's word
        self.kind = None  # kind of LATER
        self.fails = 0  # outcomes of this kind in a row
        self.same = 0  # nochg in a row
        self.at = 0  # wall time of the last success, unix seconds, 0 = not known
        self.attempt = False  # a request left (or was about to) and its outcome is not known
        self.try4 = self.try6 = None  # what that request carried
        self.offline = False  # the user set the host offline
        self.root = 0  # 1 + number of the CA root that verified this provider last
        self.hold = 0  # mono: no request before
        self.hold_for = 0  # how long that hold was when it was set
        self.hold_wall = 0  # wall deadline of the hold, 0 = clock not set then
        self.force = 0  # mono: no forced update before; with _for and _wall as above
        self.force_for = 0
        self.force_wall = 0
        self.refresh = NEVER  # RAM, mono: send again though unchanged (journal.py derives it from `at`)
        self.forced = False  # RAM: the user asked for one update now
        self.single = False  # send alone: a list got one answer
        self.unsure = False  # RAM: the request before this one had no known outcome
        self.left = -NEVER  # RAM, mono: when the last request left

    def stopped(self):
        """True while only the user or new settings may go on."""
        return self.cls in STOPS or self.cls == outcome.ODD and self.fails >= ODD_TRIES


def hold(rec, now, wall, seconds):
    """No request for this host for `seconds` from now; kept over reboots."""
    rec.hold, rec.hold_for, rec.hold_wall = now + seconds, seconds, wall + seconds if wall else 0


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
    if rec.offline and not rec.forced:
        return WAIT, NEVER, "set offline by the user"
    if rec.forced:
        why = "update asked for by the user"
    elif changed(rec, want):
        why = "the address changed" if rec.v4 or rec.v6 else "not published yet"
        if rec.attempt:
            why = "the outcome of the last request is not known"
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
        return "the answer was not understood (%s): trying again later" % rec.word
    return "waiting, so that the provider is not asked too often"


def stop_text(rec):
    """Why a record is stopped and what ends it, in words."""
    what = {
        outcome.AUTH: "the provider refuses user name or password: correct them",
        outcome.FEATURE: "an option is not available to this account: remove it or upgrade",
        outcome.HOST: "the provider does not know this host in this account: correct the name",
        outcome.BLOCK: "the provider blocked this host: ask the provider to unblock it, then retry",
        outcome.AGENT: "the provider refuses this program: update it, then retry",
        outcome.ODD: "the provider's answers are not understood: look at them, then retry",
    }[rec.cls]
    return "%s: %s" % (rec.word, what)


def start(rec, now, wall, limits, sent):
    """A request for this host is about to leave with `sent` = (v4 or None, v6 or None): to be saved BEFORE it does,
    so that a power cut in between is visible and holds for the minimum interval."""
    rec.unsure = rec.attempt
    rec.attempt = True
    rec.try4, rec.try6 = sent
    rec.left = now
    hold(rec, now, wall, limits.minimum)


def withdraw(rec):
    """The request of `start` never reached the provider (no connection): nothing is unsure."""
    rec.attempt = False
    rec.try4 = rec.try6 = None


def learn(rec, out, now, wall, limits, rnd, cause):
    """Put one Outcome into the record of the host it is about.

    rnd: random 0..255, the only chance in this module. cause: fingerprint (8 bytes) of the settings a stop hangs on.
    Returns a warning for the log, or None.
    """
    warning = None
    forced, rec.forced = rec.forced, False
    fails = rec.fails + 1 if (rec.cls, rec.kind) == (out.cls, out.kind) else 1
    if out.cls in (outcome.OK, outcome.SAME):
        warning = _success(rec, out, now, wall, limits, forced)
        fails = 0
    elif out.cls == outcome.LATER:
        if out.kind != outcome.NET:
            withdraw(rec)  # they said that they did not do it
        hold(rec, now, wall, max(limits.minimum, later(out, fails, rnd)))
    elif out.cls == outcome.ODD:
        if out.got:  # it says it stored something else: believe it, so that the status can name both
            for a in out.got:
                if ":" in a:
                    rec.v6 = a
                else:
                    rec.v4 = a
            withdraw(rec)
        rec.cause = cause
        hold(rec, now, wall, max(limits.minimum, ODD_WAIT + rnd * 2))
    else:
        withdraw(rec)
        rec.cause = cause
    rec.single = out.split and not rec.single
    if rec.single:  # which host of the list is meant? ask once for each alone, spaced by the minimum
        rec.cls, rec.word, rec.kind, rec.fails = outcome.LATER, out.word, outcome.SERVER, 0
        hold(rec, now, wall, limits.minimum)
        rec.attempt = True
        return "one answer (%s) for a list: asking host by host" % out.word
    rec.cls, rec.word, rec.kind, rec.fails = out.cls, out.word, out.kind, min(fails, 255)
    return warning


def _success(rec, out, now, wall, limits, forced):
    warning = None
    expected = forced or rec.unsure or rec.fails or now >= rec.refresh
    known = (rec.v4, rec.v6)
    if rec.attempt:
        rec.v4, rec.v6 = rec.try4 or rec.v4, rec.try6 or rec.v6
    if limits.conn:
        for a in out.got:
            if ":" in a:
                rec.v6 = a
            else:
                rec.v4 = a
    withdraw(rec)
    if out.cls == outcome.SAME:
        rec.same = min(rec.same + 1, 255)
        if rec.same > 1 and not expected and known == (rec.v4, rec.v6):
            warning = "nochg twice for the same address: please report this as a bug"
    else:
        rec.same = 0
    rec.at = wall or 0
    rec.cause = b""
    rec.refresh = now + refresh_age(limits)
    hold(rec, now, wall, limits.minimum)
    return warning


def refresh_age(limits):
    """Seconds until an unchanged name is sent again: up to 1/16 earlier, so that a fleet does not refresh at once."""
    return limits.refresh - (limits.refresh >> 12) * limits.seed


def later(out, fails, rnd):
    """Seconds to wait after the `fails`-th LATER of this kind in a row. Never before the provider's own word
    (Retry-After); the random part is added, so that a crowd does not come back in step."""
    first, longest = SCHEDULE[out.kind]
    if out.delay:
        return out.delay + (out.delay >> 11) * rnd + (rnd >> 3)
    wait = min(longest, first << min(fails - 1, 12))
    if out.kind == outcome.NET:
        return min(longest, wait + (wait * rnd >> 8))
    return min(longest, wait + (wait * rnd >> 10))


def line_returned(rec, now, wall, rnd):
    """The line was down and is back: what failed only for want of a network need not wait its turn out, but everybody
    in the region is back in the same second: a random part of SPREAD."""
    if rec.cls == outcome.LATER and rec.kind == outcome.NET or rec.hold <= now:
        wait = SPREAD * rnd >> 8
        least = rec.left + MINIMUM - now
        hold(rec, now, wall, max(wait, least))


def address_changed(rec, now, wall, limits):
    """A new address on a line that stayed up: waits that came from the network are void (not the minimum interval)."""
    if rec.cls == outcome.LATER and rec.kind == outcome.NET and rec.hold > now:
        hold(rec, now, wall, max(0, rec.left + limits.minimum - now))


def retry(rec):
    """The user says: try again. Ends a stop; the minimum interval stays."""
    rec.cls, rec.fails, rec.cause, rec.kind = "", 0, b"", None
    rec.attempt = True  # what the provider stores is not known: send once


def force(rec, now, wall):
    """The user asks for one update now. None when granted, else the reason why not, in words."""
    if rec.stopped():
        return "%s (use retry)" % stop_text(rec)
    if now < rec.force:
        return "the last update by hand was too recent: again in %d s, so that the provider does not block you" % (
            rec.force - now
        )
    if now < rec.hold:
        return "%s: again in %d s" % (hold_text(rec), rec.hold - now)
    wait = min(DAY, FORCE_EVERY << min(rec.same, 8))
    rec.force, rec.force_for, rec.force_wall = now + wait, wait, wall + wait if wall else 0
    rec.forced = True
    return None
