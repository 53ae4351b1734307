# SPDX-License-Identifier: MIT
"""The condition of a host in one word, as people are told it (notify.py). Part of that stage."""

from wanbeacon.core import address, reasons
from wanbeacon.observe.base import NONE, UNKNOWN

# Conditions, and the events that tell of them; PUBLISHED is an event only.
WELL, PUBLISHED, STOPPED, TROUBLE, CGNAT = 0, 1, 2, 3, 4
WISHED = -1  # as the user wants it: no event, and the end of a trouble
_NO_PUBLIC = ("upnp.cgnat", "pcp.result8")  # a router's own words for it


def look(agent, host):
    """(WELL, STOPPED, TROUBLE, CGNAT, WISHED or None, its reason): None where nobody looked yet."""
    rec = host.rec
    if rec.stopped():
        return STOPPED, reasons.stop(rec)
    if agent.journal.paused or rec.offline:
        return WISHED, ()
    if host.state == "new":
        return None, ()
    why = _no_public(host)
    if why:
        return CGNAT, why
    why = _silent(host)
    if host.state == "ok" and not why and not agent.resting(host.account.where):
        return WELL, ()
    return TROUBLE, why or (host.why[-1] if host.why else ("line.new",))


def _no_public(host):
    """Why the line has no public IPv4 address though one is published, or None."""
    line = host.account.line
    if not host.families[0] or not host.rec.v4 or host.doc["allow_private"]:
        return None
    found = line.found[4]
    bad = address.why_not(found) if found else None
    if bad in ("cgnat", "private"):
        return "line.unfit", found, ("address." + bad,)
    return line.why[4] if not found and line.kind[4] == NONE and _says(line.why[4]) else None


def _says(code):
    """Whether a code, or one inside of it, means that."""
    if isinstance(code, (tuple, list)):
        return bool([1 for one in code if _says(one)])
    return code in _NO_PUBLIC


def _silent(host):
    """Why nobody can tell whether what is published is still right, or None."""
    line = host.account.line
    for family, have in ((4, host.rec.v4), (6, host.rec.v6)):
        if (
            have
            and host.families[family // 6]
            and line.kind[family] == UNKNOWN
            and line.lost[family] is not None
        ):
            return line.why[family]
    return None
