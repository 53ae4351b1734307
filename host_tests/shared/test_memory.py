# The plan for the two heaps of an ESP32 against a model of them: figures of real images (docs/architecture.md).
import time

from wanbeacon.board.esp32 import memory

if not hasattr(time, "sleep_ms"):
    raise AssertionError("needs MicroPython's time")

KB = 1024


class Chip:
    """A system heap in one piece that shrinks when Python's heap grows: at the `full`-th look at it while Python is being
    filled, by the smaller of Python's own size and the largest block, as MicroPython does it."""

    def __init__(self, free, full=5, python=56 * KB):
        self.free = free
        self.least = free
        self.full = full
        self.python = python
        self.parked = []
        self.filling = False

    def heaps(self):
        if self.filling:
            self.full -= 1
            if self.full == 0:
                grown = min(self.python, self.free)
                self.free -= grown
                self.python += grown
        return [(200 * KB, self.free, self.free, self.least)]

    def park(self, size):
        if size > self.free:
            raise OSError("can't create thread")
        self.free -= size
        self.least = min(self.least, self.free)
        self.parked.append(size)

        def release():
            self.parked.remove(size)
            self.free += size

        self.filling = True
        return release


def settled(free=138 * KB):
    chip = Chip(free)
    one = memory.Memory(chip.heaps, chip.park)
    one.settle()
    chip.filling = False
    return chip, one


def test_pythons_heap_grows_once_and_by_no_more_than_planned():
    chip, one = settled()
    assert 84 * KB <= chip.python <= 96 * KB, chip.python
    assert chip.parked == [memory.TLS], "TLS's part is held from then on"


def test_after_wifi_there_is_room_for_lwip_and_in_an_exchange_for_tls():
    chip, one = settled()
    chip.free -= 42 * KB  # the station's part, measured on 1.24
    assert chip.free >= 20 * KB and not one.low()
    one.begin()
    assert chip.parked == [] and chip.free >= memory.NEED + memory.LWIP and not one.low()
    one.end()
    assert chip.parked == [memory.TLS] and not one.low()


def test_exchanges_within_each_other_give_it_back_once():
    chip, one = settled()
    one.begin()
    one.begin()
    one.end()
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
    one.settle()
    one.begin()
    one.end()
    assert one.held is None and not one.low() and "system_free" not in one.figures()


def test_the_figures_do_not_count_what_python_could_still_take():
    chip, one = settled()
    doc = one.figures()
    assert doc["system_free"] == chip.free and doc["system_least"] <= chip.free
    assert doc["python_free"] >= 0


def test_a_parked_thread_holds_until_it_is_let_go():
    class Lock:
        def __init__(self):
            self.locked = 0

        def acquire(self):
            self.locked += 1

        def release(self):
            self.locked -= 1

    class Threads:
        size, started = 0, []

        def allocate_lock(self):
            return Lock()

        def stack_size(self, size=0):
            before, self.size = self.size, size
            return before

        def start_new_thread(self, work, args):
            self.started.append((self.size, work, args))

    threads = Threads()
    release = memory.park_thread(threads, 40 * KB)
    (size, work, (lock,)) = threads.started[0]
    assert size == 40 * KB and threads.size == 0 and lock.locked == 1
    release()
    assert lock.locked == 0
