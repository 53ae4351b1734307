# SPDX-License-Identifier: MIT
"""Sends one notice over the verified wire, or starts the command.
A stage."""

import time

from wanbeacon.app import said, stage
from wanbeacon.core.url import split_url
from wanbeacon.net import Trouble, waits

BUDGET = 10000  # ms for one notice in all
ASIDE_MS = 300  # so long a notice may hold whoever else wants the loop: a source with news, a command
ASIDE_S = 5  # before the next try after that
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


class _Others:
    """Whether others have wanted the loop for a while: an address that changes comes before a receiver that
    is slow or dead."""

    def __init__(self):
        self.since = None

    def wait(self):
        """Asked every 0.1 s."""
        if not waits.pending():
            self.since = None
        elif self.since is None:
            self.since = time.ticks_ms()
        return self.since is not None and time.ticks_diff(time.ticks_ms(), self.since) >= ASIDE_MS


def deliver(agent, polite, hook, what, *more):
    """(HTTP status or 0, what was said, whether that is all that happened, whether only our home is to blame,
    seconds to wait at least). Not sure: it may have arrived. polite: it may be put off for others; hook: a
    command, `what` its notice; else None, `what` and more as of notices.build, and the CA file."""
    if hook:
        return 200 if stage.run("app.hook", "run", hook, what) else 500, "", True, False, 0
    url, headers, body, roots, ca = more
    request = Request(what, url, headers, body)
    try:
        if agent.transport:
            answer = agent.transport(request, agent.board, 0, roots, ca)
        else:
            later = _Others().wait if polite else None
            answer = stage.run(
                "net.http", "exchange", request, agent.board, 0, roots, ca, None, BUDGET, later=later
            )
    except Trouble as e:
        if e.word == "later" and not e.sent:
            return 0, e.word, True, True, ASIDE_S
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
