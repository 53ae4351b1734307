# SPDX-License-Identifier: MIT
"""The first minute of the memory plan (memory.py):
let Python's heap grow once, as far as it may. Needed once."""

import gc
import time

from wanbeacon.board.esp32.memory import PLENTY, SETTLE_MS, TLS, Memory

# Python's heap grows by this, once: what a whole life needs (host_tests/board/test_heap.py), and no more than
# leaves lwIP its part beside TLS and six sockets when Wi-Fi has joined
FROM = 56 * 1024  # at boot, with MicroPython's own table of it: 56,000 bytes for objects
GROW = 40 * 1024
_LEAST = 4096  # a parked thread below this is not worth its overhead
_BLOCK = 2048  # of what fills the heap until it grows, 4 bytes for each item of a list


def settle(memory):
    """Let Python's heap grow now, as far as it may, and hold TLS's part from then on.
    To be called first of all."""
    if not memory.chip:
        return
    before = memory.free()
    others = []
    while memory.largest() >= GROW + _LEAST:  # what is left is what Python may take
        size = min(TLS, memory.largest() - GROW)
        lock = memory.hold(size)
        if not lock:
            break
        if size == TLS and not memory.held:
            memory.held = lock
        else:
            others.append(lock)
    memory.pin = _grow(memory)
    for lock in others:
        lock.release()
    for _ in range(20):  # until the idle task, which may be kept from it, has freed the stacks
        time.sleep_ms(SETTLE_MS)
        if memory.largest() >= TLS or memory.held:
            break
    if not memory.held:
        memory.held = memory.hold(TLS)
    memory.grown = before - memory.free() - TLS


def _grow(memory):
    """Fill Python's heap until it has grown, and empty it again. Returns the one thing that has to stay in
    the new part: MicroPython 1.23 and newer gives a part back when a collection finds it empty."""
    start, blocks = memory.free(), []
    try:
        while memory.free() > start - GROW // 2 and len(blocks) * _BLOCK < PLENTY:
            blocks.append([None] * (_BLOCK // 4))
    except MemoryError:  # it cannot grow: then nothing has to be held for it either
        pass
    pin = blocks.pop() if blocks else None
    while pin and len(pin) > 4:  # a list shrinks where it lies, at the beginning of the new part
        pin.pop()
    blocks = None
    gc.collect()
    return pin


def of_this_board():
    """The Memory of the board that this runs on. Raises nothing."""
    if gc.mem_alloc() + gc.mem_free() > PLENTY:
        return Memory()
    try:
        import _thread  # a build may lack either

        import esp32

        esp32.idf_heap_info(esp32.HEAP_DATA)
        return Memory(esp32, _thread)
    except (ImportError, AttributeError):  # a port without threads or without that question
        return Memory()
