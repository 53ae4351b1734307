# SPDX-License-Identifier: MIT
"""Copies that lie low in a small heap. What a stage makes lies above the stage's code; when that has gone,
small things stay scattered over the room that it had, and no large piece of it is free."""


def copy(value):
    """A copy of a plain value, at the lowest free places (MicroPython: a slice is a copy)."""
    if isinstance(value, dict):
        return {key: copy(value[key]) for key in value}
    if isinstance(value, list):
        return [copy(one) for one in value]
    if isinstance(value, tuple):
        return tuple([copy(one) for one in value])
    return value[:] if isinstance(value, (str, bytes)) else value
