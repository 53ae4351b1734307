# SPDX-License-Identifier: MIT
# The least of `machine` that a board's start asks for: the heap test weighs the agent, not its surroundings.
_memory = b""


class WDT:
    def __init__(self, id=0, timeout=0):
        pass

    def feed(self):
        pass


class RTC:
    def memory(self, *data):
        global _memory
        if data:
            _memory = bytes(data[0])
        return _memory

    def datetime(self, *now):  # the time of this computer is right
        pass


def unique_id():
    return b"\x24\x0a\xc4\0\0\1"


def reset_cause():
    return 1


def reset():
    raise SystemExit(3)


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN = 1, 3, 2, 1

    def __init__(self, *args):
        pass

    def value(self, *level):
        return 1
