# SPDX-License-Identifier: MIT
"""ubus: against the recorded session of a real ubusd and netifd (host_tests/netlab/data), replayed by a
stand-in."""

import asyncio
import json
import os
import socket
import struct

from wanbeacon.app import words
from wanbeacon.core import address
from wanbeacon.net import bus, unix, waits
from wanbeacon.observe import shared4, ubus
from wanbeacon.observe.base import FOUND, NONE, UNKNOWN

DATA = "host_tests/netlab/data/ubus-"


def session():
    with open(DATA + "session.jsonl") as f:
        return [json.loads(line) for line in f if line.strip()]


def dump():
    with open(DATA + "dump.json") as f:
        return json.load(f)


def messages(data):
    """Yield the messages in some recorded bytes."""
    while data:
        size = 8 + (struct.unpack_from(">I", data, 8)[0] & 0xFFFFFF)
        yield data[:size]
        data = data[size:]


def recorded(kind, sender="ubusd"):
    rows = [bytes.fromhex(row["hex"]) for row in session() if row["from"] == sender]
    return [m for row in rows for m in messages(row) if m[1] == kind]


def attributes(message):
    return {head >> 24 & 127: message[at:end] for head, at, end in bus._blobs(message, 12, len(message))}


def blob(name, value):
    """Encode one named value as blobmsg, as netifd does."""
    head = struct.pack(">H", len(name)) + name.encode() + b"\0"
    head += bytes(-len(head) % 4)
    if isinstance(value, bool):
        kind, data = 7, bytes((value,))
    elif isinstance(value, int):
        kind, data = 5, struct.pack(">I", value)
    elif isinstance(value, str):
        kind, data = 3, value.encode() + b"\0"
    elif isinstance(value, list):
        kind, data = 1, b"".join(blob("", one) for one in value)
    else:
        kind, data = 2, b"".join(blob(key, value[key]) for key in value)
    size = 4 + len(head) + len(data)
    return struct.pack(">I", 1 << 31 | kind << 24 | size) + head + data + bytes(-size % 4)


def table(value):
    return b"".join(blob(key, value[key]) for key in value)


def test_the_recorded_status_is_decoded_as_ubus_prints_it():
    status = [m for m in recorded(2) if 7 in attributes(m)][0]
    data = attributes(status)[7]
    found = bus.decode(data, 0, len(data))
    assert found["up"] is True or found["up"] == 1
    assert found["ipv4-address"] == [{"address": "45.33.7.52", "mask": 24}]
    assert found["route"][0]["nexthop"] == "45.33.7.1"
    assert found["l3_device"] == "eth1" and found["updated"] == ["addresses", "routes", "data"]


def test_our_requests_are_the_recorded_clients_bytes():
    lookup = recorded(4, "client")[0]
    assert lookup[12:] == bus.attribute(2, b"network.interface.wan\0")
    invoke = recorded(5, "client")[0]
    number = struct.unpack_from(">I", invoke, 4)[0]
    assert invoke[12:] == bus.attribute(3, number) + bus.attribute(4, b"status\0") + bus.attribute(7, b"")
    subscribe = recorded(8, "client")[0]
    own, target = struct.unpack_from(">I", subscribe, 16)[0], struct.unpack_from(">I", subscribe, 24)[0]
    assert subscribe[12:] == bus.attribute(3, own) + bus.attribute(8, target)


def test_damaged_messages_end_in_an_error_not_in_a_hang():
    status = [m for m in recorded(2) if 7 in attributes(m)][0]
    data = attributes(status)[7]
    for at in range(0, len(data), 3):
        for value in (0, 0x7F, 0xFF):
            broken = bytearray(data)
            broken[at] = value
            try:
                bus.decode(bytes(broken), 0, len(broken))
            except ValueError:
                pass
    for cut in range(0, len(data), 5):
        try:
            bus.decode(data[:cut], 0, cut)
        except ValueError:
            pass
    deep = b""
    for _ in range(30):
        size = 4 + len(deep)
        deep = struct.pack(">I", 2 << 24 | size) + deep
    try:
        bus.decode(deep, 0, len(deep))
        raise AssertionError("too deep, and taken")
    except ValueError:
        pass


class Kit:
    pass


def pick(rows, family, known=None, **options):
    """What the observer answers to these rows, its address as text."""
    one = ubus.Observer(options, Kit())
    one.known = known
    kind, packed, why = one.pick(rows, family)
    return kind, packed and address.text(packed), why


def test_the_dump_of_a_real_router():
    rows = dump()["interface"]
    assert pick(rows, 4) == (FOUND, "45.33.7.52", ("ubus.found", "wan"))
    assert pick(rows, 4, interface="wan")[1] == "45.33.7.52"
    assert pick(rows, 6) == (FOUND, "2a02:8010:1::7", ("ubus.found", "wan6"))
    assert pick(rows, 6, interface="wan")[1] == "2a02:8010:1::7", "wan6 is the same line"
    assert pick(rows, 6, interface="lan")[1] == "2a02:8010:100::1", "of its prefixes, not the ULA"
    assert pick(rows, 4, interface="wan9")[0] == NONE
    assert pick(rows, 6, suffix="::1234:5")[1] == "2a02:8010:100::1234:5", "a host behind the router"


def test_down_no_address_and_a_line_with_a_delegated_prefix_only():
    rows = dump()["interface"]
    for row in rows:
        if row["interface"] == "wan6":
            row["ipv6-address"] = []
    assert pick(rows, 6)[1:] == ("2a02:8010:100::1", ("ubus.found", "lan"))
    for row in rows:
        row["ipv6-prefix-assignment"] = []
        if row["interface"] == "wan":
            row["ipv4-address"] = []
    assert pick(rows, 6)[0] == NONE and pick(rows, 4)[0] == NONE
    for row in rows:
        row["up"] = False
    kind, text, why = pick(rows, 4)
    assert kind == NONE and why == ("ubus.down", "wan")
    for row in rows:
        row["route"] = []
    assert pick(rows, 4)[0] == NONE


def test_of_two_prefixes_the_known_one_stays():
    rows = dump()["interface"]
    for row in rows:
        if row["interface"] == "wan6":
            row["ipv6-address"] = [
                {"address": "2a02:8010:9::1", "mask": 64},
                {"address": "2a02:8010:1::7", "mask": 64},
            ]
    assert pick(rows, 6)[1] == "2a02:8010:9::1"
    assert pick(rows, 6, address.parse("2a02:8010:1::7"))[1] == "2a02:8010:1::7"
    for row in rows:
        if row["interface"] == "wan6":
            row["ipv6-address"][1]["preferred"] = 0
    assert pick(rows, 6, address.parse("2a02:8010:1::7"))[1] == "2a02:8010:9::1"


class Daemon:
    """Replays the recorded ubusd: its bytes, with the asker's sequence number; `dump` as netifd would encode
    it."""

    count = 0

    def __init__(self, path=None):
        Daemon.count += 1
        self.path = path or "/tmp/wanbeacon-test-%d-%d" % (Daemon.count, struct.unpack("I", os.urandom(4))[0])
        self.rows = dump()
        self.there = True  # is netifd?
        self.clients = []
        self.tasks = []
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(unix.unix_address(self.path))
        self.sock.listen(4)
        self.sock.setblocking(False)
        self.hello = recorded(0)[0]
        replies = recorded(2)
        self.object = [m for m in replies if m[8:12] == b"\0\0\0\x0c"][0]
        self.lookup = [m for m in replies if attributes(m).get(2) == b"network.interface\0"][0]
        self.pushed = recorded(5)

    async def run(self):
        while True:
            await waits.ready(self.sock)
            sock, _ = self.sock.accept()
            sock.setblocking(False)
            self.clients.append(sock)
            sock.send(self.hello)
            self.tasks.append(asyncio.create_task(self.client(sock)))

    async def client(self, sock):
        buf = b""
        while True:
            await waits.ready(sock)
            data = waits.receive(sock)
            if not data:
                self.clients.remove(sock)
                sock.close()
                return
            buf += data
            for message in list(messages(buf)):
                self.answer(sock, message)
            buf = b""

    def answer(self, sock, message):
        kind, seq, found, status = message[1], message[2:4], attributes(message), 0
        out = b""
        if kind == 6:
            out = self.object
        elif kind == 4 and self.there and found[2] == b"network.interface\0":
            out = self.lookup
        elif kind == 5 and found[4] == b"dump\0" and self.there:
            data = table(self.rows)
            payload = bus.attribute(3, 1) + struct.pack(">I", 7 << 24 | 4 + len(data)) + data
            out = struct.pack(">BBHII", 0, 2, 0, 0, 4 + len(payload)) + payload
        elif kind != 8 or not self.there:
            status = 4
        end = struct.pack(">BBHIII", 0, 1, 0, 0, 12, 0x01000008) + struct.pack(">I", status)
        for one in (out, end):
            if one:
                sock.send(one[:2] + seq + one[4:])

    def push(self, message):
        for sock in self.clients:
            try:
                sock.send(message)
            except OSError:  # the connection of a read() that is over
                pass

    def stop(self):
        for task in self.tasks:
            task.cancel()
        for sock in self.clients:
            sock.close()
        self.clients = []
        self.sock.close()
        try:
            os.remove(self.path)
        except OSError:
            pass


def with_daemon(what):
    async def go():
        daemon = Daemon()
        task = asyncio.create_task(daemon.run())
        one = ubus.Observer({"socket": daemon.path}, Kit())
        try:
            return await what(daemon, one)
        finally:
            one.close()
            task.cancel()
            daemon.stop()

    return asyncio.run(go())


def test_read_over_the_socket():
    async def what(daemon, one):
        answers = [await one.read(4)]
        answers.append(await one.read(6))
        await asyncio.sleep(0.02)
        assert daemon.clients == [], "the connection is closed"
        return answers

    assert [address.text(one[1]) for one in with_daemon(what)] == ["45.33.7.52", "2a02:8010:1::7"]


def test_an_address_that_changes_without_loss_of_link_is_noticed():
    async def what(daemon, one):
        await asyncio.wait_for(one.changed(), 1)  # subscribed: look once
        task = asyncio.create_task(one.changed())
        await asyncio.sleep(0.02)
        assert not task.done()
        first = daemon.pushed[0]
        assert attributes(first)[4] == b"interface.update\0" and b"45.33.7.99" in first
        daemon.push(first)
        await asyncio.wait_for(task, 1)
        for row in daemon.rows["interface"]:
            if row["interface"] == "wan":
                row["ipv4-address"][0]["address"] = "45.33.7.99"
        assert (await one.read(4))[1] == bytes([45, 33, 7, 99])
        for message in daemon.pushed[1:]:
            daemon.push(message)
            await asyncio.wait_for(one.changed(), 1)

    with_daemon(what)


def test_a_message_in_two_pieces_and_two_in_one():
    async def what(daemon, one):
        await asyncio.wait_for(one.changed(), 1)
        message = daemon.pushed[0]
        daemon.push(message[:7])
        await asyncio.sleep(0.01)
        daemon.push(message[7:] + message)
        await asyncio.wait_for(one.changed(), 1)
        await asyncio.wait_for(one.changed(), 1)

    with_daemon(what)


def test_it_subscribes_again_when_netifd_restarts():
    async def what(daemon, one):
        kept, ubus._AGAIN_S = ubus._AGAIN_S, (0.02, 0.1)
        try:
            await asyncio.wait_for(one.changed(), 1)
            daemon.there = False
            task = asyncio.create_task(one.changed())
            await asyncio.sleep(0.01)
            daemon.push(struct.pack(">BBHII", 0, 9, 0, 0, 20) + bus.attribute(3, 1) + bus.attribute(8, 2))
            await asyncio.sleep(0.1)
            assert not task.done(), "not there yet"
            assert (await one.read(4))[0] == UNKNOWN, "netifd is away: nothing may be concluded"
            daemon.there = True
            await asyncio.wait_for(task, 1)
            task = asyncio.create_task(one.changed())
            await asyncio.sleep(0.01)
            daemon.push(daemon.pushed[0])
            await asyncio.wait_for(task, 1)
        finally:
            ubus._AGAIN_S = kept

    with_daemon(what)


def test_it_comes_back_when_ubusd_restarts():
    async def go():
        kept, ubus._AGAIN_S = ubus._AGAIN_S, (0.02, 0.1)
        daemon = Daemon()
        runs = [asyncio.create_task(daemon.run())]
        one = ubus.Observer({"socket": daemon.path}, Kit())
        try:
            await asyncio.wait_for(one.changed(), 1)
            task = asyncio.create_task(one.changed())
            await asyncio.sleep(0.01)
            runs[0].cancel()
            daemon.stop()
            await asyncio.sleep(0.05)
            assert (await one.read(4))[0] == UNKNOWN and not task.done()
            daemon = Daemon(daemon.path)
            runs.append(asyncio.create_task(daemon.run()))
            await asyncio.wait_for(task, 1)
        finally:
            ubus._AGAIN_S = kept
            one.close()
            runs[-1].cancel()
            daemon.stop()

    asyncio.run(go())


def test_no_ubus_at_all_is_could_not_tell():
    kind, text, why = asyncio.run(ubus.Observer({"socket": "/tmp/wanbeacon-none"}, Kit()).read(4))
    assert (kind, text) == (UNKNOWN, None) and why == ("ubus.failed", ("net.missing",))


def test_delegated_and_assigned_prefixes_are_handed_on():
    def lan(name, *rows):
        return {"interface": name, "up": True, "ipv6-prefix-assignment": [dict(row) for row in rows]}

    def prefix(text, mask, **more):
        more.update({"address": text, "mask": mask})
        return more

    wan = {"interface": "wan6", "up": True, "route": [{"target": "::", "mask": 0}],
           "ipv6-address": [prefix("2003:d6:abbf:2220::1", 64)],
           "ipv6-prefix": [prefix("2003:d6:abe2:1f00::", 56, preferred=1800),
                           prefix("2003:d6:1111:1f00::", 56, preferred=0)]}  # fmt: skip
    home = lan("lan", prefix("2003:d6:abe2:1f00::", 60,
                             **{"local-address": {"address": "2003:d6:abe2:1f00::1"}}),
               prefix("fd12:3456::", 60), prefix("2a02:8010:1::", 60))  # fmt: skip
    rows = [
        wan,
        home,
        lan("guest", prefix("2003:d6:abe2:1f10::", 60, preferred=1)),
        dict(lan("old", prefix("2003:d6:abe2:1f20::", 60)), up=False),
    ]
    one = ubus.Observer({}, None)
    assert one.pick(rows, 6)[:2] == (FOUND, address.parse("2003:d6:abbf:2220::1"))
    assert [(name, address.text(packed), bits) for name, packed, bits in one.networks] == [
        ("", "2003:d6:abe2:1f00::", 56), ("lan", "2003:d6:abe2:1f00::", 60),
        ("guest", "2003:d6:abe2:1f10::", 60),
    ], "not the deprecated one, nor another line's"  # fmt: skip
    del wan["ipv6-prefix"]
    one.pick(rows, 6)
    assert [row[0] for row in one.networks] == ["lan", "lan", "lan", "guest"]
    one.pick([wan], 6)
    assert one.networks == ()
    for bad in (
        prefix("x", 64),
        prefix("1.2.3.4", 24),
        prefix("2a02::", "64"),
        prefix("2a02::", 0),
        prefix("2a02::", 128),
        {},
    ):
        one.pick([dict(wan, **{"ipv6-prefix": [bad]})], 6)
        assert one.networks == (), bad
    assert one.pick(rows, 4) is not None and one.networks == ()


def test_lines_that_share_an_address_are_named_with_what_reaches_the_user():
    def row(proto, addresses, *rules, **more):
        rows = [
            {
                "type": "nat",
                "target": "SNAT",
                "family": "inet",
                "proto": p,
                "snat_ip": "45.33.9.9",
                "snat_port": one,
            }
            for one in rules
            for p in ("tcp", "udp")
        ]
        more.update({"interface": "wan6_4", "up": True, "proto": proto,
                     "route": [{"target": "0.0.0.0", "mask": 0}],
                     "ipv4-address": [{"address": one, "mask": 32} for one in addresses],
                     "data": {"firewall": rows}})  # fmt: skip
        return more

    class Kit:
        @staticmethod
        def load(name):
            assert name == "shared4"
            return shared4

    one = ubus.Observer({}, Kit)
    ip = bytes([45, 33, 9, 9])
    # PSID 17, offset 6, 6 bits (RFC 7597)
    ranges = ["%d-%d" % (start, start + 15) for start in range(1296, 65536, 1024)]
    kind, packed, why = one.pick([row("map", ["45.33.9.9"], *ranges)], 4)
    assert (kind, packed, why[:2]) == (FOUND, ip, ("ubus.map", "wan6_4"))
    assert why[2] == "1296-1311, 2320-2335, 3344-3359, 4368-4383 and 59 ranges more", why[2]
    assert one.pick([row("map", ["45.33.9.9"])], 4) == (FOUND, ip, ("ubus.map_portless", "wan6_4"))
    kind, packed, why = one.pick([row("map", [], "1296-1311")], 4)
    assert (kind, packed, why) == (NONE, None, ("ubus.map_translated", "wan6_4", "45.33.9.9", "1296-1311"))
    assert one.pick([row("dslite", ["192.0.0.2"])], 4) == (NONE, None, ("ubus.dslite", "wan6_4"))
    assert one.pick([row("464xlat", [])], 4) == (NONE, None, ("ubus.464xlat", "wan6_4"))
    assert one.pick([row("ipip6", ["192.0.0.2"])], 4)[2] == ("ubus.dslite", "wan6_4")
    assert one.pick([row("ipip6", ["45.33.9.9"])], 4) == (FOUND, ip, ("ubus.found", "wan6_4"))
    assert one.pick([row("dhcp", ["45.33.9.9"], "1-2")], 4) == (FOUND, ip, ("ubus.found", "wan6_4"))


def test_words_for_a_shared_line_say_what_the_user_can_do():
    for why in (("ubus.map", "wan6_4", "1296-1311"), ("ubus.map_translated", "wan6_4", "45.33.9.9", "1-2"),
                ("ubus.dslite", "wan6_4"), ("ubus.464xlat", "wan6_4"), ("pcp.other_port", "r", 443, 7472),
                ("pcp.result8", "r"), ("natpmp.result3", "r"), ("upnp.cgnat", "r"), ("address.cgnat",),
                ("address.assignments",)):  # fmt: skip
        said = words.say(*why)
        assert "AAAA record alone" in said or "use IPv6" in said, said
        assert "1296-1311" in said or why[0] != "ubus.map"
