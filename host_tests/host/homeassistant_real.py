# SPDX-License-Identifier: MIT
"""The discovery message against Home Assistant's own schemas: an optional check, because the package has half
a gigabyte. Run by hand, with a Python that has it and what its MQTT component imports (pip install
homeassistant==2026.2.3 paho-mqtt==2.1.0 SQLAlchemy hass-nabucasa, with Python 3.13.2 or newer):

    PYTHON host_tests/host/homeassistant_real.py

Prints what Home Assistant makes of each choice of rows; exit status 1 when it refuses one, or when it drops a
key without a word. Tests and CI use homeassistant_keys.py, a table of the same."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from homeassistant import const, core
from homeassistant.components.mqtt import (
    abbreviations,
    binary_sensor,
    button,
    discovery,
    schemas,
    sensor,
    update,
)

ROWS = Path(__file__).parents[2] / "firmware/catalogue/homeassistant.txt"
KINDS = {"sensor": sensor, "binary_sensor": binary_sensor, "button": button, "update": update}
FILLED = {"<name>": "Roof", "<company>": "Wanbeacon", "<model>": "ESP32_GENERIC", "<version>": "0.2.0",
          "<id>": "wanbeacon-12345678", "<base>": "wanbeacon/wanbeacon-12345678"}  # fmt: skip


def message(marks):
    text = "".join(line[2:] for line in ROWS.read_text().splitlines() if line[:1] in marks)
    for hole, value in FILLED.items():
        text = text.replace(hole, value)
    return json.loads(text)


def dropped(part, taken):
    """Keys that are gone: a typo is dropped silently there."""
    full = {abbreviations.ABBREVIATIONS.get(key, key) for key in part}
    return sorted(full - {str(key) for key in taken} - {"platform", "component"})


def judge(doc):
    """One line for each component; raises what Home Assistant raises."""
    lines, given = [], json.loads(json.dumps(doc["cmps"]))
    discovery._replace_all_abbreviations(doc)
    doc = schemas.DEVICE_DISCOVERY_SCHEMA(doc)
    for name, part in doc["components"].items():
        kind = part.pop("platform")
        discovery._merge_common_device_options(part, doc)
        part["device"], part["origin"] = doc["device"], doc["origin"]
        taken = KINDS[kind].DISCOVERY_SCHEMA(dict(part))
        gone = dropped({key: 0 for key in given[name] if key != "p"}, taken)
        if gone:
            raise ValueError("%s: %s dropped" % (name, ", ".join(gone)))
        lines.append("%s (%s)" % (name, kind))
    return lines


async def main():
    core.HomeAssistant(tempfile.mkdtemp())  # templates ask for one
    bad = 0
    print("Home Assistant", const.__version__)
    for marks in ("-", "-6", "-u", "-6u"):
        try:
            print("%-4s takes %s" % (marks, ", ".join(judge(message(marks)))))
        except Exception as error:  # of whatever kind: it is what a user would find in his log
            bad = 1
            print("%-4s REFUSED %s: %s" % (marks, type(error).__name__, error))
    return bad


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
