# SPDX-License-Identifier: MIT
"""The addresses of this Linux's network devices, asked of the kernel by one rtnetlink dump, and what it says
of routers.

rtnetlink(7); no process is started, no /sys is needed. Which IPv6 address to publish: observe/ipv6.py."""

import socket
import struct

from micropython import const

from wanbeacon.core import address

_AF_NETLINK = const(16)
_SECONDARY = const(0x01)  # IFA_F_SECONDARY
# Bytes taken at a time. What does not fit is cut without a word, so a full buffer is tried again with the
# next size; the kernel puts the addresses of a device into messages of a page at most, or as much as the
# largest buffer it has seen.
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
    """Yield (type, start, end) of each rtnetlink message body in `data`;
    stops at the first that does not fit."""
    # nlmsghdr (netlink(7)), in the machine's own byte order: 0 length with this head (32 bits), 4 type, 6
    # flags (16 each), 8 sequence, 12 port; the next one begins at a multiple of 4
    at = 0
    while at + 16 <= len(data):
        size, kind = struct.unpack_from("IH", data, at)
        if size < 16 or at + size > len(data):
            return
        yield kind, at + 16, at + size
        at += (size + 3) & ~3


def address_row(data, at, end):
    """Read one RTM_NEWADDR body: (family, device index, flags, scope, preferred s, prefix bits, packed,
    stamp), or None.

    stamp: when the lifetimes were last set, in 1/100 s since boot, 32 bits: by an advertisement, or by a
    program.
    """
    if at + 8 > end:
        return None
    # ifaddrmsg, 8 bytes; then attributes (rtnetlink(7)): length with its head, type, value, padded to 4
    family, prefix, flags, scope, index = struct.unpack_from("BBBBI", data, at)
    preferred, stamp = 0xFFFFFFFF, 0
    found = {}
    at += 8
    while at + 4 <= end:
        size, kind = struct.unpack_from("HH", data, at)
        if size < 4 or at + size > end:
            break
        if kind == 8 and size >= 8:  # IFA_FLAGS: all 32 of them
            flags = struct.unpack_from("I", data, at + 4)[0]
        elif kind == 6 and size >= 20:  # IFA_CACHEINFO: preferred, valid, created, lifetimes set
            preferred, _, _, stamp = struct.unpack_from("IIII", data, at + 4)
        elif kind in (1, 2):  # IFA_ADDRESS, IFA_LOCAL (ours, where the first is the other end of a tunnel)
            found[kind] = bytes(data[at + 4 : at + size])
        at += (size + 3) & ~3
    packed = found.get(2) or found.get(1) or b""
    family = 4 if family == 2 else 6
    if len(packed) != (4 if family == 4 else 16):
        return None
    return family, index, flags, scope, preferred, prefix, packed, stamp


def pick4(rows):
    """Choose one IPv4 of `rows`: publishable before not, primary before secondary, else the kernel's order;
    or None."""
    best = None
    for row in rows:
        if row[0] == 4:
            rank = (address.why_not(row[6]) is not None, row[2] & _SECONDARY)
            if best is None or rank < best[0]:
                best = rank, row[6]
    return best and best[1]


def router_option(data, at, end):
    """Read one RTM_NEWNDUSEROPT body, which the kernel sends for options of each router advertisement it
    takes: (device index, router's packed link-local, packed prefix or None, prefix bits, preferred s), or
    None.

    The prefix option itself comes since Linux 6.11 (and later 6.6 and 6.10); older ones tell of RDNSS and the
    like, which still shows that this router spoke. rtnetlink(7) has no word on it: linux/rtnetlink.h,
    nduseroptmsg; RFC 4861 4.6.2.
    """
    if at + 16 > end:
        return None
    _, _, size, index, kind = struct.unpack_from("BBHiB", data, at)
    at += 16
    option, at = (at, at + size), at + (size + 3 & ~3)
    if kind != 134 or option[1] > end or size < 8:
        return None
    source = None
    while at + 4 <= end:
        length, attribute = struct.unpack_from("HH", data, at)
        if length < 4 or at + length > end:
            break
        if attribute == 1 and length == 20:  # NDUSEROPT_SRCADDR
            source = bytes(data[at + 4 : at + 20])
        at += (length + 3) & ~3
    if not source:
        return None
    at = option[0]
    if data[at] == 3 and size >= 32:  # prefix information
        preferred = struct.unpack_from(">I", data, at + 8)[0]
        return index, source, bytes(data[at + 16 : at + 32]), data[at + 2], preferred
    return index, source, None, 0, 0


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
    """Return the rows (see address_row) of every address of `family` on the device `index`; None when
    messages are too large for `size`."""
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
    """Return the rows of `family` on the device `name` (see address_row).
    OSError; errno 19: there is no such device."""
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


#: NUD_REACHABLE | STALE | DELAY | PROBE | PERMANENT: the neighbor has, or had, that address.
ALIVE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80
REACHABLE = 0x02
#: No answer of a dump is longer than the buffer of who asks, where that is larger than a page's worth.
_TABLE = 16384


def neighbor_row(data, at, end):
    """Read one RTM_NEWNEIGH body of IPv6: (device index, state, packed, MAC or None), or None. One that
    does not answer has no MAC."""
    if at + 12 > end:
        return None
    family, _, _, index, state = struct.unpack_from("BBHiH", data, at)
    found = {}
    at += 12
    while at + 4 <= end:
        size, kind = struct.unpack_from("HH", data, at)
        if size < 4 or at + size > end:
            break
        if kind in (1, 2):  # NDA_DST, NDA_LLADDR
            found[kind] = bytes(data[at + 4 : at + size])
        at += (size + 3) & ~3
    packed, mac = found.get(1, b""), found.get(2)
    if family != 10 or len(packed) != 16:
        return None
    return index, state, packed, mac if mac and len(mac) == 6 else None


def _dumped(kind, body):
    """Yield (data, start, end) of the messages that answer a dump of the whole table."""
    sock = open_netlink()
    try:
        sock.settimeout(2)
        _request(sock, kind, 0x301, body)
        while True:
            data = sock.recv(_TABLE)
            for kind, at, end in messages(data):
                if kind in (2, 3):  # NLMSG_ERROR, NLMSG_DONE
                    return
                yield data, at, end
    finally:
        sock.close()


def neighbors(keep):
    """The rows of the IPv6 neighbor table (see neighbor_row) for which keep(row) is true. OSError when the
    kernel does not tell."""
    rows = [
        neighbor_row(*one) for one in _dumped(30, struct.pack("BBHiHBB", 10, 0, 0, 0, 0, 0, 0))
    ]  # RTM_GETNEIGH
    return [row for row in rows if row and keep(row)]


def own_rows():
    """The rows (see address_row) of all IPv6 addresses of this machine."""
    rows = [address_row(*one) for one in _dumped(22, struct.pack("BBBBI", 10, 0, 0, 0, 0))]  # RTM_GETADDR
    return [row for row in rows if row]
