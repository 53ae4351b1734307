# SPDX-License-Identifier: MIT
"""Set-up mode's own network: its access point, opened. A stage; what stays is door.py's.

The access point's password is this device's own (see label.py in tools):
WPA2, never open, never the same for all."""

import json
import os

import network

from wanbeacon.board.esp32 import board as esp32
from wanbeacon.board.esp32 import files, nets

# Its own address: the first whose network (/24) has none of the home network's addresses.
# The label has the first.
ADDRESSES = ("192.168.4.1", "192.168.44.1", "10.44.44.1")
_LETTERS = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on a label


def access(board):
    """The password of this device's own access point, as on its label; made now when there is none. Raises
    OSError."""
    doc = files.read_json(esp32.DEVICE)
    if not doc.get("ap_password"):
        doc["name"] = board.own_name()
        doc["ap_password"] = "".join([_LETTERS[b % len(_LETTERS)] for b in os.urandom(12)])
        files.replace(esp32.DEVICE, json.dumps(doc).encode())
    return doc["ap_password"]


def open_door(device, serve, stage):
    """Begin set-up mode. With settings it ends by itself.
    serve(device, address, port): the pages, for ever. stage: app/stage.py, which no board may import."""
    try:
        ap, address = _access_point(device, access(device.board))
    except (OSError, ValueError, AttributeError) as e:
        device.say("set-up access point: %s" % e)
        return
    device.door = stage.resident("board.esp32.door").Door(device, ap, address, serve, stage)


def _access_point(device, password):
    """(the access point, up; its address)."""
    board = device.board
    nic = board.link.nic if board.link else None
    free = [one for one in ADDRESSES if not nets.meets(one, nic)]
    address = free[0] if free else ADDRESSES[0]
    ap = network.WLAN(network.AP_IF)
    ap.active(True)
    ap.config(ssid=board.own_name(), key=password, security=network.WLAN.SEC_WPA2)
    if ap.ifconfig()[0] != address:  # it may have another one from the last time
        ap.ifconfig((address, "255.255.255.0", address, address))
    # On the console, which is the owner's: the only other place is the label.
    print(
        "Set-up: join the Wi-Fi %s with the password %s, then open http://%s/"
        % (board.own_name(), password, address)
    )
    device.log("set-up mode: Wi-Fi %s" % board.own_name())
    return ap, address
