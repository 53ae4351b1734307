# SPDX-License-Identifier: MIT
"""One update by a JSON API: dyndns/rest.py's calls over the wire. A stage; what goes before and after is
another (restplan.py)."""

import time

from wanbeacon.app import stage
from wanbeacon.core import outcome
from wanbeacon.net import Answer, Trouble

# ms for all calls of one update: four at most, each with a TLS handshake of its own (3 s on a board)
BUDGET = 40000
# bytes kept free in one piece for the TLS context and the root, while code is loaded around them
_SPARE = 3584
ANSWER_MAX = 1 << 20  # bytes of one answer: a list of 5000 records; it passes through, nothing of it is kept


def exchange(agent, account, hosts, template, sent, offline):
    """As app/exchange.py's: (begun, an Answer with its Outcomes in `outs`, the Trouble there was, or
    None)."""
    plan = stage.run("app.restplan", "prepare", agent, account, hosts, sent)
    if plan is None or isinstance(plan, Trouble):
        return False, plan
    changes = []
    answer = stage.run("app.restful", "talk", agent, account, max([h.rec.root for h in hosts]), plan, changes)
    if changes:
        stage.run("app.restplan", "remember", agent, changes)
    if isinstance(answer, Answer) and answer.retry_after:
        delay = stage.run("dyndns.retry_after", "seconds", answer.retry_after, agent.clock.wall())
        for out in answer.outs:
            out.delay = delay if out.cls == outcome.LATER else 0
    return True, answer


class _Call:
    """One HTTP request, as net/http.py takes it."""

    family = 0

    def __init__(self, post, place, path, headers, body):
        self.post = post
        self.tls, self.host, self.port = place
        self.path = path
        self.headers = headers
        self.body = body


def nonce(board):
    """32 hexadecimal digits that no other request has."""
    return "".join(["%02x" % board.random() for _ in range(16)])


def talk(agent, account, root, plan, changes):
    """The calls themselves: an Answer or a Trouble."""
    spare = [bytearray(_SPARE)]
    from wanbeacon.dyndns import rest  # code comes into the heap behind `spare`, not before it
    from wanbeacon.net import http

    place, rows, calls, hosts, due, kept = plan
    row, doc, board = account.row, account.doc, agent.board
    tls, host, port = place
    name = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    picker = stage.load("core.xmlpick" if calls.get("xml") else "core.jsonpick").Picker
    recipe = calls.get("sign")
    wall = agent.clock.wall()
    if recipe and wall is None:
        return Trouble("clock", "requests to %s are signed, and the time is not known" % host)
    end = time.ticks_add(time.ticks_ms(), BUDGET)
    last, keep = [None], []

    def send(method, path, headers, body, sink):
        headers["Host"], headers["User-Agent"] = name, agent.agent_name(row.get("ua"), account.doc)
        if recipe:  # a stage of its own: the handshake needs the room that its code takes
            origin = ("https://" if tls else "http://") + name
            parts = method, origin, path, headers, body, nonce(board)
            path = stage.run("dyndns.rest_sign", "sign", recipe, doc, wall, *parts)
        req = _Call(method, place, path, headers, body)
        left = time.ticks_diff(end, time.ticks_ms())
        if left <= 0:
            raise Trouble("timeout", "no time is left for the next call to %s" % host, True)
        way = root, row.get("roots") or (), doc.get("ca"), doc.get("bind")
        spare[0] = None
        try:
            if agent.transport:  # it returns the whole body
                answer = agent.transport(req, board, *way)
                sink.feed(answer.body)
            else:
                left, more = min(left, http.BUDGET), {"cap": ANSWER_MAX, "rows": rows, "sink": sink}
                if account.keep:
                    account.keep.again = True
                    answer = account.keep.exchange(req, board, *way, budget=left, **more)
                else:
                    answer = http.exchange(req, board, *way, budget=left, keep=keep, **more)
        except Trouble as e:
            e.sent = e.sent or bool(last[0])  # a call before this one has left
            raise
        answer.root, last[0] = last[0].root if last[0] else answer.root, answer
        return answer.status, answer.retry_after, answer.cut

    def pause(ms):
        while ms > 0:
            board.keep_alive()
            time.sleep_ms(min(ms, 200))
            ms -= 200

    try:
        status, head, outs, after = rest.exchange(calls, doc, hosts, due, kept, changes, send, pause, picker)
    except Trouble as e:
        return e
    if not last[0]:  # nothing could be sent
        return Answer(0, b"", None, 0, root, False, None, outs)
    return Answer(status, head, after, 0, last[0].root, False, last[0].date, outs)
