# SPDX-License-Identifier: MIT
"""What is known of a fleet: each device's last words at the broker. Pure: no socket, no screen."""

import collections
import json
import time

#: The longest text of a field that is kept: whoever has a device's password may say anything in its name.
LONGEST = 200
#: Devices that are kept; more is no fleet but somebody who makes up names.
MOST = 200_000
STATES = ("stopped", "waiting", "paused", "new", "ok", "offline")
_FIELDS = (
    "state",
    "problem",
    "code",
    "why",
    "host",
    "provider",
    "answer",
    "ipv4",
    "ipv6",
    "changed",
    "next",
    "hosts",
    "paused",
    "version",
    "share",
    "label",
    "latest",
    "failed",
)


class Device:
    """name; doc: its last state (dict, {} when there was none); online: None when it never said so; seen:
    time of the last word."""

    __slots__ = ("doc", "name", "online", "seen")

    def __init__(self, name):
        self.name, self.doc, self.online, self.seen = name, {}, None, 0.0

    @property
    def state(self):
        """Its state, or "offline" when the broker has its last will."""
        return "offline" if not self.online else str(self.doc.get("state", "new"))

    def text(self, key):
        """A field as text, "" when it has none."""
        value = self.doc.get(key)
        return "" if value is None else str(value)


def _clean(doc):
    """The known fields of a state, short, in one line and printable."""
    found = {}
    for key in _FIELDS:
        value = doc.get(key)
        if isinstance(value, str):
            value = "".join(c for c in value[:LONGEST] if c.isprintable())
        elif not isinstance(value, (bool, int, type(None))):
            continue
        found[key] = value
    return found


class Fleet:
    """prefix: first part of the devices' topics. devices: name -> Device. odd: messages that made no
    sense."""

    def __init__(self, prefix):
        self.prefix = prefix + "/"
        self.devices = {}
        self.odd = 0
        self.heard = 0

    def filters(self):
        """The topics to ask for."""
        return [self.prefix + "+/state", self.prefix + "+/online"]

    def take(self, topic, payload):
        """One message. Never raises."""
        self.heard += 1
        name, _, what = topic.removeprefix(self.prefix).partition("/")
        if not topic.startswith(self.prefix) or not name or what not in ("state", "online"):
            self.odd += 1
            return
        one = self.devices.get(name)
        if one is None:
            if not payload or len(self.devices) >= MOST:
                return
            one = self.devices[name] = Device(name)
        one.seen = time.time()
        if what == "online":
            one.online = payload == b"online"
            return
        if not payload:  # whoever cleared the retained message wants it forgotten
            del self.devices[name]
            return
        try:
            doc = json.loads(payload)
        except (ValueError, RecursionError):
            doc = None
        if isinstance(doc, dict):
            one.doc = _clean(doc)
        else:
            self.odd += 1

    def counts(self):
        """{"state", "version", "answer", "provider" -> Counter}. answer: that of devices that are not
        well."""
        found = {key: collections.Counter() for key in ("state", "version", "provider", "answer")}
        for one in self.devices.values():
            found["state"][one.state] += 1
            for key in ("version", "provider"):
                found[key][one.text(key) or "?"] += 1
            if one.doc.get("problem"):
                found["answer"][one.text("answer") or one.text("code") or "?"] += 1
        return found

    def select(self, state="", label="", text=""):
        """Devices that fit, the worst first: of this state (or "problem"), with this in the label, with this
        text anywhere in what they say."""
        label, text, found = label.lower(), text.lower(), []
        for one in self.devices.values():
            if state and one.state != state and not (state == "problem" and one.doc.get("problem")):
                continue
            if label and label not in one.text("label").lower():
                continue
            if text and text not in ("%s %s" % (one.name, " ".join(map(str, one.doc.values())))).lower():
                continue
            found.append(one)
        rank = {
            name: number
            for number, name in enumerate(("stopped", "offline", "waiting", "paused", "new", "ok"))
        }
        return sorted(found, key=lambda one: (not one.doc.get("problem"), rank.get(one.state, 0), one.name))


def plain(fleet, devices):
    """What --json prints."""
    return {
        "devices": [{"name": one.name, "online": bool(one.online), **one.doc} for one in devices],
        "counts": {key: dict(counter) for key, counter in fleet.counts().items()},
        "known": len(fleet.devices),
    }
