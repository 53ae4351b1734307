# SPDX-License-Identifier: MIT
"""Chooses the WAN address among the sources of one line. It talks to observers only and sends nothing.

Rules:
- the first publishable address wins; "could not tell" is never "there is none";
- a private or CGNAT address of the router (double NAT) is shown, and the next sources are asked;
- sources outside the home are asked at most once per `outside_s`, and not at all while a source at home
  tells;
- with `cross_check` an address other than the known one needs two sources that agree; disagreement is shown,
  not sent;
- a source that raises or hangs is UNKNOWN with a reason; the others are asked in the same read.
"""

import asyncio
import gc

from wanbeacon.core import address
from wanbeacon.net import reason
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

#: Seconds one source may take. The slowest honest ones need less: NAT-PMP 3.75 s, UPnP's search and two
#: exchanges 12 s.
LIMIT_S = 15
_WORDS = {FOUND: "found", NONE: "none", UNKNOWN: "unknown"}
_ROUTER = ("natpmp", "pcp", "upnp")  # they tell the IPv4 address of the router's WAN side


async def read(chooser, family, known):
    """See choose.Chooser.read: ask the sources for the address of `family` (4 or 6) now.

    `known`: the packed address published last, or None. Returns (kind, packed or None, source name or None,
    why), why a code tuple as in base.py. FOUND with an address that is not publishable comes only when no
    source could tell better; `why` then says what is wrong with it. Never raises for what a source does;
    LIMIT_S at most per source.
    """
    asked = []  # (slot, kind, packed, why)
    private, none, told = None, None, []
    for slot in chooser.slots:
        if slot.auto and (none or _idle(chooser, slot, family, asked)):
            continue  # when one at home is sure that the line is down, nobody outside knows better
        if slot.name == "push" and (none or private):
            continue  # the router itself says otherwise
        answer = await _ask(chooser, slot, family, known)
        if answer is None:
            continue
        kind, packed, why = answer
        unfit = None
        if kind == FOUND:
            unfit = address.why_not(packed)
            if unfit and family == 6 and _networks(slot):
                unfit = None  # the router has no address of its own, but its hosts have
            why = ("address.unfit", packed, ("address." + unfit,)) if unfit else why
        asked.append((slot, kind, packed, why))
        slot.told = kind == FOUND and not unfit
        if family == 6:
            slot.told6 = slot.told and chooser.homes
        if kind == NONE:
            none = none or (NONE, None, slot.name, why)
        elif unfit:
            private = private or (FOUND, packed, slot.name, why)
        elif kind == FOUND:
            told.append((slot, packed, why))
            if _settled(chooser, told, known):
                break
    _show(chooser, asked, family)
    return _verdict(chooser, asked, told, private, none, family, known)


def _recall(chooser, slot, family):
    """Put what is remembered of a source's last question into the slot. Only once."""
    then = chooser.before.pop(key(chooser, slot, family), None) if chooser.before else None
    if then is None or family in slot.asked:
        return
    wall, now = chooser.kit.clock.wall(), chooser.kit.clock.mono()
    # without a clock nobody knows how long ago it was: as if the restart had been that moment
    age = now if wall is None else max(0, wall - then)
    slot.asked[family] = now - age, UNKNOWN, None, ("source.restarted",)


def _idle(chooser, slot, family, asked):
    """True for a source of "auto" that has nothing to add, so that it is not even loaded."""
    if slot.name == "netlink":  # ubus has told about this machine already
        return any(one[0].auto and one[1] != UNKNOWN for one in asked)
    return family == 6 and slot.name in _ROUTER and not (slot.name == "upnp" and chooser.homes)


def _networks(slot):
    """The publishable ones among the networks that a source told beside its address."""
    told = getattr(slot.observer, "networks", None) or ()
    return [one for one in told if not address.why_not(one[1][:15] + b"\1")]


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
            if family == 6:
                chooser.networks = getattr(first.observer, "networks", ())
                chooser.router6 = getattr(first.observer, "router6", False)
            if first is not slot:
                why = "sources.agree", first.name, slot.name
            if not first.observer.OUTSIDE:
                _forget(chooser, family, packed)
            else:
                beside = [
                    ("sources.router", one[0].name, one[3])
                    for one in asked
                    if one[0].name in _ROUTER and one[2] != packed
                ]
                why = ("sources.beside", why, beside) if beside else why
            return FOUND, packed, first.name, why
        if len(told) > 1:
            return (
                UNKNOWN,
                None,
                None,
                ("sources.disagree", [("source.says", one[0].name, one[1]) for one in told]),
            )
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
    """A source at home told `packed`: another answer from outside is older than that.
    It still counts as asked."""
    for slot in chooser.slots:
        last = slot.asked.get(family)
        if last and last[2] != packed:
            slot.asked[family] = last[0], UNKNOWN, None, ("source.needless",)


async def _ask(chooser, slot, family, known):
    """Return (kind, packed, why), or None when the source does not do this family.
    Never raises (but for a cancellation)."""
    try:
        observer = chooser.build(slot)
    except ImportError:
        return UNKNOWN, None, ("source.missing", slot.name)
    except Exception as e:
        return UNKNOWN, None, _fault(e)
    if (
        family not in observer.FAMILIES
        or family == 6
        and getattr(observer, "router6", False)
        and not chooser.homes
    ):
        return None
    now = chooser.kit.clock.mono()
    if observer.OUTSIDE:
        _recall(chooser, slot, family)
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
        rows.append(
            {"name": slot.name, "family": family, "kind": _WORDS[kind], "address": packed, "why": why}
        )
    chooser.seen = rows


# ---- ten minutes that outlive a restart


def asked_at(chooser):
    """When outside sources were asked: {"web4": unix seconds}, to be kept over a restart; {} without a
    clock."""
    now, wall, out = chooser.kit.clock.mono(), chooser.kit.clock.wall(), {}
    if wall is not None:
        for slot in chooser.slots:
            for family in slot.asked:
                out[key(chooser, slot, family)] = wall - (now - slot.asked[family][0])
    return out


def key(chooser, slot, family):
    same = [one for one in chooser.slots if one.name == slot.name]
    return "%s%d%s" % (slot.name, family, "abcdefghij"[same.index(slot)] if same[0] is not slot else "")
