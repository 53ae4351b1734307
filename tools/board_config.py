"""The settings that go onto a board: from a file or by asking, checked by the firmware's own rules. Knows no port.

A password is asked for without echo and never taken from the command line, where every user of the machine sees it."""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.prompt import Prompt

from tools import ROOT, UserError

#: Sources that tools/boards.py leaves out.
LINUX_SOURCES = ("netlink", "interface", "ubus", "command")


def firmware(name):
    """A pure module of the firmware, imported on this PC."""
    sys.path[:0] = [path for path in (str(ROOT / "firmware"),) if path not in sys.path]
    return __import__("wanbeacon." + name, fromlist=["x"])


def check(doc, where):
    """The settings as bytes for /config.json; UserError with every problem when the board would refuse them."""
    config = firmware("config")
    text = json.dumps(doc, separators=(",", ":"), ensure_ascii=False)
    try:
        full = config.load(text)
    except config.ConfigError as error:
        raise UserError("%s: %s" % (where, "; ".join(error.problems)))
    _known_providers(full, where)
    for owner in [full, *full["accounts"]]:
        for source in owner.get("address") or ():
            name = source if isinstance(source, str) else source["source"]
            if name in LINUX_SOURCES:
                raise UserError("%s: the address source %s is for Linux; a board has auto, natpmp, pcp, upnp, stun, whoami and web"
                                % (where, name))
    return text.encode()


def _known_providers(full, where):
    catalogue = ROOT / "firmware/catalogue/providers.dat"
    if not catalogue.exists():
        return
    names = firmware("dyndns.catalog").names(str(catalogue))
    for at, account in enumerate(full["accounts"]):
        if account["provider"] != "custom" and account["provider"] not in names:
            near = firmware("config").nearest(account["provider"], names)
            raise UserError("%s: accounts[%d].provider: the agent knows no provider %r%s; `python -m tools providers` lists "
                            "them" % (where, at, account["provider"], ", perhaps %s" % " or ".join(near) if near else ""))


def from_file(path):
    """(settings as bytes, {path on the board: bytes of a CA file}) of a JSON file.

    An account's "ca" that is a file on this PC goes along, and the board's settings name the copy."""
    path = Path(path)
    try:
        doc = json.loads(path.read_text())
    except OSError as error:
        raise UserError("the configuration %s cannot be read (%s)" % (path, error.strerror))
    except ValueError as error:
        raise UserError("the configuration %s is not JSON: %s" % (path, error))
    extra = {}
    owners = [doc, *doc.get("accounts", [])] if isinstance(doc, dict) and isinstance(doc.get("accounts", []), list) else []
    for owner in owners:
        places = [owner] + [s for s in (owner.get("address") or []) if isinstance(s, dict)] if isinstance(owner, dict) else []
        for place in places:
            source = path.parent / str(place.get("ca", ""))
            if place.get("ca") and source.is_file():
                place["ca"] = "/ca/" + source.name
                extra[place["ca"]] = source.read_bytes()
    return check(doc, str(path)), extra


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
    account = {"provider": Prompt.ask("Provider (`python -m tools providers` lists them)", default="dyn")}
    user = Prompt.ask("User name there")
    if user:
        account["user"] = user
    account["password"] = Prompt.ask("Password or update key there (not shown)", password=True)
    account["hosts"] = Prompt.ask("Host names to keep up to date (blanks between)").split()
    doc["accounts"] = [account]
    return check(doc, "these answers")
