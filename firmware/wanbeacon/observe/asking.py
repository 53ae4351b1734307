"""Chooses the WAN address among the sources of a line. It talks to observers only and sends nothing.

Rules (issue: the WAN address from the router):
- the first publishable address wins; "could not tell" is never "there is none";
- a private or CGNAT address of the router (double NAT) is shown, and the next sources are asked;
- sources outside the home are asked at most once per `outside_s`, and not at all while a source at home tells;
- with `cross_check` an address other than the known one needs two sources that agree; disagreement is shown, not sent.
"""

from wanbeacon import address
from wanbeacon.observe import FOUND, NONE, UNKNOWN

_WORDS = {FOUND: "found", NONE: "none", UNKNOWN: "unknown"}
_ROUTER = ("natpmp", "pcp", "upnp")  # they tell the IPv4 address of the router's WAN side


async def read(chooser, family, known):
    """See choose.Chooser.read."""
    asked = []  # (slot, kind, text, why)
    private, none, told = None, None, []
    for slot in chooser.slots:
        if slot.auto and (none or _idle(slot, family, asked)):
            continue  # when one at home is sure that the line is down, nobody outside knows better
        answer = await _ask(chooser, slot, family, known)
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
            if _settled(chooser, told, known):
                break
    _show(chooser, asked, family)
    return _verdict(chooser, asked, told, private, none, family, known)


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
