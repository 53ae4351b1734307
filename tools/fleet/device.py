# SPDX-License-Identifier: MIT
"""A device that has nothing but its MQTT: the agent's own code at a broker (app/mqtt.py), with a host, a
clock and a log in memory. For tests and for many devices in one process.

Runs on CPython and MicroPython (host_tests import it by its path), so it uses only what both have."""

import os
import time

from wanbeacon.app import model, mqtt
from wanbeacon.core.record import NEVER, Record


class Clock:
    """The machine's own. `ahead`: seconds that were skipped."""

    def __init__(self):
        self.ahead = 0

    def mono_ms(self):
        return time.ticks_ms() + self.ahead * 1000

    def mono(self):
        return self.mono_ms() // 1000

    def wall(self):
        return 1800000000 + self.mono()


class Log:
    """Keeps the codes that were told."""

    def __init__(self):
        self.told, self.secrets = [], []

    def tell(self, level, code, *data):
        self.told.append((code,) + data)

    def keep_secrets(self, forms):
        self.secrets += forms

    def scrub(self, text):
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


class Board:
    """What mqtt.py asks of its machine. stream: see board/linux.py."""

    name, plenty, roots = "simulated", True, "firmware/catalogue/roots"

    def __init__(self, unique, stream):
        self.unique, self.stream = unique, stream
        self.exchanges, self.tenant = [], None

    def model(self):
        return "Simulated"

    def share_tls(self, tenant):
        self.tenant = tenant

    def exchange_begins(self):
        self.exchanges.append(True)

    def exchange_ends(self):
        self.exchanges.append(False)


class Journal:
    paused = False


class Device:
    """settings: `mqtt` as the checked settings have it. stream: board/linux.Board.stream or its like. heard:
    is given each command. broker: the class to use."""

    def __init__(self, number, settings, stream, heard=None, broker=mqtt.Broker):
        self.cfg = {"mqtt": settings, "device": {"name": "Wanbeacon", "company": "Wanbeacon"}}
        self.board = Board(b"board %d" % number, stream)
        self.clock, self.log, self.journal = Clock(), Log(), Journal()
        self.faults = []
        self.latest = self.failed = None
        line = model.Line("line", None, [])
        line.wants[4], line.found[4] = True, bytes((45, 33, number >> 8 & 255, number & 255))
        account = model.Account({}, {"id": "dyn"}, line, None, "accounts[0] (dyn)")
        rec = Record(b"12345678")
        rec.cls, rec.word, rec.v4, rec.at = "OK", "good", line.found[4], 1799990000
        name = "host%d.example.org" % number
        host = model.Host({"name": name, "allow_private": False}, account, rec, (True, False), b"")
        host.state, host.next, host.why = "ok", NEVER, (("ok",),)
        account.hosts.append(host)
        self.lines, self.accounts = [line], [account]
        self.mqtt = broker(self)
        self.event = self.mqtt.event

    def save(self):
        return True

    def hosts(self):
        return self.accounts[0].hosts

    def address(self, packed):
        """The line has another address, which is published."""
        self.lines[0].found[4] = self.hosts()[0].rec.v4 = packed
        self.mqtt.event.set()

    def say(self, state, word=None, *why):
        """The host is in another state."""
        host = self.hosts()[0]
        host.state, host.why, host.rec.word = state, why or (("ok",),), word or host.rec.word
        self.mqtt.event.set()

    def chance(self):
        return int.from_bytes(os.urandom(2), "big")

    def resting(self, where):
        return False

    def sound(self, where):
        pass

    def fault(self, where, error):
        self.faults.append(error)
        return 60


def settings(host, port, **more):
    """`mqtt` as config.py would hand it on."""
    doc = {
        "host": host,
        "port": port,
        "plain": True,
        "prefix": "wanbeacon",
        "discovery": "homeassistant",
        "spread": 30,
    }
    doc.update(more)
    return doc
