"""Freezes the agent into a MicroPython firmware for ESP32; the manifest.py of each board includes it.

Without a heap to hold the code a board has 60 KB more for its work. Data stays in files: catalogue, roots, pages."""

import os

# What only Linux can use; tools/build/boards.py has the same list for files on flash.
LINUX_ONLY = ("board/linux.py", "board/control.py", "observe/netlink.py", "observe/ubus.py", "observe/command.py",
              "observe/interface.py", "net/bus.py", "net/kernel.py", "net/route.py", "net/unix.py", "net/cpython.py", "__main__.py", "start.py",
              "cli.py")

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821
files = []
for folder, _, names in os.walk("../firmware/wanbeacon"):
    inside = os.path.relpath(folder, "../firmware/wanbeacon").replace(os.sep, "/")
    files += [name if inside == "." else inside + "/" + name for name in names if name.endswith(".py")]
files = sorted(name for name in files if name not in LINUX_ONLY and not name.startswith("openwrt/"))
package("wanbeacon", files=files, base_path="../firmware", opt=3)  # noqa: F821
if os.path.exists("microdot.py"):  # the portal's web server: put PyPI's microdot 2.7.0 beside this file, or leave the pages out
    module("microdot.py", opt=3)  # noqa: F821
