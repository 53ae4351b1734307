"""Memory: a whole board's life on the 32-bit MicroPython with the heap that small_board.py names, from .mpy
files: start, Wi-Fi, clock, the router's sources, updates of five hosts over HTTPS with a usual RSA chain, a
refusal, all pages between them.

Each life is drawn from a seed; WANBEACON_NIGHTLY draws more. Not on the emulated board: its stand-ins would
be weighed too; heap/ has the least of `machine` and `network`."""

import os
import random
import re
import time

import pytest

from host_tests.board import small_board
from host_tests.board.small_board import HEAP
from host_tests.host import notice_services
from tools.build import mpy

NIGHTLY = bool(os.environ.get("WANBEACON_NIGHTLY"))
SEEDS = range(30) if NIGHTLY else range(2)
OUT_OF_MEMORY = "Traceback|MemoryError|no memory left"
LATE_S = 5  # an update is there within this
PAGES = (
    "/",
    "/settings",
    "/wifi",
    "/provider",
    "/provider?q=no-ip",
    "/account?n=0",
    "/address",
    "/finish",
    "/status.json",
)
#: What an ESP32 has for its system heap beside Python's: free after Wi-Fi has joined with 56 KB of Python
#: heap, what the lab's chain takes in a handshake, a socket with its buffers, and what lwIP must find
#: (docs/architecture.md, "Memory of a board").
JOINED, GROWN_FROM, TLS, SOCKET, FLOOR = 96 * 1024, 56_000, 40 * 1024, 1024, 12 * 1024
SOCKETS = 6  # that are open at once: the pages' door, three guests, two ears for the router


@pytest.fixture
def life(tmp_path, lab, elf32):
    """life(*words, **settings) -> (Router, SmallBoard)."""
    running = []

    def start(*words, **settings):
        running.append(small_board.Router())
        settings.setdefault("address", [{"source": "natpmp", "gateway": running[-1].host}])
        running.append(small_board.SmallBoard(tmp_path, lab, elf32, HEAP, *words, **settings))
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

    def told(self, what):
        return "%s; after %s:\n%s" % (what, self.done, self.board.text()[-3000:])

    def an_address(self):
        self.number += 1
        self.router.address = "81.2.70.%d" % self.number
        count = len(self.lab.updates)
        late = until(lambda: len(self.lab.updates) > count, 4 * LATE_S)
        assert late is not None and late < LATE_S, self.told("the update came after %s s" % late)

    def a_page(self):
        path = self.rng.choice(PAGES)
        self.done[-1] += " " + path
        for _ in range(10):
            answer = self.board.web.ask(path)
            self.pages += 1
            if answer.status != 503:
                break
            self.busy += 1  # the agent is in an exchange, or about to
            time.sleep(0.3)
        assert answer.status == 200, self.told("%s: %d" % (path, answer.status))
        assert path == "/status.json" or answer.text.rstrip().endswith("</html>"), self.told(path)

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
    weights = board.weights()
    (board.folder / "setup").write_text("")  # the button
    assert until(lambda: "set-up mode" in board.text(), 10) is not None, one.told("no set-up mode")
    one.done.append("set-up mode")
    one.an_address()
    text = board.text()
    assert board.process.poll() is None, one.told("it ended")
    assert not re.search(OUT_OF_MEMORY, text), one.told("out of memory")
    assert "gone.dyndns.org: stopped" in text and lab.findings() == [], one.told(str(lab.findings()))
    # names are for ever, and each page brings some the first time; the log and the history fill
    assert min(weights[-4:]) < weights[len(weights) // 2] + 5000, one.told("it grows: %s" % weights[-20:])
    left = JOINED - (int(HEAP[:-1]) * 1024 - GROWN_FROM) - TLS - SOCKETS * SOCKET
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
            FLOOR // 1024,
        )
    )


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
