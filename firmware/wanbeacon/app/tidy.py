# SPDX-License-Identifier: MIT
"""What a round has left in a small heap, put together at its bottom. What a stage makes lies above its code;
when that has gone, small things stay scattered over the room that it had, and no large piece of it is free.
A stage between two rounds, when nobody holds any of it."""

from wanbeacon.core.record import Record


def tidy(agent):
    """Records, reasons and the history of an Agent."""
    for h in agent.hosts():
        h.rec = _lean(h.rec)
        h.why = copy(h.why)
    for line in agent.lines:
        line.why, line.found = copy(line.why), copy(line.found)
        line.chooser.seen = copy(line.chooser.seen)
    agent.history = copy(agent.history)
    agent.log.settle()


def _lean(rec):
    """The same in a new Record, with memory only for what differs from one: an update touches each field."""
    one = Record(rec.fp)
    for name in rec.__dict__:
        value = getattr(rec, name)
        if value != getattr(Record, name):
            setattr(one, name, value)
    return one


def copy(value):
    """A copy of a plain value, at the lowest free places (MicroPython: a slice is a copy)."""
    if isinstance(value, dict):
        return {key: copy(value[key]) for key in value}
    if isinstance(value, list):
        return [copy(one) for one in value]
    if isinstance(value, tuple):
        return tuple([copy(one) for one in value])
    return value[:] if isinstance(value, (str, bytes)) else value
