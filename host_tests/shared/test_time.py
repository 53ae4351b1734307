# SPDX-License-Identifier: MIT
"""Time that cannot trap: which answers of time servers count, what proves a time, and the way back from any
wrong belief."""

import os
import struct

from wanbeacon.board import linux
from wanbeacon.board.esp32 import ntp
from wanbeacon.net import believe, clock, reason, udp

NOW = 1795291800  # 2026-11-21 20:10 UTC
NONCE = bytes(range(10, 18))
DAY = 86400


def packet(
    wall=NOW,
    first=0x24,
    stratum=2,
    refid=b"\x0a\1\2\3",
    nonce=NONCE,
    delay=0x100,
    dispersion=0x200,
    received=0,
    reference=-64,
):
    seconds = (wall + 2208988800) & 0xFFFFFFFF

    def stamp(offset):
        return struct.pack(">II", (seconds + offset) & 0xFFFFFFFF, 7)

    head = bytes([first, stratum, 6, 0xEC]) + struct.pack(">iI", delay, dispersion) + refid
    return (
        head + (stamp(reference) if reference is not None else bytes(8)) + nonce + stamp(received) + stamp(0)
    )


def verdict(data):
    try:
        return ntp.read(data, NONCE)
    except reason.Why as e:
        return e.why


def test_a_good_answer_is_read_also_after_2036():
    assert verdict(packet()) == NOW
    assert verdict(packet(NOW + 400000000)) == NOW + 400000000, "the 32-bit count starts again in 2036"
    assert verdict(packet() + bytes(20)) == NOW, "extensions"
    assert verdict(packet(first=0x1C)) == NOW, "version 3"
    assert verdict(packet(first=0x64)) == NOW, "a leap second comes"
    assert verdict(packet(reference=None)) == NOW


def test_what_is_no_answer_to_our_question_is_waited_past():
    for data in (b"", packet()[:47], packet(nonce=bytes(8)), packet(first=0x23), packet(first=0x25),
                 packet(first=0x0C), packet(first=0x2C),
                 packet(nonce=bytes(8), stratum=0, refid=b"DENY")):  # fmt: skip
        assert verdict(data) is None, data


def test_answers_that_say_or_show_that_they_are_of_no_use():
    zero = packet()[:40] + bytes(8)
    for data, why in (
        (zero, "ntp.zero"), (packet(first=0xE4), "ntp.unsynchronized"),
        (packet(first=0xE4, stratum=0, refid=bytes(4)), "ntp.unsynchronized"),
        (packet(stratum=0, refid=bytes(4)), "ntp.unsynchronized"), (packet(stratum=16), "ntp.unsynchronized"),
        (packet(stratum=255), "ntp.unsynchronized"), (packet(delay=-1), "ntp.distance"),
        (packet(dispersion=5 << 16), "ntp.distance"), (packet(delay=10 << 16), "ntp.distance"),
        (packet(received=5), "ntp.order"), (packet(received=-60), "ntp.order"),
        (packet(reference=3600), "ntp.order"), (packet(clock.LATEST + DAY), "ntp.absurd"),
    ):  # fmt: skip
        assert verdict(data)[0] == why, (why, verdict(data))
    for code in (b"DENY", b"RSTR", b"RATE", b"INIT"):
        assert verdict(packet(stratum=0, refid=code)) == ("ntp.kiss", code.decode())


def test_of_the_pool_several_are_asked():
    assert ntp.names("pool.ntp.org") == ["pool.ntp.org", "1.pool.ntp.org", "2.pool.ntp.org"]
    assert ntp.names("de.pool.ntp.org")[1] == "1.de.pool.ntp.org"
    assert ntp.names("0.pool.ntp.org") == ["0.pool.ntp.org"]
    assert ntp.names("time.example, 192.168.1.1:1123,") == ["time.example", "192.168.1.1:1123"]


class Board(linux.Board):
    def __init__(self):
        pass

    def keep_alive(self):
        """The servers of the test have their turn."""
        for one in self.servers:
            one.turn()


class Server:
    """A time server on this machine; `answer(question)` -> packets."""

    def __init__(self, board, answer):
        self.answer, self.asked = answer, 0
        while True:
            self.port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
            try:
                self.sock = udp.open_udp(board, local=("127.0.0.1", self.port))
                return
            except OSError:
                pass

    def turn(self):
        data, source = udp.receive_from(self.sock)
        if data:
            self.asked += 1
            for one in self.answer(data[40:48]):
                self.sock.sendto(one, source)


def consult(*answers, refused=None):
    """What consult() makes of several servers."""
    board = Board()
    board.servers = [Server(board, one) for one in answers]
    host = ",".join(["127.0.0.1:%d" % one.port for one in board.servers])
    kept, ntp.WAIT_MS = ntp.WAIT_MS, 250
    try:
        return ntp.consult(board, host, refused if refused is not None else {})
    except reason.Why as e:
        return e.why
    finally:
        ntp.WAIT_MS = kept
        for one in board.servers:
            one.sock.close()


def says(wall, **more):
    return lambda nonce: [packet(wall, nonce=nonce, **more)]


def test_two_that_agree_and_one_that_lies():
    assert consult(says(NOW), says(NOW + 1)) == (NOW + 1, True)
    assert consult(says(NOW)) == (NOW, False)
    assert consult(says(NOW + 999), says(NOW), says(NOW)) == (NOW, True)
    assert consult(says(NOW + 999), says(NOW))[0] == "ntp.disagree"
    assert consult(lambda nonce: [packet(nonce=nonce)[:40] + bytes(8)], says(NOW)) == (NOW, False)
    assert consult(lambda nonce: [packet(NOW + 5, nonce=bytes(8)), packet(nonce=nonce)]) == (NOW, False), (
        "a forger who does not see us"
    )
    assert consult(lambda nonce: [])[0] == "ntp.silent"


def test_who_sends_a_kiss_is_left_alone():
    refused = {}
    board = Board()
    board.servers = [Server(board, says(NOW, stratum=0, refid=b"RATE")), Server(board, says(NOW))]
    host = ",".join(["127.0.0.1:%d" % one.port for one in board.servers])
    for _ in range(3):
        assert ntp.consult(board, host, refused) == (NOW, False)
    assert board.servers[0].asked == 1 and len(refused) == 1
    for one in board.servers:
        one.sock.close()


# ---- the clock


class Machine:
    """A machine's clock in virtual time; `true` is the real time."""

    def __init__(self):
        self.ms, self.true, self.offset, self.seen = 0, NOW, -NOW, 0

    def boot(self):
        """A restart: what was set stays in the RTC."""
        self.clock = clock.Clock(self.set_time, inherited=False)

    def set_time(self, wall):
        self.offset = wall - self.true

    def ticks_ms(self):
        return self.ms & 0x3FFFFFFF

    @staticmethod
    def ticks_diff(a, b):
        return ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    def time(self):
        return self.true + self.offset - clock._EPOCH

    def wait(self, seconds):
        self.ms += seconds * 1000
        self.true += seconds
        self.clock.mono()

    def tls(self):
        """One exchange with a verified server: its certificate is good for 30 days to either side."""
        wall = self.clock.wall()
        if wall is None:
            return False
        if abs(wall - self.true) > 30 * DAY:
            believe.doubt(self.clock)
            return False
        proven = believe.prove(self.clock, self.true)
        if proven:
            self.seen = self.clock.proven()
        return proven

    def ask(self, wall, agreed=False):
        """Ask time servers when it is due; they say `wall` (None: silent)."""
        if self.clock.ask_due():
            self.clock.asking()
            if wall is not None:
                believe.set_unproven(self.clock, wall, agreed, self.seen)


def in_virtual_time(what):
    kept, machine = clock.time, Machine()

    class Time:
        ticks_ms = staticmethod(lambda: machine.ticks_ms())
        ticks_diff = staticmethod(Machine.ticks_diff)
        time = staticmethod(lambda: machine.time())

    clock.time = Time
    try:
        machine.boot()
        what(machine)
    finally:
        clock.time = kept


def test_an_honest_start_is_proven_by_the_first_answer():
    def what(m):
        assert m.clock.wall() is None and m.clock.proven() is None
        m.ask(NOW)
        assert m.clock.wall() == NOW and m.clock.proven() is None, "NTP proves nothing"
        assert m.tls() and m.clock.proven() == NOW
        assert not m.clock.ask_due()
        m.wait(DAY)
        assert m.clock.ask_due(), "daily"

    in_virtual_time(what)


def test_nothing_unproven_outlives_a_restart():
    def what(m):
        m.ask(NOW + 3 * DAY)
        assert m.clock.wall() == NOW + 3 * DAY
        m.boot()
        assert m.clock.wall() is None and m.seen == 0

    in_virtual_time(what)


def test_a_server_days_ahead_is_corrected_in_the_same_run():
    for lie in (3 * DAY, -2 * DAY, 20 * DAY, 3600):

        def what(m):
            m.ask(NOW + lie)
            assert not m.tls(), "the clock is moved: one more handshake under it"
            assert abs(m.clock.wall() - m.true) < 2 and m.clock.proven() is None
            assert m.tls() and m.seen == m.true

        in_virtual_time(what)


def test_a_server_years_ahead_is_asked_again_and_an_honest_answer_wins():
    def what(m):
        m.ask(NOW + 3000 * DAY)
        assert not m.tls() and m.seen == 0
        m.wait(30)
        assert m.clock.ask_due()
        m.ask(m.true)
        assert m.tls() and m.seen == m.true

    in_virtual_time(what)


def test_a_floor_from_a_lie_is_gone_within_an_hour():
    """What 0.1.0 wrote: a journal whose newest time is years ahead."""
    for agreed, limit in ((True, 900), (False, 3000)):

        def what(m):
            m.seen = NOW + 3000 * DAY
            while not m.tls():
                m.ask(m.true, agreed)
                m.wait(20)
                assert m.true - NOW < limit, "an hour at most"
            assert m.seen == m.true - 0 or abs(m.seen - m.true) < 30

        in_virtual_time(what)


def test_a_floor_holds_against_a_single_lie_below_it():
    def what(m):
        m.seen = NOW
        m.ask(NOW - 300 * DAY)
        assert m.clock.wall() is None
        m.wait(60)
        m.ask(NOW - 200 * DAY)
        m.wait(2000)
        m.ask(NOW - 100 * DAY)  # another story each time
        assert m.clock.wall() is None
        m.wait(60)
        m.ask(m.true)
        assert m.clock.wall() == m.true

    in_virtual_time(what)


def test_a_proven_time_is_not_moved_by_one_server_that_errs():
    def what(m):
        m.ask(NOW)
        assert m.tls()
        assert not believe.prove(m.clock, NOW + 9 * DAY) and m.clock.wall() == NOW and m.clock.proven() == NOW
        assert not believe.set_unproven(m.clock, NOW + DAY) and m.clock.wall() == NOW
        assert m.tls(), "and all is well again"
        for _ in range(3):
            believe.prove(m.clock, m.true + 9 * DAY)
        assert m.clock.proven() is None, "three in a row are right"

    in_virtual_time(what)


def test_a_wrong_time_that_was_heard_gives_way_to_the_one_proven_before():
    def what(m):
        m.ask(NOW)
        assert m.tls()
        m.wait(DAY)
        believe.doubt(m.clock)  # a certificate of somebody had expired
        m.ask(m.true + 900 * DAY)  # and the time server lies now
        assert not m.tls() and m.clock.wall() == m.true
        assert m.tls()

    in_virtual_time(what)


def test_questions_are_few():
    def what(m):
        asked = 0
        for _ in range(24 * 180):  # a day without any answer
            if m.clock.ask_due():
                m.clock.asking()
                asked += 1
            m.wait(20)
        assert 100 < asked < 170, asked
        believe.set_unproven(m.clock, m.true)
        assert m.tls()
        asked = 0
        for _ in range(24 * 180):
            believe.doubt(m.clock)
            if m.clock.ask_due():
                m.clock.asking()
                believe.set_unproven(m.clock, m.true)
                m.tls()
                asked += 1
            m.wait(20)
        assert asked <= 24 * 4, asked

    in_virtual_time(what)


class Noise:
    def __init__(self, seed):
        self.x = seed

    def __call__(self, n):
        self.x = (self.x * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.x >> 8) % n


#: (round numbers of lives; nightly many more)
LIVES = 3000 if os.getenv("WANBEACON_NIGHTLY") else 60


def test_whatever_it_believed_an_hour_of_honest_answers_brings_it_back():
    """Random lives: lying servers, restarts, silence, TLS now and then, a floor from anywhere. Then an honest
    hour."""
    for seed in range(1, LIVES + 1):
        noise = Noise(seed * 7919)

        def what(m):
            if noise(3) == 0:
                m.seen = NOW + (noise(8000) - 2000) * DAY
            for _ in range(noise(40)):
                what_now = noise(6)
                if what_now == 0:
                    m.boot()
                elif what_now == 1:
                    before = m.seen
                    m.tls()
                    assert m.seen == before or m.seen == m.true, "only the truth is ever written down"
                elif what_now == 2:
                    m.ask(None)
                elif what_now == 3:
                    m.ask(m.true, True)
                else:
                    m.ask(m.true + (noise(20000) - 300) * DAY // (1 + noise(50)), noise(2) == 1)
                m.wait(1 + noise(4000))
                assert m.clock.proven() is None or abs(m.clock.proven() - m.true) <= 2 * believe.SAME
            began = m.true
            while True:
                if m.clock.ask_due():
                    m.ask(m.true, noise(2) == 1)
                if m.tls():
                    break
                m.wait(30)
                assert m.true - began <= 3600, (seed, m.clock.state)

        in_virtual_time(what)


def test_on_linux_the_systems_clock_is_used_as_it_is():
    one = clock.Clock()
    assert not one.ask_due() and one.state == clock.HEARD
    wall = one.wall()
    if wall:
        assert one.proven() is None and believe.prove(one, wall + 10) and one.proven()
        for _ in range(5):
            believe.prove(one, wall + 9 * DAY)
        assert abs(one.wall() - wall) < 5, "it is not ours to set"
    assert not believe.prove(one, None) and not believe.prove(one, 5)
