# SPDX-License-Identifier: MIT
"""The settings that go onto a board, from a file, checked by the firmware's own rules.

A password is never taken from the command line, where every user of the machine sees it; ask.py asks for it
without echo."""

import hashlib
import json
import os
from pathlib import Path

from .. import UserError
from ..check import compact, examine, firmware, on_a_board, weigh


def text_of(doc):
    """The settings as the board reads them: no byte more than needed. What was not answered (None) is left
    out."""
    if isinstance(doc, dict) and isinstance(doc.get("accounts"), list):
        accounts = [
            {key: value for key, value in one.items() if value is not None} if isinstance(one, dict) else one
            for one in doc["accounts"]
        ]
        doc = {**doc, "accounts": accounts}
    return compact(doc)


def check(doc, where, folder=Path()):
    """The settings as bytes for /config.json; UserError with every problem when `tools check` or the board
    would refuse them. folder: where relative names of CA files start; None: they are those of the board's
    copies."""
    config = firmware("app.config")
    text = text_of(doc)
    try:
        full = config.load(text)
    except config.ConfigError as error:
        raise UserError("%s: %s" % (where, "; ".join(error.problems)))
    problems = (weigh(full, folder)[0] if folder else []) + on_a_board(full)
    if problems:
        raise UserError("%s: %s" % (where, "; ".join(problems)))
    return text.encode()


def check_link(settings, board, where):
    """UserError when settings (bytes) name no network and the board has no cable: it would open its own Wi-Fi
    and wait."""
    if "lan" not in board["device"] and not json.loads(settings).get("wifi"):
        raise UserError(
            '%s: wifi: missing; %s has no cable: add "wifi": [{"ssid": ..., "password": ...}]'
            % (where, board["name"])
        )


def from_file(path):
    """(settings as bytes, {path on the board: bytes of a CA file}) of a JSON file.

    The files that "ca" names go along, and the board's settings name the copies."""
    path = Path(path)
    try:
        doc = json.loads(path.read_text(encoding="utf-8-sig"))  # with or without Windows' byte order mark
    except OSError as error:
        raise UserError("the configuration %s cannot be read (%s)" % (path, error.strerror))
    except ValueError:
        raise UserError(*examine(path)[0][0].split("\n"))  # which shows the line and the place in it
    check(doc, str(path), path.parent)
    extra = {}
    for owner in [doc, *doc["accounts"], {"address": [doc["mqtt"]]} if doc.get("mqtt") else {}]:
        for place in [owner] + [s for s in (owner.get("address") or []) if isinstance(s, dict)]:
            if place.get("ca"):
                place["ca"] = _copied(path.parent / place["ca"], extra)
    return check(doc, str(path), None), extra


def _copied(source, extra):
    """The path on the board of a CA file's copy, which goes into `extra`. Two files may have the same
    name."""
    try:
        data = source.read_bytes()
    except OSError as error:
        raise UserError("the CA file %s cannot be read (%s)" % (source, error.strerror))
    name = "/ca/" + source.name
    if extra.get(name, data) != data:
        name = "/ca/%s-%s" % (hashlib.sha256(data).hexdigest()[:8], source.name)
    extra[name] = data
    return name


def check_place(path):
    """UserError when no file can be made at `path`: to be asked before anything is done that would be lost
    then."""
    if path.is_dir():
        raise UserError("%s is a folder; name a file in it" % path)
    if not path.parent.is_dir():
        raise UserError("%s cannot be written: there is no folder %s" % (path, path.parent))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError("%s cannot be written: not allowed; choose another place" % path)
