# SPDX-License-Identifier: MIT
"""The two heaps of an ESP32 without PSRAM: who may hold how much of each, and when. The only place that
knows.

Python's heap and the system heap (TLS, sockets, lwIP, Wi-Fi) share one RAM of some 190 KB. When Python's heap
is full it grows, for good, by the smaller of its own size and the largest free system block: from 56 to 112
KB if nobody hinders it, and what is left is too small for a TLS handshake with a usual certificate chain. So
the part that TLS and lwIP need is held as a reserve while Python's heap grows, once and early, to what the
agent may have (settle.py); then lwIP's part is given back, and TLS's part for the time of an exchange only
(`begin`, `end`). docs/architecture.md, "Memory of a board", has the figures.

What holds memory of the system heap without touching a pin is the stack of a parked thread. What everybody
else says is `begin` and `end`; boards with PSRAM have room for all and hold nothing.
"""

import gc
import time

PLENTY = 1024 * 1024  # bytes of Python heap that only boards with PSRAM have
# held back for a handshake (37 to 41 KB at its peak with one CA root, an RSA-2048 leaf and one intermediate)
TLS = 40 * 1024
NEED = 44 * 1024  # free in the system heap, or a handshake is not worth trying
LWIP = 12 * 1024  # below this names are not found and connections hang, without any error
LEAST = 4 * 1024  # less is not worth a thread to hold it
SETTLE_MS = 30  # the idle task frees the stack of a thread that has ended


class Memory:
    """chip: the module esp32; threads: the module _thread. None where this machine has not both, or has room
    for all: nothing is held then."""

    def __init__(self, chip=None, threads=None):
        self.chip = chip
        self.threads = threads
        self.held = None  # the lock that the thread which holds TLS's part waits for
        self.pin = None  # keeps the part by which Python's heap has grown
        self.inside = False  # an exchange is going on
        self.lodged = False  # what is held is what a broker's session leaves

    def hold(self, size):
        """Hold so many bytes of the system heap, as the stack of a thread that waits: the lock whose release
        ends that, or None when there is not so much in one piece."""
        lock = self.threads.allocate_lock()
        lock.acquire()
        before = self.threads.stack_size(size)
        try:
            self.threads.start_new_thread(_wait, (lock,))
            return lock
        except (OSError, RuntimeError, MemoryError):  # "can't create thread"
            return None
        finally:
            self.threads.stack_size(before)

    def roomy(self):
        """True where nothing need be held back: a board with PSRAM."""
        return self.chip is None

    # ---- an exchange

    def begin(self):
        """An exchange begins: TLS gets its part."""
        gc.collect()
        self.inside = True
        self._release()

    def _release(self):
        if self.held:
            self.held.release()
            self.held = None
            time.sleep_ms(SETTLE_MS)

    def end(self, lodged=False):
        """An exchange is over (its sockets are closed): Python's heap must not grow into what it used.
        lodged: somebody's TLS session goes on (a broker's): held is what it leaves above lwIP's part."""
        self.inside = False
        if self.chip and lodged != self.lodged:
            self._release()
        if self.chip and not self.held:
            room = (self.free() - LWIP) // 1024 * 1024
            if not lodged:
                self.held = self.hold(TLS) or self.hold(TLS // 2)
            elif room >= LEAST:
                self.held = self.hold(min(room, TLS // 2))
        self.lodged = lodged
        gc.collect()

    # ---- what there is

    def heaps(self):
        """[(total, free, largest free block, least free ever)] of each part of the system heap."""
        return self.chip.idf_heap_info(self.chip.HEAP_DATA)

    def free(self):
        """Bytes of the system heap that are free; a large number where that cannot be asked."""
        return sum([row[1] for row in self.heaps()]) if self.chip else PLENTY

    def largest(self):
        """Its largest free block."""
        return max([row[2] for row in self.heaps()]) if self.chip else PLENTY

    def low(self):
        """True when the system heap has too little for what is going on:
        TLS during an exchange, lwIP otherwise."""
        return self.free() < (LWIP if self.held or not self.inside else NEED)

    def figures(self):
        """For the status and for people: bytes of both heaps, the least ever free in the system heap."""
        gc.collect()
        used = gc.mem_alloc()
        doc = {"python_used": used, "python_free": gc.mem_free()}
        if self.chip:
            # MicroPython counts the largest system block as free memory of Python, as its heap might grow by
            # it
            doc["python_free"] = max(0, doc["python_free"] - self.largest())
            doc["system_free"], doc["system_largest"] = self.free(), self.largest()
            doc["system_least"] = sum([row[3] for row in self.heaps()])
        return doc


def _wait(lock):
    lock.acquire()
