# SPDX-License-Identifier: MIT
# Runs one file of host_tests/shared under MicroPython and reports each test in a line.
# usage: micropython run_shared.py MODULE TEST...
# (MICROPYPATH: firmware, host_tests/shared, .frozen)
# Protocol on stdout: "@@ run NAME" before a test (a crash is then its fault), "@@ ok NAME" or "@@ fail NAME"
# after it; whatever stands between belongs to that test (prints, traceback).
import asyncio  # noqa: F401 first, as the program does: below a chain of modules a 32-bit stack is too small for it
import gc
import sys


def main(module, names):
    tests = __import__(module)
    failed = 0
    for name in names:
        print("@@ run " + name)
        gc.collect()  # one test's garbage is not the next one's MemoryError
        try:
            getattr(tests, name)()
        except Exception as error:
            sys.print_exception(error)
            print("@@ fail " + name)
            failed += 1
        else:
            print("@@ ok " + name)
    return failed


sys.exit(1 if main(sys.argv[1], sys.argv[2:]) else 0)
