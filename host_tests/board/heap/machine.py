# SPDX-License-Identifier: MIT
# The least of `machine` that a board's start asks for. On a chip it is no Python and weighs nothing, so here
# each class is this module itself and everything on it a function.
_kept = b""


def RTC(*args, **more):
    return __import__("machine")


WDT = RTC


def memory(*data):
    global _kept
    if data:
        _kept = bytes(data[0])
    return _kept


def feed(*now):  # the time of this computer is right
    return 1


datetime = reset_cause = feed


def unique_id():
    return b"\x24\x0a\xc4\0\0\1"


def reset():
    raise SystemExit(3)
