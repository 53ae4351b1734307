# SPDX-License-Identifier: MIT
"""`time` of the emulated ESP32: year 2000 at power-on, set by machine.RTC. Takes nothing away from what
ticks."""

import time as _time

import chip_machine

sleep = _time.sleep
sleep_ms = _time.sleep_ms
sleep_us = _time.sleep_us
ticks_ms = _time.ticks_ms
ticks_us = _time.ticks_us
ticks_cpu = _time.ticks_cpu
ticks_add = _time.ticks_add
ticks_diff = _time.ticks_diff

_EPOCH_2000 = 946684800


def time():
    return chip_machine.clock()


def time_ns():
    return chip_machine.clock() * 1000000000


def gmtime(seconds=None):
    """Eight fields, as on every bare board (the unix port has nine)."""
    return _time.gmtime((chip_machine.clock() if seconds is None else seconds) + _EPOCH_2000)[:8]


localtime = gmtime


def mktime(fields):
    return int(_time.mktime(tuple(fields[:8]) + (0,) * (9 - len(fields[:8])))) - _EPOCH_2000
