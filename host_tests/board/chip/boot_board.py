# SPDX-License-Identifier: MIT
"""The ROM of the emulated board: turns a unix MicroPython into an ESP32, mounts its flash and starts boot.py
and main.py.

usage: micropython -i boot_board.py CONTROL_FOLDER friendly|raw RESET_CAUSE. It follows MicroPython's own
start: _boot.py (mount, or format a blank flash), boot.py, then main.py, but that one only for a friendly
console (mpremote's soft reset never starts main.py)."""

import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0] + "/../../shims")
sys.path.insert(0, __file__.rsplit("/", 1)[0])

import flash
import vfs
import world

world.attach(sys.argv[1])

_chip = {
    name: __import__("chip_" + name)
    for name in ("errno", "esp32", "machine", "micropython", "network", "os", "socket", "sys", "time")
}
_friendly = sys.argv[2] == "friendly"
sys.modules["machine"]._cause = int(sys.argv[3])
if "firmware" in world.facts():
    _chip["sys"].pretend(*world.facts()["firmware"])


def _mount():
    """As ports/esp32/modules/_boot.py and inisetup.py: never formats what is not blank."""
    vfs.umount("/")
    bdev = flash.Partition()
    try:
        vfs.mount(vfs.VfsLfs2(bdev), "/")
        return
    except OSError:
        pass
    first = bytearray(flash.BLOCK)
    bdev.readblocks(0, first)
    while first.count(b"\xff") != flash.BLOCK:
        print("The filesystem appears to be corrupted.")
        _chip["time"].sleep(3)
    print("Performing initial setup")
    vfs.VfsLfs2.mkfs(bdev)
    vfs.mount(vfs.VfsLfs2(bdev), "/")
    with open("boot.py", "w") as file:
        file.write("# This file is executed on every boot (including wake-boot from deepsleep)\n")


def _run(name):
    """A start-up file in the console's namespace; its traceback goes to the console, as on the board."""
    try:
        with open(name) as file:
            source = file.read()
    except OSError:
        return
    try:
        exec(compile(source, name, "exec"), {"__name__": "__main__"})
    except SystemExit:
        raise
    except BaseException as error:
        sys.print_exception(error)


_mount()
sys.path[:] = ["", ".frozen", "/lib"]
for _name, _module in _chip.items():
    for _alias in ("", "u"):  # requests of 1.23 imports usocket
        sys.modules[_alias + _name] = _module
for _name in ("flash", "world", "_shim"):
    sys.modules.pop(_name, None)
_run("boot.py")
if _friendly:
    _run("main.py")
print("\x00ready\x00", end="")  # the rig takes this out of the stream: from here on the console listens
