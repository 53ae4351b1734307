# SPDX-License-Identifier: MIT
"""The lines of a file, read in blocks: MicroPython's own readline() reads byte by byte, which takes 5 ms for
8 KB on a PC and far more in a board's flash."""

from micropython import const

_BLOCK = const(256)  # bytes; a line of the catalogue's files has 20 to 120


def lines(f):
    """Each line of a file opened for bytes, without its end."""
    rest = b""
    while True:
        block = f.read(_BLOCK)
        rows = (rest + block).split(b"\n")
        rest = rows.pop()
        for row in rows:
            yield row
        if not block:
            break
    if rest:
        yield rest
