# SPDX-License-Identifier: MIT
"""Measures on a line in namespaces, for `make bench`: how soon a new address reaches the provider, beside
inadyn and ddclient; and idleness behind a router. Needs root.

The agent runs in real time, with HTTPS, the same changes for each way. The others ask a check page, all
at the same changes; their clock runs SPEED times as fast (faketime), and what is printed is their own
time. They speak plain HTTP: beside their interval that does not count.
"""

import base64
import contextlib
import http.server
import random
import threading
import time
import urllib.parse

from . import servers
from .agent_process import Agent, host
from .lab import LAN, PROVIDER, Net
from .namespaces import inside, ip
from .parts import program

SPEED, COPIES = 20, 4
#: (what, its address source)
AGENTS = (("NAT-PMP announcement", "natpmp"), ("PCP announcement", {"source": "pcp", "map": True}),
          ("UPnP event", "upnp"), ("netlink, on the router", "netlink"))  # fmt: skip
#: (program, what, seconds between two looks)
OTHERS = (
    ("inadyn", "default", 120),
    ("inadyn", "fastest", 30),
    ("ddclient", "default", 300),
    ("ddclient", "fastest", 60),
)
INADYN = """period = %(period)d
custom lab {
  hostname = "%(name)s"
  username = "%(user)s"
  password = "key"
  checkip-server = "%(provider)s:%(check)d"
  checkip-path = "/"
  checkip-ssl = false
  ssl = false
  ddns-server = "%(provider)s:%(http)d"
  ddns-path = "/nic/update?hostname=%%h&myip=%%i"
}
"""
DDCLIENT = """daemon=%(period)d
pid=%(folder)s/ddclient.pid
cache=%(folder)s/ddclient.cache
syslog=no
ssl=no
use=web, web=http://%(provider)s:%(check)d/
protocol=dyndns2
server=%(provider)s:%(http)d
login=%(user)s
password=key
%(name)s
"""


class Plain:
    """A provider as simple as can be, for inadyn and ddclient: a check page that may be asked at will, and
    updates that are always "good", unchunked (ddclient 3.10 takes the lab's chunks for words). `seen`:
    {(user, address): when}."""

    def __init__(self, net):
        self.seen = seen = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                body = "<html><body>Current IP Address: %s</body></html>" % self.client_address[0]
                if url.path == "/nic/update":
                    # ddclient 3.10: empty at times
                    address = urllib.parse.parse_qs(url.query).get("myip", [""])[0]
                    user = base64.b64decode(self.headers["Authorization"].split()[1]).decode().split(":")[0]
                    seen.setdefault((user, address), time.monotonic())
                    body = "good %s\n" % address
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = inside(net.isp, lambda: http.server.ThreadingHTTPServer((PROVIDER, 0), Handler))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def when(self, user, address):
        return self.seen.get((user, address))

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Secure:
    """The provider lab, asked in the same way."""

    def __init__(self, lab):
        self.lab = lab

    def when(self, user, address):
        for row in self.lab.ledger_book.requests("update", last=3):
            if row["user"] == user and row.get("wanted", {}).get("A") == address:
                return row["at"]
        return None


def device(net, number):
    """A further device on the LAN; returns its namespace."""
    name = "%s%d" % (net.tag, number)
    net.space(name)
    net.join(name)
    ip("-n", name, "addr", "add", "192.168.77.%d/24" % (100 + number), "dev", "eth0")
    ip("-n", name, "route", "add", "default", "via", LAN)
    return name


def other(net, page, number, client, period):
    """Start inadyn or ddclient as account u<number>."""
    folder = net.folder / ("other%d" % number)
    folder.mkdir()
    values = {"period": period, "name": "h%d.dyndns.org" % number, "user": "u%d" % number,
              "provider": PROVIDER, "check": page.port, "http": page.port, "folder": folder}  # fmt: skip
    path = folder / "conf"
    path.write_text((INADYN if client == "inadyn" else DDCLIENT) % values)
    path.chmod(0o600)
    words = (
        ["-n", "-f", path, "--cache-dir", folder, "-P", folder / "pid"]
        if client == "inadyn"
        else ["-foreground", "-file", path]
    )
    return net.start(
        device(net, number), program("faketime"), "-f", "+0 x%d" % SPEED, program(client), *words
    )


def agent(net, lab, number, source, space=None):
    """Start the agent as account u<number>, under the interpreter that a user would get."""
    account = {"provider": "dyn", "user": "u%d" % number, "password": "key",
               "hosts": ["h%d.dyndns.org" % number], "server": "%s:%d" % (PROVIDER, lab.https_port),
               "ca": str(lab.ca_der)}  # fmt: skip
    config = {
        "accounts": [account],
        "address": source if isinstance(source, list) else [source],
        "intervals": {"minimum": 1},
    }
    made = Agent("micropython-wheel", config, before=net.exec(space or device(net, number)))
    return made.start()


def ours(changes, say):
    """Rows (client, what, [seconds] of each change that arrived): one agent after another, for they share
    processors."""
    rows = []
    for what, source in AGENTS:
        with Net() as net, contextlib.ExitStack() as stack:
            lab = servers.provider(net, accounts=accounts(1))
            stack.callback(lab.stop)
            made = agent(net, lab, 0, source, net.rtr if source == "netlink" else None)
            stack.callback(made.__exit__)
            made.wait(lambda s: host(s)["state"] == "ok")
            took = []
            for n in range(changes):
                time.sleep(2.2)  # the minimum interval between two updates (1 s here), and the second look
                took.append(follow(net, Secure(lab), [0], n, 5)[0])
        rows.append(("Wanbeacon", what, [one for one in took if one is not None]))
        say(what)
    return rows


def theirs(changes, say):
    """The same for inadyn and ddclient, all at the same changes; seconds of their own time. Each runs COPIES
    times, the looks of the copies evenly apart: how soon a look comes is chance, and should not be the
    result."""
    copies = [(i, copy) for i in range(len(OTHERS)) for copy in range(COPIES)]
    longest = max(period for _, _, period in OTHERS) / SPEED
    noise, took = random.Random(), [[] for _ in OTHERS]
    with Net() as net, contextlib.ExitStack() as stack:
        page, began = Plain(net), time.monotonic()
        stack.callback(page.stop)
        for later, number, i in sorted(
            (OTHERS[i][2] / SPEED * copy / COPIES, n, i) for n, (i, copy) in enumerate(copies)
        ):
            time.sleep(max(0, began + later - time.monotonic()))
            other(net, page, number, OTHERS[i][0], OTHERS[i][2])
        time.sleep(longest + 5)
        for n in range(changes):
            time.sleep(noise.random() * longest)  # a change comes at any time between two looks
            for (i, _), one in zip(copies, follow(net, page, range(len(copies)), n, longest + 5)):
                if one is not None:
                    took[i].append(one * SPEED)
            say("change %d of %d" % (n + 1, changes))
    return [
        (client, "%s, looks each %d s" % (what, period), took[i])
        for i, (client, what, period) in enumerate(OTHERS)
    ]


def accounts(count):
    return {
        "accounts": [
            {"user": "u%d" % i, "password": "key", "hosts": ["h%d.dyndns.org" % i]} for i in range(count)
        ]
    }


def follow(net, where, numbers, n, timeout):
    """Change the address for the n-th time; seconds until each account's request for it (None: not in
    `timeout` s)."""
    address = "45.33.7.%d" % (20 + n)
    before = time.monotonic()
    net.change(address)
    while time.monotonic() < before + timeout and not all(where.when("u%d" % i, address) for i in numbers):
        time.sleep(0.02)
    there = [where.when("u%d" % i, address) for i in numbers]
    return [one and one - before for one in there]


def idle(seconds):
    """(packets out of the house, packets to the router, requests to the provider) of so many seconds without
    a change."""
    with Net() as net:
        lab = servers.provider(net, accounts=accounts(1))
        made = agent(net, lab, 0, ["natpmp", "upnp"])
        try:
            made.wait(lambda s: host(s)["state"] == "ok")
            time.sleep(5)
            (out, home), requests = net.crossed(), len(lab.ledger)
            time.sleep(seconds)
            out2, home2 = net.crossed()
            return out2 - out, home2 - home, len(lab.ledger) - requests
        finally:
            made.__exit__()
            lab.stop()
