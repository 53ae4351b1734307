"""The address of a network device of this Linux, as the kernel lists it. It waits for nothing.

For a machine that is the router itself, or has a public address.
"""

from wanbeacon.core import address
from wanbeacon.net import kernel, reason, route
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN


class Observer:
    """Options: `device` (default: the owner of the default route), `suffix` (IPv6: another host behind this device)."""

    OUTSIDE = False
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.device = options.get("device")
        self.suffix = options.get("suffix")
        self.known = None  # the published address, packed: several good ones must not take turns

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
        packed = kernel.pick4(rows) if family == 4 else kernel.pick6(rows, self.known)
        if packed is None:
            return NONE, None, ("kernel.none%d" % family, name)
        if family == 6 and self.suffix:
            packed = packed[:8] + address.parse(self.suffix)[8:]
        return FOUND, packed, ("kernel.found", name)

    def close(self):
        """Nothing is kept open."""
