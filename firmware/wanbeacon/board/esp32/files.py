# SPDX-License-Identifier: MIT
"""The files a board keeps beside its journal: settings, label, what it is made of. Loaded when one of them is
read or written."""

import json
import os

from wanbeacon.board.esp32 import board as esp32


def read_json(path):
    """The object in a JSON file, {} when it is missing, damaged or no object."""
    try:
        with open(path) as f:
            doc = json.load(f)
        return doc if isinstance(doc, dict) else {}
    except (OSError, ValueError):
        return {}


def replace(path, data):
    """Replace a file so that a power cut leaves the old or the new one (LittleFS: rename is atomic). Raises
    OSError."""
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.rename(path + ".new", path)


def forget():
    """Factory reset: settings and journal go, what is printed on the label stays."""
    try:
        names = os.listdir(esp32.STATE)
    except OSError:
        names = ()
    for path in [esp32.CONFIG] + [esp32.STATE + "/" + name for name in names]:
        try:
            os.remove(path)
        except OSError:
            pass


def about(home):
    """See esp32.Board: (pins and names of this kind of board, the label's name or None)."""
    pins = read_json(home + "/board.json")
    name = read_json(esp32.DEVICE).get("name")
    named = isinstance(name, str) and 0 < len(name) <= 32
    return pins.get("device") or pins, name if named else None  # mip copies the file of boards/ as it is
