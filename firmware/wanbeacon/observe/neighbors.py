# SPDX-License-Identifier: MIT
"""The hosts beside this machine as its kernel knows them (the neighbor table, RFC 4861 section 5.1): which
addresses each has, by MAC. Linux and OpenWrt; loaded only where a host has `neighbor`.

It is no source of the line's address: it tells which host has which address in the line's networks, and
wakes the agent when that changes. Reading needs no rights. What it sends stays at home: an empty datagram to
a neighbor whose entry is old, so that the kernel asks whether it is still there; and where a neighbor shows
no address in a new prefix, one echo request to all hosts of that network, from our address in it: who answers
does so from an address in it (RFC 6724), which the table then has. Without the right to send that (OpenWrt's
user wanbeacon), the host is seen once it talks to or through this machine.
"""

import asyncio
import errno
import os
import socket
import struct
import sys

from wanbeacon.core import address, leases, neighbor, prefix
from wanbeacon.net import kernel, waits

_MICRO = sys.implementation.name == "micropython"
_GROUP = 4  # RTMGRP_NEIGH
#: Seconds before the socket is opened again after it failed.
_AGAIN_S = 60
#: Addresses that are remembered of all neighbors together; the ones seen first go.
_MANY = 256
#: Datagrams sent to one neighbor at a look, and the port nobody listens at (RFC 863).
_ASKED, _DISCARD = 6, 9
#: Seconds from one echo request to all hosts to the next, while a neighbor is not seen: doubles up to
#: the second number.
_CALL_S = (2, 300)
#: Lease files: odhcpd, dnsmasq on OpenWrt, dnsmasq elsewhere. The most that is read of one.
LEASES = ("/tmp/hosts/odhcpd", "/tmp/odhcpd.leases", "/tmp/dhcp.leases", "/var/lib/misc/dnsmasq.leases")
LEASES_MAX = 65536


def leased(paths=LEASES, now=None):
    """The leases (core/leases.py) of those files that are there; without those that are over at `now`."""
    rows = []
    for path in paths:
        try:
            with open(path) as f:
                rows += leases.read(f.read(LEASES_MAX))
        except (OSError, ValueError):  # not there, not ours to read, not a text
            continue
    return [row for row in rows if now is None or row[3] is None or row[3] > now]


class Neighbors:
    """clock: as in base.Kit. whos: what the settings call the hosts, each a MAC or an IPv6 address it has."""

    def __init__(self, clock, whos, paths=LEASES):
        self.clock = clock
        self.paths = paths
        self.macs = {}  # what the settings say -> MAC, None while an address was not seen
        self.named = {}  # packed address of the settings -> as they say it
        for who in whos:
            try:
                self.macs[who] = prefix.mac(who)
            except ValueError:
                self.macs[who] = None
                self.named[address.parse(who)] = who
        self.rows = {}  # packed -> (device index, state, MAC), of the neighbors we care for
        self.first = {}  # packed -> mono seconds when first seen
        self.several = set()  # MACs that answered at two addresses of one network
        self.silent = {}  # published address -> mono seconds since when it is silent
        self.leases = ()
        self.told = {}  # host name -> address, kept for app/nearby.py
        self.call = 0, _CALL_S[0]  # when all hosts may be asked again, and how long to wait after that
        self.sock = None
        self.calls = []  # sockets that wait for answers to the last echo requests

    # ---- what is known

    def look(self):
        """Take the kernel's table and the lease files as they are now."""
        try:
            if self._read():
                self._read()  # an address of the settings led to a MAC: now all that it has
        except OSError:  # no AF_NETLINK in this jail: what was seen stays
            pass
        self.leases = leased(self.paths, self.clock.wall())
        now = self.clock.mono()
        for packed in self.rows:
            self.first.setdefault(packed, now)
        for packed in sorted(self.first, key=lambda one: self.first[one])[: max(0, len(self.first) - _MANY)]:
            if packed not in self.rows:
                del self.first[packed]

    def _read(self):
        macs = set([mac for mac in self.macs.values() if mac])
        ours = dict([(one, self.named[one]) for one in self.named if not self.macs[self.named[one]]])
        rows = kernel.neighbors(lambda row: row[3] in macs or row[2] in self.rows or row[2] in ours)
        old, self.rows, learned = self.rows, {}, False
        for index, state, packed, mac in rows:
            if packed in ours and mac and state & kernel.ALIVE:
                self.macs[ours[packed]] = mac
                learned = True
            mac = mac or old.get(packed, (0, 0, None))[2]
            if mac:
                self.rows[packed] = index, state, mac
        return learned

    def alive(self, mac):
        """The addresses that a MAC has, as far as it is known."""
        return [packed for packed, row in self.rows.items() if row[2] == mac and row[1] & kernel.ALIVE]

    def of(self, who, nets, have, privacy=False):
        """(packed or None, code): see core/neighbor.choose. who: as in the settings. privacy: it makes
        temporary addresses."""
        mac = self.macs.get(who)
        if not mac:
            return None, ("home.neighbor_unknown", who)
        alive, now = self.alive(mac), self.clock.mono()
        given = set([row[0] for row in self.leases if row[1] == 128])
        mine = [row[0] for row in self.leases if row[1] == 128 and row[2] == mac]
        for packed in mine:  # the server's word, until the kernel knows better
            if packed not in self.rows:
                alive.append(packed)
        self._note(mac, alive, nets, have, given, now)
        ages = dict([(one, now - self.first[one]) for one in alive if one in self.first])
        silent = now - self.silent[have] if have in self.silent else 0
        return neighbor.choose(
            mac, alive, nets, have, neighbor.Facts(given, ages, privacy or mac in self.several, silent)
        )

    def _note(self, mac, alive, nets, have, given, now):
        """Remember that a neighbor has temporary addresses, and since when the published one is silent."""
        seen = {}
        for packed in alive:
            reachable = packed in self.rows and self.rows[packed][1] & kernel.REACHABLE
            if reachable and packed[0] != 0xFE and not neighbor.fixed(packed, mac, alive, given):
                seen[packed[:8]] = seen.get(packed[:8], 0) + 1
        if [count for count in seen.values() if count > 1]:
            self.several.add(mac)
        other = [one for one in alive if one[0] != 0xFE and one != have]
        if have and have not in alive and other:
            self.silent.setdefault(have, now)
        else:
            self.silent.pop(have, None)

    # ---- asking

    def ask(self, who, nets, have):
        """See that what is known of a neighbor is true soon. Returns seconds after which to look again, or
        None: the kernel tells."""
        mac = self.macs.get(who)
        if not mac:
            packed = address.parse(who)
            links = self._links(nets) if packed[0] == 0xFE else ()
            for index in (0,) if neighbor.within(packed, nets) else links:  # never beyond the home
                self._send([packed], index)
            return self._call(nets)
        alive = [one for one in self.alive(mac) if neighbor.within(one, nets)]
        wanted = [one for one in alive if not self.rows[one][1] & kernel.REACHABLE]
        wanted += [row[0] for row in self.leases if row[2] == mac and row[0] not in self.rows]
        if have and have not in alive and neighbor.within(have, nets):
            wanted.insert(0, have)
        known, given = self.alive(mac), set([row[0] for row in self.leases])
        proven = [one for one in alive if neighbor.fixed(one, mac, known, given)]
        if not proven and have not in alive:
            # where its link-local's identifier is a fixed one, it has that in the new network too
            fixed = set([one[8:] for one in known if one[0] == 0xFE] + [prefix.eui64(mac)[8:]])
            wanted += [net[0][:8] + one for net in nets if net[1] == 64 for one in sorted(fixed)]
        self._send(wanted[:_ASKED])
        now = self.clock.mono()
        young = [now - self.first.get(one, now) for one in alive]
        young = [age for age in young if age < neighbor.ALONE_S]
        if alive and (proven or have in alive or not young):
            return None
        wait = self._call(nets)
        return neighbor.ALONE_S - max(young) if young else wait

    def _send(self, targets, index=0):
        """An empty datagram to each: the kernel asks who has that address. index: the device, for a
        link-local."""
        if not targets:
            return
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            for packed in targets:
                try:
                    sock.sendto(b"", _sockaddr(packed, _DISCARD, index))
                except OSError:  # no route there: no neighbor either
                    pass
        finally:
            sock.close()

    def _call(self, nets):
        """One echo request to all hosts of each of these networks that we have an address in, now and then.
        Returns seconds after which to do so again."""
        now = self.clock.mono()
        due, wait = self.call
        self._answers(nets)
        if now >= due:
            self.call = now + wait, min(wait * 2, _CALL_S[1])
            links = self._links(nets)
            self.calls = [one for one in [_echo(links[index], index) for index in links] if one]
        return 1 if self.calls else max(1, self.call[0] - now)

    def _answers(self, nets):
        """Take who answered the last echo requests: the table has them only when they are asked for."""
        senders, calls = set(), self.calls
        self.calls = []
        for sock in calls:
            try:
                for _ in range(_MANY):
                    data, sender = sock.recvfrom(64)
                    if data[0] == 129:  # echo reply
                        senders.add(_packed(sender))
            except OSError:  # there is no more
                pass
            finally:
                sock.close()
        self._send([one for one in senders if one not in self.rows and neighbor.within(one, nets)])

    def _links(self, nets):
        """{device index: our address} where we have one in these networks that can be used."""
        try:
            rows = kernel.own_rows()
        except OSError:
            return {}
        return dict(
            [
                (row[1], row[6])
                for row in rows
                if row[3] == 0 and not row[2] & 0x40 and neighbor.within(row[6], nets)
            ]
        )

    def found(self):
        """All neighbors are seen: the next one that is not is asked for at once."""
        self.call = 0, _CALL_S[0]

    # ---- events

    async def changed(self):
        """Return after a neighbor we care for got an address, or lost one."""
        while True:
            try:
                if not self.sock:
                    self.sock = kernel.open_netlink(_GROUP)
                    self.sock.setblocking(False)
                await waits.ready(self.sock)
                if self._drain():
                    return
            except asyncio.CancelledError:  # the agent ends
                self.close()
                raise
            except OSError as e:
                self.close()
                if e.errno == errno.ENOBUFS:  # some are lost: look
                    return
                await asyncio.sleep(_AGAIN_S)

    def _drain(self):
        hint = False
        while True:
            data = waits.receive(self.sock, 4096)
            if not data:
                return hint
            for kind, at, end in kernel.messages(data):
                row = (
                    kernel.neighbor_row(data, at, end) if kind in (28, 29) else None
                )  # RTM_NEWNEIGH, RTM_DELNEIGH
                hint = bool(row and self._news(kind == 28 and row[1] & kernel.ALIVE, row[2], row[3])) or hint

    def _news(self, alive, packed, mac):
        known = self.rows.get(packed)
        if not alive:
            return known and known[1] & kernel.ALIVE
        if mac not in self.macs.values() and packed not in self.named:
            return False
        return not known or not known[1] & kernel.ALIVE or known[2] != mac

    def close(self):
        """Stop listening."""
        for sock in self.calls + [self.sock]:
            if sock:
                sock.close()
        self.sock, self.calls = None, []


def _packed(sockaddr):
    """The address in what recvfrom() tells."""
    return bytes(sockaddr[8:24]) if _MICRO else address.parse(sockaddr[0].partition("%")[0])


def _sockaddr(packed, port, index=0):
    """struct sockaddr_in6 (ipv6(7)), or what stands for it."""
    if _MICRO:
        return struct.pack("H", 10) + struct.pack(">HI", port, 0) + packed + struct.pack("I", index)
    return address.text(packed), port, 0, index


def _echo(own, index):
    """An ICMPv6 echo request (RFC 4443 4.1) from `own` to all hosts on the device `index`. Unprivileged
    where the kernel allows it (net.ipv4.ping_group_range), else as root, else not at all. Returns the socket
    that gets the answers, or None."""
    every = _sockaddr(b"\xff\2" + bytes(13) + b"\1", 0, index)
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        sock = None
        try:
            sock = socket.socket(socket.AF_INET6, kind, 58)
            sock.setblocking(False)
            sock.bind(_sockaddr(own, 0))
            sock.sendto(b"\x80\0\0\0" + os.urandom(2) + b"\0\1", every)
            return sock
        except OSError:
            if sock:
                sock.close()
    return None
