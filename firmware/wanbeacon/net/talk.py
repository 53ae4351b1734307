# SPDX-License-Identifier: MIT
"""One request and its answer: micropython-lib `requests` over a Wire. A step of http.py, loaded when what
verifies the server is there; not asyncio: `requests` is synchronous."""

import requests

from wanbeacon.core import httpdate
from wanbeacon.net import Answer, Trouble, wire


def talk(req, board, tls, deadline, cap, device, rows, sink, later, maker):
    """The Answer of one try; its root and ms are http.py's. tls: a context to verify with, None for plain
    TCP. Raises Trouble."""
    link = None
    try:
        link = (maker or wire.Wire)(
            board, tls, req.host, deadline, cap, req.family, device, rows, sink, later
        )
        status, body = _ask(req, link) if req.path else (200, link.shake(req.port))
        after = link.field(b"retry-after")
        return Answer(status, body, after, 0, 0, link.truncated, _date(link) if tls else None)
    except MemoryError:
        raise Trouble("memory", "no memory left for an exchange", link is not None and link.sent)
    finally:
        if link:
            link.close()


def _date(link):
    """The server's time by its Date field; None from a cache, whose answer has an age."""
    date = link.field(b"date")
    return httpdate.parse(date) if date and not (link.field(b"age") or "").strip("0") else None


def _ask(req, link):
    """(status, body) by `requests`. It takes its sockets from the module that it imported as `socket` (1.23:
    `usocket`) and has no other place to hand one in: for the time of this call the Wire stands there. Nothing
    else in it is changed, and nothing else in this program uses it."""
    name = "socket" if hasattr(requests, "socket") else "usocket"
    before = getattr(requests, name)
    setattr(requests, name, link)
    try:
        # "http" whatever the scheme: the Wire does the TLS, `requests` would do it unverified.
        url = "http://%s:%d%s" % (req.host, req.port, req.path)
        reply = requests.request(
            req.post if isinstance(req.post, str) else "POST" if req.post else "GET",
            url,
            data=req.body,
            headers=req.headers,
        )
        try:
            return reply.status_code, reply.content
        finally:
            reply.close()
    except (ValueError, IndexError, NotImplementedError) as e:
        raise Trouble("odd", "the reply is not HTTP (%s)" % e, True)
    except OSError as e:
        raise Trouble("memory" if wire.out_of_memory(e) else "reset", str(e), link.sent)
    finally:
        setattr(requests, name, before)
