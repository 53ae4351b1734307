# SPDX-License-Identifier: MIT
"""What a FRITZ!Box tells of its IPv6 over IPv4, so that a board without IPv6 can keep AAAA records: its own
address, and the prefix it was delegated. Two actions of AVM's beside the standard ones (AVM:
igdconnSCPD.xml), no login. Other routers have none: UPnP knows no action for it.

`upnp` finds the router and loads this where a host wants it. The prefix is never cut out of the box's own
address: those are two networks at most providers.
"""

from wanbeacon.core import address, prefix
from wanbeacon.net import reason
from wanbeacon.observe import xml
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

#: Bits of a prefix that a provider may delegate to a home.
#: A /80 has no room for hosts as they are; a /12 is a registry's.
_BITS = (16, 64)


async def read(one):
    """See observe/base.py. one: upnp.Observer that has found its services; gets its `networks`. NONE: the box
    says of both that there is none. OSError, ValueError or reason.Why."""
    host = one.host
    for service in one.services:
        answer = await one.call(service, "X_AVM_DE_GetIPv6Prefix")
        text = xml.text(answer, b"NewIPv6Prefix")
        if xml.find(answer, b"NewIPv6Prefix") < 0:
            continue  # another router, or a service of another kind
        networks = (
            _networks(text, xml.text(answer, b"NewPrefixLength"), host) if text and text != b"::" else None
        )
        text = xml.text(await one.call(service, "X_AVM_DE_GetExternalIPv6Address"), b"NewExternalIPv6Address")
        packed = _address(text, host) if text and text != b"::" else None
        one.networks = networks
        if not packed and not networks:
            return NONE, None, ("upnp.no6", host)
        return FOUND, packed or networks[0][1], ("router.told", host)
    if not one.firewall:
        return UNKNOWN, None, ("upnp.mute6", host)
    # a hint that IPv6 is there, and whether anybody may come in; the prefix is for another source to tell
    allowed = xml.text(await one.call(one.firewall, "GetFirewallStatus"), b"InboundPinholeAllowed")
    return UNKNOWN, None, ("upnp.firewall6" if allowed == b"1" else "upnp.firewall6_shut", host)


def _networks(text, length, host):
    """The delegated prefix as base.py's `networks`. Some boxes write the length behind the prefix too."""
    packed = _address(text, host)
    cut = text.partition(b"/")[2] or length
    bits = int(cut) if cut.isdigit() and len(cut) < 4 else 0
    if not _BITS[0] <= bits <= _BITS[1]:
        raise reason.Why("upnp.garbage6", host)
    return (("", prefix.network(packed, bits), bits),)


def _address(text, host):
    try:
        packed = address.parse(text.decode())
    except ValueError:  # UnicodeError is one too
        packed = b""
    if len(packed) != 16:
        raise reason.Why("upnp.garbage6", host)
    return packed
