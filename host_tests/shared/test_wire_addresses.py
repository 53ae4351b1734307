# SPDX-License-Identifier: MIT
"""A server with several addresses of which one swallows everything: the others must be tried while there is
time."""

import socket
import time

from loopback import free_port
from wanbeacon.board import linux
from wanbeacon.net import Trouble, wire


class Mute:
    """Addresses 127.0.0.2, 127.0.0.3 ... whose port takes no more connections (a full backlog: SYNs are
    dropped)."""

    def __init__(self, port, count=1):
        self.rows, self.socks = [], []
        for i in range(count):
            row = socket.getaddrinfo("127.0.0.%d" % (2 + i), port)[0]
            self.rows.append((socket.AF_INET, socket.SOCK_STREAM, 0, "", row[-1]))
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(row[-1])
            sock.listen(0)
            self.socks.append(sock)
            for _ in range(3):
                full = socket.socket()
                full.setblocking(False)
                try:
                    full.connect(row[-1])
                except OSError:
                    pass
                self.socks.append(full)

    def close(self):
        for sock in self.socks:
            sock.close()


def _connect(mutes, budget, alive=True):
    """(Trouble's word or None, ms) of a Wire that gets `mutes` mute addresses and, when alive, one that
    answers."""
    port = free_port()
    mute = Mute(port, mutes)
    rows, good = list(mute.rows), None
    if alive:
        row = socket.getaddrinfo("127.0.0.1", port)[0]
        good = socket.socket()
        good.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        good.bind(row[-1])
        good.listen(2)
        rows.append((socket.AF_INET, socket.SOCK_STREAM, 0, "", row[-1]))
    start = time.ticks_ms()
    link = wire.Wire(linux.Board("/tmp"), None, "server", time.ticks_add(start, budget), 100)
    word = None
    try:
        link.connect(rows)
    except Trouble as e:
        word = e.word
    ms = time.ticks_diff(time.ticks_ms(), start)
    link.close()
    mute.close()
    if good:
        good.close()
    return word, ms


def test_an_address_that_swallows_everything_leaves_time_for_the_next():
    word, ms = _connect(1, 1500)
    assert word is None and 400 <= ms < 1500, (word, ms)


def test_three_such_addresses_leave_time_for_the_fourth():
    word, ms = _connect(3, 2500)  # a second is left for a busy machine
    assert word is None and ms < 2500, (word, ms)


def test_when_none_answers_the_deadline_holds():
    for mutes in (1, 2):
        word, ms = _connect(mutes, 600, alive=False)
        assert word == "timeout" and 400 <= ms < 1600, (mutes, word, ms)


def test_no_route_is_told_from_a_refused_connection():
    """Nothing has left the home then: the next try may be soon."""
    words = []
    # TCP to a broadcast address has no way; nobody listens on the other
    for ip in ("255.255.255.255", "127.0.0.1"):
        row = socket.getaddrinfo(ip, 1)[0]
        for count in (1, 2):
            link = wire.Wire(linux.Board("/tmp"), None, "server", time.ticks_add(time.ticks_ms(), 2000), 100)
            try:
                link.connect([(socket.AF_INET, socket.SOCK_STREAM, 0, "", row[-1])] * count)
            except Trouble as e:
                words.append(e.word)
            link.close()
    assert words == ["no route", "no route", "connect", "connect"], words
