# SPDX-License-Identifier: MIT
"""Whether the addresses in the settings are some. A stage of config.py; what reads them is one
of this."""

from wanbeacon.app import stage
from wanbeacon.app.config_rows import what

#: kind in settings.txt -> what reads it, and what it should be.
_KINDS = {
    "address:4": ("core.address", "parse", "an IPv4 address"),
    "address:6": ("core.address", "parse", "an IPv6 address"),
    "suffix": ("core.prefix", "suffix", "the host's part of an IPv6 address, such as ::1:2"),
    "mac": ("core.prefix", "mac", "a MAC address, such as 00:11:22:33:44:55"),
    "neighbor": (
        "core.prefix",
        "neighbor",
        "a MAC address, such as 00:11:22:33:44:55, or an IPv6 address of that host",
    ),
}
_SIZES = {"address:4": 4, "address:6": 16}


def problems(rows):
    """Lines of what is wrong with these: [(kind, value, its path, section and key of its row)]."""
    found = []
    for kind, value, path, section, key in rows:
        module, function, should = _KINDS[kind]
        if not _read(module, function, value, _SIZES.get(kind)):
            found.append("%s: should be %s (%s)" % (path, should, what(section, key)))
    return found


def _read(module, function, value, size):
    """True when that reads a value, as so many bytes where `size` says so."""
    try:
        read = stage.run(module, function, value) if isinstance(value, str) else None
    except ValueError:
        return False
    return bool(read) and size in (None, len(read))
