"""One exchange: micropython-lib `requests` over a Wire -> Answer, or Trouble. Knows trust and wire, not the protocol.

Not asyncio: `requests` is synchronous, so an exchange holds the event loop, but never beyond its deadline (DNS aside).
"""

import gc
import time

from wanbeacon.net import Answer, Trouble, trust

BUDGET = 20000  # ms for one exchange in all, every root and address tried included
BODY_MAX = 4096  # an answer is some lines; what is longer is a page


def exchange(req, board, root=0, roots=(), ca=None, device=None, budget=None, cap=BODY_MAX, ready=None):
    """Send a Request once and return its Answer. Raises Trouble.

    req: anything shaped like dyndns.request.Request (post, tls, host, port, path, headers, body, family).
    root: number of the batch of CA roots that worked last; roots: names the provider's row gives; ca: path of a DER
    file that replaces all roots; device: network device to leave by; budget: ms, None = BUDGET; ready(): called once,
    when the name is resolved and before the first packet leaves, False = do not go on. When no root of a batch fits, the next batch is
    tried on a new connection: no byte of the request leaves before a certificate was accepted.
    """
    start = time.ticks_ms()
    deadline = time.ticks_add(start, BUDGET if budget is None else budget)
    batches = [None]
    if req.tls and ca:
        batches = [ca]
    elif req.tls:
        try:
            batches = trust.batches(board.roots, roots)
        except OSError:
            raise Trouble("roots", "no CA roots in %s" % board.roots)
    order = list(range(len(batches)))
    if 0 < root <= len(order):
        order.insert(0, order.pop(root - 1))
    last = None
    for i in order:
        gc.collect()
        tls = _context(board, batches[i])
        link = _wire(board, tls, req.host, deadline, cap, req.family, device, ready)
        ready = None
        try:
            status, body = _ask(req, link)
            ms = time.ticks_diff(time.ticks_ms(), start)
            return Answer(status, body, link.retry_after, ms, 0 if ca or not req.tls else i + 1, link.truncated)
        except Trouble as e:
            if e.word != "untrusted" or ca or not _unknown_root(e.text):
                raise
            last = e
        finally:
            link.close()
    raise last


def _unknown_root(text):
    """True when an untrusted certificate was refused only for want of its root (Mbed TLS's words, then OpenSSL's)."""
    if "revoked" in text:
        return False
    return "trusted CA" in text or "issuer" in text or "self-signed" in text or "self signed" in text


def _context(board, batch):
    """A TLS context for one batch of roots (names, or the path of an own CA), or None for plain TCP."""
    if batch is None:
        return None
    paths = [batch] if isinstance(batch, str) else ["%s/%s.der" % (board.roots, n) for n in batch]
    try:
        return trust.context(paths)
    except ImportError:
        raise Trouble("no tls", "this MicroPython has no TLS: install the variant that has it (micropython-mbedtls)")
    except OSError as e:
        raise Trouble("roots", "a CA root cannot be read (%s)" % e)
    except ValueError:
        raise Trouble("roots", "a CA root file is damaged")


def _wire(*args):
    """Loaded after the context, whose two kilobytes must lie in one piece."""
    from wanbeacon.net import wire

    return wire.Wire(*args)


def _ask(req, link):
    import requests

    name = "socket" if hasattr(requests, "socket") else "usocket"  # 1.23 calls it usocket
    before = getattr(requests, name)
    setattr(requests, name, link)
    try:
        # "http" whatever the scheme: the Wire does the TLS, `requests` would do it unverified.
        url = "http://%s:%d%s" % (req.host, req.port, req.path)
        reply = requests.request("POST" if req.post else "GET", url, data=req.body, headers=req.headers)
        try:
            return reply.status_code, reply.content
        finally:
            reply.close()
    except (ValueError, IndexError, NotImplementedError) as e:
        raise Trouble("odd", "the reply is not HTTP (%s)" % e, True)
    except OSError as e:
        raise Trouble("reset", str(e), link.sent)
    finally:
        setattr(requests, name, before)


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


def get(url, board, agent, family=0, budget=None, cap=BODY_MAX, ca=None, device=None):
    """A GET without credentials (address checks): (status, body). Raises Trouble."""
    from wanbeacon.core.url import split_url

    tls, host, port, path, query = split_url(url)
    place = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    if query:
        path += "?" + query
    req = _Get(tls, host, port, path, {"User-Agent": agent, "Host": place}, family)
    answer = exchange(req, board, budget=budget, cap=cap, ca=ca, device=device)
    return answer.status, answer.body
