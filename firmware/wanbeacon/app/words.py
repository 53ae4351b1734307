"""Codes -> sentences, out of catalogue/words.txt: the only place where words for people are made.

The file is read a row at a time: a board has no room for all of it.
"""

from wanbeacon.core import address

#: Path of the file; set by the composition root.
path = None


def say(code, *data):
    """The sentence of a code, its %s and %d filled with `data` (addresses as their bytes). A code that is not in the file
    is returned as it is, with its data behind it: a missing word must not hide what happened."""
    data = tuple([address.text(one) if isinstance(one, bytes) and len(one) in (4, 16) else one for one in data])
    text = find(code)
    if text:
        try:
            return text % data
        except TypeError:  # a row that takes other data; Python's exception, so never a reason to stop
            pass
    return " ".join([code] + [str(one) for one in data])


def find(code):
    """The text of a code as it is in the file, or None."""
    key = code.encode() + b" = "
    try:
        with open(path, "rb") as f:
            for line in f:
                if line[: len(key)] == key:
                    return line[len(key) :].strip().decode()
    except (OSError, TypeError):  # there is no file, or none is named yet
        pass
    return None


def join(codes):
    """Several codes, each (code, data...), as one text."""
    return "; ".join([say(*code) for code in codes])
