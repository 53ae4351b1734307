# SPDX-License-Identifier: MIT
# MQTT without a broker: packets, waits, what is said and what is obeyed. With one: host/test_mqtt.py.
# heap: 2m
import asyncio
import gc
import json
import socket
import sys
import time

from agent_world import A, B, cfg, virtual
from loopback import LO, free_port
from loopback import Board as Loopback
from wanbeacon.app import config, mqtt, mqtt_obey, mqtt_open, mqtt_words, stage, upgrade, words
from wanbeacon.net import Trouble
from wanbeacon.net import mqtt as net

sys.path.append("tools/fleet")
import device  # noqa: E402

MICRO = sys.implementation.name == "micropython"
words.path = "firmware/catalogue/words.txt"
SECRET = "br0ker-passw0rd"


class Stream:
    """What a broker takes (`take` bytes at a time, None: all) and says (`says`, in pieces)."""

    def __init__(self, *says):
        self.out, self.says, self.take, self.closed = bytearray(), list(says), None, False

    def write(self, data):
        if self.take == 0:
            return None
        part = bytes(data)[: self.take or len(data)]
        self.out.extend(part)
        return len(part)

    def read(self, n):
        if not self.says:
            return None
        part = self.says.pop(0)
        if len(part) > n:
            self.says.insert(0, part[n:])
        return part[:n]

    def close(self):
        self.closed = True


def session(*says):
    """A Session, its stream, and what it handed on."""
    stream, taken = Stream(*says), []
    return net.Session(stream, stream, None, lambda *packet: taken.append(packet)), stream, taken


def raises(act):
    try:
        act()
    except Trouble as e:
        return e.word
    return None


# ---- packets


def test_what_leaves_is_what_the_standard_says():
    assert [net.length(n) for n in (0, 127, 128, 16383, 16384, 2097152)] == [
        b"\0", b"\x7f", b"\x80\x01", b"\xff\x7f", b"\x80\x80\x01", b"\x80\x80\x80\x01",
    ]  # fmt: skip
    one, stream, _ = session()
    one.publish("a/b", (b"hi", b"!"))
    one.publish("ä", (), False)
    assert one.push() and stream.out == b"\x31\x08\x00\x03a/bhi!" + b"\x30\x04\x00\x02\xc3\xa4"


def test_what_is_not_taken_at_once_leaves_later_and_whole():
    one, stream, _ = session()
    stream.take = 0
    one.publish("t", (b"x" * 100, b"y" * 100))
    assert not one.push() and one.waiting == 206
    stream.take = 3
    while not one.push():
        pass
    assert stream.out == b"\x31\xcb\x01\x00\x01t" + b"x" * 100 + b"y" * 100 and one.waiting == 0


def test_a_broker_that_takes_nothing_fills_no_heap():
    one, stream, _ = session()
    stream.take = 0
    for _ in range(100):
        word = raises(lambda: one.publish("t", (b"x" * 1000,)))
    assert word == "timeout"


def test_packets_come_whole_in_pieces_and_several_at_once():
    data = b"\x20\x02\x00\x00" + b"\x30\x07\x00\x03a/bhi" + b"\xd0\x00" + b"\x90\x03\x00\x01\x00"
    for size in (1, 2, 5, len(data)):
        one, _, taken = session(*[data[i : i + size] for i in range(0, len(data), size)])
        while one.pull():
            pass
        assert taken == [(2, 0, b"\0\0"), (3, 0, b"\0\x03a/bhi"), (13, 0, b""), (9, 0, b"\0\x01\0")]


def test_a_packet_that_is_too_long_is_passed_over():
    for size in (401, 5000, 70000):
        body = b"z" * size
        data = b"\x30" + net.length(size) + body + b"\xd0\x00"
        for step in (64, 256, len(data)):
            one, _, taken = session(*[data[i : i + step] for i in range(0, len(data), step)])
            while one.pull():
                assert len(one.buf) < 1000
            assert taken == [(13, 0, b"")], (size, step)


def test_what_is_no_mqtt_ends_it():
    for data in (
        b"HTTP/1.1 400 Bad", b"\x20\xff\xff\xff\xff\x7f", b"\x10\x00", b"\x00\x00", b"\xf0\x00",
        b"\x40\x02\0\1", b"\x50\x02\0\1", b"\x60\x02\0\1", b"\x70\x02\0\1",  # of QoS 1 and 2
    ):  # fmt: skip
        one, _, taken = session(data)
        assert raises(one.pull) == "mqtt" and not taken, data
    one, _, _ = session(b"")
    assert raises(one.pull) == "reset"


def test_a_flood_does_not_hold_the_loop():
    one, _, taken = session(*[b"\xd0\x00" * 100] * 1000)
    assert one.pull() and len(taken) < 3000


# ---- a device


def made(broker=mqtt.Broker, **more):
    return device.Device(7, device.settings(LO, 1883, **more), Loopback().stream, broker=broker)


def said(dev):
    return json.loads(mqtt_words.state(dev.mqtt))


def test_the_state_says_how_the_worst_host_is():
    dev = made(label='roof "3"')
    doc = said(dev)
    assert (
        doc["state"] == "ok"
        and doc["problem"] is False
        and doc["ipv4"] == "45.33.0.7"
        and doc["ipv6"] is None
    )
    assert (
        doc["changed"] == "2027-01-15T05:13:20+00:00" and doc["next"] is None and doc["label"] == 'roof "3"'
    )
    assert 0 <= doc["share"] < 100 and doc["hosts"] == "1/1" and doc["answer"] == "good"
    dev.hosts()[0].rec.cls = "AUTH"
    dev.say("stopped", "badauth", ("stop.AUTH", "badauth"))
    doc = said(dev)
    assert (doc["state"], doc["problem"], doc["code"], doc["answer"]) == (
        "stopped",
        True,
        "stop.AUTH",
        "badauth",
    )
    assert doc["hosts"] == "0/1" and "correct" in doc["why"], doc


def test_what_comes_next_moves_only_when_it_really_does():
    dev = made()
    host = dev.hosts()[0]
    host.next = dev.clock.mono() + 1000
    first = said(dev)["next"]
    for moved, same in ((30, True), (-60, True), (600, False)):
        host.next = dev.clock.mono() + 1000 + moved
        assert (said(dev)["next"] == first) is same, moved


def test_times_are_iso():
    for wall, text in (
        (951782400, "2000-02-29T00:00:00+00:00"), (1800000000, "2027-01-15T08:00:00+00:00"),
        (4107542399, "2100-02-28T23:59:59+00:00"), (1, "1970-01-01T00:00:01+00:00"),
    ):  # fmt: skip
        assert mqtt_words.iso(wall) == text
    assert mqtt_words.iso(None) is None and mqtt_words.iso(0) is None


def test_discovery_is_json_and_holds_no_secret():
    dev = made(label='Dach "ü" \\', user="wan", password=SECRET)
    topic, parts = None, mqtt_words.discovery(dev, dev.mqtt)
    topic, doc = parts[0], b"".join(parts[1:]).decode()
    assert max([len(part) for part in parts]) < 260, "a small heap holds one piece at a time"
    assert topic == "homeassistant/device/%s/config" % dev.mqtt.name and SECRET not in doc and "<" not in doc
    doc = json.loads(doc)
    assert doc["dev"]["name"] == 'Dach "ü" \\' and "ipv6" not in doc["cmps"]
    assert dev.mqtt.name[:10] == "wanbeacon-" and len(dev.mqtt.name) == 18
    dev.lines[0].wants[6] = True
    assert "ipv6" in json.loads(b"".join(mqtt_words.discovery(dev, dev.mqtt)[1:]).decode())["cmps"]
    assert mqtt_words.discovery(dev, made(discovery="off").mqtt) == []


def test_the_share_at_the_broker_is_the_one_that_upgrades_use():
    for number in range(300):
        dev = device.Device(number, device.settings(LO, 1883), Loopback().stream)
        assert dev.mqtt.share == upgrade.place(dev.board.unique) == said(dev)["share"]


def test_connect_says_who_and_what_is_to_be_said_when_we_are_gone():
    dev = made(name="roof-3", user="wän", password=SECRET)
    body = b"\x00\x06roof-3" + b"\x00\x17wanbeacon/roof-3/online" + b"\x00\x07offline" + b"\x00\x04w\xc3\xa4n"
    body = b"\x00\x04MQTT\x04\xe6\x00\x3c" + body + b"\x00\x0f" + SECRET.encode()
    assert mqtt_open.hello(dev.mqtt) == b"\x10" + net.length(len(body)) + body
    assert SECRET in dev.log.secrets


# ---- commands


def message(dev, text, flags=0, topic="set"):
    topic = ("%s/%s" % (dev.mqtt.base, topic)).encode()
    dev.mqtt.took(3, flags, bytes((0, len(topic))) + topic + text.encode())


def test_what_is_retained_or_for_others_is_no_command():
    dev = made()
    for flags, topic in (
        (1, "set"), (2, "set"), (4, "set"), (8, "set"), (9, "set"), (0, "state"), (0, "set/x"), (0, "#"),
        (0, "+"), (0, "set\0"), (0, "SET"), (0, ""),
    ):  # fmt: skip
        message(dev, "pause", flags, topic)
    dev.mqtt.took(3, 0, b"")
    dev.mqtt.took(3, 0, b"\xff\xff")
    assert dev.mqtt.inbox == []
    message(dev, "pause")
    assert dev.mqtt.inbox == [b"pause"]
    for _ in range(100):
        message(dev, "pause")
    assert len(dev.mqtt.inbox) == 4


def test_a_broker_that_does_not_let_us_hear_commands_is_named():
    for code, deaf in ((b"\0", False), (b"\x80", True), (b"\x87", True), (b"", True)):
        dev = made()
        dev.mqtt.why = ("mqtt.up",)
        for _ in range(3):
            dev.mqtt.took(9, 0, b"\0\1" + code)
        assert (dev.mqtt.why[0] == "mqtt.deaf") is deaf
        assert dev.log.told == ([("mqtt.deaf", dev.mqtt.base)] if deaf else []), code


def test_answers_of_a_broken_broker_do_no_harm():
    """CONNACK and SUBACK of any length and content, a second CONNACK, an acknowledgment of nothing."""
    dev = made()
    for kind in (2, 3, 9, 13):
        for size in range(6):
            for fill in (0, 1, 127, 128, 255):
                dev.mqtt.took(kind, fill & 15, bytes([fill] * size))
    assert dev.mqtt.inbox == []


def test_a_flood_of_commands_is_obeyed_a_few_times_only():
    dev = made()
    dev.mqtt.session, stream, _ = session()

    def flood():
        for _ in range(50):
            message(dev, "unknown")
            asyncio.run(dev.mqtt._obey())
        dev.mqtt.session.push()
        count = (
            bytes(stream.out).count(b"/answer") if not MICRO else len(bytes(stream.out).split(b"/answer")) - 1
        )
        stream.out[:] = b""
        return count

    assert flood() == 8
    dev.clock.ahead += 65
    assert flood() == 3
    message(dev, "\xff")
    dev.mqtt.inbox.append(b"\xff\xfe")
    asyncio.run(dev.mqtt._obey())


def world():
    made = virtual.World(
        cfg(
            ("ann", "s3cret-one", ["a.example.org", "b.example.org"], {}),
            mqtt={"host": "10.0.0.2", "plain": True},
        )
    )
    made.boot()
    made.run(100)
    return made


def test_commands_of_a_broker_are_few():
    one = world()

    def ask(text):
        stage.load("app.words")
        one.agent.mqtt[1].tokens = 8
        one.agent.mqtt[1].refilled = one.agent.clock.mono()
        return json.loads(mqtt_obey.obey(one.agent.mqtt[1], text.encode()))

    for text in ("status", "offline a.example.org", "notice test", "", "x" * 5000):
        answer = ask(text)
        assert not answer["ok"] and len(answer["text"]) < 301 and len(answer["command"]) < 61, answer
    assert not ask("retry")["ok"], "nothing is stopped"
    one.provider.say["*"] = "badauth"
    one.line[4] = B
    one.run(100)
    assert [h.state for h in one.agent.hosts()] == ["stopped"] * 2
    doc = json.loads(mqtt_words.state(one.agent.mqtt[1]))
    assert doc["state"] == "stopped" and doc["code"] == "stop.AUTH" and doc["hosts"] == "0/2"
    one.provider.say.clear()
    one.run(90000)
    assert ask("retry")["ok"]
    one.run(100)
    assert [h.state for h in one.agent.hosts()] == ["ok"] * 2 and one.provider.stored["b.example.org"][4] == B
    assert ask("pause")["ok"] and one.agent.journal.paused
    assert ask("resume")["ok"] and not one.agent.journal.paused
    assert "s3cret" not in str(one.agent.status()) and one.agent.status()["mqtt"]["state"] == "waiting"


# ---- the connection


def test_waits_grow_are_random_and_have_an_end():
    dev = made(spread=30)
    for tries, low, high in ((0, 0, 30), (1, 30, 60), (2, 60, 120), (5, 300, 600), (500, 300, 600)):
        dev.mqtt.tries = tries
        waits = [dev.mqtt.wait_s() for _ in range(60)]
        assert low <= min(waits) and max(waits) <= high and max(waits) - min(waits) > (high - low) * 0.6, (
            waits
        )
    slow = made(spread=3600)
    slow.mqtt.tries = 9
    assert 1800 <= slow.mqtt.wait_s() <= 3600


def test_an_exchange_gets_the_memory_of_the_session_at_once():
    dev = made(plain=False, ca="/nowhere.der")
    one, stream, _ = session()
    one.gate = stream
    dev.mqtt.session, dev.mqtt.up = one, True
    assert dev.board.tenant is dev.mqtt
    dev.mqtt.leave()
    assert stream.closed and stream.out == b"\xe0\x00" and dev.mqtt.session is None
    assert dev.mqtt.why == ("mqtt.aside",)
    dev.mqtt.leave()  # whoever else begins an exchange meanwhile


def test_a_board_without_psram_is_told_to_name_a_root():
    def without():
        dev = made(plain=False, ca="/ca/broker.der")
        dev.board.plenty = False
        del dev.mqtt.doc["ca"]
        mqtt_open.begin(dev.mqtt)

    try:
        without()
        raise AssertionError("taken")
    except ValueError as e:
        assert str(e).startswith("mqtt.ca: missing")


class Swift(mqtt.Broker):
    """Waits in no time."""

    def __init__(self, agent):
        mqtt.Broker.__init__(self, agent)
        self.waits, self.over = [], False

    async def pause(self, seconds):
        if self.over:  # wait_for of CPython 3.11 may swallow a cancellation
            raise asyncio.CancelledError()
        self.waits.append(seconds)
        self.agent.clock.ahead += int(seconds) + 1
        await asyncio.sleep(0)


async def until(condition, ms=8000):
    start = time.ticks_ms()
    while not condition():
        assert time.ticks_diff(time.ticks_ms(), start) < ms, "did not get there"
        await asyncio.sleep(0.01)


def listen(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(Loopback().sockaddr(LO, port))
    sock.listen(5)
    sock.setblocking(False)
    return sock


async def accept(server):
    for _ in range(500):
        await asyncio.sleep(0.01)
        try:
            peer = server.accept()[0]
            peer.setblocking(True)
            return peer
        except OSError:
            pass
    raise AssertionError("nobody came")


def swiftly(act, port, **more):
    """Run act(device) beside a device whose waits take no time."""
    dev = device.Device(7, device.settings(LO, port, **more), Loopback().stream, broker=Swift)

    async def both():
        task = asyncio.create_task(dev.mqtt.run())
        try:
            await act(dev)
        finally:
            dev.mqtt.over = True
            task.cancel()

    asyncio.run(both())
    assert not dev.faults


def test_a_broker_that_is_gone_for_a_day_is_found_again_and_said_once():
    port = free_port()

    async def day(dev):
        await until(lambda: sum(dev.mqtt.waits) > 86400)
        tries, passed = 0, 0
        while passed < 86400:
            passed += dev.mqtt.waits[tries]
            tries += 1
        assert 144 <= tries < 300 and max(dev.mqtt.waits) <= 600, tries
        assert dev.log.told == [("log.mqtt-lost", LO, ("trouble.connect",))], dev.log.told
        server = listen(port)
        peer = await accept(server)
        peer.send(b"\x20\x02\x00\x00")
        await until(lambda: dev.mqtt.up)
        assert dev.log.told[-1][0] == "log.mqtt" and dev.mqtt.why == ("mqtt.up",)
        before = len(dev.mqtt.waits)
        peer.close()
        await until(lambda: len(dev.mqtt.waits) > before)
        assert 120 <= dev.mqtt.waits[before] <= 240, "a session that does not last is one that failed"
        server.close()

    swiftly(day, port)


def test_a_broker_that_refuses_us_is_not_asked_often():
    port = free_port()
    server = listen(port)

    async def refused(dev):
        for _ in range(3):
            peer = await accept(server)
            peer.send(b"\x20\x02\x00\x05")
            before = len(dev.mqtt.waits)
            await until(lambda: len(dev.mqtt.waits) > before)
            peer.close()
            assert dev.mqtt.waits[before] >= 300, dev.mqtt.waits
        assert dev.log.told == [("log.mqtt-lost", LO, ("mqtt.refused", 5))], dev.log.told

    swiftly(refused, port, user="wan", password=SECRET)
    server.close()


def test_the_heap_is_steady_over_500_states():
    dev = made()
    dev.mqtt.session, stream, _ = session()

    async def some(count):
        for n in range(count):
            dev.address(bytes((45, 33, 9, n & 127)))
            await dev.mqtt._say(dev.mqtt.session)
            dev.mqtt.session.push()
            stream.out[:] = b""

    asyncio.run(some(50))
    gc.collect()
    before = gc.mem_alloc()
    asyncio.run(some(500))
    gc.collect()
    grown = gc.mem_alloc() - before
    print("grown by %d bytes over 500 states" % grown)
    assert not MICRO or grown < 700, grown


def test_nothing_is_said_while_nothing_changes():
    dev = made()
    dev.mqtt.session, stream, _ = session()
    for _ in range(3):
        asyncio.run(dev.mqtt._say(dev.mqtt.session))
        dev.mqtt.session.push()
        dev.clock.ahead += 700
    assert len(bytes(stream.out).split(b"/state")) == 2


# ---- the settings


def problems(**doc):
    try:
        config.load(cfg(("ann", "s3cret-one", ["a.example.org"], {}), mqtt=doc))
    except config.ConfigError as e:
        return e.problems
    return []


def test_settings_that_cannot_work_are_named():
    for doc, part in (
        ({}, "mqtt.host: missing"),
        ({"host": "mqtt://h"}, "mqtt.host:"),
        ({"host": "h:1883"}, "mqtt.host:"),
        ({"host": "h", "name": "a b"}, "mqtt.name:"),
        ({"host": "h", "name": "x/y"}, "mqtt.name:"),
        ({"host": "h", "prefix": "a/#"}, "mqtt.prefix:"),
        ({"host": "h", "prefix": "/a"}, "mqtt.prefix:"),
        ({"host": "h", "prefix": "a\0b"}, "mqtt.prefix:"),
        ({"host": "h", "prefix": "a\nb"}, "mqtt.prefix:"),
        ({"host": "h", "prefix": ""}, "mqtt.prefix:"),
        ({"host": "h", "name": ""}, "mqtt.name:"),
        ({"host": "h", "name": "a/#"}, "mqtt.name:"),
        ({"host": "h", "name": "+"}, "mqtt.name:"),
        ({"host": "h", "name": "ä"}, "mqtt.name:"),
        ({"host": "h", "discovery": "$SYS"}, "mqtt.discovery:"),
        ({"host": "h", "password": "x"}, "mqtt.user: missing"),
        ({"host": "h", "plain": True, "ca": "x"}, "mqtt.plain:"),
        ({"host": "h", "port": 0}, "mqtt.port:"),
    ):
        found = problems(**doc)
        assert found and found[0].startswith(part), (doc, found)
    for doc in (
        {"host": "h"},
        {"host": A, "plain": True, "name": "dach_3", "prefix": "acme/de", "spread": 600},
    ):
        assert not problems(**doc)


def test_without_a_broker_nothing_of_it_is_loaded():
    one = virtual.World(cfg(("ann", "s3cret-one", ["a.example.org"], {})))
    one.boot()
    one.run(100)
    assert one.agent.mqtt is None and "mqtt" not in one.agent.status()
