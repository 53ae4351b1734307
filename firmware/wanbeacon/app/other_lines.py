# SPDX-License-Identifier: MIT
"""A name in which others keep addresses too (`keep_others`): which of them are this host's. A stage.

Each address is noted in the file of ids before it leaves, and until another one is known to be there in its
place: an answer that never came, or a lost journal, must leave none behind in the name for good."""

from wanbeacon.core import address, outcome
from wanbeacon.core.ids import Ids

# addresses of one family that may be there: five requests in a row without an outcome (core/ids.py, ROW_MAX)
_MOST = 5
_FAMILIES = (b"4", b"6")


def begin(agent, host, sent, offline):
    """([IPv4, ...], [IPv6, ...]): packed addresses that are to go, None for a family that is left alone.
    sent: what is about to be sent, which is noted beside them."""
    ids, gone = Ids(agent.board.ids()), []
    for packed, stored, family in zip(sent, (host.rec.v4, host.rec.v6), _FAMILIES):
        if not packed and not offline:
            gone.append(None)
            continue
        texts = ids.get(host.rec.fp + family) or []
        for one in (stored, None if offline else packed):
            if one and address.text(one) not in texts:
                texts.append(address.text(one))
        ids.put(host.rec.fp + family, texts[-_MOST:])
        gone.append([one for one in map(address.parse, texts) if offline or one != packed])
    _save(ids)
    return gone


def done(agent, host, sent, out):
    """What came of it. Where it was stored, nothing of before is there any more. sent: (None, None) after
    everything was taken away."""
    if out.cls not in (outcome.OK, outcome.SAME):
        return
    ids = Ids(agent.board.ids())
    for packed, family in zip(sent, _FAMILIES):
        if packed:
            ids.put(host.rec.fp + family, [address.text(packed)])
        elif not (sent[0] or sent[1]):
            ids.drop(host.rec.fp + family)
    _save(ids)


def _save(ids):
    try:
        ids.save()
    except OSError:  # the journal beside it says so
        pass
