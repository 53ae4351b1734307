# SPDX-License-Identifier: MIT
"""Freezes the agent into a MicroPython firmware for ESP32; the manifest.py of each board includes it.

Without a heap to hold the code a board has 60 KB more for its work. Data stays in files: catalogue, roots,
pages. Which modules a board gets is said in tools/build/manifest.py, for files on flash as for this."""

build = {"__name__": "manifest", "__file__": "../tools/build/manifest.py"}
with open(build["__file__"]) as source:
    exec(source.read(), build)

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821
files = [path[len("wanbeacon/") :] for path in build["modules"]("board")]
package("wanbeacon", files=files, base_path="../firmware", opt=3)  # noqa: F821
