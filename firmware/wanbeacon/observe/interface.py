# SPDX-License-Identifier: MIT
"""The address of a network device of this Linux, as the kernel lists it. It waits for nothing.

For a machine that is the router itself, or has a public address.
"""

from wanbeacon.core import address
from wanbeacon.net import kernel, reason, route
from wanbeacon.observe import ipv6
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN


class Observer:
    """Options: `device` (default: the owner of the default route), `suffix` (IPv6: another host behind this
    device)."""

    OUTSIDE = False
    FAMILIES = (4, 6)
    heard = None  # ipv6.Heard, where somebody listens to routers

    def __init__(self, options, kit):
        self.device = options.get("device")
        self.suffix = options.get("suffix")
        self.known = None  # the published address, packed: several good ones must not take turns
        self.clock = kit.clock

    async def read(self, family):
        """See observe/base.py. Sure of NONE: the device is known and the kernel lists nothing fit on it."""
        try:
            name = self.device or route.device(family)
            if not name:
                return NONE, None, ("kernel.no_route", family)
            rows = kernel.rows_on(name, family)
        except OSError as e:
            if e.errno == 19:
                return NONE, None, ("kernel.no_device", name)
            return UNKNOWN, None, ("kernel.failed", reason.why(e))
        if family == 4:
            packed, why = kernel.pick4(rows), ("kernel.none4",)
        else:
            packed, why = self.pick6(name, rows)
        if packed is None:
            return (NONE, None, (why[0], name)) if why[0][:11] == "kernel.none" else (UNKNOWN, None, why)
        if family == 6 and self.suffix:
            packed = packed[:8] + address.parse(self.suffix)[8:]
        return FOUND, packed, ("kernel.found", name)

    def pick6(self, name, rows):
        """The IPv6 address of these rows to publish, or None, and why not; see ipv6.choose."""
        known = self.known
        if known and (self.suffix or known not in [row[6] for row in rows]):
            # another host's is published: ours in the same network stands for it
            same = [row for row in rows if row[6][:8] == known[:8]]
            good = [row for row in same if ipv6.fit(row)] or same
            known = good[0][6] if good else known
        return ipv6.choose(rows, known, route.routers6(name), self.heard, self.clock.mono_ms())

    def close(self):
        """Nothing is kept open."""
