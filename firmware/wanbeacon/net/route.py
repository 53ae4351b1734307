# SPDX-License-Identifier: MIT
"""The default route of a Linux machine, read from /proc line by line: a router has hundreds."""

import sys

_FILES = {4: "/proc/net/route", 6: "/proc/net/ipv6_route"}


def best(lines, family):
    """(device, gateway in hex or None) of the best default route in the lines of one of these files, or
    (None, None)."""
    found, least = (None, None), 1 << 32
    for line in lines:
        f = line.split()
        if len(f) < (8 if family == 4 else 10):
            continue
        # the mask too: a VPN's route to 0.0.0.0/1 is not the default route
        if (f[1] + f[7] if family == 4 else f[0] + f[1]).strip("0"):
            continue
        name, way, flags, metric = (
            (f[0], f[2], f[3], int(f[6])) if family == 4 else (f[9], None, f[8], int(f[5], 16))
        )
        if int(flags, 16) & 0x201 == 1 and name != "lo" and metric < least:  # RTF_UP, not RTF_REJECT
            found, least = (name, way), metric
    return found


def _default(family):
    with open(_FILES[family]) as f:
        return best(f, family)


def device(family):
    """Name of the device of the default route of `family`, or None. OSError when the kernel does not say."""
    return _default(family)[0]


def any_device():
    """Name of the device of the IPv4 (else IPv6) default route, or None."""
    for family in (4, 6):
        try:
            name = device(family)
        except (OSError, UnicodeError):
            continue
        if name:
            return name
    return None


def routers6(name):
    """The packed link-local addresses of the routers that are IPv6 default routers on the device `name`, best
    metric first; [] when there are none, or the kernel does not say. A gateway that is no link-local address
    is left out: it was set by hand, and advertisements never come from it (RFC 4861 section 4.2)."""
    found = []
    try:
        with open(_FILES[6]) as f:
            for line in f:
                f10 = line.split()
                if (
                    len(f10) >= 10
                    and f10[9] == name
                    and not (f10[0] + f10[1]).strip("0")
                    and int(f10[8], 16) & 0x203 == 3
                ):
                    packed = bytes([int(f10[4][i : i + 2], 16) for i in range(0, 32, 2)])
                    if packed[0] == 0xFE and packed[1] & 0xC0 == 0x80:
                        found.append((int(f10[5], 16), packed))
    except (OSError, ValueError):  # no such file; no UTF-8, no number
        return []
    found.sort()
    return [packed for _, packed in found]


def gateway():
    """IPv4 address of the default router, or None."""
    try:
        word = _default(4)[1]
    except (OSError, UnicodeError):
        return None
    if not word or word == "00000000":
        return None
    packed = [int(word[i : i + 2], 16) for i in range(0, 8, 2)]
    if sys.byteorder == "little":  # the file holds the word in the machine's byte order
        packed.reverse()
    return "%d.%d.%d.%d" % tuple(packed)
