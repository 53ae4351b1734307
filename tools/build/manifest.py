# SPDX-License-Identifier: MIT
"""Which files of firmware/ go where: onto a board, a router, a Linux computer. Everything that installs,
freezes, packs or measures asks here; a new file is in as soon as it lies in a folder of its target.

Runs on whatever the caller has: tools, OpenWrt's build system (Python 3.9, no libraries), MicroPython's
freezer, and `make install` with python3 or micropython. So it imports nothing of ours and uses only what all
of them have.

    files("board")             every file below firmware/, as a checkout has it:
                               "wanbeacon/core/address.py", ...
    modules("router")          the Python modules of these alone, without main.py
    python3 tools/build/manifest.py linux   prints them, one a line"""

import os
import sys

_CORE = (
    "wanbeacon",
    "wanbeacon/core",
    "wanbeacon/dyndns",
    "wanbeacon/net",
    "wanbeacon/observe",
    "wanbeacon/board",
    "wanbeacon/app",
)
#: target -> folders below firmware/ of which it gets the files, not those of folders in them
FOLDERS = {
    "board": ("",)
    + _CORE
    + ("wanbeacon/board/esp32", "wanbeacon/portal", "wanbeacon/portal/www", "catalogue", "catalogue/roots"),
    "linux": _CORE + ("wanbeacon/board/cpython", "catalogue", "catalogue/roots"),
    "router": _CORE + ("wanbeacon/openwrt",),
}
#: What needs a Linux kernel: AF_NETLINK, AF_UNIX, ubus, processes, command lines.
_LINUX = """
wanbeacon/__main__.py
wanbeacon/app/cli.py wanbeacon/app/control.py wanbeacon/app/linux_main.py wanbeacon/app/nearby.py
wanbeacon/app/once.py
wanbeacon/core/leases.py wanbeacon/core/neighbor.py
wanbeacon/board/linux.py wanbeacon/net/kept.py
wanbeacon/net/bus.py wanbeacon/net/kernel.py wanbeacon/net/route.py wanbeacon/net/unix.py
wanbeacon/observe/command.py wanbeacon/observe/interface.py wanbeacon/observe/ipv6.py
wanbeacon/observe/leases.py wanbeacon/observe/neighbors.py
wanbeacon/observe/netlink.py wanbeacon/observe/shared4.py wanbeacon/observe/ubus.py
"""
#: What needs an ESP32.
_BOARD = """
wanbeacon/start.py
wanbeacon/app/board_main.py wanbeacon/app/board_steps.py
wanbeacon/app/improv_serial.py wanbeacon/app/improv_steps.py
wanbeacon/observe/pushbox.py
"""
#: What only the pages of a board use.
_PAGES = """
wanbeacon/core/sealed.py
catalogue/logins.txt
"""
#: What needs CPython.
_CPYTHON = "wanbeacon/net/cpython.py"
#: target -> files of its folders that it cannot use
WITHOUT = {
    "board": (_LINUX + _CPYTHON).split(),
    "linux": (_BOARD + _PAGES).split(),
    "router": (_BOARD + _PAGES + " " + _CPYTHON + " wanbeacon/__main__.py").split(),
}
#: The settings and status pages: what `tools flash --no-portal` leaves out.
PORTAL = "wanbeacon/portal/"


def _here():
    """firmware/ of the checkout, or of an installed copy of the tools."""
    build = __file__.replace("\\", "/").rsplit("/", 1)[0] if "/" in __file__.replace("\\", "/") else "."
    for root in (build + "/../..", build + "/.."):
        try:
            os.stat(root + "/firmware/main.py")
            return root + "/firmware"
        except OSError:
            pass
    raise OSError("there is no firmware folder beside " + build)


def files(target, firmware=None):
    """Sorted paths below `firmware` (default: the checkout's) of what goes onto a target."""
    firmware = firmware or _here()
    found = []
    for folder in FOLDERS[target]:
        for name in os.listdir(firmware + "/" + folder):
            path = folder + "/" + name if folder else name
            is_file = os.stat(firmware + "/" + path)[0] & 0xF000 == 0x8000
            if is_file and not name.endswith((".pyc", ".pyo")) and path not in WITHOUT[target]:
                found.append(path)
    return sorted(found)


def modules(target, firmware=None):
    """Those of them that are Python modules of the agent."""
    return [
        path for path in files(target, firmware) if path.startswith("wanbeacon/") and path.endswith(".py")
    ]


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in FOLDERS:
        sys.exit("usage: manifest.py " + "|".join(sorted(FOLDERS)))
    print("\n".join(files(sys.argv[1])))
