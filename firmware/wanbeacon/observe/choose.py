"""Chooses the WAN address among the sources of one line. It talks to observers only and sends nothing.

Rules:
- the first publishable address wins; "could not tell" is never "there is none";
- a private or CGNAT address of the router (double NAT) is shown, and the next sources are asked;
- sources outside the home are asked at most once per `outside_s`, and not at all while a source at home tells;
- with `cross_check` an address other than the known one needs two sources that agree; disagreement is shown, not sent.
"""

from wanbeacon.core import address
from wanbeacon.observe import FOUND, NONE, UNKNOWN

_WORDS = {FOUND: "found", NONE: "none", UNKNOWN: "unknown"}
_ROUTER = ("natpmp", "pcp", "upnp")  # they tell the IPv4 address of the router's WAN side


class _Slot:
    def __init__(self, options, auto):
        self.options = options
        self.name = options["source"]
        self.auto = auto
        self.observer = None
        self.asked = {}  # outside sources: family -> (when asked, kind, text, why)


def _auto(kit, bind):
    """What "auto" stands for: the board's own list, or the kernel's word on the device the account sends by (the others
    tell of the default line), and `kit.outside` (sources), what the user agreed to ask outside."""
    own = [{"source": "netlink", "device": bind}] if bind else list(kit.board.sources())
    return own + list(getattr(kit, "outside", None) or ())


class Chooser:
    """`sources`: the config's ordered "address" list. bind: network device the account sends by; who is outside is asked by it too.
    `.seen`: a row per source asked lately, for the status."""

    def __init__(self, sources, kit, cross_check=False, outside_s=600, bind=None):
        self.kit = kit
        self.cross_check = cross_check
        self.outside_s = outside_s
        self.bind = bind
        self.seen = []
        self.rest = False  # no host may be updated: nobody outside is asked meanwhile (No-IP: not after an error code)
        self.slots = []
        for source in sources:
            auto = source == "auto" or source == {"source": "auto"}
            for one in _auto(kit, bind) if auto else (source,):
                self.slots.append(_Slot({"source": one} if isinstance(one, str) else one, auto))
        for slot in self.slots:
            if not slot.auto:
                self.build(slot)

    def build(self, slot):
        """The slot's observer. "auto" loads it only when those before it did not tell: a board has no heap to spare."""
        if not slot.observer:
            if self.bind:
                slot.options = dict(slot.options, bind=self.bind)
            slot.observer = self.kit.load(slot.name).Observer(slot.options, self.kit)
        return slot.observer

    def watchers(self):
        """The loaded observers that have changed(). The list grows when "auto" loads another: ask after each read()."""
        built = [slot.observer for slot in self.slots if slot.observer]
        return [one for one in built if getattr(one, "changed", None)]

    def close(self):
        """Close all observers."""
        for slot in self.slots:
            if slot.observer:
                slot.observer.close()
                slot.observer = None

    async def read(self, family, known=None):
        """Ask the sources for the address of `family` (4 or 6) now.

        `known`: text of the address published last, or None. Returns (kind, canonical text or None, source name or
        None, why). FOUND with an address that is not publishable comes only when no source could tell better; `why`
        then says what is wrong with it. Never raises for what a source does; takes a few seconds at most per source.
        """
        asked = []  # (slot, kind, text, why)
        private, none, told = None, None, []
        for slot in self.slots:
            if slot.auto and (none or _idle(slot, family, asked)):
                continue  # when one at home is sure that the line is down, nobody outside knows better
            answer = await _ask(self, slot, family, known)
            if answer is None:
                continue
            kind, text, why = answer
            reason = None
            if kind == FOUND:
                reason = address.why_not(address.parse(text))
                why = "%s %s" % (text, reason) if reason else why
            asked.append((slot, kind, text, why))
            if kind == NONE:
                none = none or (NONE, None, slot.name, why)
            elif reason:
                private = private or (FOUND, text, slot.name, why)
            elif kind == FOUND:
                told.append((slot, text, why))
                if _settled(self, told, known):
                    break
        _show(self, asked, family)
        return _verdict(self, asked, told, private, none, family, known)


def _idle(slot, family, asked):
    """True for a source of "auto" that has nothing to add, so that it is not even loaded."""
    if slot.name == "netlink":  # ubus has told about this machine already
        return any(one[0].auto and one[1] != UNKNOWN for one in asked)
    return family == 6 and slot.name in _ROUTER


def _settled(chooser, told, known):
    """True when the last of `told` ends the search: first, known or confirmed by one before it."""
    text = told[-1][1]
    if not chooser.cross_check or (len(told) == 1 and text == known):
        return True
    return any(one[1] == text for one in told[:-1])


def _verdict(chooser, asked, told, private, none, family, known):
    if told:
        slot, text, why = told[-1]
        if _settled(chooser, told, known):
            first = [one for one in told if one[1] == text][0][0]
            if first is not slot:
                why = "%s and %s agree" % (first.name, slot.name)
            if not first.observer.OUTSIDE:
                _forget(chooser, family, text)
            else:
                for one in asked:
                    if one[0].name in _ROUTER and one[2] != text:
                        why += "; the router (%s): %s" % (one[0].name, one[3])
            return FOUND, text, first.name, why
        if len(told) > 1:
            said = ", ".join("%s says %s" % (one[0].name, one[1]) for one in told)
            return UNKNOWN, None, None, "the sources disagree: " + said
        return UNKNOWN, None, None, "%s says %s, but no second source confirms it yet" % (slot.name, text)
    if none:
        return none
    vague = [one for one in asked if one[1] == UNKNOWN]
    if private and not vague:
        return private
    if not asked:
        return UNKNOWN, None, None, "no source tells an IPv%d address" % family
    why = "; ".join("%s: %s" % (one[0].name, one[3]) for one in asked)
    return UNKNOWN, None, None, why


def _forget(chooser, family, text):
    """A source at home told `text`: another answer from outside is older than that. It still counts as asked."""
    for slot in chooser.slots:
        last = slot.asked.get(family)
        if last and last[2] != text:
            slot.asked[family] = last[0], UNKNOWN, None, "not asked: a source at home tells"


async def _ask(chooser, slot, family, known):
    """Return (kind, text, why) with canonical text, or None when the source does not do this family."""
    observer = chooser.build(slot)
    if family not in observer.FAMILIES:
        return None
    now = chooser.kit.clock.mono()
    if observer.OUTSIDE and family in slot.asked:
        when, kind, text, why = slot.asked[family]
        left = when + chooser.outside_s - now
        if left > 0 or chooser.rest:
            return kind, text, "%s (asked %d s ago)" % (why, now - when)
    elif observer.OUTSIDE and chooser.rest:
        return UNKNOWN, None, "not asked while no host may be updated"
    if hasattr(observer, "known"):
        observer.known = address.parse(known) if known else None
    try:
        kind, text, why = await observer.read(family)
        text = address.canonical(text) if kind == FOUND else None
        if kind == FOUND and (":" in text) != (family == 6):
            kind, text, why = UNKNOWN, None, "answered with the wrong address family"
    except (OSError, ValueError) as e:
        kind, text, why = UNKNOWN, None, "failed (%s)" % e
    if observer.OUTSIDE and getattr(observer, "asked", True):
        slot.asked[family] = (now, kind, text, why)
    return kind, text, why


def _show(chooser, asked, family):
    rows = [row for row in chooser.seen if row["family"] != family]
    for slot, kind, text, why in asked:
        rows.append(
            {"name": slot.name, "family": family, "kind": _WORDS[kind], "address": text, "why": why}
        )
    chooser.seen = rows
