# SPDX-License-Identifier: MIT
"""Memory: a whole board's life on the 32-bit MicroPython with the heap that small_board.py names, from .mpy
files: start, Wi-Fi, clock, the router's sources, updates of five hosts over HTTPS with a usual RSA chain, a
refusal, all pages between them.

Each life is drawn from a seed; WANBEACON_NIGHTLY draws more. Not on the emulated board: its stand-ins would
be weighed too; heap/ has the least of `machine` and `network`."""

import json
import os
import random
import re
import time

import pytest
from wanbeacon.board.esp32 import memory, settle

from host_tests.board import small_board
from host_tests.board.small_board import HEAP
from host_tests.host import notice_services
from host_tests.host.mqtt_watch import Watch
from tools.build import mpy
from tools.netlab import broker as brokers

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
SEEDS = range(30) if NIGHTLY else range(3)
OUT_OF_MEMORY = "Traceback|MemoryError|no memory left"
LATE_S = 5  # an update is there within this
EXCHANGE_S = 2  # after an update reached the provider its exchange may go on for so long: a page says 503
LOADS, UPDATES = (10000, 500) if NIGHTLY else (200, 10)
#: KB of heap with which not everything fits: what is sent is sent, or said to wait.
SMALLER = range(72, 86, 2) if NIGHTLY else ()
PAGES = (*small_board.PAGES, "/status.json")
#: What an ESP32 has for its system heap beside Python's: free after Wi-Fi has joined with 56 KB of Python
#: heap, and what a socket with its buffers takes. TLS's part and what lwIP must find are memory.py's
#: (docs/architecture.md, "Memory of a board").
JOINED, SOCKET = 96 * 1024, 1024
#: What is left for lwIP today. memory.LWIP is wanted; it was there at 94 KB, where one life in five failed.
LEFT = 10 * 1024
SOCKETS = 6  # that are open at once: the pages' door, three guests, two ears for the router


#: With a broker beside all pages: not yet what a life alone needs.
WITH_BROKER = "112k"


@pytest.fixture
def life(tmp_path, lab, elf32):
    """life(*words, **settings) -> (Router, SmallBoard)."""
    running = []

    def start(*words, heap=HEAP, **settings):
        running.append(small_board.Router())
        settings.setdefault("address", [{"source": "natpmp", "gateway": running[-1].host}])
        running.append(small_board.SmallBoard(tmp_path, lab, elf32, heap, *words, **settings))
        return running[-2:]

    yield start
    for one in reversed(running):
        one.close()


def until(true, seconds):
    """Seconds until true() was true, or None."""
    start = time.monotonic()
    while not true():
        if time.monotonic() > start + seconds:
            return None
        time.sleep(0.02)
    return time.monotonic() - start


class Life:
    """What happens in a board's life, one method each. done: what was, for the message of a failure."""

    def __init__(self, lab, router, board, rng):
        self.lab, self.router, self.board, self.rng = lab, router, board, rng
        self.number, self.done = 5, []
        self.busy = self.pages = 0
        self.sent = time.monotonic()  # when the last update reached the provider

    def told(self, what):
        return "%s; after %s:\n%s" % (what, self.done, self.board.text()[-3000:])

    def an_address(self):
        self.number += 1
        self.router.address = "81.2.70.%d" % self.number
        count = len(self.lab.updates)
        late = until(lambda: len(self.lab.updates) > count, 4 * LATE_S)
        assert late is not None and late < LATE_S, self.told("the update came after %s s" % late)
        self.sent = time.monotonic()

    def a_page(self, path=None):
        path = path or self.rng.choice(PAGES)
        self.done[-1] += " " + path
        for _ in range(10):
            answer = self.board.web.ask(path)
            self.pages += 1
            if answer.status != 503:
                break
            self.busy += 1
            assert time.monotonic() < self.sent + EXCHANGE_S, self.told("%s: 503 outside an exchange" % path)
            time.sleep(0.3)
        assert answer.status == 200, self.told("%s: %d" % (path, answer.status))
        assert path[-4:] in ("json", ".css") or answer.text.rstrip().endswith("</html>"), self.told(path)

    def a_form(self):
        hosts = "\n".join(small_board.HOSTS[: self.rng.randrange(1, 6)])
        answer = self.board.web.ask(
            "/account?n=0", {"user": "demo", "password": "", "hosts": hosts, "server": "", "ca": ""}
        )
        assert answer.status in (200, 303, 503), self.told("the account's form: %d" % answer.status)

    def a_command(self):
        answer = self.board.web.ask("/do", {"action": "check"})
        assert answer.status in (303, 503), self.told("a command: %d" % answer.status)

    def a_pause(self):
        time.sleep(self.rng.random())


STEPS = ("an_address", "a_page", "a_page", "a_form", "a_command", "a_pause")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_whole_life_fits(life, lab, seed):
    # all but the last one of the settings: that one is refused
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    router, board = life("poke", hosts=small_board.HOSTS + ["gone.dyndns.org"])
    rng = random.Random(seed)
    one = Life(lab, router, board, rng)
    assert until(lambda: lab.updates, 20) is not None, one.told("no first update")
    assert until(lambda: board.web.login().status == 303, 20) is not None, one.told("no log-in")
    for _ in range(60 if NIGHTLY else 12):
        one.done.append(rng.choice(STEPS))
        getattr(one, one.done[-1])()
    one.done.append("the last address")
    one.an_address()
    weights, lives = board.weights(), board.lives()
    (board.folder / "setup").write_text("")  # the button
    assert until(lambda: "set-up mode" in board.text(), 10) is not None, one.told("no set-up mode")
    one.done.append("set-up mode")
    one.an_address()
    text = board.text()
    assert board.process.poll() is None, one.told("it ended")
    assert not re.search(OUT_OF_MEMORY, text), one.told("out of memory")
    assert "gone.dyndns.org: stopped" in text and lab.findings() == [], one.told(str(lab.findings()))
    # the log and the history fill
    assert min(lives[-4:]) < lives[len(lives) // 2] + 3000, one.told("it grows: %s" % lives[-20:])
    left = JOINED - settle.GROW - memory.TLS - SOCKETS * SOCKET
    print(
        "seed %d: %d updates, %d pages (%d put off), live %.1f to %.1f KB of %s; "
        "an ESP32 has %.1f KB left in a handshake, %d are wanted"
        % (
            seed,
            len(lab.updates),
            one.pages,
            one.busy,
            min(weights) / 1024,
            max(weights) / 1024,
            HEAP,
            left / 1024,
            memory.LWIP // 1024,
        )
    )
    assert left >= LEFT


def test_pages_between_updates_lose_none(life, lab):
    """All pages in turn, an update now and then: no page fails, no update is late, nothing piles up."""
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    router, board = life("poke")
    one = Life(lab, router, board, random.Random(0))
    assert until(lambda: lab.updates, 20) is not None, one.told("no first update")
    for n in range(LOADS):
        if n % 100 == 0:  # a session ends after half an hour without a click
            assert until(lambda: board.web.login().status == 303, 20) is not None, one.told("no log-in")
        one.done = ["load %d" % n]
        one.a_page((*PAGES, "/login", "/style.css")[n % (len(PAGES) + 2)])
        if n % (LOADS // UPDATES) == 0:
            one.an_address()
    weights, lives = board.weights(), board.lives()
    assert board.process.poll() is None and not re.search(OUT_OF_MEMORY, board.text()), one.told("no memory")
    assert lab.findings() == [] and min(lives[-3:]) < min(lives[len(lives) // 4 :]) + 2048, str(lives)
    print("%d loads, %d put off, %d updates, live %.1f to %.1f KB" % (
        LOADS, one.busy, len(lab.updates), min(weights) / 1024, max(weights) / 1024))  # fmt: skip


@pytest.mark.parametrize("size", SMALLER)
def test_in_a_smaller_heap_nothing_is_lost_and_nobody_hangs(tmp_path, lab, elf32, size):
    """What was to be sent is sent or said to wait, and the process lives, or ended in good order."""
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    router = small_board.Router()
    address = [{"source": "natpmp", "gateway": router.host}]
    board = small_board.SmallBoard(tmp_path, lab, elf32, "%dk" % size, "poke", address=address)
    sent = waits = pages = 0
    try:
        until(lambda: lab.updates, 20)
        for n in range(6, 12):
            router.address = "81.2.70.%d" % n
            if until(lambda: lab.published("demo.dyndns.org").get("A") == router.address, LATE_S) is not None:
                sent += 1
            else:
                assert re.search("waiting, |fault in", board.text()) or board.process.poll() is not None
                waits += 1
            for path in ("/login", "/"):
                try:
                    pages += board.web.ask(path).status == 200
                except OSError:
                    pass
            if board.process.poll() is not None:
                break
        assert board.process.poll() is None or "SystemExit" in board.text(), board.text()[-3000:]
        assert lab.findings() == [] and "lost" not in board.text(), lab.findings()
    finally:
        board.close()
        router.close()
    print("%d KB: %d updates sent, %d waited, %d pages of 12" % (size, sent, waits, pages))


def test_a_notice_over_https_for_each_update_fits(life, lab):
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    with notice_services.Services(lab.authority.context()) as services:
        receiver = dict(notice_services.entries(services.url)[0], ca=str(lab.ca_der), events=["published"])
        router, board = life("poke", hosts=small_board.HOSTS[:1], notify=[receiver])
        for n in range(1, 5):
            router.address = "81.2.%d.1" % (70 + n)
            assert until(lambda n=n: len(services.taken.get("ntfy", ())) >= n, 20) is not None, board.text()[
                -3000:
            ]
        texts = services.taken["ntfy"]
        assert not services.wrong and len(set(texts)) == len(texts) and router.address in texts[-1]
        assert board.process.poll() is None and not re.search(OUT_OF_MEMORY, board.text()), board.text()[
            -3000:
        ]


@pytest.mark.needs("mosquitto")
def test_a_broker_in_the_home_fits_beside_updates_and_pages(life, lab, tmp_path):
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    (tmp_path / "broker").mkdir()
    with brokers.running(tmp_path / "broker") as broker:
        doc = {"host": "127.0.0.1", "port": broker.plain_port, "plain": True, "user": brokers.USER,
               "password": brokers.PASSWORD, "name": "small", "spread": 1}  # fmt: skip
        with Watch(broker) as watch:
            router, board = life("poke", heap=WITH_BROKER, mqtt=doc)
            for n in range(1, 4):
                router.address = "81.2.%d.1" % (80 + n)
                there = until(lambda: watch.state("small").get("ipv4") == router.address, 25)
                assert there is not None, (watch.said[-3:], board.text()[-3000:])
                assert until(lambda: board.web.login().status == 303, 20) is not None, board.text()[-3000:]
                for path in PAGES:
                    shown = until(lambda path=path: board.web.ask(path).status == 200, 5)  # 503: busy
                    assert shown is not None, (path, board.text()[-2500:])
            assert watch.last["wanbeacon/small/online"] == b"online", "it left politely"
            assert json.loads(watch.last["homeassistant/device/small/config"])["dev"]["ids"] == ["small"]
        assert board.process.poll() is None and not re.search(OUT_OF_MEMORY, board.text()), board.text()[
            -3000:
        ]


def test_settings_that_the_agent_refuses_can_be_corrected(life):
    _, board = life(
        accounts=[{"provider": "dynn", "user": "demo", "password": "demo-key", "hosts": ["demo.dyndns.org"]}]
    )
    assert until(lambda: "settings: " in board.text(), 20) is not None, board.text()
    assert until(lambda: board.web.login().status == 303, 20) is not None, board.text()
    for path in ("/", "/settings", "/wifi", "/provider", "/account?n=0", "/address", "/finish"):
        answer = board.web.ask(path)
        assert answer.status == 200 and answer.text.rstrip().endswith("</html>"), (
            path,
            answer.text,
            board.text()[-2000:],
        )


#: Every border of a round: the code of a step is about to be loaded.
BORDERS = (
    "app.turn",
    "observe.choosing",
    "app.plan",
    "app.exchange",
    "dyndns.request",
    "core.journal",
    "net.http",
    "dyndns.reply",
    "app.learn",
    "app.words",
)


@pytest.mark.parametrize("border", BORDERS if NIGHTLY else ("net.http", "app.learn"))
def test_without_memory_at_a_border_nothing_is_lost(life, lab, border):
    """The heap is locked for one step, the second time that border is met: what was to be sent is sent, or
    said to wait."""
    lab.world.add_account("demo", "demo-key", small_board.HOSTS)
    short = mpy.tree().names.modules["wanbeacon." + border]  # what it is called on a board
    router, board = life("poke", "lock=" + short)
    assert until(lambda: lab.updates, 20) is not None, board.text()
    for n in (7, 8):
        router.address = "81.2.70.%d" % n
        end = time.monotonic() + 6
        while lab.published("demo.dyndns.org").get("A") != router.address and time.monotonic() < end:
            time.sleep(0.05)
    assert "locked at " + short in board.text(), board.text()
    assert board.process.poll() is None or "SystemExit" in board.text(), board.text()
    if lab.published("demo.dyndns.org").get("A") != router.address:
        waits = re.findall("demo.dyndns.org: waiting, (.*)", board.text())
        assert waits or "fault in" in board.text(), board.text()
    assert lab.findings() == [], lab.findings()
    slots = [path.read_bytes() for path in (board.folder / "state").iterdir()]
    assert any(slots) and "lost" not in board.text(), "the journal is whole: %s" % board.text()
