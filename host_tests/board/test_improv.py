# SPDX-License-Identifier: MIT
"""Improv on the emulated board's serial port: a browser's installer on the one side, mpremote on the
other."""

import os
import select
import subprocess
import sys
import time
import tty

import pytest

from host_tests.board.home import QUICK, around, settings
from host_tests.board.web import Browser, free_port
from tools import ROOT
from tools.build import mpy

FRAMES = {
    name: bytes.fromhex(data)
    for name, _, data in (
        line.strip().partition(" = ")
        for line in (ROOT / "host_tests/data/improv-frames.txt").read_text().splitlines()
        if line[0] != "#"
    )
}
HEAD = b"IMPROV\x01"


class Cable:
    """The serial port as a browser has it: bytes out, frames in."""

    def __init__(self, port):
        self.fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        self.heard = b""

    def send(self, frame):
        os.write(self.fd, frame + b"\n")

    def next(self, seconds=5):
        """The next frame, as (type, data); AssertionError when none comes."""
        end = time.monotonic() + seconds
        while True:
            start = self.heard.find(HEAD)
            if start >= 0 and len(self.heard) > start + 9 + (self.heard + bytes(9))[start + 8]:
                size = 10 + self.heard[start + 8]
                frame, self.heard = self.heard[start : start + size], self.heard[start + size :]
                assert sum(frame[:-1]) & 255 == frame[-1], frame
                return frame[7], frame[9:-1]
            assert time.monotonic() < end, "no frame in %s s, but %r" % (seconds, self.heard)
            if select.select([self.fd], [], [], 0.1)[0]:
                self.heard += os.read(self.fd, 4096)

    def ask(self, name):
        self.send(FRAMES["C " + name])
        return self.next()

    def forget(self):
        """What came in until now: answers to what was asked twice."""
        while select.select([self.fd], [], [], 0.3)[0]:
            os.read(self.fd, 4096)
        self.heard = b""

    def close(self):
        os.close(self.fd)


def wifi(ssid, password):
    """The frame that sends a network."""
    data = bytes((len(ssid),)) + ssid + bytes((len(password),)) + password
    frame = HEAD + bytes((3, len(data) + 2, 1, len(data))) + data
    return frame + bytes((sum(frame) & 255,))


@pytest.fixture
def cable():
    """cable(board) -> a Cable."""
    made = []

    def plug(board):
        made.append(Cable(board.port))
        return made[-1]

    yield plug
    for one in made:
        one.close()


def test_a_new_board_gets_its_wifi_over_the_cable_and_a_page_that_opens(home, cable):
    port = free_port()
    board = home(None, ports={"80": port})
    line = cable(board)
    end = time.monotonic() + 15
    while True:  # as the client does: a board that is still starting misses the first ones
        try:
            line.send(FRAMES["C get state"])
            assert line.next(1) == (1, b"\2")
            break
        except AssertionError:
            assert time.monotonic() < end
    line.forget()
    assert line.ask("get info")[1].startswith(b"\3")
    kind, data = line.ask("scan")
    assert kind == 4 and b"\4home" in data and b"\3YES" in data
    assert line.next() == (4, b"\4\0")
    line.send(wifi(b"home", b"notright"))
    assert [line.next(30) for _ in range(4)] == [(2, b"\0"), (1, b"\3"), (2, b"\3"), (1, b"\2")]
    line.send(wifi(b"home", b"homehome1"))
    assert [line.next(30) for _ in range(3)] == [(2, b"\0"), (1, b"\3"), (1, b"\4")]
    url = line.next()[1][3:].decode()
    assert url.startswith("http://192.168.1.50/login?key=")
    web = Browser(port)
    assert web.ask("/wifi").status == 302, "nobody else may set it up"
    page = web.ask(url.partition("192.168.1.50")[2])
    assert page.status == 200 and "kept-label-1" in page.text
    assert web.ask("/").getheader("Location") == "/provider"
    assert b"homehome1" not in board.log.encode()
    # and over a power cut: it joins, its pages are there, and it still listens
    line.close()
    board.cut()
    since = board.mark()
    board.power_on()
    board.wait_for("Wi-Fi home, address 192.168.1.50", since=since)
    line.__init__(board.port)
    assert line.ask("get state") == (1, b"\4")


def test_a_board_that_is_set_up_answers_for_15_seconds_and_then_takes_no_ctrl_c(home, lab, ntp, cable):
    quick = QUICK + (
        "from wanbeacon.app import improv_serial as improv\nfrom wanbeacon.board.esp32 import console\n"
        "console.LISTEN_S = 6\nimprov.LISTEN_S = 2\n"
    )
    board = home(settings(lab), boot=quick, **around(lab, ntp))
    board.wait_for("demo.dyndns.org: ok")
    line = cable(board)
    assert line.ask("get state") == (1, b"\4")
    assert line.next() == (4, b"\2\x15\x14http://192.168.1.50/")
    board.wait_event("kbd 3", 20)
    line.send(b"\r\x03")
    board.wait_for("the console is yours")


@pytest.mark.parametrize("setup", [False, True])
def test_mpremote_gets_the_console_while_improv_listens(home, lab, ntp, setup):
    board = home(settings(lab) if setup else None, **around(lab, ntp))
    board.wait_for("demo.dyndns.org: ok" if setup else "set-up mode")
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", board.port, "exec", "print(6 * 7)"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0 and done.stdout.strip() == "42", done.stdout + done.stderr


def test_a_person_at_the_console_has_it_with_the_first_key(home, cable):
    board = home(None)
    board.wait_for("set-up mode")
    line = cable(board)
    line.send(b"x")
    board.wait_event("kbd 3")
    line.send(b"\x03")
    board.wait_for("the console is yours")


def test_nothing_of_it_stays_in_a_small_boards_heap(home, cable):
    board = home(None, boot=QUICK + "device.PLENTY = 1 << 30  # every heap is a small one\n")
    board.wait_for("set-up mode")
    line = cable(board)
    assert line.ask("get state") == (1, b"\2")
    assert line.ask("get info")[0] == 4
    line.send(b"x")
    board.wait_event("kbd 3")
    line.send(b"\x03")
    board.wait_for(">>> ")
    names = {new for name, new in mpy.tree().names.modules.items() if "improv" in name or "console" in name}
    assert names
    board.type("import sys; print('there', [n for n in sys.modules if n in %r])\r" % names)
    assert board.wait_for(r"there (\[.*\])").group(1) == b"[]"
