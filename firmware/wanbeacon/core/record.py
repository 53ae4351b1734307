"""What is known about one host, and the limits its provider sets. Data only; policy.py says what follows from it."""

NEVER = 0x7FFFFFFF  # "no time set": 68 years of seconds
DAY = 86400
MINIMUM = 60  # seconds between two requests for one host when the provider names no other (ddclient 30, No-IP 120)
REFRESH_DAYS = 28  # Dyn lets free names expire after about 35 days without an update
ODD_TRIES = 3  # answers we do not understand before the host stops
# Classes of outcome.py after which only the user, or a change of the settings that caused them, may go on.
STOPS = ("AUTH", "FEATURE", "HOST", "BLOCK", "AGENT")
# A clock that runs behind the newest time in the journal, or this far beyond it, is not believed when it would
# shorten a wait: the whole wait starts again.
BELIEVE = 180 * DAY


class Limits:
    """What the provider's row and the config allow one host: seconds between requests (`minimum`), seconds until an
    unchanged name is sent again (`refresh`), and a number 0..65535 that differs from device to device (`seed`)."""

    def __init__(self, minimum=MINIMUM, refresh=REFRESH_DAYS * DAY, seed=0):
        self.minimum = minimum
        self.refresh = refresh
        self.seed = seed

    def age(self):
        """Seconds until an unchanged name is sent again: up to 1/16 earlier, so that a fleet does not refresh at once."""
        return self.refresh - (self.refresh * self.seed >> 20)


class Record:
    """All we know about one host. The journal keeps every field but those marked RAM."""

    def __init__(self, fp):
        self.fp = fp  # 8 bytes: fingerprint of the host's settings; this record is void when they change
        self.place = b""  # 4 bytes: fingerprint of provider, server and user: what a hold hangs on
        self.cause = b""  # 8 bytes: fingerprint of the settings whose change ends a stop
        self.v4 = self.v6 = None  # what the provider stores, canonical text; None = not known, or nothing
        self.cls = ""  # class of the last outcome, "" = none yet
        self.word = ""  # the provider's word
        self.kind = None  # kind of LATER
        self.fails = 0  # SERVER and TROUBLE answers since the last success
        self.nets = 0  # requests since the last answer of any kind
        self.odds = 0  # ODD answers since the last success
        self.same = 0  # nochg in a row
        self.at = 0  # wall time of the last success, unix seconds, 0 = not known
        self.attempt = False  # a request left (or was about to) and its outcome is not known: send again
        self.try4 = self.try6 = None  # what that request carried; nothing = send once, though nothing is in doubt
        self.offline = 0  # the user wants the host offline: 1 = to be sent, 2 = done
        self.single = False  # send alone: a list got one answer
        self.root = 0  # 1 + number of the CA root that verified this provider last
        self.hold = 0  # mono: no request before
        self.hold_for = 0  # how long that hold was when it was set
        self.hold_wall = 0  # wall deadline of the hold, 0 = clock not set then
        self.force = 0  # mono: no forced update before; with _for and _wall as above
        self.force_for = 0
        self.force_wall = 0
        self.refresh = NEVER  # RAM, mono: send again though unchanged (journal.py derives it from `at`)
        self.age = 0  # RAM: seconds from a success to its refresh
        self.left = 0  # RAM, mono: the last request did not leave later than this
        self.forced = False  # RAM: the user asked for one update now
        self.unsure = False  # RAM: the request before this one had no known outcome

    def stopped(self):
        """True while only the user or new settings may go on."""
        return self.cls in STOPS or self.odds >= ODD_TRIES
