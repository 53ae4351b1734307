# SPDX-License-Identifier: MIT
# A FRITZ!Box's IGD as public descriptions have it (igddesc.xml and igdconnSCPD.xml of a 7590, dumps of its
# answers), strict about HTTP and SOAP where a real one may be lenient: what is not to the letter gets UPnP
# error 401 or 402 and is noted.
import asyncio

from wanbeacon.net import lan

TYPE = "urn:schemas-upnp-org:service:WANIPConnection:1"
CONTROL = "/igdupnp/control/WANIPConn1"
FIREWALL = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1"
FIREWALL_CONTROL = "/igd2upnp/control/WANIPv6Firewall1"
_SERVICE = (
    "<service><serviceType>%s</serviceType><serviceId>%s</serviceId><controlURL>%s</controlURL>"
    "<eventSubURL>%s</eventSubURL><SCPDURL>%s</SCPDURL></service>"
)
_ANSWER = (
    '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle='
    '"http://schemas.xmlsoap.org/soap/encoding/">\n<s:Body>\n<u:%sResponse xmlns:u="%s">\n'
    "%s</u:%sResponse>\n</s:Body>\n</s:Envelope>"
)
_FAULT = (
    '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle='
    '"http://schemas.xmlsoap.org/soap/encoding/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
    "<faultstring>UPnPError</faultstring>"
    '<detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>%d</errorCode>'
    "<errorDescription>%s</errorDescription>"
    "</UPnPError></detail></s:Fault></s:Body></s:Envelope>"
)


SID = "uuid:2f402f80-da50-11e1-9b23-001a4f000000"
_NOTIFY = (
    "NOTIFY %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: text/xml\r\nNT: upnp:event\r\n"
    "NTS: upnp:propchange\r\n"
    "SID: %s\r\nSEQ: %d\r\nContent-Length: %d\r\n\r\n"
)
_EVENT = (
    '<?xml version="1.0"?>\n<e:propertyset xmlns:e="urn:schemas-upnp-org:event-1-0">'
    "<e:property><ExternalIPAddress>%s</ExternalIPAddress></e:property>"
    "<e:property><ExternalIPv6Address>%s</ExternalIPv6Address></e:property></e:propertyset>"
)


def description(firewall=True):
    """igddesc.xml, shortened to what a client reads."""
    rows = (
        ("urn:schemas-any-com:service:Any:1", "urn:any-com:serviceId:any1", "/igdupnp/control/any",
         "/igdupnp/control/any", "/any.xml"),
        ("urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1", "urn:upnp-org:serviceId:WANCommonIFC1",
         "/igdupnp/control/WANCommonIFC1", "/igdupnp/control/WANCommonIFC1", "/igdicfgSCPD.xml"),
        (TYPE, "urn:upnp-org:serviceId:WANIPConn1", CONTROL, CONTROL, "/igdconnSCPD.xml"),
        ("urn:schemas-upnp-org:service:WANIPv6FirewallControl:1", "urn:upnp-org:serviceId:WANIPv6Firewall1",
         "/igd2upnp/control/WANIPv6Firewall1", "/igd2upnp/control/WANIPv6Firewall1", "/igd2ipv6fwcSCPD.xml"),
    )  # fmt: skip
    head = (
        '<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major>'
        "<minor>0</minor></specVersion>"
    )
    head += (
        "<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>"
        "<friendlyName>FRITZ!Box 7590</friendlyName>"
    )
    return (
        head
        + "<serviceList>"
        + "".join([_SERVICE % row for row in rows[: 4 if firewall else 3]])
        + "</serviceList></device></root>"
    ).encode()


class Box:
    """v4, v6, prefix: what the box tells, as text ("" = it has none). ipv6: whether it knows AVM's
    actions."""

    def __init__(
        self, v4="45.33.7.7", v6="2003:d6:abbf:2220::1", prefix="2003:d6:abe2:1f00::", bits=56, ipv6=True
    ):
        self.v4, self.v6, self.prefix, self.bits, self.ipv6 = v4, v6, prefix, bits, ipv6
        self.connected = "Connected"
        self.firewall, self.pinholes = True, "0"  # as a 7490 says it
        self.heard = []  # actions answered
        self.wrong = []  # what was not to the letter
        self.subscriber = None  # (ip, port, path) of who wants to hear events
        self.event_key = 0

    def results(self, action):
        """[(element, text)] or None when there is no such action."""
        lifetimes = [
            ("NewValidLifetime", "6015" if self.prefix else "0"),
            ("NewPreferedLifetime", "2415" if self.prefix else "0"),
        ]
        if action == "GetExternalIPAddress":
            return [("NewExternalIPAddress", self.v4)]
        if action == "GetStatusInfo":
            return [
                ("NewConnectionStatus", self.connected),
                ("NewLastConnectionError", "ERROR_NONE"),
                ("NewUptime", "4711"),
            ]
        if action == "GetFirewallStatus":
            return [("FirewallEnabled", "1"), ("InboundPinholeAllowed", self.pinholes)]
        if action == "X_AVM_DE_GetExternalIPv6Address" and self.ipv6:
            return [
                ("NewExternalIPv6Address", self.v6),
                ("NewPrefixLength", "64" if self.v6 else "0"),
            ] + lifetimes
        if action == "X_AVM_DE_GetIPv6Prefix" and self.ipv6:
            return [
                ("NewIPv6Prefix", self.prefix),
                ("NewPrefixLength", str(self.bits if self.prefix else 0)),
            ] + lifetimes
        return None

    def judge(self, verb, path, head, body):
        """(action, None) or (None, what is wrong) of a request."""
        want_type = FIREWALL if path == FIREWALL_CONTROL else TYPE
        if verb != "POST" or path not in (CONTROL, FIREWALL_CONTROL):
            return None, "verb or path"
        if lan.header(head, b"content-type").replace(" ", "").lower() != 'text/xml;charset="utf-8"':
            return None, "content type"
        if not lan.header(head, b"host") or lan.header(head, b"content-length") != str(len(body)):
            return None, "host or length"
        soap = lan.header(head, b"soapaction")
        if soap[:1] != '"' or soap[-1:] != '"' or soap[1:-1].split("#")[0] != want_type:
            return None, "SOAPAction"
        action = soap[1:-1].split("#")[-1]
        want = '<u:%s xmlns:u="%s"/>' % (action, want_type)
        text = body.decode()
        parts = ('<?xml version="1.0"?>', 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"',
                 's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"',
                 "<s:Body>" + want + "</s:Body></s:Envelope>")  # fmt: skip
        for part in parts:
            if part not in text:
                return None, part
        return action, None

    def subscribe(self, verb, path, head):
        """The head of the answer to SUBSCRIBE, a renewal of it, or UNSUBSCRIBE (UPnP 1.1 section 4.1)."""
        sid, callback = lan.header(head, b"sid"), lan.header(head, b"callback")
        good = path == CONTROL and bool(sid) != bool(callback)
        if verb == "SUBSCRIBE" and callback:
            good = good and lan.header(head, b"nt") == "upnp:event" and callback[:8] == "<http://"
            host, _, rest = callback[8:].strip("<>").partition(":")
            port, _, rest = rest.partition("/")
            self.subscriber = host, int(port), "/" + rest
            self.event_key = 0
        if not good:
            self.wrong.append(verb)
        if verb == "UNSUBSCRIBE":
            self.subscriber = None
        return "SID: %s\r\nTIMEOUT: Second-1800\r\n" % SID

    async def notify(self):
        """An event as the box sends it: its IPv6 address is an evented variable, its prefix is none."""
        host, port, path = self.subscriber
        body = _EVENT % (self.v4, self.v6)
        head = _NOTIFY % (path, host, port, SID, self.event_key, len(body))
        self.event_key += 1
        reader, writer = await asyncio.open_connection(host, port)
        writer.write((head + body).encode())
        await writer.drain()
        answer = await reader.readline()
        writer.close()
        await writer.wait_closed()
        return answer

    async def client(self, reader, writer):
        """One connection."""
        try:
            head, length = b"", 0
            while True:
                line = await reader.readline()
                if line in (b"\r\n", b""):
                    break
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
                head += line
            body = b""
            while len(body) < length:
                body += await reader.read(length - len(body))
            verb, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            status, answer = 200, description(self.firewall)
            more = ""
            if verb in ("SUBSCRIBE", "UNSUBSCRIBE"):
                answer, more = b"", self.subscribe(verb, path, head)
            elif path != "/igddesc.xml":
                action, fault = self.judge(verb, path, head, body)
                if fault:
                    self.wrong.append(fault)
                rows = self.results(action) if action else None
                self.heard.append(action)
                if rows is None:
                    status, answer = 500, (_FAULT % (401, "Invalid Action")).encode()
                else:
                    text = "".join(["<%s>%s</%s>\n" % (name, value, name) for name, value in rows])
                    answer = (_ANSWER % (action, TYPE, text, action)).encode()
            line = "HTTP/1.1 %d %s\r\n" % (status, "OK" if status == 200 else "Internal Server Error")
            writer.write(
                (
                    line
                    + 'Content-Type: text/xml; charset="utf-8"\r\nContent-Length: %d\r\n%s\r\n'
                    % (len(answer), more)
                ).encode()
                + answer
            )
            await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()  # MicroPython closes here
