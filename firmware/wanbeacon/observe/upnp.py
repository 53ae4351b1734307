# SPDX-License-Identifier: MIT
"""Asks the router for its WAN address by SOAP, UPnP IGD (versions 1 and 2). `igd` finds it, `gena` hears its
events, `upnp6` asks for IPv6.
"""

import asyncio

from wanbeacon.core import address
from wanbeacon.core.url import split_url
from wanbeacon.net import lan, reason
from wanbeacon.observe import xml
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

_SOAP = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle='
    '"http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:%s xmlns:u="%s"/></s:Body></s:Envelope>'
)


class Observer:
    """Options: `events` (default true), `location` (URL of the description; default: searched for)."""

    OUTSIDE = False
    FAMILIES = (4, 6)  # 6: upnp6's business, where a host at home wants it
    SSDP = 1900  # UDP port of searches

    def __init__(self, options, kit):
        self.kit = kit
        self.board = kit.board
        self.location = options.get("location")
        self.router6 = not options.get("router6", False)  # see base.py
        self.networks = None
        self.gateway = options.get("gateway")  # natpmp's, when it has us check what it was told
        self.services = self.host = self.gena = self.firewall = None
        if kit.brief:
            self.listener = None  # the subscription, which goes on while this observer rests
        if not options.get("events", True):
            self.changed = None

    async def read(self, family):
        """See observe/base.py. NONE: the router says that its line is not connected."""
        while True:
            fresh = not self.services
            try:
                await self._find()
                if self.kit.brief and self.changed:
                    self._listen()
                if family == 6:
                    return await self.kit.run("observe.upnp6", "read", self)
                return await self._ask()
            except (OSError, ValueError, reason.Why) as e:
                self.services = None
                # the URLs of some routers change when they restart: search once more
                if fresh:
                    return UNKNOWN, None, reason.why(e)

    async def _find(self):
        """Make sure that self.services are those of the router of now. OSError, ValueError or reason.Why."""
        port, path, host = 0, None, self.gateway or self.board.gateway()
        if self.location:
            _, host, port, path, query = split_url(self.location)
            path += "?" + query if query else ""
        if self.services and host == self.host:
            return
        if not host:
            raise reason.Why("router.none")
        found = await self.kit.run("observe.igd", "find", self, host, port, path)
        self.services, self.host = found, host

    async def call(self, service, action):
        """Return the answer (bytes of XML) to `action`. OSError, ValueError or reason.Why."""
        kind, (port, path) = service[:2]
        lines = 'Content-Type: text/xml; charset="utf-8"\r\nSOAPAction: "%s#%s"\r\n' % (kind, action)
        body = _SOAP % (action, kind)
        return (await lan.exchange(self.board, self.host, port, "POST", path, lines, body))[2]

    async def _ask(self):
        """A gateway may have several connections (television, telephony, two lines): the first address that
        can be published counts, else the first of any. What one of them does not tell, another may."""
        best, troubles = None, []
        for service in self.services:
            try:
                packed = await self._address(service)
            except (OSError, ValueError, reason.Why) as e:
                troubles.append(reason.why(e))
                if len(troubles) > 1:  # each may have taken seconds
                    break
                continue
            if packed and (not best or not address.why_not(packed)):
                best = packed, service
                if not address.why_not(packed):
                    break
        if best:
            self.services = [best[1]] + [one for one in self.services if one is not best[1]]
            return FOUND, best[0], ("router.told", self.host)
        if troubles:
            raise reason.Why(*troubles[0])
        said = None
        for service in self.services:
            status = xml.text(await self.call(service, "GetStatusInfo"), b"NewConnectionStatus")
            if status == b"Connected":
                return UNKNOWN, None, ("upnp.cgnat", self.host)
            said = said or status
        return (NONE, None, ("upnp.down", self.host)) if said else (UNKNOWN, None, ("upnp.mute", self.host))

    async def _address(self, service):
        """The address (packed) of one connection, None when it has none; reason.Why: it is garbage."""
        text = xml.text(await self.call(service, "GetExternalIPAddress"), b"NewExternalIPAddress")
        if not text or text == b"0.0.0.0":
            return None
        # strictly an address: some routers put garbage here while the line is down (miniupnp issue 567)
        try:
            packed = address.parse(text.decode())
        except ValueError:  # UnicodeError is one too
            packed = b""
        if len(packed) != 4:
            raise reason.Why("upnp.garbage", self.host)
        return packed

    async def changed(self):
        """Return after an event of the router.
        Keeps the subscription alive, and makes a new one when it is lost."""
        wait = 60  # s until a router that sends no events is tried again; doubles up to 960
        while True:
            try:
                if not self.gena:
                    await self._find()
                    port, path = self.services[0][2]
                    self.gena = self.kit.load("gena").Subscription(self.board, self.host, port, path)
                await self.gena.notified()
                return
            except (OSError, ValueError, reason.Why):
                self.services = None
                self.close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, 960)

    def _listen(self):
        """See that the listener is one to the router of now; it subscribes when it is waited for."""
        port, path = self.services[0][2]
        if not self.gena or (self.gena.host, self.gena.port, self.gena.path) != (self.host, port, path):
            self.close()
            self.listener = self.gena = self.kit.load("gena").Subscription(self.board, self.host, port, path)

    later = None

    def rest(self):
        """What the next observer goes on with: see base.py."""
        return self.gena, self.services, self.host, self.firewall

    def resume(self, kept):
        """Take what rest() of the one before gave."""
        self.gena, self.services, self.host, self.firewall = kept
        self.listener = self.gena

    def close(self):
        """End the subscription, so that the router does not call an empty place for half an hour."""
        if self.gena:
            self.gena.close()
            self.gena = None


async def services_of(kit, gateway):
    """The services of a router for natpmp's observer, or None when it does not answer."""
    one = Observer({"events": False, "gateway": gateway}, kit)
    try:
        await one.read(4)
        return one.services
    except Exception:  # of a helper: without it, quiet's way remains (no package, no heap)
        return None
    finally:
        one.close()
