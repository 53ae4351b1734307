# SPDX-License-Identifier: MIT
"""UPnP against a router on loopback: its address, its events, its noise."""

import asyncio

from loopback import LO, Board, free_port
from upnp_kit import GATEWAY, WAN, description, service, ssdp
from wanbeacon.app import stage
from wanbeacon.net import lan, reason, udp, waits
from wanbeacon.observe import gena, igd, upnp
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

IP = bytes([45, 33, 7, 7])


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


def test_of_several_connections_the_one_that_is_public_counts():
    """Television and telephony have connections of their own; what one does not tell, another may."""
    for first in (
        (200, wrap("NewExternalIPAddress", "10.20.30.40")),
        (200, wrap("NewExternalIPAddress", "\x7f\x01garbage")),
        (500, b"<s:Fault/>"),
        (200, b"z" * 30000),
    ):
        router = Router()
        router.answers["/d.xml"] = (200, description(WAN, service("WANPPPConnection:1", "/ppp", "/pppe")))
        answers = [first, (200, wrap("NewExternalIPAddress", "45.33.7.8"))]

        async def what(one):
            kept = router.answers
            router.answers = Once(kept, answers + [(200, wrap("NewExternalIPAddress", "45.33.7.9"))])
            return (await one.read(4))[:2], (await one.read(4))[:2]

        assert with_router(router, what) == (
            (FOUND, bytes([45, 33, 7, 8])),
            (FOUND, bytes([45, 33, 7, 9])),  # from then on it is asked first
        ), first


def test_a_line_is_down_only_where_no_connection_is_up():
    states = [wrap("NewConnectionStatus", text) for text in ("Unconfigured", "Connected", "Disconnected")]
    for said, kind in (((0, 1), UNKNOWN), ((1, 0), UNKNOWN), ((0, 2), NONE), ((2, 2), NONE)):
        router = Router()
        router.answers["/d.xml"] = (200, description(WAN, service("WANPPPConnection:1", "/ppp", "/pppe")))
        router.tell("")

        async def what(one):
            turns = Once(router.answers, [(200, states[i]) for i in said], "GetStatusInfo")
            router.answers = turns
            return await one.read(4)

        assert with_router(router, what)[0] == kind, said


class Once:
    """Gives the answers to one action in turn."""

    def __init__(self, rest, turns, action="GetExternalIPAddress"):
        self.rest, self.turns, self.action = rest, turns, action

    def get(self, name, default):
        return self.turns.pop(0) if name == self.action else self.rest.get(name, default)


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
    for more, body in (
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (b"HTTP/1.1 200 OK\nContent-Length: 6\n\nab\r\n\r\nc", b"ab\r\n\r\n"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n",
            b"abcde",
        ),
        (
            b"HTTP/1.0 200 OK\r\ntransfer-encoding:Chunked\r\nContent-Length: 2\r\n\r\n5\nabcde\n0\n\n",
            b"abcde",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<a>none</a>", b"<a>none</a>"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: \xc2\xb2\r\n\r\nabc", b"abc"),
    ):
        assert asyncio.run(go(more, 60))[1] == body, more
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for bad in (
        chunked + b"2\r\nab\r\n", chunked + b"5\r\nab", chunked + b"ffffff\r\nab\n",
        b"HTTP/1.1 100 x\r\n\r\n",
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
