# SPDX-License-Identifier: MIT
"""One exchange: verified, bounded, within a deadline -> Answer, or Trouble. Knows its steps, trust.py
(whom to verify with) and talk.py (the rest), not the protocol. It holds the event loop, but never beyond its
deadline (DNS aside).

Where memory is scarce the board has run_stage() (app/stage.py's run: the steps are stages, one after the
other), exchange_begins() to make room for TLS, exchange_ends(), and memory_low(), which is asked between the
two when the connection is closed again."""

import gc
import sys
import time

from wanbeacon.net import Trouble

BUDGET = 20000  # ms for one exchange in all, every root and address tried included
BODY_MAX = 4096  # an answer is some lines; what is longer is a page
# What a want of memory may look like before anything was sent, depending on the version of ESP-IDF.
_MAYBE_MEMORY = ("untrusted", "timeout", "connect", "dns", "tls", "reset")
#: How the names of our modules begin; see app/stage.py.
_PACKAGE = "wanbeacon."


def _run(name, function, *args):
    """The same where nobody has to think of memory."""
    name = _PACKAGE + name
    __import__(name)
    return getattr(sys.modules[name], function)(*args)


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
    later=None,
    maker=None,
):
    """Send a Request once and return its Answer. Raises Trouble.

    req: anything shaped like core.outgoing.Request (post: False, True or the name of another method; tls,
    host, port, path, headers, body, family).
    root: Answer.root of the last exchange with this server; roots: names the provider's row gives; ca: path
    of a DER file that replaces all roots; device: network device to leave by; budget: ms, None = BUDGET;
    rows: the server's addresses where they are known already (names.py); sink: gets the body in pieces
    (wire.py), for answers that may be longer than a heap; keep: a list, empty at first, that holds what was
    verified with for the next call of one exchange with the same server; later: see wire.py; maker: what
    makes a Wire (kept.py). No byte leaves before a certificate was accepted; until then a server may be
    asked twice and more."""
    start = time.ticks_ms()
    end = time.ticks_add(start, BUDGET if budget is None else budget)
    more = end, cap, device, rows, sink, later, maker
    rest = [1]  # tries left for want of memory
    run = getattr(board, "run_stage", None) or _run

    def once(paths, issuers=None):
        while True:
            gc.collect()
            try:
                answer = _once(run, keep, paths, issuers, req, board, *more)
                answer.ms = time.ticks_diff(time.ticks_ms(), start)
                return answer
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
        return once(ca and [ca]) if keep or ca else _verified(board, run, once, root, roots)
    finally:
        _tell(board, "exchange_ends")


def _once(run, keep, paths, issuers, req, board, *how):
    tls = keep[0] if keep else None
    try:
        if req.tls and not keep:
            tls = run("net.trust", "ready", paths, issuers)
        answer = run("net.talk", "talk", req, board, tls, *how)
    except MemoryError:  # the code did not fit: nothing was sent
        raise Trouble("memory", "no memory left for an exchange")
    if keep is not None and tls and not keep:
        keep.append(tls)
    return answer


def _tell(board, what):
    act = getattr(board, what, None)
    return act() if act else None


def _verified(board, run, once, root, roots):
    """The Answer of `once`, verified with one of the catalogue's roots."""
    folder = board.roots
    if getattr(board, "plenty", False):
        return once(run("net.trust", "everyone", folder))
    name, queue, issuers = run("net.trust", "guess", folder, roots, root), None, []
    while True:
        try:
            answer = once(["%s/%s.der" % (folder, name)], issuers)
            answer.root = run("net.trust", "number", folder, name)
            return answer
        except Trouble as e:
            if e.word != "untrusted" or not _unknown_root(e.text):
                raise
            if queue is None:
                queue, issuers = run("net.trust", "others", folder, roots, root, name, issuers), None
            if not queue:
                raise
        name = queue.pop(0)


def _unknown_root(text):
    """True when an untrusted certificate was refused only for want of its root (Mbed TLS's words, then
    OpenSSL's)."""
    if "revoked" in text:
        return False
    return "trusted CA" in text or "issuer" in text or "self-signed" in text or "self signed" in text
