# SPDX-License-Identifier: MIT
"""OpenWrt's netifd tells the addresses of the router itself, and when they change, over ubus. No process is
started.

The subscription tells of an address that changes while the link stays up, which `ubus listen` and hotplug do
not.
"""

import asyncio

from wanbeacon.core import address, prefix
from wanbeacon.net import bus, reason
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

_SOCKET = "/var/run/ubus/ubus.sock"
_OBJECT = "network.interface"
#: Protocols by which a line shares one IPv4 address among many: shared4.py
_SHARED = ("map", "dslite", "464xlat", "ipip6")
#: Seconds until netifd or ubusd is looked for again; doubles up to the second number.
_AGAIN_S = (1, 60)


def owner(rows, family):
    """Return the row of the dump whose interface has the default route with the lowest metric, or None."""
    best, least = None, 1 << 32
    for row in rows:
        for route in row.get("route") or ():
            if (
                route.get("target") == ("0.0.0.0" if family == 4 else "::")
                and not route.get("mask")
                and "table" not in route
                and row.get("interface") != "loopback"
            ):
                metric = route.get("metric", row.get("metric") or 0)
                if metric < least:
                    best, least = row, metric
    return best


def addresses(row, family):
    """Return the packed addresses of one interface, best first.

    IPv6: its own, then the router's own in the prefixes delegated to it, which netifd lists apart. ULA stay
    in.
    """
    texts = [one.get("address") for one in row.get("ipv%d-address" % family) or () if one.get("preferred", 1)]
    if family == 6:
        for one in row.get("ipv6-prefix-assignment") or ():
            texts.append((one.get("local-address") or {}).get("address"))
    found = []
    for text in texts:
        try:
            packed = address.parse(text or "")
        except ValueError:
            continue
        if len(packed) == (4 if family == 4 else 16):
            found.append(packed)
    return [one for one in found if not address.why_not(one)] + [one for one in found if address.why_not(one)]


def networks(mine, up):
    """What base.py calls `networks`: the prefixes delegated to the line's interfaces `mine`, then what the
    LANs got of them (netifd tells of all lines' there), or what they got at all where nothing was
    delegated."""
    delegated = _prefixes(mine, "ipv6-prefix")
    assigned = _prefixes(up, "ipv6-prefix-assignment")
    if delegated:
        assigned = [
            one for one in assigned if any([prefix.inside(one[1], wide[1], wide[2]) for wide in delegated])
        ]
    return tuple([("",) + one[1:] for one in delegated] + assigned)


def _prefixes(rows, key):
    found = []
    for row in rows:
        for one in row.get(key) or ():
            bits = one.get("mask")
            try:
                packed = address.parse(one.get("address") or "")
            except ValueError:
                continue
            if len(packed) == 16 and one.get("preferred", 1) and isinstance(bits, int) and 0 < bits < 128:
                found.append((row.get("interface"), prefix.network(packed, bits), bits))
    return found


class Observer:
    """Options: `interface` (default: the owner of the default route), `socket`, `suffix` (IPv6: another
    host's)."""

    OUTSIDE = False
    FAMILIES = (4, 6)

    def __init__(self, options, kit):
        self.socket = options.get("socket") or _SOCKET
        self.kit = kit
        self.interface = options.get("interface")
        self.suffix = options.get("suffix")
        self.bus = None
        self.networks = ()  # what netifd delegated and assigned: see base.py
        self.known = None  # the published address, packed: of several good ones it stays

    async def read(self, family):
        """See observe/base.py. NONE: netifd says that the interface is down, or lists no address on it."""
        one = None
        try:
            one = bus.Bus(self.socket)
            rows = (await one.call(_OBJECT, "dump") or {}).get("interface")
        except (OSError, ValueError, AttributeError, TypeError) as e:
            return UNKNOWN, None, ("ubus.failed", reason.why(e))
        finally:
            if one:
                one.close()
        if not rows:
            return UNKNOWN, None, ("ubus.forbidden", _OBJECT)
        try:
            return self.pick(rows, family)
        except (AttributeError, TypeError, ValueError) as e:
            # what should be a list of objects is something else
            return UNKNOWN, None, ("ubus.failed", reason.why(e))

    def pick(self, rows, family):
        """Choose from the rows of netifd's dump; answers as read() does."""
        names = [self.interface]
        if self.interface and family == 6:  # a second interface on the same line, or a child of PPP
            names = [self.interface + "6", self.interface + "_6", self.interface]
        mine = [row for name in names for row in rows if name and row.get("interface") == name]
        if not self.interface:
            mine = [row for row in (owner(rows, family),) if row]
        if not mine:
            missing = ("ubus.no_interface", self.interface) if self.interface else ("kernel.no_route", family)
            return NONE, None, missing
        up = [row for row in mine if row.get("up")]
        if not up:
            return NONE, None, ("ubus.down", mine[0].get("interface"))
        if family == 6:
            # a line may have a delegated prefix only: then the router's address in it, on another interface
            up += [
                row for row in rows if row.get("up") and row.get("ipv6-prefix-assignment") and row not in up
            ]
            self.networks = networks(mine, up)
        if family == 6 and self.suffix:
            with_lan = [row for row in up if row.get("ipv6-prefix-assignment")]
            up = with_lan + [row for row in up if row not in with_lan]
        best = None
        for row in up:
            for packed in addresses(row, family):
                if best is None or address.why_not(best[0]) and not address.why_not(packed):
                    best = packed, row
                if packed == self.known and not address.why_not(packed) and not self.suffix:
                    best = packed, row
                    break
        if family == 4 and any([row.get("proto") in _SHARED for row in up]):
            return self.kit.load("shared4").judge(up, best)
        if not best:
            return NONE, None, ("ubus.none", up[0].get("interface"), family)
        packed = best[0]
        if family == 6 and self.suffix:
            packed = packed[:8] + address.parse(self.suffix)[8:]
        return FOUND, packed, ("ubus.found", best[1].get("interface"))

    async def changed(self):
        """Return after netifd told of a change, or came back (then anything may have changed)."""
        wait = _AGAIN_S[0]
        while True:
            try:
                if self.bus:
                    if await self.bus.notified():
                        return
                    self.close()  # netifd went away
                else:
                    self.bus = bus.Bus(self.socket)
                    if await self.bus.subscribe(_OBJECT):
                        return
                    self.close()
            except (OSError, ValueError):
                self.close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, _AGAIN_S[1])

    def close(self):
        """End the subscription."""
        if self.bus:
            self.bus.close()
            self.bus = None
