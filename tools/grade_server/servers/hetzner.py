# SPDX-License-Identifier: MIT
"""dyndns-to-hetzner, as `grade-server --installed` starts it: PORT FOLDER. Hetzner's API is one record in
memory."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dyndns_to_hetzner
from werkzeug.security import generate_password_hash
from werkzeug.serving import run_simple

RECORDS = {name: {"id": name, "name": name, "value": ""} for name in ("demo", "two")}


class Api(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if "/zones" in self.path:
            return self.say({"zones": [{"id": "1", "name": "example.net"}]})
        return self.say({"records": list(RECORDS.values())})

    def do_PUT(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        RECORDS[self.path.rsplit("/", 1)[1]]["value"] = sent["value"]
        return self.say({})

    def say(self, document):
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=api.serve_forever, daemon=True).start()
dyndns_to_hetzner.HETZNER_API = "http://127.0.0.1:%d" % api.server_address[1]
app = dyndns_to_hetzner.create_app(
    {
        "FQDNS": {name + ".example.net": "key" for name in RECORDS},
        "AUTH_USERS": {"demo": generate_password_hash("demo-key", method="pbkdf2:sha256:1")},
    }
)
run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True)
