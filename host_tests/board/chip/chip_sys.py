# SPDX-License-Identifier: MIT
"""`sys` of the emulated ESP32: says it is one. Path, modules and streams are the real ones."""

import sys as _sys

platform = "esp32"
version = "3.4.0; MicroPython v1.23.0 on 2024-06-02"
byteorder = _sys.byteorder
maxsize = _sys.maxsize
path = _sys.path
modules = _sys.modules
argv = []
stdin = _sys.stdin
stdout = _sys.stdout
stderr = _sys.stderr
print_exception = _sys.print_exception
exit = _sys.exit
version_info = _sys.version_info


class _Implementation(tuple):
    """(name, version, _machine, _mpy) with names, as namedtuple prints it; the firmware's version may be the
    test's."""

    def __getattr__(self, name):
        return self[("name", "version", "_machine", "_mpy").index(name)]


def pretend(version=(1, 23, 0, ""), machine="Generic ESP32 module with ESP32"):
    """Sets what a flash tool reads of the firmware. The .mpy version stays that of the real interpreter."""
    global implementation
    implementation = _Implementation(("micropython", tuple(version), machine, _sys.implementation._mpy))


pretend()
