# SPDX-License-Identifier: MIT
"""Serves our LuCI views, the stand-in runtime and nothing else; opens one in the browser."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools import ROOT

HERE = ROOT / "host_tests/openwrt/luci"
VIEWS = ROOT / "boards/openwrt/luci-app-wanbeacon/htdocs/luci-static/resources/view"
_TYPES = {".js": "text/javascript", ".html": "text/html"}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.split("?")[0]
        # "status" is wanbeacon/status; the tile is loaded by its whole name
        name = path[6:] if path.count("/") > 2 else "wanbeacon/" + path[6:]
        file = VIEWS / name if path.startswith("/view/") else HERE / (path.strip("/") or "index.html")
        if not file.is_file():
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Type", _TYPES[file.suffix] + "; charset=utf-8")
        self.end_headers()
        self.wfile.write(file.read_bytes())

    def log_message(self, *_):
        pass


class Site:
    """`with Site() as url`: the pages on a port of this machine."""

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return "http://127.0.0.1:%d/" % self.server.server_port

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def host(name, state="ok", **more):
    """One name of a status document."""
    doc = {
        "name": name,
        "provider": "noip",
        "account": 0,
        "ipv4": "45.33.7.52",
        "ipv6": None,
        "since": None,
        "state": state,
        "result": "good",
        "class": "OK",
        "text": "stored",
        "next": "refresh",
        "next_in": 2000000,
        "next_at": None,
        "why": "the provider has this address",
        "offline": False,
    }
    doc.update(more)
    return doc


def status(**more):
    """A status document as the agent writes it: one name for each state."""
    now = int(time.time())
    doc = {
        "version": "0.1.0",
        "user_agent": "Wanbeacon Wanbeacon-Generic/0.1.0",
        "now": now,
        "uptime": 93784,
        "clock": "ok",
        "started": now - 93784,
        "paused": False,
        "lines": [
            {
                "name": "line 1",
                "sources": [],
                "ipv4": {
                    "address": "45.33.7.52",
                    "source": "ubus",
                    "since": now - 7300,
                    "why": "publishable",
                },
                "ipv6": {
                    "address": "2a02:8010:1::7",
                    "source": "ubus",
                    "since": now - 7300,
                    "why": "publishable",
                },
            },
            {
                "name": "line 2",
                "sources": [],
                "ipv4": {
                    "address": "100.64.3.9",
                    "source": "ubus",
                    "since": now - 400,
                    "why": (
                        "carrier-grade NAT (100.64.0.0/10): the provider shares one address among many "
                        "customers"
                    ),
                },
                "ipv6": {"address": None, "source": None, "since": None, "why": "not needed"},
            },
        ],
        "hosts": [
            host("home.ddns.net", since=now - 7290, ipv6="2a02:8010:1::7"),
            host(
                "a-rather-long-name-for-a-small-phone.example-provider.ddns.net",
                since=now - 86400 * 3,
                provider="dyn",
            ),
            host(
                "office.dyndns.org",
                "stopped",
                ipv4=None,
                provider="dyn",
                result="badauth",
                next="nothing",
                next_in=None,
                why="badauth: the provider refuses this user name or password. Correct them, or use retry",
            ),
            host(
                "cam.duckdns.org",
                "waiting",
                provider="duckdns",
                next="send",
                next_in=1740,
                result="timeout",
                **{"class": "LATER"},
                why="waiting, so that the provider is not asked too often",
                text="the server did not answer in time; will be tried again",
            ),
            host(
                "lab.dedyn.io",
                "new",
                provider="desec",
                ipv4=None,
                next="wait",
                next_in=None,
                why="no publishable address on line 2",
            ),
        ],
        "exchange": {
            "when": now - 60,
            "provider": "duckdns",
            "hosts": ["cam.duckdns.org"],
            "status": 200,
            "reply": "911 <b>maintenance</b>",
            "ms": 214,
        },
        "counters": {"requests": 9, "journal_writes": 12, "events": 3, "boots": 2},
        "journal": {"state": "ok", "lost": "", "sequence": 12},
        "log": ["%02d:14:07 line %d of the log, as the agent printed it" % (i % 24, i) for i in range(80)],
    }
    doc.update(more)
    return doc


def router(document=None, running=True, refused="", **more):
    """What the stand-in answers for a router in that state."""
    files = {} if document is None else {"/var/run/wanbeacon/status.json": json.dumps(document)}
    if refused:
        files["/var/run/wanbeacon/refused"] = refused
    what = {
        "files": files,
        "rpc": {
            "service.list": {"wanbeacon": {"instances": {"instance1": {"running": running, "pid": 1234}}}}
        },
        "exec": {},
        "networks": ["lan", "wan", "wan6", "wanb"],
        "uci": {},
    }
    what.update(more)
    return what


def show(browser, url, view, what, width=1100, query=""):
    """The view on a page of that width; the Page."""
    page = browser.open(url + query, width=width)
    page.run("window.router = %s; window.load(%s)" % (json.dumps(what), json.dumps(view)))
    return page
