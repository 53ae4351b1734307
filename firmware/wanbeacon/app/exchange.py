"""One request to a provider: built, noted, sent, its answer read. A stage, whose steps are stages of their
own: the code of one of them is in memory at a time. What the answer does to the records is learn.py's."""

from wanbeacon.app import stage
from wanbeacon.net import Trouble, names


def exchange(agent, account, hosts, template, sent, offline):
    """(begun, what came of it): an Answer with its Outcomes in `outs`; the Trouble there was, or None when
    the journal could not be written, so that nothing left. begun: the request was noted in the journal;
    without it nothing has left the home."""
    row, doc = account.row, account.doc
    if row.get("dns"):  # a name server of one's own. A board has the memory for one of the two ways
        way = "net.dnsupdate"
        req = stage.load("dyndns.tsig").build(doc, hosts[0].doc, sent, offline, agent.clock.wall() or 0)
    else:
        way = "net.http"

        def name(style=None):
            return agent.agent_name(style, doc)

        req = stage.run(
            "dyndns.request", "build", row, doc, [h.doc for h in hosts], template, sent, name, offline
        )
    try:
        rows = None if agent.transport else names.resolve(req.host, req.port, req.family)
    except Trouble as e:
        return False, e
    if not stage.run("app.learn", "begin", agent, account, hosts, sent):
        return False, None
    root = max([h.rec.root for h in hosts])
    more = root, row.get("roots") or (), doc.get("ca"), doc.get("bind")
    try:
        if agent.transport:
            answer = agent.transport(req, agent.board, *more)
        else:
            answer = stage.run(way, "exchange", req, agent.board, *more, rows=rows)
    except Trouble as e:
        return True, e
    req = rows = None
    if offline:
        sent = None, None
    said = (
        answer.status,
        answer.body,
        [h.name for h in hosts],
        sent,
        answer.retry_after,
        agent.clock.wall(),
        answer.cut,
    )
    answer.outs = stage.run("dyndns.reply", "read", row, *said)
    return True, answer
