# SPDX-License-Identifier: MIT
"""One small plain HTTP exchange with a device at home (the router's UPnP). Bounded in bytes and time; no
redirects.

Not for anything beyond the home: no TLS, no names. kit.fetch does those.
"""

import errno
import socket
import time

from wanbeacon.net import reason, waits

#: One exchange in all. A router answers in milliseconds; a busy one gets three seconds.
_EXCHANGE_MS = 3000
#: A router's description is 2-12 KB; what is longer is not read to its end.
MAX_BODY = 16384
_MAX_HEAD = 2048


def header(head, name):
    """Return the value (text) of the header `name` (lower case bytes) in the bytes of a message head, or
    ""."""
    for line in head.split(b"\n")[1:]:  # some routers end lines with a bare LF
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            try:
                return value.strip().decode()
            except ValueError:  # not UTF-8
                break
    return ""


def split_url(url):
    """Return (host, port, path) of a plain http URL, as devices write it: the host may be an IPv6 literal in
    brackets, or missing ("http://:1900/"): nobody uses it. ValueError when it is none, or holds what cannot
    be part of a request line."""
    for c in url.encode():
        if not 32 < c < 127:
            raise ValueError("not a URL")
    if url[:7].lower() != "http://":
        raise ValueError("not a URL")
    place, slash, path = url[7:].partition("/")
    host, bracket, port = place.partition("]") if place[:1] == "[" else (place.partition(":")[0], "", "")
    port = port[1:] if bracket else place[len(host) + 1 :]
    if (
        not place
        or host[:1] == "["
        and not bracket
        or "@" in place
        or not (port or "80").isdigit()
        or not 0 < int((port or "80")[:6]) < 65536
    ):
        raise ValueError("not a URL")
    return host + bracket, int(port or 80), slash + path or "/"


def request(verb, host, port, path, lines="", body=""):
    """Return the bytes of a request. Its Host is the literal address:
    routers refuse names (DNS rebinding)."""
    # HTTP/1.0 for what has a body in its answer: 1.1 would allow chunks, which read_message() does not know
    version = 0 if verb in ("GET", "POST") else 1
    if body:
        lines += "Content-Length: %d\r\n" % len(body)
    head = "%s %s HTTP/1.%d\r\nHost: %s:%d\r\nConnection: close\r\n%s\r\n%s"
    return (head % (verb, path, version, host, port, lines, body)).encode()


def _split(data):
    """(head, what follows it), or (None, data) while the head is not whole. An interim answer (100 Continue)
    is passed over."""
    while True:
        ends = [(data.find(gap), len(gap)) for gap in (b"\r\n\r\n", b"\n\n", b"\n\r\n")]
        ends = [one for one in ends if one[0] >= 0]
        if not ends:
            return None, data
        end, gap = min(ends)
        head, data = data[:end], data[end + gap :]
        if head[:7] != b"HTTP/1." or head[9:10] != b"1":
            return head, data


def _length(head):
    """The Content-Length of a head, or None."""
    text = header(head, b"content-length")
    for c in text.encode():
        if not 48 <= c <= 57:
            return None
    return int(text) if 0 < len(text) < 9 else None


async def read_message(sock, until, cap, without=None):
    """Read one HTTP message until its length, the peer's end or `until` (ticks). Returns (head, body) in
    bytes.

    without: length of the body where none is stated; None: until the peer's end.
    reason.Why when it is longer than `cap`, late, or cut. Data behind the stated length is dropped.
    """
    chunks, size = [], 0  # no growing block: a small heap has no holes
    head, want, chunked = None, None, False
    while True:
        left = time.ticks_diff(until, time.ticks_ms())
        if left <= 0 or not await waits.ready(sock, left):
            raise reason.Why("net.late")
        data = waits.receive(sock, 1024)
        if data is None:
            continue
        size += len(data)
        chunks.append(data)
        if head is None:
            head, rest = _split(b"".join(chunks))
            chunks, size = [rest], len(rest)
            if head is None:
                if size > _MAX_HEAD or not data:
                    raise reason.Why("lan.no_http")
                continue
            chunked = "chunked" in header(head, b"transfer-encoding").lower()
            want = _length(head)
            want = without if want is None or chunked else want
        if (size if want is None else want) > cap:
            raise reason.Why("lan.long")
        if chunked and (not data or chunks[-1][-1:] == b"\n"):
            from wanbeacon.net import chunks as many  # few routers answer so: the others' heap is spared it

            try:
                body = many.joined(b"".join(chunks))
            except ValueError:
                body, chunked = None, False
            if body is not None:
                return head, body
            if chunked and not data:
                raise reason.Why("lan.cut")
        if not chunked and (not data or want is not None and size >= want):
            if want is not None and size < want:
                raise reason.Why("lan.cut")
            return head, b"".join(chunks)[: size if want is None else want]


async def exchange(board, host, port, verb, path, lines="", body=""):
    """Send a request (see request()) to host:port; return (status, head, body). OSError or reason.Why for
    whatever goes wrong."""
    data = request(verb, host, port, path, lines, body)
    until = time.ticks_add(time.ticks_ms(), _EXCHANGE_MS)
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        try:
            sock.connect(board.sockaddr(host, port))
        except OSError as e:
            if e.errno != errno.EINPROGRESS:
                raise
        at = 0
        while at < len(data):
            left = time.ticks_diff(until, time.ticks_ms())
            if left <= 0 or not await waits.ready(sock, left, True):
                raise reason.Why("net.late")
            try:
                at += sock.send(data[at:])
            except OSError as e:
                if e.errno != errno.EAGAIN:
                    raise
        head, body = await read_message(sock, until, MAX_BODY)
    finally:
        sock.close()
    status = head.split(b"\r\n")[0].split()
    if len(status) < 2 or status[0][:5] != b"HTTP/" or not status[1].isdigit():
        raise reason.Why("lan.no_http")
    return int(status[1]), head, body
