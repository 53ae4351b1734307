# SPDX-License-Identifier: MIT
"""micropython-lib's `requests` (0.10 to 1.1) for CPython: same surface, same use of its socket.

What matters to code that replaces `requests.socket` and is kept as it is there: the order of calls on the
socket (getaddrinfo, socket, settimeout, connect, write..., readline..., read, close), HTTP/1.0, ValueError on
a bad status line and on a chunked answer, socket closed on OSError only, redirects followed with the same
headers over a new socket. Unlike there, "https:" is refused:
the original would encrypt without verifying anything."""

import binascii
import json as _json
import socket

__version__ = "1.1.1"


class Response:
    """status_code, reason, headers (dict or None), encoding; content and text read the body on first use."""

    def __init__(self, raw):
        self.raw = raw
        self.encoding = "utf-8"
        self._body = None

    @property
    def content(self):
        if self._body is None:
            try:
                self._body = self.raw.read()
            finally:
                self.raw.close()
                self.raw = None
        return self._body

    @property
    def text(self):
        return str(self.content, self.encoding)

    def json(self):
        return _json.loads(self.content)

    def close(self):
        if self.raw:
            self.raw.close()
        self.raw = self._body = None


def _split(url):
    """(host, port, path without its leading slash) of an http URL; ValueError for any other."""
    proto, empty, rest = url.split("/", 2)
    netloc, _, path = rest.partition("/")
    if proto == "https:":
        raise ValueError(
            "this stand-in speaks no unverified TLS: use http: over a socket that does the handshake"
        )
    if proto != "http:" or empty:
        raise ValueError("Unsupported protocol: " + proto)
    host, colon, port = netloc.partition(":")
    return host, int(port) if colon else 80, path


def _send(wire, method, path, headers, body):
    wire.write(b"%s /%s HTTP/1.0\r\n" % (method.encode(), path.encode()))
    for name, value in headers.items():
        wire.write(("%s: %s\r\n" % (name, value)).encode())
    wire.write(b"\r\n")
    if hasattr(body, "__next__"):  # an iterator: chunks, as the original
        for part in body:
            wire.write(b"%x\r\n" % len(part))
            wire.write(part)
            wire.write(b"\r\n")
        wire.write(b"0\r\n\r\n")
    elif body:
        wire.write(body)


def _head(wire, parse_headers):
    """(status, reason, headers, redirect target or None) of the answer on `wire`."""
    words = wire.readline().split(None, 2)
    if len(words) < 2:
        raise ValueError("HTTP error: BadStatusLine:\n%s" % words)
    status, reason = int(words[1]), words[2].rstrip() if len(words) > 2 else ""
    headers = None if parse_headers is False else {}
    target = None
    while True:
        line = wire.readline()
        if not line or line == b"\r\n":
            return status, reason, headers, target
        if line.startswith(b"Transfer-Encoding:"):
            if b"chunked" in line:
                raise ValueError("Unsupported " + str(line, "utf-8"))
        elif line.startswith(b"Location:") and not 200 <= status <= 299:
            if status not in (301, 302, 303, 307, 308):
                raise NotImplementedError("Redirect %d not yet supported" % status)
            target = str(line[10:-2], "utf-8")
        if parse_headers is True:
            name, value = str(line, "utf-8").split(":", 1)
            headers[name] = value.strip()
        elif parse_headers:
            parse_headers(line, headers)


def request(
    method, url, data=None, json=None, headers=None, stream=None, auth=None, timeout=None, parse_headers=True
):
    host, port, path = _split(url)
    headers = dict(headers or {})
    if auth is not None:
        pair = ("%s:%s" % auth).encode()
        headers["Authorization"] = "Basic " + binascii.b2a_base64(pair)[:-1].decode()
    headers.setdefault("Host", host)  # without the port, as the original: callers set their own
    body = data
    if json is not None:
        body = _json.dumps(json).encode()
        headers.setdefault("Content-Type", "application/json")
    if hasattr(body, "__next__"):
        headers.setdefault("Transfer-Encoding", "chunked")
    elif body:
        body = body.encode() if isinstance(body, str) else body
        headers.setdefault("Content-Length", len(body))
    headers.setdefault("Connection", "close")

    info = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    wire = socket.socket(info[0], socket.SOCK_STREAM, info[2])
    if timeout is not None:
        wire.settimeout(timeout)
    try:
        wire.connect(info[-1])
        if not hasattr(wire, "write"):  # CPython's own socket: MicroPython's is a stream by itself
            wire = wire.makefile("rwb", buffering=0)
        _send(wire, method, path, headers, body)
        status, reason, parsed, target = _head(wire, parse_headers)
    except OSError:
        wire.close()
        raise
    if target:
        wire.close()
        if status in (301, 302, 303):
            return request("GET", target, None, None, headers, stream)
        return request(method, target, data, json, headers, stream)
    response = Response(wire)
    response.status_code, response.reason = status, reason
    if parsed is not None:
        response.headers = parsed
    return response


def head(url, **kw):
    return request("HEAD", url, **kw)


def get(url, **kw):
    return request("GET", url, **kw)


def post(url, **kw):
    return request("POST", url, **kw)


def put(url, **kw):
    return request("PUT", url, **kw)


def patch(url, **kw):
    return request("PATCH", url, **kw)


def delete(url, **kw):
    return request("DELETE", url, **kw)
