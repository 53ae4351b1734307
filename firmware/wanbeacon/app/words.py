"""Codes -> sentences, out of catalogue/words.txt: the only place where words for people are made.

The file is read a row at a time: a board has no room for all of it.
"""

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
                    return text % data if data else text
    except (OSError, TypeError):  # no file (or none named yet); a row that takes other data
        pass
    return " ".join([code] + [str(one) for one in data])
