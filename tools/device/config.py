"""The settings that go onto a board: from a file or by asking, checked by the firmware's own rules. Knows no port.

A password is asked for without echo and never taken from the command line, where every user of the machine sees it."""

import hashlib
import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.prompt import Prompt

from .. import COMMAND, UserError
from ..check import firmware, weigh

#: Sources that tools/build/boards.py leaves out.
LINUX_SOURCES = ("netlink", "interface", "ubus", "command")


def check(doc, where, folder=Path()):
    """The settings as bytes for /config.json; UserError with every problem when `tools check` or the board would refuse them.
    folder: where relative names of CA files start; None: they are those of the board's copies."""
    config = firmware("app.config")
    text = json.dumps(doc, separators=(",", ":"), ensure_ascii=False)
    try:
        full = config.load(text)
    except config.ConfigError as error:
        raise UserError("%s: %s" % (where, "; ".join(error.problems)))
    problems = folder and weigh(full, folder)[0]
    if problems:
        raise UserError("%s: %s" % (where, "; ".join(problems)))
    for owner in [full, *full["accounts"]]:
        for source in owner.get("address") or ():
            name = source if isinstance(source, str) else source["source"]
            if name in LINUX_SOURCES:
                raise UserError("%s: the address source %s is for Linux; a board has auto, natpmp, pcp, upnp, stun, whoami and web"
                                % (where, name))
    return text.encode()


def check_link(settings, board, where):
    """UserError when settings (bytes) name no network and the board has no cable: it would open its own Wi-Fi and wait."""
    if "lan" not in board["device"] and not json.loads(settings).get("wifi"):
        raise UserError('%s: wifi: missing; %s has no cable: add "wifi": [{"ssid": ..., "password": ...}]' % (where, board["name"]))


def from_file(path):
    """(settings as bytes, {path on the board: bytes of a CA file}) of a JSON file.

    The files that "ca" names go along, and the board's settings name the copies."""
    path = Path(path)
    try:
        doc = json.loads(path.read_text(encoding="utf-8-sig"))  # with or without Windows' byte order mark
    except OSError as error:
        raise UserError("the configuration %s cannot be read (%s)" % (path, error.strerror))
    except ValueError as error:
        raise UserError("the configuration %s is not JSON: %s" % (path, error))
    check(doc, str(path), path.parent)
    extra = {}
    for owner in [doc, *doc["accounts"]]:
        for place in [owner] + [s for s in (owner.get("address") or []) if isinstance(s, dict)]:
            if place.get("ca"):
                place["ca"] = _copied(path.parent / place["ca"], extra)
    return check(doc, str(path), None), extra


def _copied(source, extra):
    """The path on the board of a CA file's copy, which goes into `extra`. Two files may have the same name."""
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
    """UserError when no file can be made at `path`: to be asked before anything is done that would be lost then."""
    if path.is_dir():
        raise UserError("%s is a folder; name a file in it" % path)
    if not path.parent.is_dir():
        raise UserError("%s cannot be written: there is no folder %s" % (path, path.parent))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError("%s cannot be written: not allowed; choose another place" % path)


def ask(board):
    """Asks for what a first set-up needs; returns the settings as bytes. UserError when nobody is there to answer."""
    if not sys.stdin.isatty():
        raise UserError("the board has no settings yet; give them with --config FILE, or run this in a terminal to be asked")
    Console(stderr=True).print("The board has no settings yet. [dim]Empty answers skip; Ctrl-C stops and changes nothing.[/dim]")
    doc = {}
    if "lan" not in board["device"]:
        ssid = Prompt.ask("Wi-Fi network")
        if ssid:
            doc["wifi"] = [{"ssid": ssid}]
            key = Prompt.ask("Wi-Fi password (not shown)", password=True)
            if key:
                doc["wifi"][0]["password"] = key
    account = {"provider": Prompt.ask("Provider (`%s providers` lists them)" % COMMAND, default="dyn")}
    user = Prompt.ask("User name there")
    if user:
        account["user"] = user
    account["password"] = Prompt.ask("Password or update key there (not shown)", password=True)
    account["hosts"] = Prompt.ask("Host names to keep up to date (blanks between)").split()
    doc["accounts"] = [account]
    settings = check(doc, "these answers")
    check_link(settings, board, "these answers")
    return settings
