# SPDX-License-Identifier: MIT
"""What goes wrong at a machine, in words."""

import errno


class Mistake(Exception):
    """A user's mistake, in one line."""


def words_of(e):
    """An OSError in words."""
    known = {1: "not permitted", 2: "no such file", 13: "permission denied", 17: "another file is there"}
    known.update({20: "not a folder", 21: "it is a folder"})
    known.update({28: "no space left", 30: "read-only file system", errno.EADDRINUSE: "in use"})
    return known.get(e.errno) or str(e)
