# SPDX-License-Identifier: MIT
# FROZEN_MANIFEST for this board: MicroPython as its makers build it, and the agent (../manifest.py).
include("../manifest.py")  # noqa: F821
