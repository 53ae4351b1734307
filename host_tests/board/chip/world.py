# SPDX-License-Identifier: MIT
"""The emulated board's window on the outside: what the test says is there, and a line per thing the board
does.

Runs inside MicroPython. The folder is read through its own VfsPosix, because the board's "/" is the flash
and hides the PC's files."""

import json
import time

import vfs

_pc = None
_events = None
_stamp = None
_facts = {}


def attach(folder):
    """Remembers the control folder; called once by boot_board.py before the flash is mounted."""
    global _pc, _events
    _pc = vfs.VfsPosix(folder)
    _events = _pc.open("/events", "w")


def facts():
    """The test's world.json as a dict; read again only when it was replaced (its inode changes with every
    rename)."""
    global _stamp, _facts
    stamp = _pc.stat("/world.json")[1]
    if stamp != _stamp:
        with _pc.open("/world.json", "r") as file:
            _facts = json.load(file)
        _stamp = stamp
    return _facts


def tell(line):
    """One event for the rig: "reset", "wdt 60000", "pin 2 1"..."""
    _events.write(line + "\n")  # unbuffered: the rig has it when this returns


def stop(line):
    """Tells the rig to end this process (reset, power cut) and never returns: no `finally` may run, as on the
    chip."""
    tell(line)
    while True:
        time.sleep(1)


def load(name, default):
    """What keep(name) stored: survives resets, not a power cut (the rig deletes it)."""
    try:
        with _pc.open("/kept-" + name, "r") as file:
            return json.load(file)
    except OSError:
        return default


def keep(name, value):
    """Kept as a whole: a reset may come in the middle, and RTC memory is not torn by one. So it is one write
    over what is there, blanks to the end included; and VfsPosix cannot rename where it has a root."""
    text = json.dumps(value)
    try:
        file = _pc.open("/kept-" + name, "rb+")
    except OSError:
        file = _pc.open("/kept-" + name, "wb")
    with file:
        file.write(text.encode() + b" " * (16384 - len(text)))


def image(mode):
    """The flash image, opened on the PC."""
    return _pc.open("/flash.img", mode)
