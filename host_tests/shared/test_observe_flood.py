# heap: 400k
"""10,000 spoofed or damaged packets for each protocol: nothing is believed, nothing falls over, the heap stays.

Every packet is a valid one, then: bits flipped, cut, lengthened, of another family, with a wrong id, or pure noise.
"""

import asyncio
import gc

from wanbeacon.board import linux
from wanbeacon.core import address
from wanbeacon.net import bus, kernel, udp
from wanbeacon.observe import announce, gena, natpmp, netlink, pcp, scan, stun, upnp, whoami

COUNT = 10000
#: Bytes by which the heap may differ afterwards (interned strings, a grown table), not per packet.
SLACK = 4096


class Noise:
    """Pseudo-random, the same on every interpreter."""

    def __init__(self, seed):
        self.x = seed

    def __call__(self, n):
        self.x = (self.x * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.x >> 8) % n

    def spoil(self, packet):
        """Return a damaged packet (sometimes one that only looks damaged)."""
        data = bytearray(packet)
        how = self(6)
        if how == 0:
            return bytes(self(256) for _ in range(self(64)))
        if how == 1:
            return bytes(data[: self(len(data))])
        if how == 2:
            return bytes(data) + bytes(self(40))
        for _ in range(1 + self(4)):
            data[self(len(data))] = self(256)
        return bytes(data)


def flood(packet, take, count=COUNT):
    """Feed `take` with spoiled copies of `packet`; the heap must be as full afterwards as before."""
    noise = Noise(len(packet))
    for i in range(200):
        take(noise.spoil(packet))  # what is allocated once, is allocated now
    gc.collect()
    before = gc.mem_alloc()
    for i in range(count):
        take(noise.spoil(packet))
    gc.collect()
    grown = gc.mem_alloc() - before
    assert grown < SLACK, "the heap grew by %d bytes" % grown


IP = address.parse("45.33.7.7")
CGNAT = address.parse("100.64.1.2")


def test_natpmp():
    def take(data):
        got = natpmp.parse(data)
        # the protocol has no id: an answer is either refused or exactly what the packet says
        assert got is None or got[2] is None or (data[:2] == b"\0\x80" and data[2:4] == b"\0\0" and got[2] == data[8:])

    flood(b"\0\x80\0\0\0\0\0\x09" + CGNAT, take)


def test_pcp():
    body = bytes(range(100, 112)) + b"\x11\0\0\0\xc3\x50\0\0" + pcp._MAPPED + bytes(4)
    good = b"\2\x81\0\0\0\0\0\x78\0\0\0\x05" + bytes(12) + body[:20] + pcp._MAPPED + IP

    def take(data):
        got = pcp.parse(data, 1, body)
        assert got is None or got[2] is None or data[24:42] == body[:18]

    flood(good, take)


def test_announcements():
    epoch = announce.Epoch()

    def take(data):
        announce.is_announcement(data)
        epoch.back(int.from_bytes(data[4:8], "big"), len(data))

    flood(b"\0\x80\0\0\0\0\0\x09" + IP, take)


def test_stun():
    id_ = bytes(range(50, 62))
    mask = b"\x21\x12\xa4\x42" + id_
    value = b"\0\1\x12\x34" + bytes(IP[i] ^ mask[i] for i in range(4))
    good = b"\1\1\0\x0c" + mask + b"\0\x20\0\x08" + value

    def take(data):
        for family in (4, 6):
            got = stun.parse(data, id_, family)
            assert got is None or (data[8:20] == id_ and len(got) == (4 if family == 4 else 16))

    flood(good, take)
    other = stun.parse(b"\1\1\0\x0c\x21\x12\xa4\x42" + bytes(12) + good[20:], id_, 4)
    assert other is None


def test_whoami():
    asked = whoami.query(b"\x12\x34", "myip.opendns.com", 1)
    good = asked[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + IP

    def take(data):
        got = whoami.parse(data, asked)
        assert got is None or data[:2] == b"\x12\x34"

    flood(good, take)


def test_ssdp_and_descriptions():
    there = b"HTTP/1.1 200 OK\r\nST: x\r\nLOCATION: http://192.168.77.1:5000/rootDesc.xml\r\n\r\n"

    def take(data):
        got = upnp.location(data, "192.168.77.1")
        assert got is None or (0 < got[0] < 65536 and got[1][:1] == "/")

    flood(there, take)
    xml = (
        b"<root><URLBase>http://192.168.77.1:5000</URLBase><service><serviceType>urn:schemas-upnp-org:service:"
        b"WANIPConnection:1</serviceType><controlURL>/ctl</controlURL><eventSubURL>/evt</eventSubURL></service></root>"
    )

    def read(data):
        try:
            upnp.services(data, 5000, "/rootDesc.xml")
        except ValueError:
            pass
        upnp.element(data, b"NewExternalIPAddress")
        gena.renew_s(data)

    flood(xml, read, COUNT // 4)


def test_netlink():
    good = (
        b"\x2c\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0" + b"\2\x18\x80\0\2\0\0\0" + b"\x08\0\1\0" + IP + b"\x08\0\x08\0\x80\0\0\0"
        + b"\x04\0\x03\0"
    )  # fmt: skip

    one = netlink.Observer({}, Kit)

    def take(data):
        one.take(data)
        for kind, at, end in kernel.messages(data):
            row = kernel.address_row(data, at, end) if kind == 20 else None
            assert row is None or len(row[6]) in (4, 16)

    flood(good, take)


def test_ubus():
    text = b"\x83\0\0\x14\0\x06source\0\0\0\0" + b"45.33.7.7\0\0\0"
    good = b"\x82\0\0\x20\0\4root\0\0" + text + b"\x87\0\0\x0d\0\x02up\0\0\0\0\1\0\0\0"

    def take(data):
        try:
            bus.decode(data, 0, len(data))
        except ValueError:
            pass

    flood(good, take)


def test_check_pages():
    def take(data):
        for family in (4, 6):
            packed, why = scan.single(data, family)
            assert packed is None or len(packed) == (4 if family == 4 else 16)

    flood(b'<html>{"ip":"45.33.7.7"} 2a02:8010:1::7</html>', take, COUNT // 4)


class Board(linux.Board):
    def __init__(self):
        pass

    def gateway(self):
        return "127.0.0.1"


class Kit:
    board = Board()

    class clock:
        @staticmethod
        def mono_ms():
            return 1000


def test_forged_announcements_of_other_hosts_wake_nobody():
    """Live: packets from 127.0.0.2 (another host), damaged ones from the router, then one true announcement."""

    async def go():
        board = Kit.board
        listener = announce.Listener(board, board.gateway, ((4, "127.0.0.1", 15360),))
        task = asyncio.create_task(listener.changed())
        other = udp.open_udp(board, peer=("127.0.0.1", 15360), local=("127.0.0.2", 0))
        router = udp.open_udp(board, peer=("127.0.0.1", 15360))
        noise, before = Noise(1), None
        good = b"\0\x80\0\0\0\0\0\x09" + CGNAT
        await asyncio.sleep(0.01)
        try:
            for i in range(COUNT):
                if i == 500:
                    gc.collect()
                    before = gc.mem_alloc()
                if i & 1:
                    other.send(good)
                else:
                    bad = noise.spoil(good)
                    router.send(b"\1" + bad[1:] if len(bad) == 12 else bad)
                if i % 20 == 19:
                    await asyncio.sleep(0)
            await asyncio.sleep(0.05)
            assert not task.done()
            gc.collect()
            assert gc.mem_alloc() - before < SLACK
            router.send(good)
            await asyncio.wait_for(task, 1)
        finally:
            task.cancel()
            listener.close()
            other.close()
            router.close()

    asyncio.run(go())
