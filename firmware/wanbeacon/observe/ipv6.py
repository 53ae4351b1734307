# SPDX-License-Identifier: MIT
"""Which IPv6 address of a device to publish: a pure function over the kernel's rows and what routers
advertised.

What has to be told apart, and how (RFC 4862, 8978 "flash renumbering", RFC 6724; measured: routers advertise
by the rules below, Linux keeps what it once heard for hours):
- an address lives while its /64 is still advertised. The kernel tells when it was last (the row's stamp), and
  on newer kernels who advertised it (kernel.router_option);
- the router that counts is the one with the default route: anybody on the link can advertise a prefix;
- the published address stays as long as it lives, whoever else appears;
- what cannot be decided is said, with the addresses in question, and nothing is published.
"""

from wanbeacon.core import address

# IFA_F_TEMPORARY | DADFAILED | DEPRECATED | TENTATIVE: not (or not for long) an address others can reach
_UNFIT = 0x01 | 0x08 | 0x20 | 0x40
_PERMANENT = 0x80  # for ever: set by hand
_MNGTMP = 0x100  # IFA_F_MANAGETEMPADDR: made from an advertisement; privacy addresses come and go beside it
#: 1/100 s by which a prefix may be older than the one advertised last:
#: three intervals of 600 s, RFC 4861's default.
STALE = 180000
#: Advertisements of a router without a prefix after which that prefix is gone: one may have lost it on the
#: way to us.
MISSED = 2
#: Milliseconds within which options belong to one advertisement.
_ONE_RA_MS = 500
#: A router without default route that was not heard for so long is gone, unless its own rhythm is slower.
_GONE_MS = (60000, 1800000)
_MANY = 48  # (prefix, router) pairs that are remembered: somebody may advertise without end
_OURS, _UNSURE, _STRANGE, _DEAD = 0, 1, 2, 3


class Heard:
    """What routers on one link advertised since we listen. feed() it with the kernel's events."""

    def __init__(self):
        self.prefixes = {}  # (packed /64, router) -> the router's round in which it last had it
        self.routers = {}  # router -> [round, ms when last heard, longest gap in ms]
        self.home = None  # the router that advertised the published prefix while it had the default route
        self.tells = False  # whether this kernel hands on prefix options: then it is worth waiting for them

    def feed(self, ms, router, prefix, bits, preferred):
        """One option of an advertisement; `ms` of a clock that never steps.
        True when it changed what is known."""
        row, changed = self.routers.get(router), False
        if row is None:
            if len(self.routers) >= _MANY:
                self._forget()
            row = self.routers[router] = [0, ms, 0]
        elif ms - row[1] > _ONE_RA_MS:
            row[2] = max(row[2], ms - row[1])
            row[0] += 1
            changed = row[0] == MISSED - 1  # what it did not advertise since we listen is gone
        row[1] = ms
        for key in self.prefixes:
            if key[1] == router and row[0] - self.prefixes[key] == MISSED:
                changed = True  # just now it is gone
        self.tells = self.tells or bool(prefix)
        if prefix and bits <= 64 and preferred:
            key = prefix[:8], router
            changed = changed or key not in self.prefixes
            if key not in self.prefixes and len(self.prefixes) >= _MANY:
                self._forget()
            self.prefixes[key] = row[0]
        return changed

    def _forget(self):
        """Make room: the router with the most prefixes loses all of them, but never the one at home."""
        count = {}
        for key in self.prefixes:
            count[key[1]] = count.get(key[1], 0) + 1
        worst = None
        for router in self.routers:
            if router != self.home and (worst is None or count.get(router, 0) > count.get(worst, 0)):
                worst = router
        for key in list(self.prefixes):
            if key[1] == worst or worst is None:
                del self.prefixes[key]
        self.routers.pop(worst, None)

    def gone(self, router, ms):
        """True when a router was not heard for three of its own intervals."""
        row = self.routers.get(router)
        if row is None:
            return True
        limit = max(_GONE_MS[0], 3 * row[2]) if row[0] >= 4 else _GONE_MS[1]
        return ms - row[1] > limit

    def lacks(self, routers):
        """True when each of the default routers advertised often enough for a prefix that nobody was heard
        with to be gone."""
        often = [
            router for router in routers if router in self.routers and self.routers[router][0] >= MISSED - 1
        ]
        return self.tells and len(often) == len(routers) > 0

    def state(self, prefix, trusted, routers, ms):
        """Of a /64: _OURS, _STRANGE or _DEAD, and the router;
        (_UNSURE, None) when nobody was heard to advertise it."""
        best = _UNSURE, None
        for key in self.prefixes:
            if key[0] == prefix:
                router = key[1]
                alive = self.routers[router][0] - self.prefixes[key] < MISSED
                alive = alive and (not routers or router in routers or not self.gone(router, ms))
                if not trusted or router in trusted:
                    return (_OURS if alive else _DEAD), router
                if best[0] != _STRANGE:
                    best = (_STRANGE if alive else _DEAD), router
        return best


def fit(row):
    """Whether others can reach this address for long: not temporary, deprecated, tentative or a duplicate.
    Both are looked at: the kernel clears the flag for a moment at each advertisement with lifetime 0."""
    return not row[2] & _UNFIT and row[4] != 0


def choose(rows, known=None, routers=(), heard=None, ms=0):
    """Choose the one address to publish.

    rows: kernel.address_row's of one device. known: the packed address that is published, or None. routers:
    packed link-locals with the default route on this device (route.routers6). heard: Heard, or None when
    nobody listens. Returns (packed, None), or (None, code tuple). ("kernel.none6",) means: there is none;
    other codes: cannot tell.
    """
    usable = [row for row in rows if row[0] == 6 and row[3] == 0 and fit(row)]
    good = [row for row in usable if not address.why_not(row[6])]
    if not good:
        if any([row[6] == known for row in rows]) and known and not address.why_not(known):
            return None, ("kernel.deprecated", known)  # a stranger can say so as well as its router
        packed = [row[6] for row in usable]
        if not packed:
            return None, ("kernel.none6",)
        return (known if known in packed else min(packed)), None
    static = [row[6] for row in good if row[2] & _PERMANENT and not row[2] & _MNGTMP]
    if static:
        return (known if known in static else min(static)), None
    heard = heard or Heard()
    trusted = _trusted(known, routers, heard, ms)
    groups = _groups(good, trusted, heard, routers, ms)
    if known in [row[6] for row in good] and groups[known[:8]][0] != _DEAD:
        return known, None
    return _fresh(good, known, groups, routers, rows, heard.tells)


def _trusted(known, routers, heard, ms):
    """The routers that count. Learns which one is at home; forgets it when it is gone for good."""
    if heard.home and heard.home not in routers and routers and heard.gone(heard.home, ms):
        heard.home = None
    if not heard.home and known:
        there = [router for router in routers if (known[:8], router) in heard.prefixes]
        if len(there) == 1:
            heard.home = there[0]
    return (heard.home,) if heard.home else routers


def _groups(good, trusted, heard, routers, ms):
    """{packed /64: (state, router or None)} of the addresses. A DHCPv6 address (/128) falls with its /64."""
    stamps, groups = {}, {}
    for row in good:
        prefix = row[6][:8]
        groups[prefix] = heard.state(prefix, trusted, routers, ms)
        if row[2] & _MNGTMP and (prefix not in stamps or _later(row[7], stamps[prefix])):
            stamps[prefix] = row[7]
    newest = None
    for prefix in stamps:
        if groups[prefix][0] in (_OURS, _UNSURE) and (newest is None or _later(stamps[prefix], newest)):
            newest = stamps[prefix]
    for prefix in stamps:
        if groups[prefix][0] == _UNSURE and heard.lacks(routers):
            groups[prefix] = _DEAD, None
        if (
            newest is not None
            and _later(newest, stamps[prefix])
            and (newest - stamps[prefix]) & 0xFFFFFFFF > STALE
        ):
            groups[prefix] = _DEAD, groups[prefix][1]
    return groups


def _later(a, b):
    """a after b, on a counter of 32 bits."""
    return 0 < (a - b) & 0xFFFFFFFF < 0x80000000


def _fresh(good, known, groups, routers, rows, tells):
    """Nothing is published yet, or it lives no more:
    take the address of the router that counts, if that is plain."""
    alive = {}
    for state in (_OURS, _UNSURE, _STRANGE, _DEAD):
        alive[state] = [row for row in good if groups[row[6][:8]][0] == state]
    if known and not alive[_OURS] and alive[_STRANGE] and any([row[6] == known for row in rows]):
        return None, ("kernel.stranger", alive[_STRANGE][0][6], groups[alive[_STRANGE][0][6][:8]][1])
    of = set([groups[row[6][:8]][1] for row in alive[_OURS]])
    if len(routers) > 1 and (len(of) > 1 or of and alive[_UNSURE]):
        return None, _both(alive[_OURS] + alive[_UNSURE], groups)
    if alive[_OURS]:
        return _best(alive[_OURS]), None
    if alive[_UNSURE]:
        # Nobody was heard. Where the kernel hands on who advertises, his next words are awaited (also when
        # the published one is deprecated: by its router, or by a stranger?). Elsewhere prefixes out of one
        # advertisement have one sender.
        first = alive[_UNSURE][0]
        for row in alive[_UNSURE] + (
            [row for row in rows if row[6] == known and not row[4]] if tells else []
        ):
            if row[6][:8] != first[6][:8] and (tells or len(routers) > 1 or not _one_sender(row, first)):
                return None, _both([first, row], groups)
        return _best(alive[_UNSURE]), None
    if alive[_STRANGE]:
        packed = _best(alive[_STRANGE])
        return None, ("kernel.stranger", packed, groups[packed[:8]][1])
    return None, ("kernel.dead6", _best(alive[_DEAD]))


def _one_sender(a, b):
    """Whether two addresses were made from one advertisement: in the same hundredth of a second."""
    return a[2] & b[2] & _MNGTMP and (a[7] - b[7] + 1) & 0xFFFFFFFF <= 2


def _best(rows):
    """DHCPv6 before made from an advertisement, then the one preferred longest, then the lowest."""
    return min([(row[2] & _MNGTMP, -row[4], row[6]) for row in rows])[2]


def _both(rows, groups):
    """Names two addresses of different prefixes, with the router of each where it is known."""
    one = rows[0]
    for row in rows:
        if row[6][:8] != one[6][:8]:
            return ("kernel.two_routers",) + _named(one, groups) + _named(row, groups)
    return ("kernel.two_routers",) + _named(one, groups) * 2


def _named(row, groups):
    router = groups.get(row[6][:8], (0, None))[1]
    return row[6], router or ("kernel.unheard",)
