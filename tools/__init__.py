# SPDX-License-Identifier: MIT
"""Developer and user tools: `python -m tools NAME` in a checkout, `wanbeacon-tools NAME` when installed. What
all share."""

import os
import sys
from pathlib import Path

#: This package's own folder, whatever it is called.
HERE = Path(__file__).resolve().parent
#: True in a checkout; installed, the package carries copies of firmware/ and boards/ in its own folder.
CHECKOUT = (HERE.parent / "firmware/wanbeacon").is_dir() and (HERE.parent / "pyproject.toml").is_file()
#: The folder that holds firmware/ and boards/; every tool works from here, whatever the current directory is.
ROOT = HERE.parent if CHECKOUT else HERE
#: How the tools are called here, for texts that name a command.
COMMAND = "python -m tools" if CHECKOUT else "wanbeacon-tools"


def _cache():
    """The user's folder for caches, as each system wants it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "wanbeacon"


#: Whatever can be made again: unpacked interpreters, compiled code. In a checkout git-ignored and removed by
#: `make clean`; $WANBEACON_CACHE names another folder.
CACHE = Path(os.environ.get("WANBEACON_CACHE") or (ROOT / ".cache" if CHECKOUT else _cache()))
#: Where results go that nobody named a file for.
OUT = ROOT / "out" if CHECKOUT else Path("wanbeacon-out")


class UserError(Exception):
    """A mistake the user can fix: shown as one line without traceback, exit status 1.

    The text says what is wrong, where, and what to do; never a secret. More arguments are lines that are
    shown below it as they are: the line of a file, a caret."""

    def __str__(self):
        return str(self.args[0]) if self.args else ""


def in_ci():
    """True where a missing part (a program, root rights, an interpreter) is a failure instead of a skip."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false", "no")
