"""Fixtures for tests on the emulated board: `board` (powered on, blank flash) and `mpremote` (the program, unmodified)."""

import subprocess
import sys

import pytest

from host_tests.board.rig import Board
from host_tests.conftest import absent
from tools import interpreters


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
        done = subprocess.run([sys.executable, "-m", "mpremote", "connect", board.port, *args], capture_output=True,
                              text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return run
