# SPDX-License-Identifier: MIT
"""Unix time to a date: MicroPython's gmtime counts from 2000 on some boards."""


def date(wall):
    """(year, month, day) of Unix seconds, UTC, in the Gregorian calendar; counted in years that begin in
    March and in eras of 400 of them. The inverse of httpdate.days."""
    day = wall // 86400 + 719468
    era, day = day // 146097, day % 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    return era * 400 + year + (month < 3), month, day
