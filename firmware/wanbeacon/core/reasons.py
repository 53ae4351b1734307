# SPDX-License-Identifier: MIT
"""Why a record waits or is stopped, as codes. Pure, as policy.py; apart from it because those who only tell
it need nothing else of it."""

from wanbeacon.core import outcome
from wanbeacon.core.record import STOPS

# What an API's records made us stop for (dyndns/rest.py): our words, not the provider's.
_OURS = ("no such zone", "no such record", "several zones", "several records", "long comment")


def hold(rec):
    """Why a record is on hold."""
    if rec.hold_why:
        return (rec.hold_why,)
    if rec.cls == outcome.LATER:
        return "hold.later", rec.word
    if rec.cls == outcome.ODD:
        return _odd_code("hold", rec)
    return ("hold.interval",)


def stop(rec):
    """Why a record is stopped; the words say what ends it."""
    if rec.cls not in STOPS:
        return _odd_code("stop", rec)
    if rec.cls == outcome.HOST and rec.word in _OURS:
        return ("stop." + rec.word.replace(" ", "-"),)
    return "stop." + rec.cls, rec.word


def _odd_code(what, rec):
    have = [a for a in (rec.v4, rec.v6) if a]
    if rec.word == "other address" and have:
        return (what + (".other" if len(have) == 1 else ".other2"),) + tuple(have)
    # without a word of the provider's own: something on the way said it
    if rec.word[:6] in ("HTTP 3", "HTTP 4"):
        return what + ".HTTP", rec.word
    return what + ".ODD", rec.word
