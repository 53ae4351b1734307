# SPDX-License-Identifier: MIT
"""The agent in virtual time: `python -m tools simulate`, and what its tests share with it.

Modules here import the firmware, so that importing this package puts it on the path (shims last: `ubinascii`
comes from there, `requests` must not)."""

import sys

from .. import ROOT

for _path in ("firmware", "firmware/wanbeacon/board/cpython"):
    if str(ROOT / _path) not in sys.path:
        sys.path.append(str(ROOT / _path))

import wanbeacon_cpython  # noqa: E402, F401  (gives CPython's time and gc what MicroPython's have)
