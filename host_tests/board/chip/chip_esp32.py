"""`esp32` of the emulated ESP32: the stand-in of host_tests/shims, but with the flash in the image file."""

import flash as _flash
from esp32 import *  # noqa: F403

Partition = _flash.Partition
