# SPDX-License-Identifier: MIT
"""Reads a LittleFS image with littlefs-python, set up as MicroPython sets it up."""

from littlefs import LittleFS


def read_back(data, count):
    """{path: bytes} of an image of `count` blocks."""
    fs = LittleFS(
        block_size=4096,
        block_count=count,
        mount=False,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
    )
    fs.context.buffer = bytearray(data)
    fs.mount()
    found = {}
    for top, _, names in fs.walk("/"):
        for name in names:
            path = top.rstrip("/") + "/" + name
            with fs.open(path, "rb") as file:
                found[path] = file.read()
    return found
