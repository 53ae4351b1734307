"""One request to a provider: build it, send it. A stage; the answer is read in another (learn.py)."""

from wanbeacon.app import stage
from wanbeacon.dyndns import request
from wanbeacon.net import Trouble, http


def exchange(agent, account, hosts, template, sent, offline):
    """(begun, what came of it): an Answer, the Trouble there was, or None when the journal could not be written, so that
    nothing left. begun: the request was noted in the journal; without it nothing has left the home."""
    row, doc = account.row, account.doc
    req = request.build(row, doc, [h.doc for h in hosts], template, sent, agent.agent_name, offline)
    root = max([h.rec.root for h in hosts])
    noted = []

    def ready():
        """The server's name is resolved, the first packet is about to leave: note the request. False when it must not."""
        noted.append(stage.run("app.learn", "begin", agent, account, hosts, sent))
        return noted[0]

    carry = agent.transport or http.exchange
    try:
        answer = carry(req, agent.board, root, row.get("roots") or (), doc.get("ca"), doc.get("bind"), ready=ready)
    except Trouble as e:
        answer = e
    return noted == [True], None if noted == [False] else answer
