"""The default route of a Linux machine, read from /proc line by line: a router has hundreds."""

import sys

_FILES = {4: "/proc/net/route", 6: "/proc/net/ipv6_route"}


def best(lines, family):
    """(device, gateway in hex or None) of the best default route in the lines of one of these files, or (None, None)."""
    found, least = (None, None), 1 << 32
    for line in lines:
        f = line.split()
        if len(f) < (8 if family == 4 else 10):
            continue
        # the mask too: a VPN's route to 0.0.0.0/1 is not the default route
        if (f[1] + f[7] if family == 4 else f[0] + f[1]).strip("0"):
            continue
        name, way, flags, metric = (f[0], f[2], f[3], int(f[6])) if family == 4 else (f[9], None, f[8], int(f[5], 16))
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
