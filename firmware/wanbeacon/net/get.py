# SPDX-License-Identifier: MIT
"""Exchanges without credentials (http.py): a GET, and a TLS session alone. Not needed for updates."""

from wanbeacon.core.url import split_url
from wanbeacon.net import http


class _Get:
    """A GET without credentials."""

    post, body = False, None

    def __init__(self, tls, host, port, path, headers, family):
        self.tls = tls
        self.host = host
        self.port = port
        self.path = path
        self.headers = headers
        self.family = family


def get(
    url, board, agent, family=0, budget=None, cap=http.BODY_MAX, ca=None, device=None, prove=None, sink=None
):
    """A GET without credentials (address checks): (status, body). Raises Trouble. prove(unix seconds or None)
    is told the date of an answer whose certificate was verified. sink: as in `exchange`."""
    tls, host, port, path, query = split_url(url)
    place = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    if query:
        path += "?" + query
    req = _Get(tls, host, port, path, {"User-Agent": agent, "Host": place}, family)
    answer = http.exchange(req, board, budget=budget, cap=cap, ca=ca, device=device, sink=sink)
    if prove:
        prove(answer.date)
    return answer.status, answer.body


def shake(host, port, board, root=0, roots=(), ca=None, budget=None):
    """A verified TLS session with a server, and not a byte of a request. Raises Trouble."""
    http.exchange(_Get(True, host, port, "", None, 0), board, root, roots, ca, None, budget)
