# SPDX-License-Identifier: MIT
"""MicroPython's `micropython` for CPython: what firmware code may call, doing nothing or nearly so."""

import signal


def const(value):
    return value


def native(function):
    return function


def viper(function):
    return function


def mem_info(verbose=None):
    print("GC: no fixed heap on CPython")


def opt_level(level=None):
    return 0 if level is None else None


def alloc_emergency_exception_buf(size):
    pass


def kbd_intr(chr):
    """-1: Ctrl-C ends the process instead of raising KeyboardInterrupt."""
    signal.signal(signal.SIGINT, signal.SIG_DFL if chr == -1 else signal.default_int_handler)


def schedule(func, arg):
    """At once instead of soon: no interrupts here."""
    func(arg)
