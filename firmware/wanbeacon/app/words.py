"""Codes -> sentences, out of catalogue/words.txt: the only place where words for people are made.

The file is read a row at a time: a board has no room for all of it.
"""

from wanbeacon.core import address

#: Path of the file; set by the composition root.
path = None


def say(code, *data):
    """The sentence of a code, its %s and %d filled with `data`. A code that is not in the file is returned as it is, with
    its data behind it: a missing word must not hide what happened."""
    key = code.encode() + b" = "
    try:
        with open(path, "rb") as f:
            for line in f:
                if line[: len(key)] == key:
                    text = line[len(key) :].strip().decode()
                    return text % tuple([_shown(one) for one in data]) if data else text
    except (OSError, TypeError):  # no file (or none named yet); a row that takes other data
        pass
    return " ".join([code] + [str(_shown(one)) for one in data])


def _shown(one):
    """What stands for a value in a sentence: an address as text, a code tuple as its sentence, a list as its parts."""
    if isinstance(one, bytes):
        return address.text(one)
    if isinstance(one, tuple):
        return say(*one)
    return "; ".join([str(_shown(part)) for part in one]) if isinstance(one, list) else one
