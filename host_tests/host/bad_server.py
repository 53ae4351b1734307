# SPDX-License-Identifier: MIT
"""A small DynDNS2 server in this process that answers correctly or, given the name of a grade-server check,
fails that one.

    with BadServer("s-nochg") as url: ...

Account demo, password demo-key, hosts demo.example.net and two.example.net."""

import base64
import ipaddress
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "demo", "demo-key"
HOSTS = ("demo.example.net", "two.example.net")


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        flag = self.server.flag
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        login = "Basic " + base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()
        sent = self.headers.get("Authorization")
        if sent != login and not (flag == "s-badauth" and sent) and not (flag == "s-no-login" and not sent):
            return self.say(401, "badauth")
        if flag == "s-retry-after" and "hostname" not in query:
            return self.say(429, "slow down")
        if "hostname" not in query:
            return self.say(200, "badsys" if flag == "s-notfqdn" else "notfqdn")
        if flag == "s-case" and "x-unknown" in query:
            return self.say(200, "nohost")
        names = query["hostname"].split(",")
        if len(names) > 1 and flag == "s-list":
            return self.say(200, "nochg")
        value = self.value(query)
        if value is None:
            return self.say(200, "badip")
        if flag == "s-six" and ":" in value:
            return self.say(200, "badip")
        if flag == "s-no-address" and "myip" not in query:
            return self.say(200, "badip")
        lines = [self.line(name.lower(), value) for name in names]
        if flag == "s-401" and lines[0] == "nohost":
            return self.say(401, "nohost")
        if flag == "s-code" and len(names) == 1:
            lines.append("Thank you for flying with us.")
        return self.say(500 if flag == "s-no-5xx" and lines[0] == "nohost" else 200, "\n".join(lines))

    def value(self, query):
        """The address to store, None when there is none."""
        if "myip" not in query:
            return self.client_address[0]
        try:
            return str(ipaddress.ip_address(query["myip"]))
        except ValueError:
            return query["myip"] if self.server.flag == "s-malformed" else None

    def line(self, name, value):
        flag, stored = self.server.flag, self.server.stored
        if name not in HOSTS:
            return "badsys" if flag == "s-nohost" else "nohost"
        same, stored[name] = stored.get(name) == value, value
        if flag == "s-echo":
            value = "45.33.99.99"
        word = "nochg" if same else "good"
        if flag == "s-good":
            word = "nochg"
        if flag == "s-nochg":
            word = "good"
        return "%s %s" % (word, value)

    def say(self, status, text):
        flag = self.server.flag
        if flag == "s-lower":
            text = text.upper()
        if flag == "s-200" and text[:4] in ("good", "nochg"):
            status = 202
        data = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if flag == "s-type" else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if status == 401 and flag != "s-401":
            self.send_header("WWW-Authenticate", 'Basic realm="demo"')
        self.end_headers()
        self.wfile.write(data)


class BadServer:
    """A context manager: the update URL while it is served."""

    def __init__(self, flag=""):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.flag, self._server.stored = flag, {}

    def __enter__(self):
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return "http://127.0.0.1:%d/nic/update" % self._server.server_address[1]

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
