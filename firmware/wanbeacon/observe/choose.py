"""Chooses the WAN address among the sources of one line. It talks to observers only and sends nothing.

Rules:
- the first publishable address wins; "could not tell" is never "there is none";
- a private or CGNAT address of the router (double NAT) is shown, and the next sources are asked;
- sources outside the home are asked at most once per `outside_s`, and not at all while a source at home tells;
- with `cross_check` an address other than the known one needs two sources that agree; disagreement is shown, not sent;
- a source that raises or hangs is UNKNOWN with a reason; the others are asked in the same read.
"""

import asyncio
import gc

from wanbeacon.core import address
from wanbeacon.net import reason
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

#: Seconds one source may take. The slowest honest ones need less: NAT-PMP 3.75 s, UPnP's search and two exchanges 12 s.
LIMIT_S = 15
_WORDS = {FOUND: "found", NONE: "none", UNKNOWN: "unknown"}
_ROUTER = ("natpmp", "pcp", "upnp")  # they tell the IPv4 address of the router's WAN side


class _Slot:
    def __init__(self, options, auto):
        self.options = options
        self.name = options["source"]
        self.auto = auto
        self.observer = None
        self.asked = {}  # outside sources: family -> (when asked, kind, packed, why)


def _auto(kit, bind):
    """What "auto" stands for: the board's own list, or the kernel's word on the device the account sends by (the others
    tell of the default line), and `kit.outside` (sources), what the user agreed to ask outside."""
    own = [{"source": "netlink", "device": bind}] if bind else list(kit.board.sources())
    return own + list(kit.outside)


class Chooser:
    """`sources`: the config's ordered "address" list. kit: base.Kit. bind: network device the account sends by; who is
    outside is asked by it too.

    .seen: a row per source asked lately, for the status: {"name", "family", "kind": "found", "none" or "unknown",
    "address": packed or None, "why": code tuple}. .rest: set it to ask nobody outside meanwhile.
    """

    def __init__(self, sources, kit, cross_check=False, outside_s=600, bind=None):
        self.kit = kit
        self.cross_check = cross_check
        self.outside_s = outside_s
        self.bind = bind
        self.seen = []
        self.rest = False  # no host may be updated: nobody outside is asked meanwhile (No-IP: not after an error code)
        self.before = {}  # what asked_at() gave before a restart
        self.slots = []
        for source in sources:
            auto = source == "auto" or source == {"source": "auto"}
            for one in _auto(kit, bind) if auto else (source,):
                self.slots.append(_Slot({"source": one} if isinstance(one, str) else one, auto))
        for slot in self.slots:
            if not slot.auto:
                try:
                    self.build(slot)
                except Exception:  # said at the first read(), which tries again
                    pass

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
            one, slot.observer = slot.observer, None
            try:
                if one:
                    one.close()
            except Exception:  # the others are closed all the same
                pass

    # ---- ten minutes that outlive a restart

    def asked_at(self):
        """When outside sources were asked: {"web4": unix seconds}, to be kept over a restart; {} without a clock."""
        now, wall, out = self.kit.clock.mono(), self.kit.clock.wall(), {}
        if wall is not None:
            for slot in self.slots:
                for family in slot.asked:
                    key = self._key(slot, family)
                    out[key] = wall - (now - slot.asked[family][0])
        return out

    def restore(self, asked):
        """Take back what asked_at() gave before a restart: those sources are not asked before their time."""
        self.before = dict(asked)

    def _key(self, slot, family):
        same = [one for one in self.slots if one.name == slot.name]
        return "%s%d%s" % (slot.name, family, "abcdefghij"[same.index(slot)] if same[0] is not slot else "")

    def _recall(self, slot, family):
        """Put what is remembered of a source's last question into the slot. Only once."""
        then = self.before.pop(self._key(slot, family), None) if self.before else None
        if then is None or family in slot.asked:
            return
        wall, now = self.kit.clock.wall(), self.kit.clock.mono()
        # without a clock nobody knows how long ago it was: as if the restart had been that moment
        age = now if wall is None else max(0, wall - then)
        slot.asked[family] = now - age, UNKNOWN, None, ("source.restarted",)

    # ---- reading

    async def read(self, family, known=None):
        """Ask the sources for the address of `family` (4 or 6) now.

        `known`: the packed address published last, or None. Returns (kind, packed or None, source name or None, why), why a code
        tuple as in base.py. FOUND with an address that is not publishable comes only when no source could tell better;
        `why` then says what is wrong with it. Never raises for what a source does; LIMIT_S at most per source.
        """
        asked = []  # (slot, kind, packed, why)
        private, none, told = None, None, []
        for slot in self.slots:
            if slot.auto and (none or _idle(slot, family, asked)):
                continue  # when one at home is sure that the line is down, nobody outside knows better
            answer = await _ask(self, slot, family, known)
            if answer is None:
                continue
            kind, packed, why = answer
            unfit = None
            if kind == FOUND:
                unfit = address.why_not(packed)
                why = ("address.unfit", packed, ("address." + unfit,)) if unfit else why
            asked.append((slot, kind, packed, why))
            if kind == NONE:
                none = none or (NONE, None, slot.name, why)
            elif unfit:
                private = private or (FOUND, packed, slot.name, why)
            elif kind == FOUND:
                told.append((slot, packed, why))
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
    packed = told[-1][1]
    if not chooser.cross_check or (len(told) == 1 and packed == known):
        return True
    return any(one[1] == packed for one in told[:-1])


def _verdict(chooser, asked, told, private, none, family, known):
    if told:
        slot, packed, why = told[-1]
        if _settled(chooser, told, known):
            first = [one for one in told if one[1] == packed][0][0]
            if first is not slot:
                why = "sources.agree", first.name, slot.name
            if not first.observer.OUTSIDE:
                _forget(chooser, family, packed)
            else:
                beside = [("sources.router", one[0].name, one[3]) for one in asked if one[0].name in _ROUTER and one[2] != packed]
                why = ("sources.beside", why, beside) if beside else why
            return FOUND, packed, first.name, why
        if len(told) > 1:
            return UNKNOWN, None, None, ("sources.disagree", [("source.says", one[0].name, one[1]) for one in told])
        return UNKNOWN, None, None, ("sources.unconfirmed", slot.name, packed)
    if none:
        return none
    vague = [one for one in asked if one[1] == UNKNOWN]
    if private and not vague:
        return private
    if not asked:
        return UNKNOWN, None, None, ("sources.nobody", family)
    return UNKNOWN, None, None, ("sources.all", [("source.row", one[0].name, one[3]) for one in asked])


def _forget(chooser, family, packed):
    """A source at home told `packed`: another answer from outside is older than that. It still counts as asked."""
    for slot in chooser.slots:
        last = slot.asked.get(family)
        if last and last[2] != packed:
            slot.asked[family] = last[0], UNKNOWN, None, ("source.needless",)


async def _ask(chooser, slot, family, known):
    """Return (kind, packed, why), or None when the source does not do this family. Never raises (but for a cancellation)."""
    try:
        observer = chooser.build(slot)
    except ImportError:
        return UNKNOWN, None, ("source.missing", slot.name)
    except Exception as e:
        return UNKNOWN, None, _fault(e)
    if family not in observer.FAMILIES:
        return None
    now = chooser.kit.clock.mono()
    if observer.OUTSIDE:
        chooser._recall(slot, family)
        if family in slot.asked:
            when, kind, packed, why = slot.asked[family]
            if when + chooser.outside_s > now or chooser.rest:
                return kind, packed, ("source.ago", why, now - when)
        elif chooser.rest:
            return UNKNOWN, None, ("source.resting",)
        # noted before the answer: whatever happens now, it counts as asked
        slot.asked[family] = now, UNKNOWN, None, ("source.no_end",)
    if hasattr(observer, "known"):
        observer.known = known
    try:
        kind, packed, why = await asyncio.wait_for(observer.read(family), LIMIT_S)
        if kind == FOUND and len(packed) != (4 if family == 4 else 16):
            kind, packed, why = UNKNOWN, None, ("source.family",)
    except asyncio.TimeoutError:
        kind, packed, why = UNKNOWN, None, ("source.slow", LIMIT_S)
    except Exception as e:
        kind, packed, why = UNKNOWN, None, _fault(e)
    if observer.OUTSIDE:
        if getattr(observer, "asked", True):
            slot.asked[family] = now, kind, packed, why
        else:
            slot.asked.pop(family, None)
    return kind, packed, why


def _fault(error):
    gc.collect()  # it may have been a full heap
    return reason.why(error)


def _show(chooser, asked, family):
    rows = [row for row in chooser.seen if row["family"] != family]
    for slot, kind, packed, why in asked:
        rows.append({"name": slot.name, "family": family, "kind": _WORDS[kind], "address": packed, "why": why})
    chooser.seen = rows
