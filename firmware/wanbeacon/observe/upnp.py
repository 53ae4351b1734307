"""Asks the router for its WAN address with UPnP IGD (versions 1 and 2): finds it, reads its description, asks by SOAP.

Only the router of the default route is believed, whoever else answers: its SSDP reply must come from its address, and
every request goes to that address, wherever its description points. Its events are `gena`'s business.
"""

import asyncio
import time

from wanbeacon.core import address
from wanbeacon.net import lan, reason, udp
from wanbeacon.observe import gena
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

_SOAP = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle='
    '"http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:%s xmlns:u="%s"/></s:Body></s:Envelope>'
)
# UPnP Device Architecture 1.1, 1.3.2; devices of version 2 answer a search for version 1 too
_SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\n'
    b"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n"
)


def location(data, host):
    """Return (port, path) of the description when `data` is an SSDP message with a place on `host`, else None."""
    try:
        there, port, path = lan.split_url(lan.header(data, b"location"))
    except ValueError:
        return None
    return (port, path) if there == host else None


def element(xml, tag):
    """Return the text (bytes) of the first element `tag`, b"" when it is not there. Attributes may stand in the tag."""
    return xml.partition(b"<" + tag)[2].partition(b">")[2].partition(b"<")[0].strip()


def place(url, port, path):
    """Return (port, path) of `url` (bytes) as a description at (port, path) means it. Its host does not count."""
    url = url.decode()
    if "://" in url:
        return lan.split_url(url)[1:]
    return port, url if url[:1] == "/" else path[: path.rfind("/") + 1] + url


def services(xml, port, path):
    """Return [(service type, control (port, path), event (port, path))] of the WAN connections described."""
    base = element(xml, b"URLBase")
    if base:
        port, path = place(base, port, path)
    found = []
    for block in xml.split(b"<service>")[1:20]:
        block = block.partition(b"</service>")[0]
        kind = element(block, b"serviceType")
        if b":WANIPConnection:" in kind or b":WANPPPConnection:" in kind:
            control = place(element(block, b"controlURL"), port, path)
            found.append((kind.decode(), control, place(element(block, b"eventSubURL"), port, path)))
    return found


class Observer:
    """Options: `events` (default true), `location` (URL of the description; default: searched for)."""

    OUTSIDE = False
    FAMILIES = (4,)

    def __init__(self, options, kit):
        self.board = kit.board
        self.location = options.get("location")
        self.gateway = options.get("gateway")  # natpmp's, when it has us check what it was told
        self.services = self.host = self.gena = None
        if not options.get("events", True):
            self.changed = None

    async def read(self, family):
        """See observe/base.py. NONE: the router says that its line is not connected."""
        while True:
            fresh = not self.services
            try:
                await self._find()
                return await self._ask()
            except (OSError, ValueError, reason.Why) as e:
                self.services = None
                # the URLs of some routers change when they restart: search once more
                if fresh:
                    return UNKNOWN, None, reason.why(e)

    async def _find(self):
        """Make sure that self.services are those of the router of now. OSError or ValueError in words."""
        port, path, host = 0, None, self.gateway or self.board.gateway()
        if self.location:
            host, port, path = lan.split_url(self.location)
        if self.services and host == self.host:
            return
        if not host:
            raise reason.Why("router.none")
        if not path:
            port, path = await self._search(host)
        xml = (await lan.exchange(self.board, host, port, "GET", path))[2]
        self.services, self.host = services(xml, port, path), host
        if not self.services:
            raise reason.Why("upnp.no_wan", host)

    async def _search(self, host):
        board = self.board
        sock = udp.open_udp(board)
        try:
            for wait in (1200, 1500):  # ms: a router may take MX = 1 s, and packets get lost
                for to in ("239.255.255.250", host):  # unicast too: multicast gets lost sooner
                    sock.sendto(_SEARCH, board.sockaddr(to, 1900))
                until = time.ticks_add(time.ticks_ms(), wait)
                while await udp.ready(sock, max(0, time.ticks_diff(until, time.ticks_ms()))):
                    data, source = udp.receive_from(sock)
                    if data and board.ip_port(source)[0] == host:
                        there = location(data, host)
                        if there:
                            return there
        finally:
            sock.close()
        raise reason.Why("upnp.silent", host)

    async def _call(self, service, action, result):
        """Return the text (bytes) of the element `result` in the answer to `action`, b"" when it is not there."""
        kind, (port, path), _ = service
        lines = 'Content-Type: text/xml; charset="utf-8"\r\nSOAPAction: "%s#%s"\r\n' % (kind, action)
        body = _SOAP % (action, kind)
        return element((await lan.exchange(self.board, self.host, port, "POST", path, lines, body))[2], result)

    async def _ask(self):
        for service in self.services:
            text = await self._call(service, "GetExternalIPAddress", b"NewExternalIPAddress")
            if text and text != b"0.0.0.0":
                # strictly an address: some routers put garbage here while the line is down (miniupnp issue 567)
                try:
                    packed = address.parse(text.decode())
                except ValueError:  # UnicodeError is one too
                    packed = b""
                if len(packed) != 4:
                    raise reason.Why("upnp.garbage", self.host)
                self.services = [service]
                return FOUND, packed, ("router.told", self.host)
        for service in self.services:
            status = await self._call(service, "GetStatusInfo", b"NewConnectionStatus")
            if status == b"Connected":
                return UNKNOWN, None, ("upnp.cgnat", self.host)
            if status:
                return NONE, None, ("upnp.down", self.host)
        return UNKNOWN, None, ("upnp.mute", self.host)

    async def changed(self):
        """Return after an event of the router. Keeps the subscription alive, and makes a new one when it is lost."""
        wait = 60  # s until a router that sends no events is tried again; doubles up to 960
        while True:
            try:
                if not self.gena:
                    await self._find()
                    port, path = self.services[0][2]
                    self.gena = gena.Subscription(self.board, self.host, port, path)
                await self.gena.notified()
                return
            except (OSError, ValueError, reason.Why):
                self.services = None
                self.close()
            await asyncio.sleep(wait)
            wait = min(wait * 2, 960)

    def close(self):
        """End the subscription, so that the router does not call an empty place for half an hour."""
        if self.gena:
            self.gena.close()
            self.gena = None
