# SPDX-License-Identifier: MIT
"""The config document: load, check, defaults. Every problem names the key and what it should be; all come at
once. A board drops this after start; each step of the check is a stage of its own (config_shape.py,
config_sense.py), so that the code of one of them is in memory at a time.

Knows the shape of the settings, not what the other rooms do with them. The table is catalogue/settings.txt
(config_rows.py), which is also the source of the configuration reference (`python -m tools check
--reference`).
"""

import json

from wanbeacon.app import stage

SIZE_MAX = 4096  # bytes of JSON a board accepts: it is parsed in a heap of about 100 KB
ROUTER_MAX = 32768  # bytes that a router or a PC accepts: it has the memory for many accounts


class ConfigError(ValueError):
    """problems: list of one-line texts."""

    def __init__(self, problems):
        super().__init__("; ".join(problems))
        self.problems = problems


def read(path, most=SIZE_MAX):
    """The settings in a file, checked. Raises OSError when there is none, ConfigError with every problem
    found."""
    try:
        with open(path) as f:
            text = f.read(most + 1)
    except UnicodeError:
        raise ConfigError(["the config is not a text file (UTF-8)"])
    return load(text, most)


def load(text, most=SIZE_MAX):
    """JSON text to a checked document with all defaults filled in.
    Raises ConfigError with every problem found."""
    if len(text) > most:
        raise ConfigError(["the config is too long: at most %d bytes" % most])
    if text[:1] == "\ufeff":  # Windows' editors put a byte order mark first
        text = text[1:]
    broken = stage.run("app.config_sense", "fault", text)
    try:
        doc = broken or json.loads(text)
    except ValueError:
        broken = "a comma, a colon or a quotation mark is missing or too many"
    if broken:
        raise ConfigError(["the config is not JSON: %s" % broken])
    text = None
    doc, problems, addresses = stage.run("app.config_shape", "check", doc)
    if not problems:
        problems = stage.run("app.config_sense", "problems", doc, addresses)
    if not problems and doc.get("notify"):
        problems += stage.run("app.notices", "problems", doc["notify"])
    if not problems and doc.get("mqtt"):
        problems += stage.run("app.mqtt_rules", "problems", doc["mqtt"])
    if problems:
        raise ConfigError(problems)
    return doc
