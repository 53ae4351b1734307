# SPDX-License-Identifier: MIT
"""The home's IPv6 network by the leases that its DHCPv6 server wrote down (odhcpd, dnsmasq): for an agent
on that server. It tells the prefix, for hosts with `suffix`, `mac` or `neighbor`,
and no address of the router itself.

After a change of the prefix the old leases stay in the file until they end: the one that ends last is the one
given last.
"""

from wanbeacon.core import address, prefix
from wanbeacon.observe import neighbors
from wanbeacon.observe.base import FOUND, UNKNOWN


class Observer:
    """Options: `file` (default: the known places of odhcpd's and dnsmasq's)."""

    OUTSIDE = False
    FAMILIES = (6,)
    router6 = True  # what it gives is a network, no host's address: see base.py

    def __init__(self, options, kit):
        self.clock = kit.clock
        self.files = (options["file"],) if options.get("file") else neighbors.LEASES
        self.networks = None

    async def read(self, family):
        """See observe/base.py. Never NONE: without a lease nobody knows."""
        self.networks, found = None, {}
        for row in neighbors.leased(self.files, self.clock.wall()):
            packed, bits, until = row[0], row[1], row[3]
            if address.why_not(packed) or bits != 128:  # a ULA, or a prefix handed on to a router below
                continue
            net = prefix.network(packed, 64)
            until = 1 << 40 if until is None else until
            found[net] = max(found.get(net, 0), until)
        if not found:
            return UNKNOWN, None, ("leases.none", ", ".join(self.files))
        last = max(found.values())
        best = min([net for net in found if found[net] == last])
        self.networks = (("lan", best, 64),)
        return FOUND, best, ("leases.told",)

    def close(self):
        """Nothing is kept open."""
