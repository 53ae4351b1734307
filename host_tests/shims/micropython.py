"""MicroPython's `micropython` for CPython: what firmware code may call, doing nothing or nearly so."""


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
    pass


def schedule(func, arg):
    """At once instead of soon: no interrupts here."""
    func(arg)
