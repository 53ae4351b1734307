# SPDX-License-Identifier: MIT
"""The firmware's own modules for tools: what is said here is what the device would say."""

import importlib
import sys

from . import ROOT


def on_path():
    """Let `import wanbeacon` find the firmware."""
    # the shims last: `micropython` comes from there, `requests` must not
    for path in ("firmware", "firmware/wanbeacon/board/cpython"):
        if str(ROOT / path) not in sys.path:
            sys.path.append(str(ROOT / path))


def firmware(name):
    """A module of firmware/wanbeacon: firmware("app.config")."""
    on_path()
    return importlib.import_module("wanbeacon." + name)
