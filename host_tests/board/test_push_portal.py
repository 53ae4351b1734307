# SPDX-License-Identifier: MIT
"""A router's push through the pages' server of a board: the whole board on the 32-bit MicroPython, eight
hosts at home, real TLS; what is hostile changes nothing; what it takes of the heap."""

import re
import time

import pytest

from host_tests.board import small_board

#: 8 KB above small_board.HEAP: eight exchanges in a row scatter what lives.
HEAP = "112k"
LOGIN = {"Authorization": "Basic cm91dGVyOmxldC1tZS1pbg=="}  # router:let-me-in
PUSH = "/nic/update?hostname=h&myip=%s&myipv6=2003:d6:abbf:2220::1&ip6lanprefix=%s::/56"
NAMES = ["h%02d.dyndns.org" % number for number in range(1, 9)]
A, B = "2003:d6:abe2:1f00", "2003:d6:abe3:4200"
#: Seconds from the push to the last of the eight hosts; a busy machine gets BUSY times as many.
GOAL_S, BUSY = 3, 3


@pytest.fixture
def board(tmp_path, lab, elf32):
    lab.world.add_account("demo", "demo-key", NAMES)
    hosts = [
        {"name": name, "suffix": "::1:%d" % number, "ipv4": False} for number, name in enumerate(NAMES, 1)
    ]
    source = {"source": "push", "user": "router", "password": "let-me-in"}
    made = small_board.SmallBoard(tmp_path, lab, elf32, HEAP, hosts=hosts, address=[source])
    yield made
    made.close()


def push(board, v4, prefix, headers=LOGIN):
    answer = board.web.ask(PUSH % (v4, prefix), headers=headers)
    return answer.status, answer.text.strip()


def test_a_push_through_the_pages_reaches_eight_hosts(board, lab):
    def done(prefix):
        return [lab.published(name).get("AAAA") for name in NAMES] == [
            "%s::1:%d" % (prefix, number) for number in range(1, 9)
        ]

    def until(prefix):
        began = time.monotonic()
        while not done(prefix):
            assert time.monotonic() < began + 40 and board.process.poll() is None, board.text()[-3000:]
            time.sleep(0.02)
        return time.monotonic() - began

    began = time.monotonic()
    while not board.weights():
        assert time.monotonic() < began + 20 and board.process.poll() is None, board.text()[-3000:]
        time.sleep(0.05)
    before = board.weights()[-1]
    assert push(board, "45.33.7.7", A) == (200, "good 45.33.7.7")
    until(A)
    updates = len(lab.updates)
    for headers in ({}, {"Authorization": "Basic eDp5"}, dict(LOGIN, Origin="http://evil.example"),
                    dict(LOGIN, Referer="http://evil.example/"),
                    dict(LOGIN, Host="evil.example")):  # fmt: skip
        assert push(board, "45.33.9.9", B, headers)[0] in (401, 403, 421), headers
    for _ in range(3):
        assert push(board, "45.33.7.7", A) == (200, "nochg 45.33.7.7")
    assert push(board, "10.0.0.1", "fd00")[0] == 200
    time.sleep(1.2)  # the least time between two requests
    assert len(lab.updates) == updates
    assert board.web.ask("/").status == 200  # a page between: what was pushed stays
    began = time.monotonic()
    assert push(board, "45.33.7.8", B)[1] == "good 45.33.7.8"
    until(B)
    took = time.monotonic() - began
    weights = board.weights()
    print(
        "8 hosts %.2f s after the push; heap in use %d before, %d at most, of %s"
        % (took, before, max(weights), HEAP)
    )
    for secret in (b"let-me-in", LOGIN["Authorization"][6:].encode()):  # it never leaves the LAN
        assert (
            all(secret not in one["plain"] for one in lab.connections) and secret not in board.text().encode()
        )
    assert took < GOAL_S * BUSY and len(lab.updates) == updates + 8
    assert not re.search("Traceback|MemoryError|no memory left|fault", board.text()), board.text()[-3000:]
