# SPDX-License-Identifier: MIT
"""What leaves the home in a turn of the agent's loop: the requests of one account, one after another. A stage
of agent.py, whose steps are stages of their own: the code of one of them is in memory at a time.

A request is built, noted, sent, its answer read; what that does to the records is learn.py's."""

from wanbeacon.app import stage
from wanbeacon.net import Trouble, names


def exchange(agent, account, hosts, template, sent, offline):
    """(begun, what came of it): an Answer with its Outcomes in `outs`; the Trouble there was, or None when
    the journal could not be written, so that nothing left. begun: the request was noted in the journal;
    without it nothing has left the home."""
    row, doc, host, keep = account.row, account.doc, hosts[0], account.keep
    beside = row.get("dns") and host.doc.get("keep_others")
    if row.get("dns"):  # a name server of one's own. A board has the memory for one of the two ways
        way, keep = "net.dnsupdate", None
        gone = stage.run("app.other_lines", "begin", agent, host, sent, offline) if beside else None
        # what an Update is made of, not one: its code would be in memory until the end, beside app.learn's
        req = doc, host.doc, sent, offline, agent.clock.wall() or 0, gone
        place = stage.run("dyndns.dnskey", "place", doc, host.doc)
    else:
        way = "net.http"

        def name(style=None):
            return agent.agent_name(style, doc)

        req = stage.run(
            "dyndns.request", "build", row, doc, [h.doc for h in hosts], template, sent, name, offline
        )
        place = req.host, req.port, req.family
    here = agent.transport or keep and keep.sock  # nobody has to be looked up
    try:
        rows = None if here else names.resolve(*place)
    except Trouble as e:
        return False, e
    if not begin(agent, account, hosts, sent):
        return False, None
    root = max([h.rec.root for h in hosts])
    more = root, row.get("roots") or (), doc.get("ca"), doc.get("bind")
    try:
        if agent.transport:
            answer = agent.transport(req, agent.board, *more)
        elif keep:
            answer = keep.exchange(req, agent.board, *more, rows=rows)
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
    if beside:
        stage.run("app.other_lines", "done", agent, host, sent, answer.outs[0])
    return True, answer


def begin(agent, account, hosts, sent):
    """Note a request in the journal before it leaves. False when that cannot be done: then it must not leave.
    The code that marks the records is gone before the code that writes them comes."""
    stage.run("app.learn", "start", agent, account, hosts, sent)
    if agent.save():
        agent.counters["requests"] += 1
        return True
    stage.run("app.learn", "undo", agent, hosts)
    return False


def act(agent, account, due):
    """Send what is due (plan.groups)."""
    try:
        while due:
            hosts, template, sent, offline = due.pop(0)
            hosts = [h for h in hosts if not h.rec.stopped()]  # an answer may have stopped the account
            if not hosts:
                continue
            if account.keep:
                account.keep.again = bool(due)
            met = _send(agent, account, hosts, template, sent, offline)
            if met:
                stage.run("app.learn", "wait_as", agent, account, met, [h for group in due for h in group[0]])
            if met or met is None:
                break
    finally:
        if account.keep:
            account.keep.close()


def _send(agent, account, hosts, template, sent, offline):
    """One request for some hosts. None when the journal cannot be written, else the hosts that met
    trouble."""
    agent.log.settle()
    start = agent.clock.mono_ms()
    args = agent, account, hosts, template, sent, offline
    if account.row.get("rest"):
        begun, answer = stage.run("app.restful", "exchange", *args)
    else:
        begun, answer = exchange(*args)
    if answer is None:
        return None
    ms = agent.clock.mono_ms() - start if begun else 0
    before, told = [(h.rec.v4, h.rec.v6) for h in hosts], []
    # the records come first: showing may fail for want of memory
    met = agent, account, hosts, answer, told
    met = stage.run("app.learn", "answered", *met) if begun else stage.run("app.learn", "never_left", *met)
    stage.run("app.shown", "show", agent, account, hosts, answer, ms, before, told)
    return met
