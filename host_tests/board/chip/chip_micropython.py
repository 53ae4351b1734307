# SPDX-License-Identifier: MIT
"""`micropython` of the emulated ESP32: the real one, but what Ctrl-C does on the console is the rig's to
know."""

import micropython as _real
import world
from micropython import *  # noqa: F403


def kbd_intr(char):
    _real.kbd_intr(char)
    world.tell("kbd %d" % char)
