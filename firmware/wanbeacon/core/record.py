# SPDX-License-Identifier: MIT
"""What is known about one host, and the limits its provider sets.
Data only; policy.py alone changes a record."""

NEVER = 0x7FFFFFFF  # "no time set": 68 years of seconds
DAY = 86400
# seconds between two requests for one host when the provider names no other (ddclient 30, No-IP 120)
MINIMUM = 60
REFRESH_DAYS = 28  # Dyn lets free names expire after about 35 days without an update
ODD_TRIES = 3  # answers we do not understand before the host stops
# Classes of outcome.py after which only the user, or a change of the settings that caused them, may go on.
STOPS = ("AUTH", "FEATURE", "HOST", "BLOCK", "AGENT", "FAIL")
# A clock that runs behind the newest time in the journal, or this far beyond it, is not believed when it
# would shorten a wait: the whole wait starts again.
BELIEVE = 180 * DAY


class Limits:
    """What the provider's row and the config allow one host: seconds between requests (`minimum`), seconds
    until an unchanged name is sent again (`refresh`), and a number 0..65535 that differs from device to
    device (`seed`)."""

    def __init__(self, minimum=MINIMUM, refresh=REFRESH_DAYS * DAY, seed=0):
        self.minimum = minimum
        self.refresh = refresh
        self.seed = seed

    def age(self):
        """Seconds until an unchanged name is sent again:
        up to 1/16 earlier, so that a fleet does not refresh at once."""
        return self.refresh - (self.refresh * self.seed >> 20)


class Record:
    """All we know about one host. The journal keeps every field but those marked RAM.

    Its state is named by `cls`: "" never answered (or told to try again), OK and SAME published, LATER and
    ODD waiting to try again, one of STOPS stopped. An address is 4 or 16 bytes; None = not known, or nothing.

    The values below are those of a new record. They stand in the class, so that a record has memory only for
    what differs: a board keeps some dozens, and most fields of most of them never change.
    """

    # whose record this is
    fp = b""  # 8 bytes: fingerprint of the host's settings; this record is void when they change
    place = b""  # 4 bytes: fingerprint of provider, server and user: what a hold depends on
    # the state, and what brought it about
    cls = ""  # class of the last outcome
    word = ""  # the provider's word
    kind = None  # kind of LATER
    cause = b""  # 8 bytes: fingerprint of the settings whose change ends a stop
    # what the provider stores
    v4 = v6 = None
    at = 0  # wall time of the last success, unix seconds, 0 = not known
    attempt = False  # a request left (or was about to) and its outcome is not known: send again
    try4 = try6 = None  # what that request carried; nothing = send once, though nothing is in doubt
    root = 0  # 1 + number of the CA root that verified this provider last
    # what the user wants
    offline = 0  # 1 = to be set offline, 2 = done
    # in a row
    fails = 0  # SERVER and TROUBLE answers since the last success
    nets = 0  # requests since the last answer of any kind
    odds = 0  # ODD answers since the last success
    same = 0  # nochg in a row
    retries = 0  # retries by hand since the last success
    single = False  # send alone: a list got one answer
    # no request before `hold` (mono); how long that was when it was set;
    # its wall deadline, 0 = clock not set then
    hold = hold_for = hold_wall = 0
    # the same for an update or retry by hand
    force = force_for = force_wall = 0
    # RAM
    crowd = False  # the next request follows an outage of the line, as that of every neighbor does
    hold_why = None  # code of the reason for `hold`, None = what cls says
    home = 0  # tries in a row that never left the home: no name server, no route
    refresh = NEVER  # mono: send again though unchanged (journal.py derives it from `at`)
    age = 0  # seconds from a success to its refresh
    left = 0  # mono: the last request did not leave later than this
    forced = False  # the user asked for one update now
    unsure = False  # the request before this one had no known outcome

    def __init__(self, fp):
        self.fp = fp

    def stopped(self):
        """True while only the user or new settings may go on."""
        return self.cls in STOPS or self.odds >= ODD_TRIES


class Journal:
    """Where the journal is and what was written last; journal.py reads and writes it. slots: two objects with
    read() -> bytes or None, and write(bytes), each raising OSError."""

    def __init__(self, slots):
        self.slots = slots
        self.turn = 0  # number of the slot that is written next
        self.seq = 0
        self.newest = 0  # wall time of the last write
        self.paused = False
        self.writes = 0
        self.lost = None  # code of what was lost, or None
        self.last = None  # fingerprint of the records as they were written last
        self.kept = None  # the same of what must be in both slots, as it is in both

    def strange(self, wall):
        """True when `wall` (unix seconds or None) cannot have come from the newest time in the journal, or
        the journal is about to grow too old for that: `save` then writes all waits in the time of `wall`."""
        return bool(wall and self.newest) and not self.newest <= wall <= self.newest + BELIEVE // 2
