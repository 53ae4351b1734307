# SPDX-License-Identifier: MIT
"""with quick(): the agent without what only costs time. CPython only; changes nothing that can be seen from
outside."""

from functools import lru_cache

from wanbeacon.app import agent, log, stage, words
from wanbeacon.core import address
from wanbeacon.dyndns import catalog, request


class _NoCollector:
    """For the module gc: collecting 40,000 objects of a test run in every round takes longer than the
    round."""

    def collect(self):
        pass

    def mem_alloc(self):
        return 1 << 30

    mem_free = mem_alloc


# (where, name, what stands in for it)
_SLOW = [
    (agent, "gc", _NoCollector()),
    (stage, "gc", _NoCollector()),
    (log.Log, "__call__", lambda self, text, level="info": None),
    *[(where, name, lru_cache(999)(getattr(where, name))) for where, name in (
        (address, "parse"), (address, "why_not"), (address, "text"), (catalog, "find"), (request, "quote"),
        (words, "find"),
    )],
]  # fmt: skip
# ... and seldom looks at a clock or a flash that will not come
_PATIENT = [(agent, "CLOCK_EVERY", 1800), (agent, "SAVE_AGAIN", 900)]


class quick:
    """patient: also seldom looks at a clock or a flash that will not come."""

    def __init__(self, patient=False):
        self.changes = _SLOW + (_PATIENT if patient else [])

    def __enter__(self):
        self.before = [getattr(where, name) for where, name, _ in self.changes]
        for where, name, other in self.changes:
            setattr(where, name, other)

    def __exit__(self, *_):
        for (where, name, _), before in zip(self.changes, self.before):
            setattr(where, name, before)
