# SPDX-License-Identifier: MIT
"""Sends one notice over the verified wire, or starts the command.
A stage."""

from wanbeacon.app import said, stage
from wanbeacon.core.url import split_url
from wanbeacon.net import Trouble

BUDGET = 10000  # ms for one notice in all
_DELAY_MAX = 3600  # seconds of a Retry-After that are believed


class Request:
    """What net/http.py sends."""

    family = 0

    def __init__(self, method, url, headers, body):
        self.tls, self.host, self.port, self.path, query = split_url(url)
        self.post = method
        self.headers = headers
        self.body = body
        if query:
            self.path += "?" + query
        headers["Host"] = (
            self.host if self.port == (443 if self.tls else 80) else "%s:%d" % (self.host, self.port)
        )


def deliver(agent, hook, what, *more):
    """(HTTP status or 0, what was said, whether that is all that happened, whether only our home is to blame,
    seconds to wait at least). Not sure: it may have arrived. hook: a command, `what` its notice; else None,
    `what` and more as of notices.build, and the CA file."""
    if hook:
        return 200 if stage.run("app.hook", "run", hook, what) else 500, "", True, False, 0
    url, headers, body, roots, ca = more
    request = Request(what, url, headers, body)
    try:
        if agent.transport:
            answer = agent.transport(request, agent.board, 0, roots, ca)
        else:
            answer = stage.run("net.http", "exchange", request, agent.board, 0, roots, ca, None, BUDGET)
    except Trouble as e:
        lost = [line for line in agent.lines if line.wants[4] and line.lost[4] is not None]
        status = 302 if e.word == "redirect" else 0
        return status, e.word, status or not e.sent, bool(lost) or e.word in ("dns", "no route", "clock"), 0
    after = answer.retry_after or ""
    return (
        answer.status,
        said.said(agent.log, answer.body),
        True,
        False,
        min(_DELAY_MAX, int(after)) if after.isdigit() else 0,
    )
