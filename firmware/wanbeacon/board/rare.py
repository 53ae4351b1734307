"""What a board does seldom: open and close the set-up network, forget everything, make its password. Loaded for it and
dropped again; knows the device (device.py) and its files."""

import asyncio
import json
import os

from wanbeacon.board import esp32

SETUP_S = 900  # the set-up network goes after this when there are settings: it is a door
LOOK_S = 1
_LETTERS = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike on a label


def access(board):
    """The password of this device's own access point, as on its label; made now when there is none. Raises OSError."""
    doc = esp32.read_json(esp32.DEVICE)
    if not doc.get("ap_password"):
        doc["name"] = board.own_name()
        doc["ap_password"] = "".join([_LETTERS[b % len(_LETTERS)] for b in os.urandom(12)])
        esp32.replace(esp32.DEVICE, json.dumps(doc).encode())
    return doc["ap_password"]


def forget(device):
    """Factory reset: settings and journal go, what is printed on the label stays. Resets."""
    for path in [esp32.CONFIG] + [esp32.STATE + "/" + name for name in _list(esp32.STATE)]:
        try:
            os.remove(path)
        except OSError:
            pass
    device.say("factory reset: settings and journal are gone")
    device.restart()


def open_door(device):
    """Set-up mode: the device's own access point. With settings it closes by itself."""
    try:
        from wanbeacon.portal import door
    except ImportError:
        device.say("no set-up pages on this device: use `python -m tools flash`")
        return
    try:
        device.door = door.Door(device, access(device.board))
    except (OSError, ValueError, AttributeError) as e:
        device.say("set-up access point: %s" % e)
        return
    asyncio.create_task(_close_door(device))


async def _close_door(device):
    until = device.clock.mono() + SETUP_S
    while not device.cfg or device.problems or device.clock.mono() < until or device.door.busy():
        await asyncio.sleep(LOOK_S)
    device.door.close()
    device.door = None
    device.say("set-up mode ends")


def _list(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
