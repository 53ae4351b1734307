# SPDX-License-Identifier: MIT
"""Linux tells when an address of this machine changes, and what routers advertise (rtnetlink events).
`interface` reads.

Nothing is polled: between two changes this costs no packet and no wake-up. rtnetlink(7), netlink(7).
"""

import asyncio
import errno

from wanbeacon.net import kernel, waits
from wanbeacon.observe import interface, ipv6

# RTMGRP_IPV4_IFADDR | IPV6_IFADDR, IPV4_ROUTE | IPV6_ROUTE (a new lease brings the address first, the way out
# after), and group 20, RTNLGRP_ND_USEROPT: options of router advertisements
_GROUPS = 0x10 | 0x100 | 0x40 | 0x400 | 0x80000
#: Seconds before the socket is opened again after it failed (no AF_NETLINK in a jail: no need to hurry).
_AGAIN_S = 60
#: Linux that hands on the prefix option of advertisements (torvalds/linux 048c796beb6e, "fix handling for
#: PIO").
_TELLS = (6, 11)
_MANY = 64  # addresses whose state is remembered


def tells(release):
    """Whether a kernel of this release ("6.1.0-18-amd64") hands on prefix options;
    later 6.6 and 6.10 do too: see Heard."""
    major, _, rest = release.partition(".")
    minor = rest.partition(".")[0].partition("-")[0]
    return major.isdigit() and minor.isdigit() and (int(major), int(minor)) >= _TELLS


class Observer(interface.Observer):
    """`interface`, and told of changes. Options as there."""

    sock = None

    def __init__(self, options, kit):
        super().__init__(options, kit)
        self.heard, self.on, self.index = ipv6.Heard(), None, None
        self.states = {}  # packed address -> whether it was fit
        try:
            with open("/proc/sys/kernel/osrelease") as f:
                self.heard.tells = tells(f.read(64))
        except (OSError, ValueError):
            pass

    def pick6(self, name, rows):
        """As interface, with what routers on this device advertised."""
        if name != self.on:  # another link has other routers
            told = self.heard.tells
            self.on, self.index, self.heard = name, rows[0][1] if rows else None, ipv6.Heard()
            self.heard.tells = told
        if self.index is None and rows:
            self.index = rows[0][1]
        return super().pick6(name, rows)

    async def changed(self):
        """Return after an address of this machine changed. Events between two calls wait in the socket."""
        while True:
            try:
                if not self.sock:
                    self.sock = kernel.open_netlink(_GROUPS)
                    self.sock.setblocking(False)
                await waits.ready(self.sock)
                if self.drain():
                    return
            except OSError as e:
                self.close()
                if e.errno == errno.ENOBUFS:  # events came faster than they were read: some are lost, so look
                    return
                await asyncio.sleep(_AGAIN_S)

    def drain(self):
        """Take all that has arrived, as one hint."""
        hint = False
        while True:
            data = waits.receive(self.sock, 1024)
            if not data:
                return hint
            hint = self.take(data) or hint

    def take(self, data):
        """Read some events. True when an address came, went or became (un)fit, a default route did, or it
        became clear which router a prefix is from or that it is advertised no more. An advertisement that
        changes nothing is no hint."""
        hint = False
        for kind, at, end in kernel.messages(data):
            if at + 8 > end:
                continue
            # RTM_NEWADDR, RTM_DELADDR; the scope is the fourth byte: 0 global, 253 link, 254 host
            if kind in (20, 21) and data[at + 3] < 253:
                hint = self._moved(kind, kernel.address_row(data, at, end)) or hint
            elif kind in (24, 25) and data[at + 1] == 0 and data[at + 4] == 254:
                # RTM_NEWROUTE, RTM_DELROUTE; destination length 0, table main
                hint = True
            elif kind == 68:  # RTM_NEWNDUSEROPT
                row = kernel.router_option(data, at, end)
                if row and (self.index is None or row[0] == self.index):
                    hint = self.heard.feed(self.clock.mono_ms(), *row[1:]) or hint
        return hint

    def _moved(self, kind, row):
        if not row:
            return True
        if kind == 21:
            self.states.pop(row[6], None)
            return True
        fit = ipv6.fit(row)
        if self.states.get(row[6]) == fit:
            return False
        if len(self.states) >= _MANY:
            self.states.clear()
        self.states[row[6]] = fit
        return True

    def close(self):
        """Stop listening."""
        if self.sock:
            self.sock.close()
            self.sock = None
