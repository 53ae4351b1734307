# SPDX-License-Identifier: MIT
"""The judge: what a flawless agent may do, told from outside. Sees requests, answers, flash writes and
what the user did, and keeps its own books in true time: not one line of policy.py, which it judges.

Its memory follows the agent's: what was not in flash when the power went is forgotten here too (`written`,
`booted`), so that every request is judged by what the agent could know. Each rule is a name in RULES;
`broken` lists violations.
"""

RULES = {
    "stopped": "no request while stopped",
    "paused": "no request while paused",
    "hold": "none before a hold's end, however many reboots",
    "reason": "none without a change, a refresh or a command",
    "bogon": "never a bogon",
    "newest": "always the newest publishable address",
    "journal": "the journal never grows past its bound",
    "force": "updates by hand are rate-limited",
    "spread": "a host's stop never stops another account, and is never forgotten",
    "lost": "the newest publishable address is sent in the end, whatever happened",
}
HEAD, PER_HOST = 21, 104  # bytes of a journal image, as journal.py states them
DAY = 86400
FORCE_EVERY = 600
# What an answer means: DynDNS2 words and HTTP status -> how far a stop reaches (Dyn return codes, No-IP
# response page).
STOPS = {
    "badauth": "account", "noauth": "account", 401: "account", "nohost": "host", "notfqdn": "host",
    "abuse": "host", "!donator": "host", "numhost": "host", "badagent": "provider",
}  # fmt: skip
TROUBLE = ("911", "dnserr")
# A status alone says nothing about the account, other than 401: somebody in between may have said it.
ODD = (403, 404, "page", "empty", "garbage", "other")
NO_ANSWER = ("timeout", "reset", "lost")
NOT_SENT = ("refuse", "dns")
LIST_STOPS = ("!donator",)  # comes once, means the whole request


class Broken(BaseException):
    """A rule was broken. No Exception: the walls of the agent must not catch it."""


class Host:
    """What is known of one host name. Times are true seconds."""

    __slots__ = (
        "ack4", "ack6", "asked", "at", "by_hand", "fails", "hold", "odds", "offline", "open", "stop",
        "trouble",
    )  # fmt: skip

    def __init__(self):
        self.ack4 = self.ack6 = None  # what the provider said it stores
        self.at = None  # last success
        self.open = False  # a request without a success behind it
        self.asked = False  # a command waits to be carried out
        self.stop = None  # None, "host", "account", "provider"
        self.odds = self.fails = 0
        self.offline = 0  # 1 wanted, 2 done
        self.by_hand = -FORCE_EVERY  # last update by hand
        self.hold = 0  # no request before
        self.trouble = 0  # the same, by the provider's wish: outlives an edit of the settings

    def copy(self):
        new = Host.__new__(Host)
        new.ack4, new.ack6, new.asked, new.at, new.fails = (
            self.ack4,
            self.ack6,
            self.asked,
            self.at,
            self.fails,
        )
        new.hold, new.odds, new.offline, new.open = self.hold, self.odds, self.offline, self.open
        new.stop, new.trouble, new.by_hand = self.stop, self.trouble, self.by_hand
        return new


class Oracle:
    """accounts: name of the account -> (provider, settings, minimum, refresh, [(host name, settings)]).
    `settings` is anything that differs when the user edits what counts. publishable: set of addresses."""

    BLOCK_USERS = ("noip",)  # "abuse" blocks the user there, not the host

    def __init__(self, publishable):
        self.publishable = publishable
        self.now = {}  # (account, host) -> Host
        self.paused = False
        self.kept = [None, None]  # per slot: {(account, settings, host, settings): Host}, paused
        self.latest = 0  # slot written last
        self.newest = {4: None, 6: None}
        self.requests = 0
        self.provider_of = {}  # every account there ever was -> its provider
        self.accounts = {}
        self._before = {}  # host name -> what it stored before the request on its way

    def fail(self, rule, text):
        raise Broken("%s: %s" % (RULES[rule], text))

    # ---- the device's life

    def configure(self, accounts):
        """The settings from the next boot on."""
        self.accounts = accounts
        for name in accounts:
            self.provider_of[name] = accounts[name][0]

    def booted(self, slot):
        """The agent started and found this slot's image (None: nothing it could use)."""
        kept, self.paused = (self.kept[slot] if slot is not None else None) or ({}, False)
        if slot is not None:
            self.latest = slot
        self.now = {}
        self.newest = {4: None, 6: None}
        for account, (provider, settings, _, _, hosts) in self.accounts.items():
            for name, own in hosts:
                self.now[account, name] = self._known(account, settings, name, own, kept) or self._new(
                    account, provider, settings, kept
                )

    def _known(self, account, settings, name, own, kept):
        """What was known of this host. A new password voids nothing that is stored; a stop that it may have
        caused ends."""
        for (other, had, host, options), known in kept.items():
            if (other, host, options) == (account, name, own):
                known = known.copy()
                if had != settings and known.stop in ("host", "account"):
                    known.stop, known.odds, known.fails, known.open = None, 0, 0, True
                return known
        return None

    def _new(self, account, provider, settings, kept):
        new = Host()
        for (other, had, _, _), host in kept.items():
            if other == account:
                new.trouble = max(new.trouble, host.trouble)
                if host.stop == "account" and had == settings and not new.stop:
                    new.stop = "account"
            if host.stop == "provider" and self.provider_of.get(other) == provider:
                new.stop = "provider"
        return new

    def written(self, slot, size, last=False):
        """An image is in flash. last: the power goes right after it; it may announce a request that nobody
        saw."""
        bound = HEAD + PER_HOST * sum([len(a[4]) for a in self.accounts.values()])
        if size > bound:
            self.fail("journal", "%d bytes, bound %d" % (size, bound))
        image = {}
        for account, (_, settings, _, _, hosts) in self.accounts.items():
            for name, own in hosts:
                one = image[account, settings, name, own] = self.now[account, name].copy()
                if last:
                    one.open, one.ack4, one.ack6 = True, None, None
        self.kept[slot] = image, self.paused
        self.latest = slot

    # ---- line, requests and answers

    def sees(self, line):
        """What the router is about to tell the agent."""
        for family in (4, 6):
            if line[family] != -1:  # -1: could not tell, so the last word holds
                self.newest[family] = line[family] if line[family] in self.publishable else None

    def arrive(self, t, account, names, v4, v6, offline, arrives=True):
        """A request was begun; judge it. arrives: False when the device can know that it did not get
        there."""
        _, settings, minimum, refresh, hosts = self.accounts[account]
        self.requests += 1
        own = dict(hosts)
        what = "%s %s %s at %.1f" % (",".join(names), v4, v6, t)
        for sent, family in ((v4, 4), (v6, 6)):
            # what is taken from a name may be an older address, or one the provider chose
            if sent and not offline:
                if sent not in self.publishable:
                    self.fail("bogon", what)
                if sent != self.newest[family]:
                    self.fail("newest", "%s, but the line has %s" % (what, self.newest[family]))
        if self.paused:
            self.fail("paused", what)
        for name in names:
            host = self.now[account, name]
            if host.stop:
                self.fail("stopped", "%s (%s)" % (what, host.stop))
            if t < host.hold or t < host.trouble:
                self.fail("hold", "%s, %s's hold ends at %.1f" % (what, name, max(host.hold, host.trouble)))
            change = (v4 or host.ack4) != host.ack4 or (v6 or host.ack6) != host.ack6
            due = host.at is not None and t >= host.at + refresh - refresh // 16 - 2
            if not (host.open or host.asked or change or due):
                self.fail("reason", "%s, %s is up to date" % (what, name))
            if offline != (host.offline == 1):
                self.fail("reason", "%s, offline=%s" % (what, offline))
            kept = self.kept[self.latest][0][account, settings, name, own[name]]
            self._before[name] = host.ack4, host.ack6
            for one in (host, kept):
                if arrives or one is kept:  # a refused connection is tried again soon
                    one.hold = max(one.hold, t + minimum)
                # until an answer tells, the provider may store the one or the other
                if arrives or one is kept:
                    one.open = True
                    one.ack4 = one.ack4 if v4 in (None, one.ack4) else None
                    one.ack6 = one.ack6 if v6 in (None, one.ack6) else None

    def answered(self, t, account, names, v4, v6, offline, says, single=False):
        """What became of it; says: one answer per host, as in virtual.Provider. single: one line came for the
        list."""
        worst = 0
        for name, say in zip(names, says):
            host = self.now[account, name]
            if isinstance(say, str) and say.startswith("one "):
                say = say[4:]
            if say == "other" and (offline or not v4):
                say = "ok"
            if say in NO_ANSWER or say in NOT_SENT:
                continue
            after = None
            if isinstance(say, tuple):
                say, after = say
            if say not in ODD:
                host.ack4, host.ack6 = self._before[name]
            if say in TROUBLE or (isinstance(say, int) and say not in STOPS and say not in ODD):
                worst = max(worst, t + self._trouble(host, say, after))
            elif say in ODD:
                self._odd(t, host, say)
            elif say in STOPS:
                if single and len(names) > 1 and say not in LIST_STOPS and STOPS[say] == "host":
                    continue  # to be asked host by host
                self._refused(account, name, host, say)
            else:
                self._success(t, host, v4, v6, offline)
        for (other, _), host in self.now.items():
            if other == account and worst:
                host.trouble = max(host.trouble, worst)

    def _trouble(self, host, say, after):
        """The server is in trouble: seconds that the account must wait at least."""
        host.fails += 1
        host.open = True
        least = 1800 if say in TROUBLE else 300
        if after is not None:
            return max(60, min(DAY, after), least if say in TROUBLE else 0)
        return min(DAY // 2, least << min(host.fails - 1, 12))

    def _odd(self, t, host, say):
        host.odds += 1
        host.hold = max(host.hold, t + 1800)
        if say == "other":
            host.ack4, host.open = "45.33.99.99", False
        if host.odds >= 3:
            host.stop = "host"

    def _refused(self, account, name, host, say):
        blocks = say == "abuse" and self.accounts[account][0] in self.BLOCK_USERS
        self._stop(account, name, "account" if blocks else STOPS[say])
        if say == "!donator" and host.offline == 1:
            host.offline = 0

    def _success(self, t, host, v4, v6, offline):
        if offline:
            host.offline, host.ack4, host.ack6 = 2, None, None
        else:
            host.ack4, host.ack6 = v4 or host.ack4, v6 or host.ack6
        host.open = host.asked = False
        host.at = t
        host.odds = host.fails = 0

    def _stop(self, account, name, reach):
        for (other, another), host in self.now.items():
            same = (other, another) == (account, name)
            if reach == "account":
                same = other == account
            elif reach == "provider":
                same = self.provider_of[other] == self.provider_of[account]
            if same and not host.stop:  # one that stopped for a reason of its own keeps it
                host.stop = reach
                host.asked = False

    # ---- the user

    def command(self, t, name, account=None, host=None):
        """A command that is about to be given, as if it will be granted. Returns a function that takes it
        back."""
        before, paused = {key: one.copy() for key, one in self.now.items()}, self.paused
        self._command(t, name, account, host)

        def undo():
            self.now, self.paused = before, paused

        return undo

    def granted(self, t, account, host):
        """An update by hand was granted."""
        one = self.now[account, host]
        if t < one.by_hand + FORCE_EVERY:
            self.fail("force", "%s at %.1f, the one before at %.1f" % (host, t, one.by_hand))
        one.by_hand = t

    def _command(self, t, name, account, host):
        if name in ("pause", "resume"):
            self.paused = name == "pause"
            return
        one = self.now[account, host]
        if name == "retry":
            reach = one.stop
            for (other, another), h in self.now.items():
                same = other == account and (another == host or reach == "account")
                if reach == "provider":
                    same = self.provider_of[other] == self.provider_of[account]
                if same and h.stop == reach:
                    h.stop, h.odds, h.fails, h.open = None, 0, 0, True
        else:
            one.asked = True
            if name == "offline":
                one.offline = 1
            elif one.offline:
                one.offline, one.ack4, one.ack6 = 0, None, None
                one.by_hand = t - FORCE_EVERY  # what the user took back needs no pause
