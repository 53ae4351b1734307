# SPDX-License-Identifier: MIT
# push and pushed: what routers really send (routers' documents and sources), and what strangers may try.
import asyncio

from loopback import LO, Board, free_port
from wanbeacon.core import address
from wanbeacon.net import lan
from wanbeacon.observe import push
from wanbeacon.observe.base import FOUND, UNKNOWN

V4, V6 = address.parse("45.33.7.7"), address.parse("2003:d6:abbf:2220::1")
NET = (("", address.parse("2003:d6:abe2:1f00::"), 56),)
BASIC = "Basic cm91dGVyOmxldC1tZS1pbg=="  # router:let-me-in
LOGIN = "Authorization: " + BASIC + "\r\n"
FRITZ = "hostname=home.example.org&myip=%s&myipv6=%s&ip6lanprefix=%s"


class Kit:
    board = Board()


def observer(**more):
    options = {"port": free_port(), "user": "router", "password": "let-me-in"}
    options.update(more)
    return push.Observer(options, Kit)


def said(query, head=LOGIN, body="", one=None, path="/nic/update", verb="GET", peer="192.168.178.1"):
    """(status, text) of one request."""
    text = "%s %s?%s HTTP/1.1\r\nHost: 192.168.178.50:8245\r\n%s" % (verb, path, query, head)
    return (one or observer()).answer(text.encode().rstrip(), body.encode(), peer)


def test_values_as_routers_send_them():
    for query, v4, v6, net in (
        (FRITZ % ("45.33.7.7", "2003:d6:abbf:2220::1", "2003:d6:abe2:1f00::/56"), V4, V6, NET),
        (FRITZ % ("45.33.7.7", "", "") + "&x=<ip6addr>", V4, None, None),
        (FRITZ % ("45.33.7.7", "<ip6addr>", "<ip6lanprefix>"), V4, None, None),
        (FRITZ % ("", "2003:d6:abbf:2220::1", "2003:d6:abe2:1f00::1/56"), None, V6, NET),
        ("hostname=a&myip=45.33.7.7,2003:d6:abbf:2220::1", V4, V6, None),
        ("hostname=a&myip=45.33.7.7&myip=2003:d6:abbf:2220::1", V4, V6, None),
        ("hostname=a&myip=2003%3Ad6%3aabbf%3A2220%3A%3A1", None, V6, None),
        ("myip=45.33.7.7/24", V4, None, None), ("myip=2003:d6:abe2:1f00::/56", None, None, NET),
        ("myip=2003:d6:abbf:2220::1/64", None, V6, None), ("myip=2003:d6:abbf:2220::1/128", None, V6, None),
        ("myip=100.64.1.2&myipv6=2003:d6:abbf:2220::1", None, V6, None),
        ("system=dyndns&hostname=a&myip=45.33.7.7&wildcard=NOCHG", V4, None, None),
    ):  # fmt: skip
        one = observer()
        assert said(query, one=one)[0] == 200, query
        assert (one.found.get(4), one.found.get(6), one.networks) == (v4, v6, net), (
            query,
            one.found,
            one.networks,
        )


def test_the_answer_is_what_every_router_takes():
    one = observer()
    assert said("hostname=home.example.org&myip=45.33.7.7", one=one) == (200, "good 45.33.7.7\n")
    for _ in range(3):  # a FRITZ!Box pushes every 240 s until the name resolves to it
        assert said("hostname=home.example.org&myip=45.33.7.7", one=one) == (200, "nochg 45.33.7.7\n")
    assert said("hostname=a,b&myip=45.33.7.8", one=one) == (200, "good 45.33.7.8\n" * 2)
    assert (
        said("hostname=a&myip=45.33.7.8,2003:d6:abbf:2220::1", one=one)[1]
        == "good 45.33.7.8,2003:d6:abbf:2220::1\n"
    )
    assert said("hostname=a&myip=&myipv6=2003:D6:abbf:2220::2", one=one)[1] == "good 2003:d6:abbf:2220::2\n"
    assert said("hostname=" + ",".join(["a"] * 200) + "&myip=45.33.7.9", one=one)[1].count("\n") == 20
    assert said("hostname=a&myip=45.33.7.7,<b>", one=one)[1] == "good 45.33.7.7\n"


def test_the_login_may_be_in_the_head_or_the_query_and_must_be_right():
    assert said("myip=45.33.7.7&username=router&password=let-me-in", "")[0] == 200
    assert said("myip=45.33.7.7&user=router&pass=let-me-in", "")[0] == 200
    for query, head in (
        ("", ""), ("&username=router", ""), ("&username=router&password=", ""),
        ("&username=&password=let-me-in", ""), ("&username=router&password=let-me-in2", ""),
        ("", "Authorization: Basic\r\n"), ("", "Authorization: " + BASIC[:-4] + "\r\n"),
        ("", "Authorization: Bearer " + BASIC[6:] + "\r\n"), ("", "X-Authorization: " + BASIC + "\r\n"),
        ("", "Authorization: Basic \xff\r\n"),
    ):  # fmt: skip
        one = observer()
        status, text = said("myip=45.33.7.7" + query, head, one=one)
        assert status in (401, 400) and one.found == {}, (query, head, status)


def test_a_browser_is_refused_even_with_the_key():
    for line in (
        "Origin: http://evil.example",
        "Referer: http://evil.example/x",
        "Sec-Fetch-Site: cross-site",
        "origin: null",
    ):
        one = observer()
        assert said("myip=45.33.7.7", LOGIN + line + "\r\n", one=one)[0] == 403 and one.found == {}, line


def test_values_that_must_not_be_published_change_nothing_and_end_no_client():
    for value in ("10.0.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "fe80::1",
                  "fd00::1", "::1", "2001:db8::1", "2003:d6:abe2:1f00::", "64:ff9b::1", "45.33.7", "%i",
                  "<ipaddr>", "", "x" * 500, "45.33.7.7%20evil", "fd00:1::/56"):  # fmt: skip
        one = observer()
        assert said("hostname=a&myip=" + value, one=one) == (200, "911\n"), value
        assert one.found == {} and one.networks is None
    for net in (
        "2003::/8",
        "2003:d6:abe2:1f00::/0",
        "2003:d6:abe2:1f00::/128",
        "fd00::/56",
        "2001:db8::/56",
        "2003:d6:abe2:1f00::/x",
    ):
        one = observer()
        assert said("ip6lanprefix=" + net, one=one) == (200, "911\n") and one.networks is None, net


def test_paths_and_verbs():
    for path in ("/", "/update", "/v3/update", "/nic/update"):
        assert said("myip=45.33.7.7", path=path)[0] == 200
    assert said("", LOGIN, "myip=45.33.7.7&hostname=a", verb="POST")[0] == 200
    assert said("myip=45.33.7.7", path="/etc/passwd")[0] == 404
    assert said("myip=45.33.7.7", verb="DELETE")[0] == 405


def test_requests_damaged_in_every_place_raise_nothing_and_bring_nothing_but_addresses():
    whole = ("GET /nic/update?" + FRITZ % ("45.33.7.7", "", "") + " HTTP/1.0\r\n" + LOGIN).encode()
    for at in range(len(whole)):
        for data in (
            whole[:at],
            whole[:at] + b"\xff" + whole[at:],
            whole[:at] + b"%" + whole[at + 1 :],
            whole[:at] + b"\n" + whole[at:],
        ):
            one = observer(port=1)
            status, text = one.answer(data, b"", LO)
            assert status in (200, 400, 401, 403, 404, 405) and len(text) < 200, data
            assert one.networks is None and set(one.found) <= {4}, data


class Caller:
    closed = False

    def setblocking(self, _):
        pass

    def close(self):
        self.closed = True


def test_only_private_addresses_are_let_in_and_the_router_always():
    async def go():
        one = observer()

        async def hold(number, sock, peer):
            await asyncio.sleep(10)

        one._serve = hold
        for peer in ("45.33.1.1", "100.64.1.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "2003:d6::1"):
            sock = Caller()
            one._admit(sock, peer)
            assert sock.closed and not one.guests, peer
        for host in range(1000):
            one._admit(Caller(), "192.168.178.%d" % (host % 200 + 2))
        assert len(one.guests) == 6
        one._admit(Caller(), LO)  # what Board.gateway() says
        one._admit(Caller(), LO)
        assert len(one.guests) == 8
        one._admit(Caller(), LO)
        assert len(one.guests) == 8
        one.close()

    asyncio.run(go())


async def ask(port, query, head=LOGIN):
    return await lan.exchange(Kit.board, LO, port, "GET", "/nic/update?" + query, head)


def test_a_push_wakes_and_is_read_and_a_repeat_does_not():
    async def go():
        one = observer()
        assert await one.read(4) == (UNKNOWN, None, ("push.silent", one.port))
        task = asyncio.create_task(one.changed())
        await asyncio.sleep(0.05)
        assert (await ask(one.port, "myip=45.33.7.7", ""))[0] == 401
        assert not task.done()
        status, _, body = await ask(
            one.port, FRITZ % ("45.33.7.7", "2003:d6:abbf:2220::1", "2003:d6:abe2:1f00::/56")
        )
        assert (status, body) == (200, b"good 45.33.7.7\n")
        await asyncio.wait_for(task, 1)
        assert await one.read(4) == (FOUND, V4, ("push.told", LO))
        assert (await one.read(6))[:2] == (FOUND, V6) and one.networks == NET and one.router6
        task = asyncio.create_task(one.changed())
        assert (await ask(one.port, "myip=45.33.7.7"))[2] == b"nochg 45.33.7.7\n"
        await asyncio.sleep(0.02)
        assert not task.done()
        idle = []
        for _ in range(2):  # strangers who only hold the line
            idle.append(await asyncio.open_connection(LO, one.port))
        await asyncio.sleep(0.02)
        assert len(one.guests) == 2
        for _, writer in idle:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert not one.guests
        task.cancel()
        one.close()

    asyncio.run(go())


def test_a_port_that_is_taken_is_said():
    async def go():
        one, other = observer(), observer()
        other.port = one.port
        first, second = asyncio.create_task(one.changed()), asyncio.create_task(other.changed())
        await asyncio.sleep(0.05)
        assert (await other.read(4))[2][0] == "push.port"
        for task in (first, second):
            task.cancel()
        one.close()
        other.close()

    asyncio.run(go())
