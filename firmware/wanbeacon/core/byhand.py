# SPDX-License-Identifier: MIT
"""What a user may do to a host by hand: an update now, offline, another try after a stop.
Pure, as policy.py."""

from wanbeacon.core import outcome, reasons
from wanbeacon.core.record import DAY
from wanbeacon.core.release import release

FORCE_EVERY = 600  # between two updates by hand; doubles with each needless one
RETRY_EVERY = 60  # between two retries of a stop; doubles with each one until there is a success


def _by_hand(rec, now, wall, wait):
    rec.force, rec.force_for, rec.force_wall = now + wait, wait, wall + wait if wall else 0


def retry(rec, now, wall):
    """The user says: try again. Ends a stop; the minimum interval stays. None when granted, else a code why
    not: each retry without a success doubles the wait until the next."""
    if rec.retries and now < rec.force:
        return "no.retry-soon", rec.force - now
    release(rec)
    _by_hand(rec, now, wall, min(DAY, RETRY_EVERY << min(rec.retries, 12)))
    rec.retries = min(rec.retries + 1, 255)
    return None


def force(rec, now, wall, offline=False):
    """The user asks for one update now, or to set the host offline.
    None when granted, else a code why not."""
    if rec.stopped():
        return ("no.stopped",) + reasons.stop(rec)
    if now < rec.force and not (rec.offline and not offline):  # back from offline is a change
        return "no.force-soon", rec.force - now
    if now < rec.hold and rec.kind != outcome.HOME:
        return ("no.hold", rec.hold - now) + reasons.hold(rec)
    if rec.kind == outcome.HOME:  # nobody but the home was asked
        rec.hold = min(rec.hold, now)
    _by_hand(rec, now, wall, min(DAY, FORCE_EVERY << min(rec.same, 8)))
    if rec.offline and not offline:
        rec.v4 = rec.v6 = None  # the name does not lead here now: send until it does
    rec.offline = 1 if offline else 0
    rec.forced = rec.attempt = True  # the second outlives a power cut
    return None
