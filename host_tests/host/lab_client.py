# SPDX-License-Identifier: MIT
"""A raw HTTP client for the lab's own tests: sends what it is told, reads every byte that comes."""

import base64
import json
import socket
import ssl
import urllib.request

AGENT = "Acme - Tester - 1.0"


class Answer:
    """`text` is the body with chunks put together; `raw` everything; `error` what ended the reading, or
    None."""

    def __init__(self, raw, error):
        self.raw, self.error = raw, error
        head, _, self.rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        words = lines[0].split(" ")
        self.line, self.status = lines[0], int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        body = self.rest
        if self.headers.get("transfer-encoding") == "chunked":
            body, left = b"", self.rest
            while left:
                size, _, left = left.partition(b"\r\n")
                number = int(size.partition(b";")[0], 16)
                body, left = body + left[:number], left[number + 2 :] if number else b""
        self.text = body.decode("utf-8", "replace")


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def exchange(
    lab,
    target,
    user="demo",
    password="demo-key",
    agent=AGENT,
    port="https",
    version="1.1",
    method="GET",
    headers=(),
    body=b"",
    limit=100000,
    timeout=3.0,
    auth=None,
    host="localhost",
):
    """One request, read until the server closes, `limit` bytes came, or `timeout` s pass without a byte."""
    lines = ["%s %s HTTP/%s" % (method, target, version), "Host: " + host, "Connection: close"]
    if auth or user:
        lines.append("Authorization: " + (auth or basic(user, password)))
    if agent:
        lines.append("User-Agent: " + agent)
    if body:
        lines.append("Content-Length: %d" % len(body))
    raw, error = bytearray(), None
    try:
        with connect(lab, port, timeout) as sock:
            sock.sendall("\r\n".join([*lines, *headers, "", ""]).encode() + body)
            while len(raw) < limit:
                data = sock.recv(16384)
                if not data:
                    break
                raw += data
    except OSError as problem:
        error = problem
    return Answer(bytes(raw), error)


def connect(lab, port="https", timeout=3.0):
    """A socket to one of the lab's listeners; TLS, verified against the lab's CA, where the listener has
    it."""
    sock = socket.create_connection(("localhost", lab.ports[port]), timeout)
    if port in ("http", "stranger"):
        return sock
    context = ssl.create_default_context(cafile=str(lab.ca_pem))
    try:
        return context.wrap_socket(sock, server_hostname="localhost", suppress_ragged_eofs=False)
    except BaseException:
        sock.close()
        raise


def admin(lab, path, document=None, method=None):
    """The JSON answer of an admin page; POST when a document is given."""
    data = json.dumps(document).encode() if document is not None else None
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (lab.admin_port, path), data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        return json.load(error)
