# SPDX-License-Identifier: MIT
"""How long a server asks to be left alone: Retry-After, and old words of DynDNS2."""

from wanbeacon.core import httpdate

RETRY_MIN, RETRY_MAX = 1, 86400  # floor and cap in seconds


def digits(text):
    """True when text is ASCII digits only:
    str.isdigit() of CPython takes "\u00b2" too, which int() does not."""
    for c in text.encode():  # by bytes, see core.text.printable
        if not 48 <= c <= 57:
            return False
    return text != ""


def seconds(value, wall=None):
    """Retry-After (RFC 9110 section 10.2.3), delta-seconds or an HTTP-date -> seconds within
    RETRY_MIN..RETRY_MAX, or 0 when it cannot be read (a date while the clock is not set, an obsolete date
    form). Some write 120.5, 120s, or have their header doubled by a proxy (120, 120): the first number is it.
    wall: unix seconds or None."""
    value = value.strip()
    count = 0
    while digits(value[count : count + 1]):
        count += 1
    rest = value[count:]
    if count and (rest[:1] in ("", ".", ",", ";") or rest.strip()[:3] in ("s", "sec")):
        return max(RETRY_MIN, min(RETRY_MAX, int(value[: min(count, 9)])))
    when = httpdate.parse(value)
    if wall is None or when is None:
        return 0
    return max(RETRY_MIN, min(RETRY_MAX, when - wall))


def word_seconds(word):
    """Seconds of the old "wNNh", "wNNm", "wNNs" (wait) codes, else 0."""
    unit = {"h": 3600, "m": 60, "s": 1}.get(word[-1:], 0)
    if unit and word[:1] == "w" and len(word) < 7 and digits(word[1:-1]):
        return int(word[1:-1]) * unit
    return 0
