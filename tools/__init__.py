"""Developer and user tools, run as `python -m tools NAME`. This file knows only what all of them share."""

import os
from pathlib import Path

#: The checkout; every tool works from here, whatever the current directory is.
ROOT = Path(__file__).resolve().parent.parent
#: Whatever can be made again: unpacked interpreters, downloads. Git-ignored, removed by `make clean`.
CACHE = ROOT / ".cache"


class UserError(Exception):
    """A mistake the user can mend: shown as one line without traceback, exit status 1.

    The text says what is wrong, where, and what to do; never a secret."""


def in_ci():
    """True where a missing part (a program, root rights, an interpreter) is a failure instead of a skip."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")
