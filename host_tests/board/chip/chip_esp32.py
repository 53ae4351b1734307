# SPDX-License-Identifier: MIT
"""`esp32` of the emulated ESP32: the stand-in of host_tests/shims, but with the flash in the image file."""

import flash as _flash
from esp32 import *  # noqa: F403

Partition = _flash.Partition


def idf_heap_info(kind):
    """(total, free, largest, lowest free) of each region; the figures of an ESP32 with Wi-Fi joined
    (esp32-memory)."""
    if kind != HEAP_DATA:  # noqa: F405
        return []
    return [(7288, 12, 0, 12), (113840, 84200, 81920, 2800), (15072, 14300, 13312, 14300)]
