# SPDX-License-Identifier: MIT
"""Stand-ins of notice services, strict as the real ones are documented: a request that one of them would not
take is answered as it would be, and noted in `wrong`. In this process, over TLS or plain.

    with Services(context) as services: ...

services.url; services.taken: {service: [text]}; services.wrong: [line]."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOPIC, TOKEN, USER = "alerts-7Kq", "tk_AgQdq7mVBoFD37zQVN29", "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"
BOT, CHAT = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "-1001234567890"
HOOK = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
SECRETS = (TOKEN, USER, BOT, HOOK, "h3ader-s3cret", "qu3ry-s3cret")


class Bad(Exception):
    """(status, why)."""


def need(true, status, why):
    if not true:
        raise Bad(status, why)


def as_json(call, *keys):
    """The body, which must be a JSON object with exactly these keys."""
    need(call.headers.get_content_type() == "application/json", 415, "no JSON")
    doc = json.loads(call.body.decode("utf-8"))
    need(isinstance(doc, dict) and set(doc) == set(keys), 400, "keys %s" % sorted(doc))
    return doc


def ntfy(call):
    need(call.headers["Authorization"] == "Bearer " + TOKEN, 401, "unauthorized")
    need(call.headers["Title"] and len(call.headers["Title"]) <= 1024, 400, "title")
    text = call.body.decode("utf-8")
    need(0 < len(call.body) <= 4096 and text[0] != "{", 400, "body")
    return 200, b'{"id":"x","time":1,"event":"message"}', call.headers["Title"] + "\n" + text


def gotify(call):
    need(call.headers["X-Gotify-Key"] == TOKEN, 401, "key")
    doc = as_json(call, "title", "message", "priority")
    need(isinstance(doc["priority"], int), 400, "priority")
    return 200, b'{"id":1}', doc["title"] + "\n" + doc["message"]


def telegram(call):
    doc = as_json(call, "chat_id", "text")
    need(doc["chat_id"] == CHAT, 400, "chat not found")
    need(1 <= len(doc["text"]) <= 4096, 400, "text")
    return 200, b'{"ok":true,"result":{}}', doc["text"]


def pushover(call):
    need(call.headers.get_content_type() == "application/x-www-form-urlencoded", 400, "no form")
    doc = dict(urllib.parse.parse_qsl(call.body.decode("ascii"), strict_parsing=True))
    need(doc.get("token") == TOKEN and doc.get("user") == USER, 400, "token or user is invalid")
    need(len(doc["message"]) <= 1024 and len(doc["title"]) <= 250, 400, "too long")
    return 200, b'{"status":1,"request":"x"}', doc["title"] + "\n" + doc["message"]


def discord(call):
    doc = as_json(call, "content", "allowed_mentions")
    need(1 <= len(doc["content"]) <= 2000 and doc["allowed_mentions"] == {"parse": []}, 400, "content")
    return 204, b"", doc["content"]


def slack(call):
    doc = as_json(call, "text")
    need(doc["text"], 400, "no_text")
    return 200, b"ok", doc["text"]


def webhook(call):
    doc = as_json(call, "event", "host", "title", "message", "address", "time")
    need(isinstance(doc["time"], int), 400, "time")
    need(call.headers["X-Key"] == "h3ader-s3cret", 403, "key")
    return 200, b"", doc["title"] + "\n" + doc["message"]


def get(call):
    query = dict(urllib.parse.parse_qsl(call.query, strict_parsing=True))
    need(query.get("key") == "qu3ry-s3cret" and not call.body, 403, "key")
    return 200, b"", query["text"]


#: "METHOD path" -> what takes it
PLACES = {
    "POST /" + TOPIC: ntfy, "POST /gotify/message": gotify, "POST /bot%s/sendMessage" % BOT: telegram,
    "POST /1/messages.json": pushover, "POST /api/webhooks/" + HOOK: discord, "POST /services/" + HOOK: slack,
    "POST /hook": webhook, "GET /get": get,
}  # fmt: skip


def entries(url):
    """The `notify` entries for all of them, as a user would write them for servers at `url`."""
    return [
        {"preset": "ntfy", "url": url, "topic": TOPIC, "token": TOKEN},
        {"preset": "gotify", "url": url + "/gotify/", "token": TOKEN},
        {"preset": "telegram", "url": url, "token": BOT, "topic": CHAT},
        {"preset": "pushover", "url": url, "token": TOKEN, "user": USER},
        {"preset": "discord", "url": url + "/api/webhooks/" + HOOK},
        {"preset": "slack", "url": url + "/services/" + HOOK},
        {"url": url + "/hook", "header": ["X-Key: h3ader-s3cret"]},
        {"url": url + "/get?key=qu3ry-s3cret&text={title}%0A{text}", "method": "GET"},
    ]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        path, _, self.query = self.path.partition("?")
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place = PLACES.get("%s %s" % (self.command, urllib.parse.unquote(path)))
        try:
            need(place, 404, "no such place")
            need(self.headers["User-Agent"] and self.headers["Host"], 400, "User-Agent and Host")
            need("Transfer-Encoding" not in self.headers, 400, "length")
            status, body, text = place(self)
            self.server.taken.setdefault(place.__name__, []).append(text)
        except (Bad, ValueError, KeyError) as e:
            status, body = e.args if isinstance(e, Bad) else (400, repr(e))
            self.server.wrong.append("%s %s: %s %s" % (self.command, self.path, status, body))
            body = body.encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    do_GET = do_POST


class Services:
    """context: an SSLContext, or None for plain HTTP."""

    def __init__(self, context=None):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.taken, self.server.wrong = {}, []
        self.taken, self.wrong = self.server.taken, self.server.wrong
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s://localhost:%d" % ("https" if context else "http", self.server.server_address[1])

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
