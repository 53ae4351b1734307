# SPDX-License-Identifier: MIT
"""Rows out of the catalogue files, one at a time. What their keys mean: catalog.py, and rest.py for those of
JSON APIs.

File: one row per provider, each a HEAD of 32 ASCII bytes (id, padded with spaces to 26, then the length of
the JSON in 5 digits and a line end) followed by the JSON and a line end. Rows are stepped over by length, so
a look-up needs the memory of one row wherever it lies. `python -m tools catalogue` writes providers.dat, and
rest.dat beside it, where each provider has a second row, "id/", with the calls of its API: only an exchange
has room for them.
"""

import json

_HEAD = 32
_ID = 26


def _rest(path):
    """Path of the file with the JSON APIs, beside that of the others."""
    path = str(path)
    return path[: path.rfind("/") + 1] + "rest.dat"


def find(path, name):
    """The row (dict) of provider `name`, or None. Upper case, dots and hyphens do not count: "DuckDNS",
    "No-IP". Raises OSError when the file is missing, ValueError when damaged."""
    if name[-1:] == "/":
        return None
    row = _find(path, name)
    if row is None:
        try:
            row = _find(_rest(path), name)
        except OSError:  # left out on purpose where the room is wanted
            pass
    return row


def calls(path, name):
    """The calls of a JSON API (rest.py); path: as for `find`."""
    return _find(_rest(path), name + "/")


def _find(path, name):
    key = name.lower().replace("-", "").replace(".", "").encode()
    head = bytearray(_HEAD)
    with open(path, "rb") as f:
        while key and f.readinto(head) == _HEAD:
            size = _size(head)
            if _same(head, key):
                body = f.read(size)
                if len(body) != size:  # MicroPython before 1.26 takes JSON that breaks off for whole
                    raise ValueError("the catalogue file is damaged")
                row = json.loads(body)
                row["id"] = _id(head)
                return row
            f.seek(size + 1, 1)
    return None


def _size(head):
    """The five digits of a head, without an allocation: a hundred rows are stepped over before the last."""
    size = 0
    for i in range(_ID, _HEAD - 1):
        if not 48 <= head[i] <= 57:
            raise ValueError("the catalogue file is damaged")
        size = size * 10 + head[i] - 48
    return size


def _same(head, key):
    """Whether a head's id is the key, hyphens aside."""
    at = 0
    for i in range(_ID):
        if head[i] != 45 and head[i] != 32:
            if at == len(key) or head[i] != key[at]:
                return False
            at += 1
    return at == len(key)


def _id(head):
    return bytes(head[:_ID]).decode().strip()


def names(path):
    """All provider ids, in the files' order."""
    out = []
    head = bytearray(_HEAD)
    for one in (path, _rest(path)):
        try:
            with open(one, "rb") as f:
                while f.readinto(head) == _HEAD:
                    if head.find(b"/") < 0:
                        out.append(_id(head))
                    f.seek(_size(head) + 1, 1)
        except OSError:
            if one == path:
                raise
    return out
