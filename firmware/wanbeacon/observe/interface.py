"""The address of a network device of this Linux, as the kernel lists it. It waits for nothing.

For a machine that is the router itself, or has a public address.
"""

from wanbeacon.core import address
from wanbeacon.net import kernel, route
from wanbeacon.observe import FOUND, NONE, UNKNOWN


class Observer:
    """Options: `device` (default: the owner of the default route), `suffix` (IPv6: another host behind this device)."""

    OUTSIDE = False
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.device = options.get("device")
        self.suffix = options.get("suffix")
        self.known = None  # the published address, packed: several good ones must not take turns

    async def read(self, family):
        """See wanbeacon.observe. Sure of NONE: the device is known and the kernel lists nothing fit on it."""
        try:
            name = self.device or route.device(family)
            if not name:
                return NONE, None, "no IPv%d default route" % family
            rows = kernel.rows_on(name, family)
        except OSError as e:
            if e.errno == 19:
                return NONE, None, "there is no device " + name
            return UNKNOWN, None, "cannot ask the kernel (%s)" % e
        packed = kernel.pick4(rows) if family == 4 else kernel.pick6(rows, self.known)
        if packed is None:
            return NONE, None, "%s has no %s address" % (name, "IPv4" if family == 4 else "lasting IPv6")
        if family == 6 and self.suffix:
            packed = packed[:8] + address.parse(self.suffix)[8:]
        return FOUND, address.text(packed), "on " + name

    def close(self):
        """Nothing is kept open."""
