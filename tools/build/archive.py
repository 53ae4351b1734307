# SPDX-License-Identifier: MIT
"""One file that holds all modules of a board, as firmware/wanbeacon/start.py finds them in it: the layout is
said there. An installation replaces it as a whole."""

import binascii

from . import scopes

_UNIT = 16


def _key(path):
    return (binascii.crc32(path) & 0xFFFF).to_bytes(2, "little")


def pack(modules):
    """The file's bytes of {name: what its .mpy holds}, in their order."""
    index, body, start = b"", b"", 2 + 4 * len(modules)
    for name, data in modules.items():
        body += bytes(-(start + len(body)) % _UNIT)
        path = b"/%s.mpy" % name.encode()
        index += _key(path) + ((start + len(body)) // _UNIT).to_bytes(2, "little")
        body += path + data
    if len({index[at : at + 2] for at in range(0, len(index), 4)}) < len(modules):
        raise scopes.Unclear("two modules have one key in the index; call one of them something else")
    return len(index).to_bytes(2, "little") + index + body


def unpack(data):
    """{name: what its .mpy holds, and bytes up to the next one} of such a file, for tests."""
    length = int.from_bytes(data[:2], "little")
    starts = [_UNIT * int.from_bytes(data[at + 4 : at + 6], "little") for at in range(0, length, 4)]
    found = {}
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        path, mark, _ = data[start:end].partition(b".mpy")
        found[path[1:].decode()] = data[start + len(path + mark) : end]
    return found
