"""Asks the router for its WAN address with UPnP IGD (versions 1 and 2): finds it, reads its description, asks by SOAP.

Only the router of the default route is asked, whoever answers a search: of an answer only port and path are used. Its
events are `gena`'s business.
"""

import asyncio
import time

from wanbeacon.core import address
from wanbeacon.core.url import split_url
from wanbeacon.net import lan, reason, udp
from wanbeacon.observe import xml
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

_SOAP = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle='
    '"http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:%s xmlns:u="%s"/></s:Body></s:Envelope>'
)
# UPnP Device Architecture 1.1, 1.3.2
_SEARCH = 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: %s\r\n\r\n'
_URN = "urn:schemas-upnp-org:"
# Search targets in two waves, with the ms to wait for answers: a router may take MX = 1 s, and packets get lost. Devices of
# version 2 should answer a search for version 1 too; not all do, and some know one target only.
_WAVES = (
    (1200, (_URN + "device:InternetGatewayDevice:1", _URN + "device:InternetGatewayDevice:2")),
    (1500, (_URN + "device:InternetGatewayDevice:1", _URN + "service:WANIPConnection:1",
            _URN + "service:WANPPPConnection:1", "upnp:rootdevice")),
)  # fmt: skip
#: What an answer's ST may hold, best first; another one (WPS, a media server) comes last.
_TARGETS = ("InternetGatewayDevice:", "WANIPConnection:", "WANPPPConnection:", "WANConnectionDevice:", "WANDevice:", "upnp:rootdevice")
#: Added to the rank of an answer from another address than the router's, and ms that the router's own is still waited for.
_OTHER, _OTHER_MS = 100, 300
#: Descriptions that are read in one search, and ms after which no other is begun.
_MOST, _SEARCH_MS = 6, 8000


def answer(data, source, host):
    """Judge an SSDP answer from the address `source`: (rank, port, path, target) of a description, or None when there is
    none in it. The lower the rank the better; answers that came from another address than `host`, the router's, are the
    last resort: some routers answer from their second address (CARP)."""
    try:
        _, port, path = lan.split_url(lan.header(data, b"location"))
    except ValueError:
        return None
    target, rank = lan.header(data, b"st") or lan.header(data, b"nt"), len(_TARGETS)
    for number in range(len(_TARGETS)):
        if _TARGETS[number] in target:
            rank = number
            break
    return rank + (0 if source == host else _OTHER), port, path, target


def place(url, port, path):
    """Return (port, path) of `url` (bytes) as a description at (port, path) means it. Its host does not count.
    ValueError when it cannot be part of a request."""
    url = url.decode()
    for c in url.encode():
        if not 32 < c < 127:
            raise ValueError("not a URL")
    if "://" in url:
        return lan.split_url(url)[1:]
    return port, url if url[:1] == "/" else path[: path.rfind("/") + 1] + url


def services(data, port, path):
    """Return [(service type, control (port, path), event (port, path))] of the WAN connections described. ValueError
    when URLBase is no URL; a service that cannot be asked is left out."""
    data = xml.without_comments(data)
    base = xml.text(data, b"URLBase")
    if base:
        port, path = place(base, port, path)
    found = []
    for block in xml.blocks(data, b"service", 40):
        kind = xml.text(block, b"serviceType")
        if b":WANIPConnection:" in kind or b":WANPPPConnection:" in kind:
            try:
                control = place(xml.text(block, b"controlURL"), port, path)
                events = place(xml.text(block, b"eventSubURL"), port, path)
                found.append((_plain(kind), control, events))
            except ValueError:
                pass
    return found


def _plain(kind):
    """A service type that can be put into a header and into XML."""
    for c in kind:
        if not 32 < c < 127 or c in b"\"'<>&":
            raise ValueError("no service type")
    return kind.decode()


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
        self.services = self.host = self.gena = None
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
        found = await self._describe(host, port, path) if path else await self._search(host)
        self.services, self.host = found, host

    async def _describe(self, host, port, path):
        """The services in one description. OSError, ValueError or reason.Why: it has none."""
        status, _, data = await lan.exchange(self.board, host, port, "GET", path)
        found = services(data, port, path) if status == 200 else None
        if not found:
            raise reason.Why("upnp.status", host, status) if status != 200 else reason.Why("upnp.no_wan", host)
        return found

    async def _search(self, host):
        """Ask the link who is a gateway, and read the descriptions that are named, the likeliest first."""
        seen, passed, began = [], [], time.ticks_ms()
        sock = udp.open_udp(self.board)
        try:
            for wait, targets in _WAVES:
                waiting = []
                for target in targets:
                    for to in ("239.255.255.250", host):  # unicast too: multicast gets lost sooner
                        _send(sock, _SEARCH % target, self.board.sockaddr(to, self.SSDP))
                until = time.ticks_add(time.ticks_ms(), wait)
                while await udp.ready(sock, max(0, time.ticks_diff(until, time.ticks_ms()))):
                    data, source = udp.receive_from(sock)
                    one = answer(data, self.board.ip_port(source)[0], host) if data else None
                    if one and one[1:3] not in seen and len(seen) < 20:
                        waiting.append((one[0], len(seen)) + one[1:])  # of equal rank the first to come
                        seen.append(one[1:3])
                        if one[0] == 0 and await self._try(host, one, passed, began):
                            return self.services
                        soon = time.ticks_add(time.ticks_ms(), _OTHER_MS)
                        if one[0] >= _OTHER and time.ticks_diff(until, soon) > 0:
                            until = soon
                    if time.ticks_diff(until, time.ticks_ms()) <= 0:
                        break  # somebody may answer without end
                waiting.sort()
                for rank, _, port, path, target in waiting:
                    if rank and await self._try(host, (rank, port, path, target), passed, began):
                        return self.services
        finally:
            sock.close()
        raise reason.Why("upnp.passed", host, passed) if passed else reason.Why("upnp.silent", host)

    async def _try(self, host, one, passed, began):
        """Read the description of one answer. True when self.services are found there; else why not is put to `passed`."""
        if len(passed) >= _MOST or time.ticks_diff(time.ticks_ms(), began) > _SEARCH_MS:
            return False
        try:
            self.services = await self._describe(host, one[1], one[2])
            return True
        except (OSError, ValueError, reason.Why) as e:
            passed.append(("upnp.answer", one[3][:60] or "-", one[1], one[2][:60], reason.why(e)))
            return False

    async def call(self, service, action):
        """Return the answer (bytes of XML) to `action`. OSError, ValueError or reason.Why."""
        kind, (port, path), _ = service
        lines = 'Content-Type: text/xml; charset="utf-8"\r\nSOAPAction: "%s#%s"\r\n' % (kind, action)
        body = _SOAP % (action, kind)
        return (await lan.exchange(self.board, self.host, port, "POST", path, lines, body))[2]

    async def _ask(self):
        for service in self.services:
            text = xml.text(await self.call(service, "GetExternalIPAddress"), b"NewExternalIPAddress")
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
            status = xml.text(await self.call(service, "GetStatusInfo"), b"NewConnectionStatus")
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
        return self.gena, self.services, self.host

    def resume(self, kept):
        """Take what rest() of the one before gave."""
        self.gena, self.services, self.host = kept
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


def _send(sock, text, to):
    """To one of several places: where there is no route for multicast, the router's own address may still do."""
    try:
        sock.sendto(text.encode(), to)
    except OSError:
        pass
