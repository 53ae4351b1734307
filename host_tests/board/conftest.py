# SPDX-License-Identifier: MIT
"""Fixtures for tests on the emulated board: `board` (powered on, blank flash), `mpremote` (the program,
unmodified), `home` (an installed board at home) with `lab` and `ntp` around it."""

import subprocess
import sys

import pytest

from host_tests.board import home as homes
from host_tests.board.rig import Board
from host_tests.conftest import absent
from tools import interpreters
from tools.build import boards, mpy
from tools.lab.lab import Lab


def console_interpreter():
    """The wheel: Debian's 1.25 has no raw REPL, which mpremote needs."""
    one = next(one for one in interpreters.all() if one.kind == "wheel")
    return absent("%s: %s" % (one.name, one.why)) if one.why else one


@pytest.fixture
def board(tmp_path):
    with Board(tmp_path / "board", console_interpreter()) as board:
        board.wait_for(">>> ")
        yield board


@pytest.fixture
def mpremote(board):
    """mpremote("ls") -> what it printed; AssertionError with its complaint when it fails."""

    def run(*args):
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", board.port, *args],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def code():
    """The firmware's files as a user gets them, compiled once."""
    return boards.files(boards.read("ESP32_GENERIC"))


@pytest.fixture
def lab():
    with Lab("dyn") as lab:
        lab.world.check_address = homes.ADDRESS
        yield lab


@pytest.fixture
def ntp():
    server = homes.Ntp()
    yield server
    server.close()


def on_board(code):
    """Source that uses the agent, for a board's boot.py or console: names are short there."""
    if "wanbeacon" not in code:  # main.py chooses which version runs
        return code
    return "from wanbeacon import start\n" + mpy.tree().translate(code)


@pytest.fixture
def home(tmp_path, code):
    """home(settings, boot=..., **world) -> a Board that is installed and powered on at home (home.py)."""
    made = []

    def move_in(settings, boot=homes.QUICK, **more):
        files = dict(code, **{"/boot.py": on_board(boot).encode()})
        made.append(
            homes.move_in(tmp_path / ("board%d" % len(made)), files, settings, console_interpreter(), **more)
        )
        return made[-1]

    yield move_in
    for board in made:
        board.close()
