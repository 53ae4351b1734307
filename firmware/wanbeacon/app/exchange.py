"""One request to a provider: build it, send it. A stage; the answer is read in another (learn.py)."""

from wanbeacon.core import address
from wanbeacon.dyndns import request
from wanbeacon.net import Trouble, http


def exchange(agent, account, hosts, template, sent, offline):
    """The request itself: an Answer, or the Trouble there was."""
    row, doc = account.row, account.doc
    packed = [address.parse(a) if a else None for a in sent]
    req = request.build(row, doc, [h.doc for h in hosts], template, packed, agent.agent_name, offline)
    root = max([h.rec.root for h in hosts])
    try:
        return (agent.transport or http.exchange)(req, agent.board, root, row.get("roots") or (), doc.get("ca"), doc.get("bind"))
    except Trouble as e:
        return e
