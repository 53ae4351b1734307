# SPDX-License-Identifier: MIT
# What every interpreter we run on must bring along, CPython with its stand-ins included.
import time


def test_ticks_wrap_like_an_interval_not_like_a_number():
    now = time.ticks_ms()
    assert time.ticks_diff(time.ticks_add(now, 5000), now) == 5000
    assert time.ticks_diff(time.ticks_add(now, -5000), now) == -5000


def test_modules_the_agent_uses_can_be_imported():
    for name in (
        "asyncio",
        "errno",
        "gc",
        "hashlib",
        "io",
        "json",
        "os",
        "select",
        "socket",
        "struct",
        "sys",
        "time",
        "tls",
        "binascii",
        "requests",
    ):
        __import__(name)


def test_exceptions_print_with_their_name():
    import io
    import sys

    out = io.StringIO()
    try:
        raise ValueError("told")
    except ValueError as error:
        sys.print_exception(error, out)
    assert "ValueError: told" in out.getvalue()


def test_asyncio_sleeps_and_waits_in_milliseconds():
    import asyncio

    async def long():  # MicroPython waits for coroutines only; its sleep() is none
        await asyncio.sleep(5)

    async def main():
        start = time.ticks_ms()
        await asyncio.sleep_ms(20)
        assert 19 <= time.ticks_diff(time.ticks_ms(), start) < 2000
        try:
            await asyncio.wait_for_ms(long(), 20)
        except asyncio.TimeoutError:
            return "late"

    assert asyncio.run(main()) == "late"
