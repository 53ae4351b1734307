# SPDX-License-Identifier: MIT
"""A board's own upgrade: asks the address in the settings for a newer version, lays it beside the one that
runs, and says so in /slot. A stage. Only boards: a router and a PC upgrade by package.

    manifest.json    ESP Web Tools' own, with a part for us:
                     {"version": "0.3.0", "wanbeacon": {"bundle": "wanbeacon-0.3.0.bundle", "share": 25}}
                     Not signed: it only says what to fetch. share: percent of the boards that take it
    the bundle       signed; upgrade_bundle.py reads it

What becomes of the new version: main.py at the next start, upgrade_trial.py after that."""

import binascii
import json
import os

import wanbeacon
from wanbeacon.app import stage
from wanbeacon.core.url import split_url
from wanbeacon.net import Trouble

KEYS = "/upgrade.key"  # the moduli of one or two RSA-3072 keys, one after the other
KEY_SIZE = 384
SLOT = "/slot"
SLOTS = ("/lib", "/lib2")
_MANIFEST_MAX = 4096
_LOOK_MS = 20000
# one download in all: the agent neither looks nor sends meanwhile
_DOWNLOAD_MS = 120000
_BUNDLE_MAX = 1048576


class Refused(Exception):
    """args: a code of words.txt and its data: why there is no upgrade."""


def facts():
    """What /slot says, {} when there is none."""
    try:
        with open(SLOT) as f:
            return dict([line.split(" ", 1) for line in f.read().split("\n") if line])
    except (OSError, ValueError):
        return {}


def keep(rows):
    """Replace /slot in one step. Raises OSError."""
    with open(SLOT + ".new", "w") as f:
        f.write("".join(["%s %s\n" % (key, rows[key]) for key in rows]))
    os.rename(SLOT + ".new", SLOT)


def number(version):
    """ "0.10.2" -> (0, 10, 2), to compare; Refused for what is no version."""
    parts = str(version).split(".")
    if len(parts) > 4 or [p for p in parts if not p.isdigit() or len(p) > 6]:
        raise Refused("upgrade.version", str(version)[:20])
    return tuple([int(p) for p in parts])


def place(unique):
    """0..99, for ever the same for one device: which share of a fleet it belongs to."""
    return (binascii.crc32(unique) & 0xFFFFFFFF) % 100


def due(device):
    """Once a day at the hour of the settings, at a minute of the device's own: asks for an upgrade (without
    `auto` for a look), and notes when to be called again."""
    wall, hour = device.clock.wall(), device.cfg["upgrade"]["hour"]
    if device.upgrade_at:
        device.ask("upgrade auto")
    at = wall - wall % 86400 + hour * 3600 + place(device.board.unique) * 36
    device.upgrade_at = at if at > wall else at + 86400


def run(device, who):
    """Look, fetch and switch; the board restarts into the new version. who: "auto"; "broker" wants it now,
    whatever the manifest's share; "" is a person at the pages, and wants it even when that version failed
    here before: a broker that was taken over must not have it tried again and again. What came of it goes to
    the log."""
    try:
        version = _run(device, who)
    except Refused as e:
        return device.tell("info" if e.args[0] in ("upgrade.none", "upgrade.there") else "warn", *e.args)
    except Trouble as e:
        return device.tell("warn", "upgrade.trouble", ("trouble." + e.word,))
    except OSError as e:
        return device.tell("warn", "upgrade.flash", str(e))
    device.tell("info", "upgrade.start", version)
    device.ask("restart")


def _run(device, who):
    cfg, rows = device.cfg.get("upgrade"), facts()
    if not cfg:
        raise Refused("upgrade.off")
    if rows.get("state", "ok") != "ok":
        raise Refused("upgrade.trial")
    if not device.agent:
        raise Refused("upgrade.early")
    keys = _keys()
    newest = rows.get("newest", wanbeacon.VERSION)
    running = rows.get("run", SLOTS[0])
    target = SLOTS[running == SLOTS[0]]
    offered, bundle = _offer(device, cfg, rows.get("bad"), newest, who)
    if who == "auto" and not cfg["auto"]:
        raise Refused("upgrade.there", offered)
    url = _place(cfg["url"], bundle)
    reader = stage.load("app.upgrade_bundle").Reader(target, keys)
    status, _ = _get(device, url, cfg, _DOWNLOAD_MS, _BUNDLE_MAX, reader)
    if status != 200:
        raise Refused("upgrade.status", status, url)
    version = reader.end()
    if version != offered or number(version) < number(newest):
        raise Refused("upgrade.older", version, newest)
    able = " ".join(stage.run("app.upgrade_trial", "able", device))
    trial = {"run": target, "old": running, "state": "trial", "next": version, "newest": newest}
    trial["needs"] = able or "-"
    if "failures" in rows:
        trial["failures"] = rows["failures"]
    keep(trial)
    return version


def _place(url, bundle):
    """The bundle's URL: beside the manifest, or where that says. Refused for what is none, and for one in
    clear text where the manifest's is not."""
    if "://" not in bundle:
        bundle = url.split("?")[0].rsplit("/", 1)[0] + "/" + bundle
    try:
        tls, _, _, path, query = split_url(bundle)
    except ValueError:
        raise Refused("upgrade.manifest", url)
    if not tls and split_url(url)[0] or [c for c in path + query if not "!" <= c <= "~"]:
        raise Refused("upgrade.manifest", url)
    return bundle


def _keys():
    try:
        with open(KEYS, "rb") as f:
            data = f.read(2 * KEY_SIZE + 1)
    except OSError:
        raise Refused("upgrade.key")
    if len(data) not in (KEY_SIZE, 2 * KEY_SIZE):
        raise Refused("upgrade.key")
    return [data[at : at + KEY_SIZE] for at in range(0, len(data), KEY_SIZE)]


def _get(device, url, cfg, budget, cap, sink=None):
    agent = device.agent
    more = 0, budget, cap, cfg.get("ca"), None, agent.prove, sink
    return stage.run("net.get", "get", url, device.board, agent.agent_name(), *more)


def _offer(device, cfg, bad, newest, who):
    """(version, name of its bundle) of a manifest that offers something to this board."""
    status, body = _get(device, cfg["url"], cfg, _LOOK_MS, _MANIFEST_MAX)
    if status != 200:
        raise Refused("upgrade.status", status, cfg["url"])
    try:
        doc = json.loads(body)
        ours = doc["wanbeacon"]
        version, bundle, share = str(doc["version"]), ours["bundle"], ours.get("share", 100)
        if not isinstance(bundle, str) or not isinstance(share, int):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("upgrade.manifest", cfg["url"])
    if number(version) < number(newest):
        raise Refused("upgrade.older", version, newest)
    if device.agent and device.agent.latest != version:
        device.agent.latest = version
        device.agent.event.set()  # the broker hears of it
    if version == wanbeacon.VERSION:
        raise Refused("upgrade.none", version)
    if who and version == bad:
        raise Refused("upgrade.bad", version)
    if who == "auto" and place(device.board.unique) >= share:
        raise Refused("upgrade.share", version, share)
    return version, bundle
