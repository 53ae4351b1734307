# SPDX-License-Identifier: MIT
"""Who lives in the world: the router, the name server, time servers, check pages, providers, and strangers at
home.

Each has a `mode` per service; "ok" is honest and quick. What the other modes do is beside them. They know the
network and no agent.
"""

import struct

from tools.simulate import virtual

ROUTER = "192.168.1.1"
_URN = "urn:schemas-upnp-org:"
_DESCRIPTION = """<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">
<device><deviceList><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>/ctl</controlURL>
<eventSubURL>/evt</eventSubURL></service></serviceList></device></deviceList></device></root>"""
_ENVELOPE = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
    "<s:Body>%s</s:Body></s:Envelope>"
)


def packed(text):
    """An IPv4 address as its bytes."""
    return bytes([int(part) for part in (text or "0.0.0.0").split(".")])


def http(body, status="200 OK", more=""):
    """One answer of a web server."""
    body = body if isinstance(body, bytes) else body.encode()
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (
        status.encode(),
        more.encode(),
        len(body),
        body,
    )


class Web:
    """A TCP service that reads one HTTP request and calls answer(head, body) -> bytes; None says nothing, for
    ever. spoil(bytes) -> [(ms, bytes)], the end after it, or "hang", "reset"; decides how the answer goes
    out."""

    def __init__(self, net, answer, spoil):
        self.net = net
        self.answer = answer
        self.spoil = spoil

    def __call__(self, link):
        got = bytearray()

        def on_data(data):
            got.extend(data)
            head, gap, body = bytes(got).partition(b"\r\n\r\n")
            if not gap:
                return
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line[15:])
            if len(body) >= length:
                link.on_data = lambda data: None
                self._reply(link, self.answer(head, body[:length]))

        link.on_data = on_data

    def _reply(self, link, data):
        parts = "hang" if data is None else self.spoil(data)
        if parts == "hang":
            return
        if parts == "reset":
            link.reset()
            return
        ms = 2
        for pause, part in parts:
            ms += pause
            link.send(part, ms)
        link.close(ms + 1)


class Spoiled:
    """The ways in which a web server fails. mode may be set at any time."""

    def __init__(self, net):
        self.net = net
        self.mode = "ok"

    def __call__(self, data):
        mode, chance = self.mode, self.net.chance
        if mode in ("hang", "reset"):
            return mode
        if mode == "slow":  # a drip that outlasts every patience
            return [(700, data[i : i + 3]) for i in range(0, 120, 3)]
        if mode == "garbled":
            cut = bytearray(data)
            for _ in range(8):
                # another digit would make the router a liar
                cut[chance.randrange(len(cut))] = chance.randrange(128, 256)
            return [(0, bytes(cut[: chance.randrange(len(cut))]))]
        if mode == "noise":
            return [(0, chance.randbytes(chance.randrange(1, 3000)))]
        if mode == "endless":
            return [(5, b"X" * 1000) for _ in range(60)]
        if mode == "chunked":  # though it was asked by HTTP/1.0; cut where it hurts
            head, _, body = data.partition(b"\r\n\r\n")
            head = b"\r\n".join([one for one in head.split(b"\r\n") if one[:15] != b"Content-Length:"])
            parts = [body[i : i + 37] for i in range(0, len(body), 37)] + [b""]
            body = b"".join([b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in parts])
            return [(0, head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + body)]
        if mode == "interim":
            return [(0, b"HTTP/1.1 100 Continue\r\n\r\n"), (30, data)]
        if mode == "headers":  # 150 lines without a colon, then as it should be
            head, _, body = data.partition(b"\r\n\r\n")
            return [(0, head + b"\r\nnonsense" * 150 + b"\r\n\r\n" + body)]
        return [(0, data)]


class Router:
    """wan: its address outside (text), None while the line is down. shown: what it says instead (CGNAT), or
    None."""

    def __init__(self, net, wan):
        self.net = net
        self.wan, self.shown = wan, None
        self.natpmp = self.ssdp = self.soap = self.gena = "ok"
        self.announces = True
        self.began = net.ms
        self.subscribed = {}  # SID -> port of the subscriber
        self.web = Spoiled(net)
        net.udp[ROUTER, 5351] = self._natpmp
        net.udp[ROUTER, 1900] = net.groups["239.255.255.250", 1900] = self._ssdp
        self.listen("ok")

    def listen(self, how):
        """ok, or what TCP does: "hang", "refuse"."""
        self.net.tcp[ROUTER, 5000] = (
            Web(self.net, self._http, self.web) if how == "ok" else None if how == "refuse" else how
        )

    def says(self):
        return self.shown or self.wan

    def change(self, wan):
        """Another address, and what is told of it."""
        self.wan = wan
        if self.announces and self.natpmp == "ok":
            for port in (5350, 5351):
                self.net.deliver(self._answer(0, wan), (ROUTER, 5351), ("224.0.0.1", port), 10)
        if self.gena == "ok":
            for sid, port in self.subscribed.items():
                self.net.after(50, self.net.call, ROUTER, port, notify(sid))

    def _answer(self, result, wan):
        seconds = (self.net.ms - self.began) // 1000
        return struct.pack(">BBHI", 0, 128, result, seconds) + (packed(wan) if not result else b"")

    def _natpmp(self, data, source, reply):
        mode = self.natpmp
        if data != b"\0\0" or mode == "silent":
            return
        if mode == "garbled":
            reply(self.net.chance.randbytes(self.net.chance.randrange(0, 14)))
        elif mode == "refused":
            reply(struct.pack(">BBHI", 0, 128, self.net.chance.choice((1, 2, 4, 9)), 5))
        else:
            answer = self._answer(0, self.says()) if self.says() else self._answer(3, None)
            reply(
                answer,
                self.net.chance.randrange(300, 3000) if mode == "slow" else self.net.chance.randrange(1, 8),
            )

    def _ssdp(self, data, source, reply):
        mode = self.ssdp
        target = data.partition(b"\r\nST: ")[2].partition(b"\r\n")[0].decode()
        location = "http://%s:5000/desc" % ROUTER
        if mode == "silent":
            return
        if mode == "garbled":
            reply(self.net.chance.randbytes(200), 20)
            return
        if mode == "crowded":  # WPS, a media server, and a device that names itself as loopback
            answer = (
                "HTTP/1.1 200 OK\r\nLOCATION: http://%s/wps\r\n"
                "ST: urn:schemas-wifialliance-org:device:WFADevice:1\r\n\r\n"
            )
            reply((answer % (ROUTER + ":5001")).encode(), 5)
            reply((answer % "[::1]:1900").encode(), 6)
        if "InternetGatewayDevice:1" in target or "WANIPConnection:1" in target:
            text = "HTTP/1.1 200 OK\r\nLOCATION: %s\r\nST: %s\r\n\r\n" % (location, target)
            reply(text.encode(), 2500 if mode == "slow" else 40)

    def _http(self, head, body):
        verb, path = head.split(b" ")[:2]
        if verb == b"GET":
            return http(_DESCRIPTION if path == b"/desc" else "", "200 OK" if path == b"/desc" else "404 no")
        if verb == b"SUBSCRIBE":
            return self._subscribe(head)
        if verb == b"UNSUBSCRIBE":
            return http("")
        if self.soap == "500":
            return http("<fault/>", "500 Internal Server Error")
        if self.soap == "garbage":  # cases/soap-garbage.xml
            return http(
                _ENVELOPE.encode()
                % b"<r><NewExternalIPAddress>\xff\xfe\xb7\x01\x80</NewExternalIPAddress></r>"
            )
        if self.soap == "empty":
            return http("")
        if b"GetStatusInfo" in head:
            state = "Connected" if self.says() else "Disconnected"
            return http(_ENVELOPE % ("<r><NewConnectionStatus>%s</NewConnectionStatus></r>" % state))
        return http(
            _ENVELOPE
            % ("<r><NewExternalIPAddress>%s</NewExternalIPAddress></r>" % (self.says() or "0.0.0.0"))
        )

    def _subscribe(self, head):
        if self.gena == "silent":
            return None
        if self.gena != "ok":
            return http("", "503 no")
        text = head.decode("latin-1")
        if "SID:" in text:
            sid = text.partition("SID: ")[2].partition("\r\n")[0]
            if sid not in self.subscribed:
                return http("", "412 Precondition Failed")
        else:
            sid = "uuid:%d" % self.net.chance.randrange(1 << 30)
            self.subscribed = {
                sid: int(text.partition("Callback: <http://")[2].partition(":")[2].partition("/")[0])
            }
        return http("", more="SID: %s\r\nTimeout: Second-1800\r\n" % sid)


def notify(sid):
    """A NOTIFY message of UPnP."""
    text = (
        "NOTIFY / HTTP/1.1\r\nHOST: x\r\nNT: upnp:event\r\nNTS: upnp:propchange\r\nSID: %s\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    return (text % sid).encode()


class Names:
    """The name server, at the end of the home's resolver. mode: ok, missing (says so at once), hang (10 s,
    then nothing)."""

    def __init__(self, net, table, line):
        self.net = net
        self.table = table
        self.line = line  # function: True while the line is up
        self.mode = "ok"

    def __call__(self, host):
        if self.mode == "hang" or not self.line():
            self.net.advance(10000 if self.mode == "hang" else 500)
            raise OSError(-3, "Temporary failure in name resolution")
        self.net.advance(self.net.chance.randrange(1, 30))
        if self.mode == "missing" or host not in self.table:
            raise OSError(-2, "Name or service not known")
        return [self.table[host]]


class TimeServer:
    """NTP. mode: ok, silent, zero, ahead (3 days), future (10 years), kiss, noise."""

    def __init__(self, net, ip, time):
        self.net = net
        self.time = time
        self.mode = "ok"
        net.udp[ip, 123] = self._ask

    def _ask(self, data, source, reply):
        mode = self.mode
        if mode == "silent":
            return
        if mode == "noise":
            reply(self.net.chance.randbytes(48))
            return
        now = self.time.true() + 2208988800 + {"ahead": 3 * 86400, "future": 10 * 365 * 86400}.get(mode, 0)
        stamp = struct.pack(">II", now & 0xFFFFFFFF, 0)
        head = (
            bytes([0x24, 0 if mode == "kiss" else 2, 6, 0xEC])
            + bytes(8)
            + (b"RATE" if mode == "kiss" else b"GPS\0")
        )
        reply(head + stamp + data[40:48] + stamp + (bytes(8) if mode == "zero" else stamp), 10)


class Page:
    """A check page. lie: the address it says instead, or None."""

    def __init__(self, net, ip, router):
        self.router = router
        self.lie = None
        self.asked = 0
        self.web = Spoiled(net)
        net.tcp[ip, 80] = self.service = Web(net, self._answer, self.web)

    def _answer(self, head, body):
        self.asked += 1
        return (
            http("<html>Current IP Address: %s</html>" % (self.lie or self.router.wan))
            if self.router.wan
            else None
        )


class Provider:
    """A DynDNS2 service on TCP: tools/simulate/virtual.Provider behind a web server. arrived(names, address)
    is called with what is sent; say: "ok", or an answer as there."""

    def __init__(self, net, ip, arrived):
        self.net = net
        self.ip = ip
        self.arrived = arrived
        self.inner = virtual.Provider()
        self.web = Spoiled(net)
        self.requests = 0
        self.service = net.tcp[ip, 80] = Web(net, self._answer, self.web)

    def stored(self, name):
        return self.inner.stored.get(name, {}).get(4)

    def _answer(self, head, body):
        args = {}
        for pair in head.split(b" ")[1].decode().partition("?")[2].split("&"):
            key, _, value = pair.partition("=")
            args[key] = virtual.unquote(value)
        names, ip = args["hostname"].split(","), args["myip"]
        self.requests += 1
        self.arrived(names, ip)
        says, once = self.inner.says("", names)
        status, text, after, trouble = self.inner.answer(
            self.net.ms / 1000, "", names, {4: ip}, False, says, once
        )
        if trouble:
            return None
        return http(text, "%d said" % status, "Retry-After: %s\r\n" % after if after else "")


class Forger:
    """Floods the device with answers in the router's name. It does not see packets and guesses ports: 50,000
    a second hit one port every 1.3 s. It also announces, and sends notices and answers to searches."""

    def __init__(self, net, address):
        self.net = net
        self.address = address
        self.until = 0
        self.hits = 0
        self.went = False

    def start(self, ms):
        self.until = self.net.ms + ms
        if not self.went:
            self.went = True
            self._go()

    def _go(self):
        net = self.net
        if net.ms >= self.until:
            self.went = False
            return
        forged = struct.pack(">BBHI", 0, 128, 0, net.chance.randrange(100000)) + packed(self.address)
        open_ = [s.port for s in net.sockets.values() if s.kind == 2 and s.port and s.local == "0.0.0.0"]
        for port in open_:
            if net.chance.random() < 0.78:
                self.hits += 1
                net.deliver(forged, (ROUTER, 5351), ("192.168.1.2", port), net.chance.randrange(1000))
        if net.chance.random() < 0.08:
            net.deliver(forged, (ROUTER, 5351), ("224.0.0.1", 5350))
            text = "HTTP/1.1 200 OK\r\nLOCATION: http://192.168.1.66:80/evil\r\nST: upnp:rootdevice\r\n\r\n"
            for port in open_:
                net.deliver(text.encode(), ("192.168.1.66", 1900), ("192.168.1.2", port))
            for sock in list(net.sockets.values()):
                if sock.listening:
                    net.call("192.168.1.66", sock.port, notify("uuid:1"))
        net.after(1000, self._go)
