# SPDX-License-Identifier: MIT
"""A plain HTTP client for the portal's tests: one request, one answer, cookies kept."""

import contextlib
import http.client
import random
import re
import socket
import time
from urllib.parse import urlencode


def free_port():
    """A port that nobody has now, below those that the system gives to whoever connects somewhere: it
    stays free until a board that is started later takes it."""
    while True:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", random.randrange(12000, 32000)))
            return sock.getsockname()[1]


class Browser:
    """host: what the Host header says; the board listens on 127.0.0.1:port."""

    def __init__(self, port, host="192.168.1.50"):
        self.port, self.host, self.cookie, self.csrf = port, host, None, None

    def ask(self, path, form=None, method=None, headers=None, body=None):
        """The answer, with .text, .csrf (of its first form). form: fields to POST, the CSRF token goes
        along."""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        more = dict({"Host": self.host}, **({"Cookie": "wb=" + self.cookie} if self.cookie else {}))
        if form is not None:
            body = urlencode(dict({"csrf": self.csrf or ""}, **form))
            more["Content-Type"] = "application/x-www-form-urlencoded"
        more.update(headers or {})
        try:
            self._open(conn)
            conn.request(method or ("POST" if body is not None else "GET"), path, body, more)
            answer = conn.getresponse()
            answer.text = answer.read().decode("utf-8")
        finally:
            conn.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookie = value.split(";")[0].partition("=")[2]
        found = re.search(r'name="csrf" value="([0-9a-f.]+)"', answer.text)
        if found:
            self.csrf = found.group(1)
        return answer

    def _open(self, conn):
        """Connects; a board that has just started may not listen yet."""
        end = time.monotonic() + 20
        while True:
            try:
                return conn.connect()
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def login(self, password="kept-label-1"):
        self.ask("/login")
        answer = self.ask("/login", {"password": password})
        if answer.status == 303:
            self.ask("/settings")
        return answer
