"""The default route of a Linux machine, read from /proc line by line: a router has hundreds. Behind board/linux.py."""

import sys


def _rows(path):
    """Each line's words."""
    try:
        with open(path) as f:
            for line in f:
                yield line.split()
    except (OSError, UnicodeError):
        pass


def _default():
    """(device, gateway in hex) of the best IPv4 default route, or (None, None)."""
    best, least = (None, None), 1 << 32
    for f in _rows("/proc/net/route"):
        # the mask too: a VPN's route to 0.0.0.0/1 is not the default route
        if len(f) > 7 and f[1] == f[7] == "00000000" and int(f[3], 16) & 1 and int(f[6]) < least:
            best, least = (f[0], f[2]), int(f[6])
    return best


def device():
    """Name of the device of the IPv4 (else IPv6) default route, or None."""
    name = _default()[0]
    if name:
        return name
    for f in _rows("/proc/net/ipv6_route"):
        if len(f) == 10 and f[1] == "00" and f[0] == "0" * 32 and f[9] != "lo" and int(f[8], 16) & 1:
            return f[9]
    return None


def gateway():
    """IPv4 address of the default router, or None."""
    word = _default()[1]
    if not word or word == "00000000":
        return None
    packed = [int(word[i : i + 2], 16) for i in range(0, 8, 2)]
    if sys.byteorder == "little":  # the file holds the word in the machine's byte order
        packed.reverse()
    return "%d.%d.%d.%d" % tuple(packed)
