# SPDX-License-Identifier: MIT
"""upnp, gena and lan: descriptions and answers of real routers, the hostile ones, and a small router on
lo."""

import asyncio

from loopback import LO, Board, free_port
from wanbeacon.app import stage
from wanbeacon.net import lan, reason, udp, waits
from wanbeacon.observe import gena, igd, upnp, xml
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

IP = bytes([45, 33, 7, 7])
IGD = "urn:schemas-upnp-org:service:"


def service(kind, control, events):
    return (
        "<service><serviceType>%s%s</serviceType><serviceId>x</serviceId><SCPDURL>/s.xml</SCPDURL>"
        "<controlURL>%s</controlURL><eventSubURL>%s</eventSubURL></service>" % (IGD, kind, control, events)
    )


def description(*services, base=""):
    head = '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0">%s<device><serviceList>' % base
    tail = "</serviceList></device></root>"
    other = service("Layer3Forwarding:1", "/l3", "/l3e")
    return (head + other + "".join(services) + tail).encode()


WAN = service("WANIPConnection:2", "/ctl/IPConn", "/evt/IPConn")


def test_the_wan_service_of_either_version_and_kind_is_found():
    found = igd.services(description(WAN), 5000, "/rootDesc.xml")
    assert found == [(IGD + "WANIPConnection:2", (5000, "/ctl/IPConn"), (5000, "/evt/IPConn"))]
    both = description(
        service("WANPPPConnection:1", "ppp", "http://x:81/e"), service("WANIPConnection:1", "/ip", "")
    )
    found = igd.services(both, 80, "/upnp/desc.xml")
    assert [one[0][len(IGD) :] for one in found] == ["WANPPPConnection:1", "WANIPConnection:1"]
    assert found[0][1:] == ((80, "/upnp/ppp"), (81, "/e"))


def test_urlbase_moves_the_port_but_never_the_host():
    xml = description(WAN, base="<URLBase>http://203.0.113.9:49152/</URLBase>")
    assert igd.services(xml, 80, "/d")[0][1] == (49152, "/ctl/IPConn")
    xml = description(service("WANIPConnection:1", "http://evil.example:8080/x", "/e"))
    assert igd.services(xml, 80, "/d")[0][1] == (8080, "/x")


def test_descriptions_without_a_wan_or_damaged_ones_give_nothing_or_an_error():
    for data in (b"", b"<service>", description(), b"<service></service>" * 50, b"\xff" * 4000, b"<" * 16000):
        assert igd.services(data, 80, "/d") == [], data[:30]
    whole = description(WAN)
    for cut in range(0, len(whole), 7):
        try:
            igd.services(whole[:cut], 80, "/d")
        except ValueError:
            pass


def test_elements_as_sloppy_as_routers_write_them():
    for data in (
        b"<a><NewX xmlns:dt='x' dt:dt=\"string\"> 1.2.3.4 </NewX></a>", b"<NewX>1.2.3.4",
        b"<NewX\n>\r\n1.2.3.4\t</NewX>", b"<m:NewX>1.2.3.4</m:NewX>", b"<u:NewX dt='a/b'>1.2.3.4</u:NewX>",
        b"<NewX><![CDATA[ 1.2.3.4 ]]></NewX>", b"<NewXY>9.9.9.9</NewXY><NewX>1.2.3.4</NewX>",
        b"<OldNewX>9.9.9.9</OldNewX><NewX>1.2.3.4</NewX>", b"</NewX><NewX>1.2.3.4</NewX>",
        b"NewX <NewX>1.2.3.4</NewX>", b"<a:b:NewX/><NewX>1.2.3.4</NewX>"[9:],
    ):  # fmt: skip
        assert xml.text(data, b"NewX") == b"1.2.3.4", data
    for data in (
        b"<NewX/>",
        b"<NewX />",
        b"<NewX",
        b"<NewX ",
        b"no",
        b"",
        b"NewX>1",
        b"< NewX>1</NewX>",
        b"\xff\xfe" * 50,
        b"<NewX>",
    ):
        assert xml.text(data, b"NewX") == b"", data
    assert xml.text(b"<u>/a?b=1&amp;c=&quot;2&quot;</u>", b"u") == b'/a?b=1&c="2"'
    assert xml.without_comments(b"a<!-- <b> -->c<!----><!-- d") == b"ac"


def test_descriptions_as_sloppy_as_routers_write_them():
    want = [(IGD + "WANIPConnection:1", (5000, "/c"), (5000, "/e"))]
    row = (
        "<%sserviceType>%sWANIPConnection:1</%sserviceType><%scontrolURL>/c</%scontrolURL>"
        "<%seventSubURL>/e</%seventSubURL>"
    )
    for p in ("", "n:", "igd:"):
        for before, after in (
            ("<%sservice>" % p, "</%sservice>" % p),
            ("<%sservice a='b'>" % p, ""),
            ("<%sservice\n>" % p, "x"),
        ):
            block = before + row % (p, IGD, p, p, p, p, p) + after
            for data in (
                block,
                "<root><!-- <service> --><%sserviceList>" % p + block + "</root>",
                "\xef\xbb\xbf" + block,
            ):
                assert igd.services(data.encode(), 5000, "/d") == want, data
    cdata = (
        "<service><serviceType><![CDATA[%sWANIPConnection:1]]></serviceType><controlURL> /c </controlURL>"
        % IGD
    )
    assert igd.services((cdata + "<eventSubURL>\n/e</eventSubURL></service>").encode(), 5000, "/d") == want
    assert (
        igd.services(
            b"\xff\xfe\x80" + (cdata + "<eventSubURL>/e</eventSubURL>").encode() + b"\xff", 5000, "/d"
        )
        == want
    )


def test_what_could_break_a_request_is_left_out():
    for url in (
        "/c\nX-Evil: 1",
        "/c d",
        "/c\r\n\r\nGET /",
        "/\x00",
        "http://192.168.1.1:5000/a\nb",
        "/\xe4",
        "http://h:x/",
    ):
        data = (
            "<service><serviceType>%sWANIPConnection:1</serviceType><controlURL>%s</controlURL></service>"
            % (IGD, url)
        )
        assert igd.services(data.encode(), 80, "/d") == [], url
    for kind in (
        'WANIPConnection:1"x',
        "WANIPConnection:1\nX: y",
        "WANIPConnection:1&quot;x",
        "WANIPConnection:1 x",
    ):
        data = "<service><serviceType>%s%s</serviceType><controlURL>/c</controlURL></service>" % (IGD, kind)
        for _, control, _ in igd.services(data.encode(), 80, "/d"):
            raise AssertionError(kind)


ROUTER = "192.168.77.1"
GATEWAY = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"


def ssdp(url, target=GATEWAY, end="\r\n"):
    lines = (
        "HTTP/1.1 200 OK",
        "CACHE-CONTROL: max-age=120",
        "ST: " + target,
        "Location:  " + url,
        "SERVER: MiniUPnPd/2.3.1",
        "",
        "",
    )
    return end.join(lines).encode()


def test_of_a_location_only_port_and_path_count():
    for url, want in (
        ("http://192.168.77.1:5000/rootDesc.xml", (5000, "/rootDesc.xml")),
        ("http://[::1]:1900/rootDesc.xml", (1900, "/rootDesc.xml")),
        ("http://[fe80::1%25lan0]/d", (80, "/d")), ("http://0.0.0.0:80/d", (80, "/d")),
        ("http://router.lan:49152", (49152, "/")), ("HTTP://192.168.0.9:1/x?a=b", (1, "/x?a=b")),
    ):  # fmt: skip
        for end in ("\r\n", "\n"):
            assert igd.answer(ssdp(url, end=end), ROUTER, ROUTER)[1:3] == want, url
    for url in (
        "https://192.168.77.1/x", "http://192.168.77.1:0/x", "http://192.168.77.1:x/x", "",
        "http://192.168.77.1@evil.example/x", "http:///x", "http://r/a b", "http://r/a\tb", "http://r/\x01",
        "http://r/\x7f", "http://r:99999999999/", "http://[::1/x",
    ):  # fmt: skip
        assert igd.answer(ssdp(url), ROUTER, ROUTER) is None, url
    assert igd.answer(ssdp("http://r/a\nX-Evil: 1"), ROUTER, ROUTER)[1:3] == (80, "/a"), (
        "a bare LF ends the line"
    )
    assert igd.answer(b"", ROUTER, ROUTER) is None
    assert igd.answer(b"\xff\xfe" * 700, ROUTER, ROUTER) is None


def test_a_gateway_ranks_before_a_root_device_before_wps_before_another_address():
    order = [
        GATEWAY,
        "urn:schemas-upnp-org:service:WANIPConnection:1",
        "upnp:rootdevice",
        "urn:schemas-wifialliance-org:device:WFADevice:1",
    ]
    ranks = [igd.answer(ssdp("http://r/d", target), ROUTER, ROUTER)[0] for target in order]
    ranks += [igd.answer(ssdp("http://r/d", target), "192.168.77.2", ROUTER)[0] for target in order]
    assert ranks == sorted(ranks) and len(set(ranks)) == 8 and ranks[0] == 0


def test_renewal_is_due_at_half_the_time_and_every_five_minutes():
    for said, seconds in (
        ("Second-1800", 300), ("second-120", 60), ("Second-0", 5), ("infinite", 300), ("", 300),
        ("Second--9", 5), ("Second-99999999999", 300), ("Second-x", 300),
    ):  # fmt: skip
        assert gena.renew_s(("HTTP/1.1 200 OK\r\nTIMEOUT: %s\r\nSID: x" % said).encode()) == seconds, said


class Kit:
    board = Board()
    brief = False
    run = staticmethod(stage.run_async)

    @staticmethod
    def load(name):
        assert name == "gena"
        return gena


class Router:
    """Answers like an IGD on one TCP port: {path or action: (status, body)}; counts, and can send a
    NOTIFY."""

    def __init__(self, **answers):
        self.port = free_port()
        self.answers = {"/d.xml": (200, description(WAN)), "GetStatusInfo": (200, b"")}
        for name in answers:
            self.answers[name] = answers[name]
        self.heard = []
        self.callback = None
        self.sid = "uuid:1"

    def tell(self, text):
        self.answers["GetExternalIPAddress"] = (200, wrap("NewExternalIPAddress", text))

    async def client(self, reader, writer):
        try:
            head, length = b"", 0
            while True:
                line = await reader.readline()
                if line in (b"\r\n", b""):
                    break
                if line[:15].lower() == b"content-length:":
                    length = int(line[15:])
                head += line
            if length:
                await reader.read(length)
            verb, path, _ = head.split(b"\r\n")[0].decode().split(" ")
            action = lan.header(head, b"soapaction").strip('"').split("#")[-1]
            self.heard.append(action or verb + " " + path)
            more = ""
            if verb == "SUBSCRIBE":
                status, body = self.subscribed(head)
                more = "SID: %s\r\nTIMEOUT: Second-1800\r\n" % self.sid
            else:
                status, body = self.answers.get(action or path, (500, b""))
            writer.write(
                ("HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (status, more, len(body))).encode() + body
            )
            await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()  # MicroPython closes here

    def subscribed(self, head):
        sid = lan.header(head, b"sid")
        if sid and sid != self.sid:
            return 412, b""
        if not sid:
            self.callback = lan.split_url(lan.header(head, b"callback").strip("<>"))
        return 200, b""

    async def notify(self, sid, verb="NOTIFY"):
        """Send an event; returns the status line's number."""
        host, port, path = self.callback
        lines = "NT: upnp:event\r\nNTS: upnp:propchange\r\nSID: %s\r\nSEQ: 0\r\n" % sid
        return (await lan.exchange(Kit.board, host, port, verb, path, lines, "<e:propertyset/>"))[0]


def wrap(tag, text):
    return ("<s:Envelope><s:Body><u:R><%s>%s</%s></u:R></s:Body></s:Envelope>" % (tag, text, tag)).encode()


def with_router(router, what):
    """Run the coroutine what(observer) while `router` answers."""

    async def go():
        server = await asyncio.start_server(router.client, LO, router.port)
        one = upnp.Observer({"location": "http://%s:%d/d.xml" % (LO, router.port)}, Kit())
        try:
            return await what(one)
        finally:
            one.sid = None
            if one.gena:
                one.gena.sid = None  # nobody answers any more: no unsubscribe
            one.close()
            server.close()
            await server.wait_closed()

    return asyncio.run(go())


def read(router):
    async def what(one):
        return await one.read(4)

    return with_router(router, what)


def test_the_address_is_read_and_the_description_only_once():
    router = Router()
    router.tell("45.33.7.7")

    async def what(one):
        return (await one.read(4), await one.read(4), await one.read(4))

    assert with_router(router, what) == ((FOUND, IP, ("router.told", LO)),) * 3
    assert router.heard == ["GET /d.xml"] + ["GetExternalIPAddress"] * 3


def test_connected_without_an_address_is_cgnat_and_disconnected_is_none():
    for text in ("", "0.0.0.0"):
        router = Router(GetStatusInfo=(200, wrap("NewConnectionStatus", "Connected")))
        router.tell(text)
        assert read(router) == (UNKNOWN, None, ("upnp.cgnat", LO))
        router = Router(GetStatusInfo=(200, wrap("NewConnectionStatus", "Disconnected")))
        router.tell(text)
        assert read(router)[0] == NONE
        router = Router()
        router.tell(text)
        assert read(router)[0] == UNKNOWN, "it says nothing about its line"


def test_private_addresses_are_told_for_the_chooser_to_judge():
    router = Router()
    router.tell("100.64.250.247")
    assert read(router)[:2] == (FOUND, bytes([100, 64, 250, 247]))


def test_nonsense_is_could_not_tell():
    for text in ("1.2.3", "45.33.7.7.7", "\x7f\x01garbage", "none", "999.1.1.1", "2a02::", "45.33.7.7 evil"):
        router = Router()
        router.tell(text)
        assert read(router) == (UNKNOWN, None, ("upnp.garbage", LO)), text
    for answers in (
        {"/d.xml": (404, b"")}, {"/d.xml": (200, b"x")}, {"/d.xml": (200, b"y" * 20000)},
        {"GetExternalIPAddress": (500, b"<s:Fault/>")}, {"GetExternalIPAddress": (200, b"z" * 30000)},
    ):  # fmt: skip
        assert read(Router(**answers))[0] == UNKNOWN, answers


def test_the_second_connection_is_asked_when_the_first_has_no_address():
    router = Router()
    router.answers["/d.xml"] = (200, description(WAN, service("WANPPPConnection:1", "/ppp", "/pppe")))
    answers = [(200, wrap("NewExternalIPAddress", "")), (200, wrap("NewExternalIPAddress", "45.33.7.8"))]

    async def what(one):
        kept = router.answers
        router.answers = Once(kept, answers)
        return await one.read(4)

    assert with_router(router, what)[:2] == (FOUND, bytes([45, 33, 7, 8]))


class Once:
    """Gives the answers to GetExternalIPAddress in turn."""

    def __init__(self, rest, turns):
        self.rest, self.turns = rest, turns

    def get(self, name, default):
        return self.turns.pop(0) if name == "GetExternalIPAddress" else self.rest.get(name, default)


def test_new_urls_after_a_restart_are_found():
    router = Router()
    router.tell("45.33.7.7")

    async def what(one):
        await one.read(4)
        one.services[0] = (one.services[0][0], (free_port(), "/gone"), None)  # where nobody answers now
        return await one.read(4)

    assert with_router(router, what)[:2] == (FOUND, IP)
    assert router.heard.count("GET /d.xml") == 2


def test_an_event_of_the_router_wakes_and_others_do_not():
    router = Router()
    router.tell("45.33.7.7")

    async def what(one):
        task = asyncio.create_task(one.changed())
        while not router.callback:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert await router.notify("uuid:2") == 412
        assert await router.notify(router.sid, "POST") == 412
        assert not task.done()
        assert await router.notify(router.sid) == 200
        await asyncio.wait_for(task, 1)
        first = asyncio.create_task(router.notify(router.sid))  # between two calls
        await asyncio.sleep(0.01)
        await asyncio.wait_for(one.changed(), 1)
        assert await first == 200
        return router.heard.count("SUBSCRIBE /evt/IPConn")

    assert with_router(router, what) == 1


def test_noise_at_the_event_port_is_survived():
    router = Router()

    async def what(one):
        task = asyncio.create_task(one.changed())
        while not router.callback:
            await asyncio.sleep(0.005)
        for noise in (
            b"",
            b"\r\n\r\n",
            b"\xff" * 3000,
            b"NOTIFY / HTTP/1.1\r\nContent-Length: 99999\r\n\r\n",
        ):
            _, writer = await asyncio.open_connection(LO, router.callback[1])
            writer.write(noise)
            await writer.drain()
            writer.close()
            await writer.wait_closed()  # MicroPython closes here
            await asyncio.sleep(0.005)
        assert not task.done()
        assert await router.notify(router.sid) == 200
        await asyncio.wait_for(task, 1)

    with_router(router, what)


def test_a_forgotten_subscription_is_made_anew():
    router = Router()

    async def what(one):
        task = asyncio.create_task(one.changed())
        while not router.callback:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        router.sid = "uuid:9"  # the router restarted: our SID is unknown to it
        router.callback = None
        one.gena.due = igd.time.ticks_ms()
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        task = asyncio.create_task(one.changed())
        while not router.callback:
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert await router.notify("uuid:9") == 200
        await asyncio.wait_for(task, 1)

    with_router(router, what)


def test_without_events_there_is_nothing_to_watch():
    assert upnp.Observer({"events": False}, Kit()).changed is None
    assert upnp.Observer({}, Kit()).changed


def test_messages_are_bounded_in_size_and_time():
    async def go(data, cap):
        async def client(reader, writer):
            writer.write(data)
            await writer.drain()
            writer.close()
            await writer.wait_closed()  # MicroPython closes here

        port = free_port()
        server = await asyncio.start_server(client, LO, port)
        sock = igd.udp.socket.socket()
        try:
            sock.connect(Kit.board.sockaddr(LO, port))
            sock.setblocking(False)
            return await lan.read_message(sock, igd.time.ticks_add(igd.time.ticks_ms(), 300), cap)
        finally:
            sock.close()
            server.close()
            await server.wait_closed()

    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef"
    assert asyncio.run(go(ok, 10)) == (b"HTTP/1.1 200 OK\r\nContent-Length: 3", b"abc")
    assert asyncio.run(go(b"HTTP/1.1 200 OK\r\n\r\nabc", 10))[1] == b"abc"
    for bad in (
        b"", b"x", b"h" * 5000, b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"b" * 9000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b"b" * 11,
    ):  # fmt: skip
        try:
            asyncio.run(go(bad, 10))
            raise AssertionError(bad)
        except (OSError, reason.Why):
            pass


async def search(router, answers, wait=None):
    """Let an observer search at a link where `answers` (datagrams) come at once; returns what its read()
    gives."""

    class Near(upnp.Observer):
        SSDP = free_port()

    sock = udp.open_udp(Kit.board, local=(LO, Near.SSDP))

    async def link():
        heard = 0
        while True:
            await waits.ready(sock)
            data, source = udp.receive_from(sock)
            if data and not heard:
                heard = 1
                for one in answers:
                    sock.sendto(one, source)

    task = asyncio.create_task(link())
    server = await asyncio.start_server(router.client, LO, router.port)
    try:
        one = Near({}, Kit())
        return await one.read(4)
    finally:
        task.cancel()
        sock.close()
        server.close()
        await server.wait_closed()


WPS = (
    b"<root><device><serviceList><service>"
    b"<serviceType>urn:schemas-wifialliance-org:service:WFAWLANConfig:1</serviceType>"
)


def test_the_first_answer_need_not_be_the_right_one():
    router = Router()
    router.tell("45.33.7.7")
    router.answers["/wps.xml"] = (200, WPS)
    router.answers["/tv.xml"] = (404, b"")
    place = "http://192.168.77.99:%d" % router.port
    wrong = [
        ssdp(place + "/wps.xml"),
        ssdp(place + "/tv.xml", "upnp:rootdevice"),
        b"noise",
        ssdp("http://[bad"),
    ]
    start = igd.time.ticks_ms()
    assert asyncio.run(search(router, wrong + [ssdp("http://[::1]:%d/d.xml" % router.port)]))[:2] == (
        FOUND,
        IP,
    )
    assert igd.time.ticks_diff(igd.time.ticks_ms(), start) < 1000, "not after all waiting time"
    assert asyncio.run(search(router, wrong + [ssdp(place + "/d.xml", "upnp:rootdevice")]))[:2] == (FOUND, IP)


def test_the_reasons_of_those_passed_over_are_said():
    router = Router()
    router.answers["/wps.xml"] = (200, WPS)
    place = "http://192.168.77.99:%d" % router.port
    kept, igd._WAVES = igd._WAVES, ((100, igd._WAVES[0][1]),)
    try:
        closed = "http://192.168.77.1:%d/d.xml" % free_port()
        wrong = [ssdp(place + "/wps.xml"), ssdp(place + "/tv.xml", "x:tv"), ssdp(closed, "upnp:rootdevice")]
        kind, _, why = asyncio.run(search(router, wrong))
        assert kind == UNKNOWN and why[:2] == ("upnp.passed", LO)
        assert [(one[1], one[4]) for one in why[2]] == [
            (GATEWAY, ("upnp.no_wan", LO)), ("upnp:rootdevice", ("net.refused",)),
            ("x:tv", ("upnp.status", LO, 500)),
        ]  # fmt: skip
        assert asyncio.run(search(router, []))[2] == ("upnp.silent", LO)
    finally:
        igd._WAVES = kept


def test_bytes_that_are_no_text_are_could_not_tell():
    with open("host_tests/shared/data/soap-garbage.xml", "rb") as f:
        router = Router(GetExternalIPAddress=(200, f.read()))
    assert read(router) == (UNKNOWN, None, ("upnp.garbage", LO))
