"""Linux tells when an address of this machine changes (rtnetlink events). What the address is, `interface` reads.

Nothing is polled: between two changes this costs no packet and no wake-up. rtnetlink(7), netlink(7).
"""

import asyncio

from wanbeacon.net import udp
from wanbeacon.observe import interface

_GROUPS = 0x10 | 0x100  # RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR
_ENOBUFS = 105  # events came faster than they were read: some are lost, so look
#: Seconds before the socket is opened again after it failed (no AF_NETLINK in a jail: no need to hurry).
_AGAIN_S = 60


def is_event(data):
    """Tell whether `data` holds an address that came, went or changed its flags; link-local and host ones do not count."""
    for kind, at, end in interface.messages(data):
        # RTM_NEWADDR, RTM_DELADDR; the scope is the fourth byte: 0 global, 253 link, 254 host
        if kind in (20, 21) and at + 8 <= end and data[at + 3] < 253:
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
                    self.sock = interface.open_netlink(_GROUPS)
                    self.sock.setblocking(False)
                await udp.ready(self.sock)
                if self.drain():
                    return
            except OSError as e:
                self.close()
                if e.errno == _ENOBUFS:
                    return
                await asyncio.sleep(_AGAIN_S)

    def drain(self):
        """Take all that has arrived, as one hint."""
        hint = False
        while True:
            data = udp.receive(self.sock, 8192)
            if not data:
                return hint
            hint = is_event(data) or hint

    def close(self):
        """Stop listening."""
        if self.sock:
            self.sock.close()
            self.sock = None
