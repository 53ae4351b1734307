# SPDX-License-Identifier: MIT
"""The last changes of addresses, for people: in RAM, packed, the oldest first. Part of the stages that add to
them (learn.py) and show them (status.py)."""

import struct

_ROWS = 20  # changes that are kept
# when (unix seconds, 0 = not known), ms of the exchange, number of the host, bytes of the address before
# and of the one now; these follow
_ROW = ">IIHBB"


def add(agent, when, host, before, now, ms):
    """One change. host: its place in agent.hosts(); before: address or None; now: address."""
    kept, ends = agent.history, _ends(agent.history)
    if len(ends) >= _ROWS:
        kept = kept[ends[-_ROWS] :]
    row = struct.pack(_ROW, when or 0, ms, host, len(before or b""), len(now))
    agent.history = kept + row + (before or b"") + now


def rows(agent):
    """[(when or None, host's name, address before or None, address now, ms)]."""
    out, at, hosts = [], 0, agent.hosts()
    for end in _ends(agent.history):
        when, ms, host, before, _ = struct.unpack_from(_ROW, agent.history, at)
        at += struct.calcsize(_ROW)
        old, new = agent.history[at : at + before] or None, agent.history[at + before : end]
        out.append((when or None, hosts[host].name, old, new, ms))
        at = end
    return out


def _ends(kept):
    """Where each row ends."""
    ends, at, size = [], 0, struct.calcsize(_ROW)
    while at < len(kept):
        at += size + kept[at + size - 2] + kept[at + size - 1]
        ends.append(at)
    return ends
