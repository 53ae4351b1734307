"""The two heaps of an ESP32 without PSRAM: who may hold how much of each, and when. The only place that knows.

Python's heap and the system heap (TLS, sockets, lwIP, Wi-Fi) share one RAM of some 190 KB. When Python's heap is full it
grows, for good, by the smaller of its own size and the largest free system block: from 56 to 112 KB if nobody hinders it, and
what is left is too small for a TLS handshake with a usual certificate chain. So the part that TLS and lwIP need is held as a
reserve while Python's heap grows, once and early, to what the agent may have (`settle`); then lwIP's part is given back, and
TLS's part for the time of an exchange only (`begin`, `end`). docs/architecture.md, "Memory of a board", has the figures.

What holds memory of the system heap without touching a pin is the stack of a parked thread. What everybody else says is
`begin` and `end`; boards with PSRAM have room for all and hold nothing.
"""

import gc
import time

PLENTY = 1024 * 1024  # bytes of Python heap that only boards with PSRAM have
GROW = 32 * 1024  # Python's heap grows by about this, once: 56 KB at boot + 32 KB, of which 84 KB are ours to use
TLS = 40 * 1024  # held back for a handshake (37 to 41 KB at its peak with one CA root, an RSA-2048 leaf and one intermediate)
NEED = 44 * 1024  # free in the system heap, or a handshake is not worth trying
LWIP = 12 * 1024  # below this names are not found and connections hang, without any error
_STACK_LEAST = 4096  # a parked thread below this is not worth its overhead
_BLOCK = 2048  # of what fills the heap until it grows
_SETTLE_MS = 30  # the idle task frees the stack of a thread that has ended


class Memory:
    """heaps(): [(total, free, largest free block, least free ever)] of the system heap, as esp32.idf_heap_info gives them.
    park(bytes) -> release(): holds so much of the system heap until release() is called; raises OSError, RuntimeError or
    MemoryError when there is not so much in one piece. None for what this machine has not: nothing is held then."""

    def __init__(self, heaps=None, park=None):
        self.heaps = heaps
        self.park = park
        self.held = None  # release() of the part that is TLS's
        self.inside = 0  # exchanges that have begun
        self.grown = None  # bytes of the system heap that Python has taken since the start

    # ---- once

    def settle(self):
        """Let Python's heap grow now, as far as it may, and hold TLS's part from then on. To be called first of all."""
        if not self.heaps or not self.park:
            return
        before = self.free()
        others = []
        while self.largest() >= GROW + _STACK_LEAST:  # what is left is what Python may take
            size = min(TLS, self.largest() - GROW)
            release = self._park(size)
            if not release:
                break
            if size == TLS and not self.held:
                self.held = release
            else:
                others.append(release)
        start, blocks = self.free(), []
        try:
            while self.free() > start - GROW // 2 and len(blocks) * _BLOCK < PLENTY:
                blocks.append(bytearray(_BLOCK))
        except MemoryError:  # it cannot grow: then nothing has to be held for it either
            pass
        blocks = None
        gc.collect()
        for release in others:
            release()
        time.sleep_ms(_SETTLE_MS)
        if not self.held:
            self.held = self._park(TLS)
        self.grown = before - self.free() - TLS

    def _park(self, size):
        try:
            return self.park(size)
        except (OSError, RuntimeError, MemoryError):  # "can't create thread": there is not so much in one piece
            return None

    # ---- an exchange

    def begin(self):
        """An exchange begins: TLS gets its part."""
        gc.collect()
        self.inside += 1
        if self.held:
            self.held()
            self.held = None
            time.sleep_ms(_SETTLE_MS)

    def end(self):
        """An exchange is over (its sockets are closed): Python's heap must not grow into what it used."""
        self.inside -= 1
        if self.inside == 0 and self.heaps and self.park and not self.held:
            self.held = self._park(TLS) or self._park(TLS // 2)
        gc.collect()

    # ---- what there is

    def free(self):
        """Bytes of the system heap that are free; a large number where that cannot be asked."""
        return sum([row[1] for row in self.heaps()]) if self.heaps else PLENTY

    def largest(self):
        """Its largest free block."""
        return max([row[2] for row in self.heaps()]) if self.heaps else PLENTY

    def low(self):
        """True when the system heap has too little for what is going on: TLS during an exchange, lwIP otherwise."""
        return self.free() < (LWIP if self.held or not self.inside else NEED)

    def figures(self):
        """For the status and for people: bytes of both heaps, the least ever free in the system heap."""
        gc.collect()
        used = gc.mem_alloc()
        doc = {"python_used": used, "python_free": gc.mem_free()}
        if self.heaps:
            # MicroPython counts the largest system block as free memory of Python, as its heap might grow by it
            doc["python_free"] = max(0, doc["python_free"] - self.largest())
            doc["system_free"], doc["system_largest"] = self.free(), self.largest()
            doc["system_least"] = sum([row[3] for row in self.heaps()])
        return doc


def of_this_board():
    """The Memory of the board that this runs on. Raises nothing."""
    if gc.mem_alloc() + gc.mem_free() > PLENTY:
        return Memory()
    try:
        import _thread

        import esp32

        return Memory(lambda: esp32.idf_heap_info(esp32.HEAP_DATA), lambda size: park_thread(_thread, size))
    except (ImportError, AttributeError):  # a port without threads or without that question
        return Memory()


def park_thread(threads, size):
    """Hold `size` bytes of the system heap as the stack of a thread that waits. Returns what ends it. threads: _thread."""
    lock = threads.allocate_lock()
    lock.acquire()
    before = threads.stack_size(size)
    try:
        threads.start_new_thread(_wait, (lock,))
    finally:
        threads.stack_size(before)
    return lock.release


def _wait(lock):
    lock.acquire()
