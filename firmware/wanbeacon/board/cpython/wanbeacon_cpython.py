# SPDX-License-Identifier: MIT
"""Gives CPython's time, gc, asyncio and sys what MicroPython's have, so that firmware/ runs on both. Import
it before firmware/.

Run the agent on CPython:  PYTHONPATH=firmware/wanbeacon/board/cpython:firmware python -m wanbeacon_cpython
wanbeacon run ..."""

import asyncio
import gc
import sys
import time
import traceback
import tracemalloc

#: ticks wrap here on an ESP32; a wrap every 12.4 days is found by tests that set shift_ns, not by luck.
_PERIOD = 1 << 30
#: Added to the monotonic clock: a test may set it to just below a wrap.
shift_ns = 0


def _ns():
    return time.monotonic_ns() + shift_ns


def ticks_ms():
    return _ns() // 1000000 & _PERIOD - 1


def ticks_us():
    return _ns() // 1000 & _PERIOD - 1


def ticks_cpu():
    return _ns() & _PERIOD - 1


def ticks_add(ticks, delta):
    """As MicroPython: OverflowError when delta is not below half the period."""
    if not -_PERIOD // 2 < delta < _PERIOD // 2:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _PERIOD - 1


def ticks_diff(end, start):
    """Signed difference in -2**29 .. 2**29-1, right over one wrap."""
    return (end - start + _PERIOD // 2 & _PERIOD - 1) - _PERIOD // 2


def sleep_ms(ms):
    time.sleep(max(ms, 0) / 1000)


def sleep_us(us):
    time.sleep(max(us, 0) / 1000000)


def mem_alloc():
    """Bytes in use by traced objects: real only while tracemalloc runs, else 0."""
    return tracemalloc.get_traced_memory()[0]


def mem_free():
    """CPython has no fixed heap: always a megabyte, as much as no check of ours asks for."""
    return 1 << 20


def threshold(*args):
    """MicroPython's counts bytes, CPython's own counts objects: accepted, without effect; -1 = none set."""
    return None if args else -1


async def wait_for_ms(awaitable, timeout):
    return await asyncio.wait_for(awaitable, timeout / 1000)


def asyncio_sleep_ms(ms):
    return asyncio.sleep(max(ms, 0) / 1000)


def print_exception(error, file=None):
    traceback.print_exception(error, file=file or sys.stdout)


for _name in ("ticks_ms", "ticks_us", "ticks_cpu", "ticks_add", "ticks_diff", "sleep_ms", "sleep_us"):
    setattr(time, _name, globals()[_name])
gc.mem_alloc, gc.mem_free, gc.threshold = mem_alloc, mem_free, threshold
asyncio.sleep_ms, asyncio.wait_for_ms = asyncio_sleep_ms, wait_for_ms
sys.print_exception = print_exception


if __name__ == "__main__":
    import runpy

    sys.argv.pop(0)
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
