"""The addresses of this Linux's network devices, asked of the kernel by one rtnetlink dump, and which of them to publish.

rtnetlink(7); no process is started, no /sys is needed. Knows no source and no config."""

import socket
import struct

from wanbeacon.core import address

_AF_NETLINK = 16
# IFA_F_TEMPORARY | DADFAILED | DEPRECATED | TENTATIVE: not (or not for long) an address others can reach
_UNFIT = 0x01 | 0x08 | 0x20 | 0x40
_SECONDARY = 0x01  # the same bit, for IPv4
_MNGTMP = 0x100  # IFA_F_MANAGETEMPADDR: made from a router advertisement, privacy addresses come and go beside it
# Bytes taken at a time. What does not fit is cut without a word, so a full buffer is tried again with the next size; the
# kernel puts the addresses of a device into messages of a page at most, or as much as the largest buffer it has seen.
_RECV = (1024, 65536)


def open_netlink(groups=0):
    """Return a NETLINK_ROUTE socket, subscribed to the multicast `groups` (RTMGRP_ bits)."""
    sock = socket.socket(_AF_NETLINK, socket.SOCK_RAW, 0)
    try:
        if groups:
            try:
                sock.bind(struct.pack("HHII", _AF_NETLINK, 0, 0, groups))  # MicroPython: a raw sockaddr_nl
            except TypeError:
                sock.bind((0, groups))
    except OSError:
        sock.close()
        raise
    return sock


def messages(data):
    """Yield (type, start, end) of each rtnetlink message body in `data`; stops at the first that does not fit."""
    at = 0
    while at + 16 <= len(data):
        size, kind = struct.unpack_from("IH", data, at)
        if size < 16 or at + size > len(data):
            return
        yield kind, at + 16, at + size
        at += (size + 3) & ~3


def address_row(data, at, end):
    """Read one RTM_NEWADDR body: (family, device index, flags, scope, preferred s, prefix bits, packed), or None."""
    if at + 8 > end:
        return None
    family, prefix, flags, scope, index = struct.unpack_from("BBBBI", data, at)
    preferred = 0xFFFFFFFF
    found = {}
    at += 8
    while at + 4 <= end:
        size, kind = struct.unpack_from("HH", data, at)
        if size < 4 or at + size > end:
            break
        if kind == 8 and size >= 8:  # IFA_FLAGS: all 32 of them
            flags = struct.unpack_from("I", data, at + 4)[0]
        elif kind == 6 and size >= 8:  # IFA_CACHEINFO: preferred, valid, ...
            preferred = struct.unpack_from("I", data, at + 4)[0]
        elif kind in (1, 2):  # IFA_ADDRESS, IFA_LOCAL (ours, where the first is the other end of a tunnel)
            found[kind] = bytes(data[at + 4 : at + size])
        at += (size + 3) & ~3
    packed = found.get(2) or found.get(1) or b""
    family = 4 if family == 2 else 6
    if len(packed) != (4 if family == 4 else 16):
        return None
    return family, index, flags, scope, preferred, prefix, packed


def pick4(rows):
    """Choose one IPv4 of `rows`: publishable before not, primary before secondary, else the kernel's order; or None."""
    best = None
    for row in rows:
        if row[0] == 4:
            rank = (address.why_not(row[6]) is not None, row[2] & _SECONDARY)
            if best is None or rank < best[0]:
                best = rank, row[6]
    return best and best[1]


def pick6(rows, known=None):
    """Choose the one IPv6 of `rows` to publish, or None.

    Never a temporary, deprecated, tentative or duplicate one. Publishable before not (ULA); then fixed (static, DHCPv6)
    before made from an advertisement; then the one preferred longest. `known` (packed) stays as long as it is as good a
    kind and its preferred time is at least half of the longest: of two living prefixes neither wins by seconds, and
    one that is no longer advertised loses. RFC 6724 rules 3 and 7, RFC 8981.
    """
    fit = []
    for family, _, flags, scope, preferred, _, packed in rows:
        if family == 6 and scope == 0 and not flags & _UNFIT and preferred:
            kind = (address.why_not(packed) is not None, bool(flags & _MNGTMP))
            fit.append((kind, -preferred, packed))
    if not fit:
        return None
    best = min(fit)
    for kind, preferred, packed in fit:
        if packed == known and kind == best[0] and -2 * preferred >= -best[1]:
            return known
    return best[2]


def _request(sock, kind, flags, body):
    sock.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)


def device_index(sock, name):
    """Return the kernel's number of the device `name`; OSError when there is none."""
    label = name.encode() + b"\0"
    body = bytes(16) + struct.pack("HH", 4 + len(label), 3) + label + bytes(-len(label) % 4)
    _request(sock, 18, 1, body)  # RTM_GETLINK by IFLA_IFNAME
    data = sock.recv(32)  # its beginning is enough; the whole is 1.5 KB
    if len(data) < 24 or struct.unpack_from("H", data, 4)[0] != 16:
        raise OSError(19, "no such device")
    return struct.unpack_from("I", data, 20)[0]


def dump(sock, family, index, size):
    """Return the rows (see address_row) of every address of `family` on the device `index`; None when messages are too
    large for `size`."""
    rows = []
    try:  # SOL_NETLINK, NETLINK_GET_STRICT_CHK: the kernel lists this device only. Before 4.20 it lists all.
        sock.setsockopt(270, 12, 1)
    except OSError:
        pass
    _request(sock, 22, 0x301, struct.pack("BBBBI", 2 if family == 4 else 10, 0, 0, 0, index))
    while True:
        data = sock.recv(size)
        if len(data) == size:
            return None
        for kind, at, end in messages(data):
            if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                return rows
            row = address_row(data, at, end) if kind == 20 else None
            if row and row[1] == index:
                rows.append(row)


def rows_on(name, family):
    """Return the rows of `family` on the device `name` (see address_row). OSError; errno 19: there is no such device."""
    for size in _RECV:
        sock = open_netlink()
        try:
            sock.settimeout(2)  # the kernel answers at once; a bound all the same
            rows = dump(sock, family, device_index(sock, name), size)
        finally:
            sock.close()
        if rows is not None:
            return rows
    raise OSError(90, "the kernel's answer is too long")


def first_ipv4(name):
    """Return the IPv4 address (text) of the device `name`, or None."""
    try:
        packed = pick4(rows_on(name, 4)) if name else None
    except OSError:
        return None
    return packed and address.text(packed)
