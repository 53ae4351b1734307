# SPDX-License-Identifier: MIT
"""The ledger: every request, every connection, and what is known of each client. Thread-safe."""

import copy
import threading
import time
from dataclasses import dataclass, field

#: Bytes kept of each connection: enough for any honest exchange, small enough for an endless one.
KEEP = 65536


@dataclass
class Client:
    """One client program of one account: keyed by account and User-Agent, as a provider tells clients
    apart."""

    key: str
    user: str = ""
    agent: str = ""
    requests: int = 0
    updates: int = 0
    checks: int = 0
    changes: int = 0
    findings: list = field(default_factory=list)
    praise: set = field(default_factory=set)
    stored: dict = field(default_factory=dict)  # (host, "A") -> (address, time of the success, request)
    refusals: dict = field(default_factory=dict)  # host, "*" or tuple of hosts -> (code, fingerprint)
    holds: dict = field(default_factory=dict)  # host or "*" -> (time until, what was said)
    last_update: dict = field(default_factory=dict)  # host -> time
    last: tuple = ()  # (time, host, address) of the last update of a single host
    last_check: float = -1e18
    sins: int = 0  # updates after a refusal
    blocked: str = ""  # why the provider refuses this client


@dataclass
class Connection:
    number: int
    listener: str
    peer: str
    opened: float  # time.monotonic()
    raw: bytearray = field(default_factory=bytearray)  # as it came over TCP
    # what TLS let through, or the same as raw without TLS
    plain: bytearray = field(default_factory=bytearray)
    received: int = 0
    sent: int = 0
    tls: str = ""  # "", "TLSv1.3", or "failed: ..."
    sni: str = ""
    closed: float = 0.0
    served: int = 0  # requests that came over it
    reset: object = None  # callable: ends it with a TCP RST

    def keep(self, which, data):
        buffer = getattr(self, which)
        buffer += data[: max(0, KEEP - len(buffer))]


class Ledger:
    def __init__(self):
        self._change = threading.Condition()
        self._requests, self._connections, self._clients = [], [], {}

    def client(self, user, agent):
        key = "%s|%s" % (user or "-", agent or "-")
        with self._change:
            return self._clients.setdefault(key, Client(key, user, agent))

    def connection(self, listener, peer):
        with self._change:
            entry = Connection(len(self._connections) + 1, listener, peer, time.monotonic())
            self._connections.append(entry)
            return entry

    def request(self, **entry):
        """Files one request; returns the entry, to which the answer is added with `finish`."""
        with self._change:
            entry["number"] = len(self._requests) + 1
            self._requests.append(entry)
            self._change.notify_all()
            return entry

    def finish(self, entry, **more):
        with self._change:
            entry.update(more)
            self._change.notify_all()

    def requests(self, kind=None, last=0):
        """A snapshot: list of dicts, oldest first; `kind` "update", "check", "stranger" or "other" chooses,
        `last` = only so many of the newest."""
        with self._change:
            return [copy.deepcopy(entry) for entry in self._requests[-last:] if kind in (None, entry["kind"])]

    def connections(self, data=True):
        """A snapshot: list of dicts, oldest first; `data` False leaves the bytes out."""
        with self._change:
            return [
                {
                    "number": c.number,
                    "listener": c.listener,
                    "peer": c.peer,
                    "opened": c.opened,
                    "raw": bytes(c.raw) if data else b"",
                    "plain": bytes(c.plain) if data else b"",
                    "received": c.received,
                    "sent": c.sent,
                    "tls": c.tls,
                    "sni": c.sni,
                    "closed": c.closed,
                    "served": c.served,
                }
                for c in self._connections
            ]

    def clients(self):
        with self._change:
            return list(self._clients.values())

    def wait_for(self, count, timeout=5.0, kind=None):
        """True once `count` requests (of `kind`) were answered; False after `timeout` seconds."""

        def there():
            return (
                sum(kind in (None, entry["kind"]) and "status" in entry for entry in self._requests) >= count
            )

        with self._change:
            return self._change.wait_for(there, timeout)

    def forgive(self):
        """Lifts every refusal, hold and block, as when users acted or the provider made peace. The past stays
        on file."""
        with self._change:
            for client in self._clients.values():
                client.refusals.clear()
                client.holds.clear()
                client.sins, client.blocked, client.last_check = 0, "", -1e18

    def clear(self):
        with self._change:
            self._requests.clear()
            self._connections.clear()
            self._clients.clear()
