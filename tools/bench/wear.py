# SPDX-License-Identifier: MIT
"""What a year of address changes costs the flash, for the table; measured by tools/bench/flash_wear.py."""

import functools

from . import flash_wear

_year = functools.cache(flash_wear.year)


def measure(bench, what, hosts):
    """One number of flash_wear.year(hosts): "erases" in the year, or "week", writes in one without a
    change."""
    return _year(hosts)[what]
