# SPDX-License-Identifier: MIT
"""Codes -> sentences, out of catalogue/words.txt: the only place where words for people are made.

The file is read a row at a time: a board has no room for all of it.
"""

import wanbeacon
from wanbeacon.core import address
from wanbeacon.core.lines import lines

#: Path of the file.
path = wanbeacon.catalogue + "/words.txt"


def say(code, *data):
    """The sentence of a code, its %s and %d filled with `data`: an address as its bytes, a code tuple (its
    own sentence is shown), a list of those, or a plain value. A code that is not in the file is returned as
    it is, with its data behind it: a missing word must not hide what happened."""
    data = tuple([_shown(one) for one in data])
    text = find(code)
    if text:
        try:
            return text % data
        except TypeError:  # a row that takes other data; Python's exception, so never a reason to stop
            pass
    return " ".join([code] + [str(one) for one in data])


def _shown(one):
    if isinstance(one, bytes):
        return address.text(one) if len(one) in (4, 16) else str(one)
    if isinstance(one, tuple):
        return say(*one)
    return join(one) if isinstance(one, list) else one


def find(code):
    """The text of a code as it is in the file, or None."""
    key = code.encode() + b" = "
    try:
        with open(path, "rb") as f:
            for line in lines(f):
                if line.startswith(key):
                    return line[len(key) :].strip().decode()
    except (OSError, TypeError):  # there is no file, or none is named yet
        pass
    return None


def join(codes):
    """Several codes (or values), as one text."""
    return "; ".join([str(_shown(code)) for code in codes])
