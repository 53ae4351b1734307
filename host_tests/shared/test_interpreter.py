# What every interpreter we run on must bring along, CPython with its stand-ins included. Knows no module of ours.
import time


def test_ticks_wrap_like_an_interval_not_like_a_number():
    now = time.ticks_ms()
    assert time.ticks_diff(time.ticks_add(now, 5000), now) == 5000
    assert time.ticks_diff(time.ticks_add(now, -5000), now) == -5000


def test_modules_the_agent_uses_can_be_imported():
    for name in ("asyncio", "errno", "gc", "hashlib", "io", "json", "os", "select", "socket", "struct", "sys", "time",
                 "tls", "binascii", "requests"):
        __import__(name)
