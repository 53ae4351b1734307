# SPDX-License-Identifier: MIT
"""`requests` under the name it once had, as MicroPython keeps it:
every name comes from there, `socket` too."""

import requests


def __getattr__(name):
    return getattr(requests, name)
