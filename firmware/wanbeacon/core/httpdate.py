# SPDX-License-Identifier: MIT
"""Dates of HTTP: "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 section 5.6.7) to Unix seconds."""

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def parse(text):
    """Unix seconds of an IMF-fixdate, or None when `text` is no such date (the two obsolete forms are
    none)."""
    t = text.strip()
    if len(t) != 29 or t[3:5] + t[7:8] + t[11:12] + t[16:17] + t[19:20] + t[22:23] + t[25:] != ",    :: GMT":
        return None
    month = _MONTHS.find(t[8:11])
    digits = t[5:7] + t[12:16] + t[17:19] + t[20:22] + t[23:25]
    if month < 0 or month % 3 or not digits.isdigit() or len(digits.encode()) != 12:
        return None
    d, hour, minute, second = int(t[5:7]), int(t[17:19]), int(t[20:22]), int(t[23:25])
    if t[12:16] < "1970" or not 0 < d < 32 or hour > 23 or minute > 59 or second > 60:
        return None
    return days(int(t[12:16]), month // 3 + 1, d) * 86400 + hour * 3600 + minute * 60 + second


def days(y, m, d):
    """Days from 1970-01-01 to a Gregorian date."""
    y -= m < 3
    m = (m + 9) % 12
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + d - 1 - 719468
