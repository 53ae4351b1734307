# SPDX-License-Identifier: MIT
"""One exchange: micropython-lib `requests` over a Wire -> Answer, or Trouble. Knows trust and wire, not the
protocol.

Not asyncio: `requests` is synchronous, so an exchange holds the event loop, but never beyond its deadline
(DNS aside).
"""

import gc
import time

import requests

from wanbeacon.core import httpdate
from wanbeacon.net import Answer, Trouble, trust, wire

BUDGET = 20000  # ms for one exchange in all, every root and address tried included
BODY_MAX = 4096  # an answer is some lines; what is longer is a page
# What a want of memory may look like before anything was sent, depending on the version of ESP-IDF.
_MAYBE_MEMORY = ("untrusted", "timeout", "connect", "dns", "tls", "reset")


def exchange(
    req,
    board,
    root=0,
    roots=(),
    ca=None,
    device=None,
    budget=None,
    cap=BODY_MAX,
    rows=None,
    sink=None,
    keep=None,
    aside=None,
    maker=None,
):
    """Send a Request once and return its Answer. Raises Trouble.

    req: anything shaped like core.outgoing.Request (post: False, True or the name of another method; tls,
    host, port, path, headers, body, family).
    root: Answer.root of the last exchange with this server; roots: names the provider's row gives; ca: path
    of a DER file that replaces all roots; device: network device to leave by; budget: ms, None = BUDGET;
    rows: the server's addresses where they are known already (names.py); sink: gets the body in pieces
    (wire.py), for answers that may be longer than a heap; keep: a list, empty at first, that holds what was
    verified with for the next call of one exchange with the same server; aside: see wire.py;
    maker: what makes a Wire (kept.py).

    No byte of the request leaves before a certificate was accepted. Until then a server may be asked more
    than once: with another root, and once more when memory ran out. Where memory is scarce the board has
    exchange_begins() to make room for TLS, exchange_ends(), and memory_low(), which is asked between the two
    when the connection is closed again.
    """
    start = time.ticks_ms()
    deadline = time.ticks_add(start, BUDGET if budget is None else budget)
    more = deadline, cap, device, start, rows, sink, keep, aside, maker
    rest = [1]  # tries left for want of memory

    def once(paths, issuers=None):
        while True:
            gc.collect()
            try:
                return _once(req, board, paths, issuers, *more)
            except Trouble as e:
                trouble = e
            if trouble.word in _MAYBE_MEMORY and not trouble.sent:
                # what the connection held is free again: now the board can tell whether it was enough
                gc.collect()
                if _tell(board, "memory_low"):
                    trouble = Trouble("memory", "%s: %s" % (trouble.word, trouble.text))
            if trouble.word != "memory" or trouble.sent or not rest:
                raise trouble
            rest.pop()
            if req.tls:
                _tell(board, "exchange_ends")
                _tell(board, "exchange_begins")

    if not req.tls:
        return once(None)
    _tell(board, "exchange_begins")
    try:
        return once(None if keep else [ca]) if keep or ca else _verified(board, once, root, roots)
    finally:
        _tell(board, "exchange_ends")


def _tell(board, what):
    act = getattr(board, what, None)
    return act() if act else None


def _verified(board, once, root, roots):
    """The Answer of `once`, verified with one of the catalogue's roots."""
    plenty = getattr(board, "plenty", False)
    try:
        every = trust.everyone(board.roots) if plenty else trust.names(board.roots)
    except OSError:
        every = None
    if not every:
        raise Trouble("roots", "no CA roots in %s" % board.roots)
    if plenty:
        return once(every)
    queue, asked = trust.guesses(every, roots, root), False
    while True:
        name, issuers = queue.pop(0), None if asked else []
        try:
            answer = once(["%s/%s.der" % (board.roots, name)], issuers)
        except Trouble as e:
            if e.word != "untrusted" or not _unknown_root(e.text):
                raise
            if issuers:  # the server said who signed it: only those are worth another handshake
                asked = True
                queue = [n for n in trust.signers(board.roots, every, issuers) if n != name]
            if not queue:
                raise
            continue
        answer.root = trust.number(every, name)
        return answer


def _unknown_root(text):
    """True when an untrusted certificate was refused only for want of its root (Mbed TLS's words, then
    OpenSSL's)."""
    if "revoked" in text:
        return False
    return "trusted CA" in text or "issuer" in text or "self-signed" in text or "self signed" in text


def _once(req, board, paths, issuers, deadline, cap, device, start, rows, sink, keep, aside, maker):
    link = None
    try:
        tls = keep[0] if keep else _context(paths, issuers) if req.tls else None
        make = maker or wire.Wire
        link = make(board, tls, req.host, deadline, cap, req.family, device, rows, sink, aside)
        status, body = _ask(req, link) if req.path else (200, link.shake(req.port))
        if keep is not None and tls and not keep:
            keep.append(tls)
        ms = time.ticks_diff(time.ticks_ms(), start)
        after = link.field(b"retry-after")
        return Answer(status, body, after, ms, 0, link.truncated, _date(link) if tls else None)
    except MemoryError:
        raise Trouble("memory", "no memory left for an exchange", link is not None and link.sent)
    finally:
        if link:
            link.close()


def _date(link):
    """The server's time by its Date field; None from a cache, whose answer has an age."""
    date = link.field(b"date")
    return httpdate.parse(date) if date and not (link.field(b"age") or "").strip("0") else None


def _context(paths, issuers):
    """A TLS context that trusts the roots in `paths`."""
    try:
        return trust.context(paths, issuers)
    except ImportError:
        raise Trouble(
            "no tls", "this MicroPython has no TLS: install the variant that has it (micropython-mbedtls)"
        )
    except OSError as e:
        if wire.out_of_memory(e):
            raise Trouble("memory", "no memory for a CA root (%s)" % e)
        raise Trouble("roots", "a CA root cannot be read (%s)" % e)
    except ValueError:
        raise Trouble("roots", "a CA root file is damaged")


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
