# SPDX-License-Identifier: MIT
"""The table of the settings, catalogue/settings.txt: a section at a time."""

import wanbeacon
from wanbeacon.core.lines import lines


def rows(section):
    """The lines of one section: [(key, required, kind, default text, what it is)];
    None when there is no such one."""
    found = _lines(section)
    return found and [_row(line) + (line.split(" ", 3)[3],) for line in found]


def table(section):
    """The same without what it is, which is long and only for people, as one text."""
    return "\n".join([line[: len(line) - len(line.split(" ", 3)[3])] for line in _lines(section)])


def each(text):
    """(key, required, kind, default text) of each row of a table's text, one at a time in memory."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield _row(text[at:end])
        at = end + 1


def what(section, key):
    """What a key is, for people."""
    for row in rows(section):
        if row[0] == key:
            return row[4]


def _row(line):
    key, kind, default = line.split(" ", 3)[:3]
    plain = key.rstrip("!")
    return plain, plain != key, kind, default


def _lines(section):
    found, head = None, ("[%s]" % section).encode()
    with open(wanbeacon.catalogue + "/settings.txt", "rb") as f:
        for line in lines(f):
            if line[:1] == b"[":
                if found is not None:
                    break
                found = [] if line == head else None
            elif found is not None and line and line[:1] != b"#":
                found.append(line.decode())
    return found


def sources():
    """Names of the address sources."""
    with open(wanbeacon.catalogue + "/settings.txt", "rb") as f:
        return [line[8:-1].decode() for line in lines(f) if line.startswith(b"[source ")]
