# SPDX-License-Identifier: MIT
"""Finds the gateway of UPnP IGD (versions 1 and 2) and reads its description: for `upnp`, which then asks
what is found. A stage.

Only the router of the default route is asked, whoever answers a search: of an answer only port and path are
used.
"""

import time

from wanbeacon.net import lan, reason, udp, waits
from wanbeacon.observe import xml

# UPnP Device Architecture 1.1, 1.3.2
_SEARCH = (
    'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: %s\r\n\r\n'
)
_URN = "urn:schemas-upnp-org:"
# Search targets in two waves, with the ms to wait for answers: a router may take MX = 1 s, and packets get
# lost. Devices of version 2 should answer a search for version 1 too;
# not all do, and some know one target only.
_WAVES = (
    (1200, (_URN + "device:InternetGatewayDevice:1", _URN + "device:InternetGatewayDevice:2")),
    (1500, (_URN + "device:InternetGatewayDevice:1", _URN + "service:WANIPConnection:1",
            _URN + "service:WANPPPConnection:1", "upnp:rootdevice")),
)  # fmt: skip
#: What an answer's ST may hold, best first; another one (WPS, a media server) comes last.
_TARGETS = (
    "InternetGatewayDevice:",
    "WANIPConnection:",
    "WANPPPConnection:",
    "WANConnectionDevice:",
    "WANDevice:",
    "upnp:rootdevice",
)
#: Added to the rank of an answer from another address than the router's, and ms that the router's own is
#: still waited for.
_OTHER, _OTHER_MS = 100, 300
#: Descriptions that are read in one search, and ms after which no other is begun.
_MOST, _SEARCH_MS = 6, 8000


def answer(data, source, host):
    """Judge an SSDP answer from the address `source`: (rank, port, path, target) of a description, or None
    when there is none in it. The lower the rank the better; answers that came from another address than
    `host`, the router's, are the last resort: some routers answer from their second address (CARP)."""
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
    """Return (port, path) of `url` (bytes) as a description at (port, path) means it. Its host does not
    count. ValueError when it cannot be part of a request."""
    url = url.decode()
    for c in url.encode():
        if not 32 < c < 127:
            raise ValueError("not a URL")
    if "://" in url:
        return lan.split_url(url)[1:]
    return port, url if url[:1] == "/" else path[: path.rfind("/") + 1] + url


def services(data, port, path):
    """Return [(service type, control (port, path), event (port, path))] of the WAN connections described. A
    URLBase that is no URL does not count; a service that cannot be asked is left out, one whose events cannot
    be subscribed to is asked all the same."""
    data = xml.without_comments(data)
    base = xml.text(data, b"URLBase")
    if base:
        try:
            port, path = place(base, port, path)
        except ValueError:
            pass
    found = []
    for block in xml.blocks(data, b"service", 40):
        kind = xml.text(block, b"serviceType")
        if b":WANIPConnection:" in kind or b":WANPPPConnection:" in kind:
            try:
                kind, control = _plain(kind), place(xml.text(block, b"controlURL"), port, path)
            except ValueError:
                continue
            try:
                events = place(xml.text(block, b"eventSubURL"), port, path)
            except ValueError:
                events = control
            found.append((kind, control, events))
    return found


def firewall(data, port, path):
    """(service type, control (port, path)) of the IPv6 firewall in a description, or None. A router that
    has one has IPv6 (UPnP WANIPv6FirewallControl:1), though no action of it tells the prefix."""
    for block in xml.blocks(xml.without_comments(data), b"service", 40):
        kind = xml.text(block, b"serviceType")
        if b":WANIPv6FirewallControl:" in kind:
            try:
                return _plain(kind), place(xml.text(block, b"controlURL"), port, path)
            except ValueError:
                return None
    return None


def _plain(kind):
    """A service type that can be put into a header and into XML."""
    for c in kind:
        if not 32 < c < 127 or c in b"\"'<>&":
            raise ValueError("no service type")
    return kind.decode()


async def find(seeker, host, port, path):
    """The services of the router `host` in the description at (port, path), or without a path in those that a
    search brings. seeker: upnp.Observer. OSError, ValueError or reason.Why."""
    return await _describe(seeker, host, port, path) if path else await _search(seeker, host)


async def _describe(seeker, host, port, path):
    """The services in one description; seeker gets its `firewall`. OSError, ValueError or reason.Why: it
    has none."""
    status, _, data = await lan.exchange(seeker.board, host, port, "GET", path)
    found = services(data, port, path) if status == 200 else None
    if not found:
        raise reason.Why("upnp.status", host, status) if status != 200 else reason.Why("upnp.no_wan", host)
    seeker.firewall = firewall(data, port, path)
    return found


async def _search(seeker, host):
    """Ask the link who is a gateway, and read the descriptions that are named, the likeliest first."""
    seen, passed, began = [], [], time.ticks_ms()
    sock = udp.open_udp(seeker.board)
    try:
        for wait, targets in _WAVES:
            waiting = []
            for target in targets:
                for to in ("239.255.255.250", host):  # unicast too: multicast gets lost sooner
                    _send(sock, _SEARCH % target, seeker.board.sockaddr(to, seeker.SSDP))
            until = time.ticks_add(time.ticks_ms(), wait)
            while await waits.ready(sock, max(0, time.ticks_diff(until, time.ticks_ms()))):
                data, source = udp.receive_from(sock)
                one = answer(data, seeker.board.ip_port(source)[0], host) if data else None
                if one and one[1:3] not in seen and len(seen) < 20:
                    waiting.append((one[0], len(seen)) + one[1:])  # of equal rank the first to come
                    seen.append(one[1:3])
                    if one[0] == 0 and await _try(seeker, host, one, passed, began):
                        return seeker.services
                    soon = time.ticks_add(time.ticks_ms(), _OTHER_MS)
                    if one[0] >= _OTHER and time.ticks_diff(until, soon) > 0:
                        until = soon
                if time.ticks_diff(until, time.ticks_ms()) <= 0:
                    break  # somebody may answer without end
            waiting.sort()
            for rank, _, port, path, target in waiting:
                if rank and await _try(seeker, host, (rank, port, path, target), passed, began):
                    return seeker.services
    finally:
        sock.close()
    raise reason.Why("upnp.passed", host, passed) if passed else reason.Why("upnp.silent", host)


async def _try(seeker, host, one, passed, began):
    """Read the description of one answer. True when seeker.services are found there;
    else why not is put to `passed`."""
    if len(passed) >= _MOST or time.ticks_diff(time.ticks_ms(), began) > _SEARCH_MS:
        return False
    try:
        seeker.services = await _describe(seeker, host, one[1], one[2])
        return True
    except (OSError, ValueError, reason.Why) as e:
        passed.append(("upnp.answer", one[3][:60] or "-", one[1], one[2][:60], reason.why(e)))
        return False


def _send(sock, text, to):
    """To one of several places: where there is no route for multicast, the router's own address may still
    do."""
    try:
        sock.sendto(text.encode(), to)
    except OSError:
        pass
