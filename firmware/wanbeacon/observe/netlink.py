"""Linux tells when an address of this machine changes (rtnetlink events). What the address is, `interface` reads.

Nothing is polled: between two changes this costs no packet and no wake-up. rtnetlink(7), netlink(7).
"""

import asyncio
import errno

from wanbeacon.net import kernel, waits
from wanbeacon.observe import interface

# RTMGRP_IPV4_IFADDR | IPV6_IFADDR, and IPV4_ROUTE | IPV6_ROUTE: a new lease brings the address first, the way out after
_GROUPS = 0x10 | 0x100 | 0x40 | 0x400
#: Seconds before the socket is opened again after it failed (no AF_NETLINK in a jail: no need to hurry).
_AGAIN_S = 60


def is_event(data):
    """Tell whether in `data` an address came, went or changed its flags (not link-local), or a default route did."""
    for kind, at, end in kernel.messages(data):
        if at + 8 > end:
            continue
        # RTM_NEWADDR, RTM_DELADDR; the scope is the fourth byte: 0 global, 253 link, 254 host
        if kind in (20, 21) and data[at + 3] < 253:
            return True
        # RTM_NEWROUTE, RTM_DELROUTE; destination length 0, table main
        if kind in (24, 25) and data[at + 1] == 0 and data[at + 4] == 254:
            return True
    return False


class Observer(interface.Observer):
    """`interface`, and told of changes. Options as there."""

    sock = None

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
            hint = is_event(data) or hint

    def close(self):
        """Stop listening."""
        if self.sock:
            self.sock.close()
            self.sock = None
