# SPDX-License-Identifier: MIT
"""A whole board whose provider is its owner's name server: DNS UPDATE needs no TLS, so 84 KB of Python heap
are enough for a life with Wi-Fi, clock, router and the pages' door, and of the system heap nothing is taken
for TLS. Pages between the updates: test_heap.py, in the heap that they need."""

import os
import time

import pytest

from host_tests.board import small_board
from host_tests.needs import absent
from tools import UserError
from tools.netlab import dns_servers
from tools.netlab.dns_servers import SECRET

#: What a board should need for everything. HTTPS needs more: small_board.HEAP.
HEAP = "84k"
HOST = "home.example.test"
CHANGES = 60 if os.environ.get("WANBEACON_NIGHTLY") else 8
LATE_S = 20  # an update is there within this


@pytest.fixture
def server(tmp_path):
    (tmp_path / "bind").mkdir()
    try:
        with dns_servers.running("bind", tmp_path / "bind") as made:
            yield made
    except UserError as error:
        absent(str(error))


def until(true, seconds):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_life_with_ones_own_name_server_fits(server, tmp_path, lab, elf32):
    account = {
        "provider": "rfc2136",
        "server": "127.0.0.1:%d" % server.port,
        "user": "wb-key",
        "password": SECRET,
        "hosts": [HOST],
    }
    router = small_board.Router()
    address = [{"source": "natpmp", "gateway": router.host}]
    board = small_board.SmallBoard(tmp_path, lab, elf32, HEAP, "poke", address=address, accounts=[account])
    try:
        for number in range(1, CHANGES + 1):
            router.address = "81.2.70.%d" % number
            there = until(lambda: server.published(HOST, "A") == [router.address], LATE_S)
            assert there, (number, board.text()[-6000:])
        text = board.text()
        assert board.process.poll() is None and "fault in accounts" not in text, text[-6000:]
        assert "home.example.test -> 200 NOERROR" in text
        weights = board.weights()
        print("live %.1f to %.1f KB of %s" % (min(weights) / 1024, max(weights) / 1024, HEAP))
    finally:
        board.close()
        router.close()
