# SPDX-License-Identifier: MIT
"""What an Improv client asks for and is told (app/improv_serial.py): a stage for each command.

Every function gets the Device (board_main.py)."""

import json
import os

import wanbeacon
from wanbeacon.app import improv_serial as improv
from wanbeacon.app import stage
from wanbeacon.board.esp32 import board as esp32
from wanbeacon.board.esp32 import files
from wanbeacon.core.text import name_of

_INFO, _SCAN, _HOSTNAME, _NAME, _NETWORK = 3, 4, 5, 6, 7
_NETWORKS = 5  # kept at most, as the set-up pages do
# flags of the network's state
_ONLINE, _WIFI, _CABLE = 1, 2, 4


def answer(device, command, data):
    """The frames that answer a command, as a list."""
    board = device.board
    if command == improv.GET_STATE:
        return [improv.result(command, urls(device))]
    if command == _INFO:
        info = ("Wanbeacon", wanbeacon.VERSION, chip(esp32.machine_name()), board.own_name())
        return [improv.result(command, [text.encode() for text in info])]
    if command == _SCAN:
        return [improv.result(command, row) for row in _heard()] + [improv.result(command, ())]
    if command == _HOSTNAME:
        name = _hostname(device, data)
        return [improv.result(command, (name.encode(),)) if name else _error(improv.NO_NAME)]
    if command == _NAME:  # it is on the label, so it stays what it is
        return [improv.result(command, (board.own_name().encode(),))]
    if command == _NETWORK:
        flags = _CABLE if "lan" in board.pins else _WIFI
        there = board.lan_address()
        return [improv.result(command, [b"%d" % (flags + _ONLINE)] + urls(device) if there else [b"0"])]
    return [_error(improv.UNKNOWN)]


def _error(code):
    return improv.frame(improv.ERROR, bytes((code,)))


def chip(machine):
    """The chip as Espressif writes it: "ESP32-C3" of MicroPython's "ESP32C3 module with ESP32C3"."""
    name = machine.rsplit(" ", 1)[-1]
    return name if name[5:6] in ("", "-") else name[:5] + "-" + name[5:]


def urls(device):
    """Where the pages are, a list with one URL (bytes); [] when there are none.

    Without settings there is no password that the owner could know but the one on a label, and a board that
    was installed from a browser has none: the URL carries a key that opens the pages for an hour."""
    ip = device.board.lan_address()
    if not ip:
        return []
    if device.cfg and not device.problems:
        portal = device.cfg["portal"]
        port = "" if portal["port"] == 80 else ":%d" % portal["port"]
        return [("http://%s%s/" % (ip, port)).encode()] if portal["enabled"] else []
    if not device.portal:
        return []
    key = stage.run("portal.guard", "use", device.portal, os.urandom, "token", (device.clock.mono(),))
    return [("http://%s/login?key=%s" % (ip, key)).encode()]


def _heard():
    """Networks in the air as Improv wants them: (name, dBm, YES if it wants a password)."""
    rows = stage.run("board.esp32.wifi", "networks")
    return [(ssid.encode(), b"%d" % dbm, b"NO" if free else b"YES") for ssid, dbm, free in rows]


def _hostname(device, data):
    """The host name, after it was set when there is data; None when that is none."""
    doc = files.read_json(esp32.CONFIG)
    row = doc.get("device") if isinstance(doc.get("device"), dict) else {}
    if data:
        try:
            name = data.decode()
        except UnicodeError:
            return None
        if not 0 < len(name) <= 32 or name_of(name) != name:
            return None
        row["hostname"] = name
        doc["device"] = row
        _save(device, doc)
    return row.get("hostname") or device.board.own_name().lower()


def _save(device, doc):
    """Settings are replaced; what somebody is just typing into the pages is not lost by that."""
    files.replace(esp32.CONFIG, json.dumps(doc).encode())
    if device.portal and device.portal.draft:
        draft = json.loads(device.portal.draft)
        for key in ("wifi", "device"):
            if key in doc:
                draft[key] = doc[key]
        device.portal.draft = json.dumps(draft).encode()


def try_wifi(device, data):
    """Begin to join. Returns (the network's row, those before it), or None when this board has no Wi-Fi."""
    row = _network(data)
    link = device.board.link
    if not row or "lan" in device.board.pins:
        return None
    old = link.networks if link else ()
    if link:
        link.nic.disconnect()
        link.networks = ()  # a password that was refused before is tried again
        link.change([row])
    elif not device.connect({"wifi": [row]}):
        return None
    return row, old


def _network(data):
    """Name and password of a command as a row of the settings; None when it is no such command."""
    n = data[0] if data else 0
    if len(data) < n + 2 or len(data) != n + 2 + data[n + 1] or not 0 < n <= 32 or data[n + 1] > 63:
        return None
    try:
        row = {"ssid": data[1 : n + 1].decode(), "password": data[n + 2 :].decode()}
    except UnicodeError:
        return None
    if not row["password"]:
        del row["password"]
    return row


def tried(device, kept):
    """How it went, as frames. A network that was joined is saved; another one is forgotten."""
    link = device.board.link
    row, old = kept or (None, ())
    if not row or not link.address():
        if row:
            link.change(old)
        return [_error(improv.NOT_JOINED)]
    doc = files.read_json(esp32.CONFIG)
    rows = doc.get("wifi") if isinstance(doc.get("wifi"), list) else []
    rows = [one for one in rows if isinstance(one, dict) and one.get("ssid") != row["ssid"]]
    doc["wifi"] = ([row] + rows)[:_NETWORKS]
    try:
        _save(device, doc)
    except OSError as e:
        device.say("settings: cannot be saved: %s" % e)
        return [_error(improv.NOT_JOINED)]
    link.networks = [row] + [one for one in old if one["ssid"] != row["ssid"]]
    return [improv.result(improv.SEND_WIFI, urls(device))]
