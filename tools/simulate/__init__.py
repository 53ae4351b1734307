# SPDX-License-Identifier: MIT
"""The agent in virtual time: `python -m tools simulate`, and what its tests share with it.

Modules here import the firmware, so importing this package puts it on the path."""

from ..agent_modules import on_path

on_path()

import wanbeacon_cpython  # noqa: E402, F401  (gives CPython's time and gc what MicroPython's have)
