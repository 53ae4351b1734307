# SPDX-License-Identifier: MIT
# The plan for the two heaps of an ESP32 against a model of them: figures of real images
# (docs/architecture.md).
import sys
import time

if sys.implementation.name == "micropython":
    sys.path.append("host_tests/shims")  # `machine` of an ESP32; CPython has it on its path

from wanbeacon.board.esp32 import board, memory, settle  # noqa: E402

if not hasattr(time, "sleep_ms"):
    raise AssertionError("needs MicroPython's time")

KB = 1024


class Lock:
    def __init__(self, chip):
        self.chip, self.size = chip, 0

    def acquire(self):
        pass

    def release(self):
        self.chip.parked.remove(self.size)
        self.chip.free += self.size


class Chip:
    """esp32 and _thread in one. A system heap in one piece that shrinks when Python's heap grows: at the
    `full`-th look at it while Python is being filled, by the smaller of Python's own size and the largest
    block, as MicroPython does it."""

    HEAP_DATA = 4

    def __init__(self, free, full=5, python=56 * KB):
        self.free = free
        self.least = free
        self.full = full
        self.python = python
        self.parked = []
        self.filling = False
        self.stack = 0

    def idf_heap_info(self, kind):
        assert kind == 4
        if self.filling:
            self.full -= 1
            if self.full == 0:
                grown = min(self.python, self.free)
                self.free -= grown
                self.python += grown
        return [(200 * KB, self.free, self.free, self.least)]

    def allocate_lock(self):
        return Lock(self)

    def stack_size(self, size=0):
        before, self.stack = self.stack, size
        return before

    def start_new_thread(self, work, args):
        if self.stack > self.free:
            raise OSError("can't create thread")
        args[0].size = self.stack
        self.free -= self.stack
        self.least = min(self.least, self.free)
        self.parked.append(self.stack)
        self.filling = True


def settled(free=138 * KB):
    chip = Chip(free)
    one = memory.Memory(chip, chip)
    settle.settle(one)
    chip.filling = False
    return chip, one


def test_pythons_heap_grows_once_and_by_no_more_than_planned():
    chip, one = settled()
    assert 84 * KB <= chip.python <= 96 * KB, chip.python
    assert chip.parked == [memory.TLS], "TLS's part is held from then on"


def test_after_wifi_there_is_room_for_lwip_and_in_an_exchange_for_tls():
    chip, one = settled()
    chip.free -= 42 * KB  # the station's part, measured on 1.24
    assert chip.free >= memory.LWIP + 4 * KB and not one.low()
    one.begin()
    assert chip.parked == [] and chip.free >= memory.NEED + memory.LWIP and not one.low()
    one.end()
    assert chip.parked == [memory.TLS] and not one.low()


def test_a_second_try_within_an_exchange_begins_it_again():
    chip, one = settled()
    one.begin()
    one.begin()
    assert chip.parked == []
    one.end()
    assert chip.parked == [memory.TLS]


def test_what_is_short_is_said():
    chip, one = settled()
    chip.free = memory.LWIP - 1
    assert one.low()
    chip.free = memory.LWIP + 1
    assert not one.low()
    one.begin()
    chip.free = memory.NEED - 1
    assert one.low()


def test_a_reserve_that_cannot_be_had_again_is_no_fault():
    chip, one = settled()
    one.begin()
    chip.free = 25 * KB
    one.end()
    assert chip.parked == [memory.TLS // 2]
    one.begin()
    chip.free = 3 * KB
    one.end()
    assert chip.parked == [] and one.low()


def test_boards_with_room_hold_nothing():
    one = memory.Memory()
    settle.settle(one)
    one.begin()
    one.end()
    assert one.held is None and not one.low() and "system_free" not in one.figures()


def test_the_figures_do_not_count_what_python_could_still_take():
    chip, one = settled()
    doc = one.figures()
    assert doc["system_free"] == chip.free and doc["system_least"] <= chip.free
    assert doc["python_free"] >= 0


class Tenant:
    """Keeps a TLS session: 25 KB until it is asked to leave."""

    def __init__(self, chip):
        self.chip, self.left, self.session = chip, 0, "session"
        chip.free -= 25 * KB

    def leave(self):
        if self.session:
            self.chip.free += 25 * KB
        self.session = None
        self.left += 1


def test_a_session_at_a_broker_makes_room_for_an_exchange():
    chip, one = settled()
    chip.free -= 42 * KB
    device = board.Board(one)
    device.exchange_begins()
    tenant = Tenant(chip)
    device.share_tls(tenant)
    device.exchange_ends()
    assert chip.parked and not one.low() and chip.free < memory.LWIP + 2 * KB, "what a session leaves is held"
    device.exchange_begins()
    assert tenant.left == 1 and chip.free >= memory.NEED and not one.low()
    device.exchange_ends()
    assert chip.parked == [memory.TLS]
    device.exchange_begins()
    device.tenant = tenant = Tenant(chip)
    device.exchange_ends()
    assert chip.parked != [memory.TLS]
    tenant.leave()  # the broker went away by itself
    device.exchange_ends()
    assert chip.parked == [memory.TLS]
    roomy = board.Board(memory.Memory())
    roomy.share_tls(tenant)
    roomy.exchange_begins()
    assert tenant.left == 1, "a board with PSRAM has room for both"
