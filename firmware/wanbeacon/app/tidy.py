# SPDX-License-Identifier: MIT
"""What a round has left in a small heap, put together at its bottom: see core/low.py. A stage between two
rounds, when nobody holds any of it."""

from wanbeacon.core import low


def tidy(agent):
    """Records, reasons and the history of an Agent."""
    for h in agent.hosts():
        h.rec = h.rec.lean()  # an update touches each of its fields
        h.why = low.copy(h.why)
    for line in agent.lines:
        line.why, line.found = low.copy(line.why), low.copy(line.found)
        line.chooser.seen = low.copy(line.chooser.seen)
    agent.history = low.copy(agent.history)
    agent.log.settle()
