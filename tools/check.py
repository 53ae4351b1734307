# SPDX-License-Identifier: MIT
"""`python -m tools check my.json`: what a device would say to these settings, without sending anything.
Also prints the configuration reference from the table of wanbeacon.app.config.

`examine(path)` is for other tools: (problems, warnings), each a list of one-line texts that begin with the
file. weigh() is its second half, for settings that config.load() has accepted; on_a_board() says what a board
cannot do."""

import json
import os
import re
import sys
from pathlib import Path

import typer

from . import ROOT, UserError
from .agent_modules import firmware

CATALOGUE = str(ROOT / "firmware/catalogue/providers.dat")
#: Sources that tools/build/boards.py leaves out.
LINUX_SOURCES = ("netlink", "interface", "ubus", "command", "leases")
#: Hosts that a board without PSRAM has room for beside its pages: what the tests live with, five, and five
#: more at 0.8 KB of heap each.
BOARD_HOSTS = 10


def app(
    config: Path = typer.Argument(None, help="settings file (JSON)"),
    board: bool = typer.Option(False, "--board", help="are they for an ESP32 board? says what fits"),
    reference: bool = typer.Option(
        False, "--reference", help="print the configuration reference (Markdown) instead"
    ),
):
    """Check a settings file as the device does: every problem on its own line, warnings apart."""
    if reference:
        print(reference_text())
        return
    if config is None:
        raise UserError("name a settings file: python -m tools check my.json")
    problems, warnings = examine(config, board)
    for line in warnings:
        print("warning: " + line)
    for line in problems:
        print("wanbeacon: " + line, file=sys.stderr)
    if problems:
        raise typer.Exit(1)
    fits = "; a board takes it: %d of %d bytes" % _room(config) if board else ""
    print("%s: ok, %s%s" % (config, summary(config), fits))


def examine(path, board=False):
    """(problems, warnings) of the settings in a file. board: they are for a board."""
    settings = firmware("app.config")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        return ["%s: cannot be read (%s)" % (path, error.strerror)], []
    except UnicodeError:
        return ["%s: is not a text file (UTF-8)" % path], []
    try:
        document = settings.load(text, settings.ROUTER_MAX)
    except settings.ConfigError as error:
        fault = firmware("app.json_fault").lines(text)
        return ["%s: %s" % (path, line) for line in (["\n".join(fault)] if fault else error.problems)], []
    problems, warnings = weigh(document, Path(path).parent)
    warnings = _readable(path, document) + _twice(text) + warnings
    if board:
        problems += on_a_board(document)
        hosts = sum(len(account["hosts"]) for account in document["accounts"])
        if hosts > BOARD_HOSTS:
            warnings.append(
                "%d hosts: each takes 0.8 KB of a board's memory; with more than %d its pages may say 503"
                % (hosts, BOARD_HOSTS)
            )
        size, most = _room(path)
        if size > most:
            problems.append("%d bytes without blanks, and a board takes at most %d" % (size, most))
    elif len(text.encode()) > settings.SIZE_MAX:
        warnings.append("a board takes at most %d bytes; this is for a router or a PC" % settings.SIZE_MAX)
    return ["%s: %s" % (path, line) for line in problems], ["%s: %s" % (path, line) for line in warnings]


#: What the README and its like have in place of a value; a provider would see a stranger's name.
_PLACEHOLDERS = re.compile(
    r"(?:your|my)[-_ ]?(?:user|name|login|password|pass|key|token|host|domain|update|wifi|network)|"
    r"^(?:username|password|user|token|key|secret|changeme|xxx+|\.\.\.)$|<[a-z-]+>",
    re.I,
)
#: RFC 2606 and 6761: nobody has a name there.
_NOBODYS = re.compile(r"(?:^|\.)(?:example\.(?:com|net|org)|example|invalid|test|localhost)\.?$", re.I)


def _placeholders(document):
    """Values that were left as an example had them. A custom service may well be called example in a test of
    it."""
    found = []
    for number, account in enumerate(document["accounts"]):
        where = "accounts[%d]." % number
        for key in ("user", "password", "token"):
            if account.get(key) and _PLACEHOLDERS.search(account[key]):
                found.append("%s%s: looks like the example's; put your own there" % (where, key))
        if account["provider"] == "custom" or account.get("server"):
            continue
        found += [
            "%shosts: %s is nobody's name (RFC 2606); put your own there" % (where, host["name"])
            for host in account["hosts"]
            if _NOBODYS.search(host["name"]) or _PLACEHOLDERS.search(host["name"])
        ]
    for number, network in enumerate(document.get("wifi") or ()):
        found += [
            "wifi[%d].%s: looks like the example's; put your own there" % (number, key)
            for key in ("ssid", "password")
            if network.get(key) and _PLACEHOLDERS.search(network[key])
        ]
    return found


def _readable(path, document):
    """A warning when everybody on this machine can read the passwords. Windows has no such modes."""
    secret = any(account.get("password") or account.get("token") for account in document["accounts"])
    if os.name == "nt" or not secret:
        return []
    mode = Path(path).stat().st_mode
    who = "everybody on this machine" if mode & 0o004 else "your group" if mode & 0o040 else ""
    return ["%s can read the passwords in it; run: chmod 600 %s" % (who, path)] if who else []


def weigh(document, folder):
    """(problems, warnings) that need the catalogue or the files of `folder`, where relative names start."""
    _, problems, warnings = firmware("dyndns.advice").judge(
        str(CATALOGUE), document["accounts"], document["device"].get("contact")
    )
    warnings += _in_urls(document)
    _authorities(document, "", folder, problems)
    if document.get("mqtt"):
        _authorities(document["mqtt"], "mqtt.", folder, problems)
        _broker(document, warnings)
    for number, account in enumerate(document["accounts"]):
        _authorities(account, "accounts[%d]." % number, folder, problems)
    _across(document, warnings)
    warnings += _placeholders(document)
    return problems, warnings


def on_a_board(document):
    """Problems of settings that config.load() has accepted and a board cannot do."""
    owners = [("", document)] + [
        ("accounts[%d]." % number, account) for number, account in enumerate(document["accounts"])
    ]
    return [
        "%saddress: the source %s is for Linux; a board has auto, natpmp, pcp, upnp, push, stun, whoami, web"
        % (where, source["source"])
        for where, owner in owners
        for source in owner.get("address") or ()
        if source["source"] in LINUX_SOURCES
    ] + [
        "notify[%d].hook: a command is for Linux; a board has webhooks and their presets" % number
        for number, doc in enumerate(document.get("notify") or ())
        if doc.get("hook")
    ]


def _room(path):
    """(bytes that `tools flash` and `tools image` write of the settings, most that a board takes)."""
    document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    return len(compact(document).encode()), firmware("app.config").SIZE_MAX


def compact(document):
    """Settings as JSON without a byte more than needed: what a board gets."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def summary(path):
    """How many hosts and accounts a good file has."""
    document = firmware("app.config").load(
        Path(path).read_text(encoding="utf-8"), firmware("app.config").ROUTER_MAX
    )
    hosts = sum(len(account["hosts"]) for account in document["accounts"])
    return "%d host%s in %d account%s" % (
        hosts,
        "" if hosts == 1 else "s",
        len(document["accounts"]),
        "" if len(document["accounts"]) == 1 else "s",
    )


def _in_urls(document):
    """What is unwise about custom services: said here, because the agent would say it at every start."""
    return [
        "accounts[%d].custom.%s: the password stands in the URL, which servers write into their logs"
        % (number, key)
        for number, account in enumerate(document["accounts"])
        for key in ("url", "url6", "url_dual")
        if "{password}" in account.get("custom", {}).get(key, "")
    ]


def _authorities(owner, path, folder, problems):
    """CA files of an account and of address sources that are not there."""
    places = [(path, owner)] + [
        ("%saddress[%d]." % (path, at), place) for at, place in enumerate(owner.get("address") or ())
    ]
    for path, place in places:
        if place.get("ca") and not (folder / place["ca"]).is_file():
            problems.append("%sca: there is no file %s in %s" % (path, place["ca"], folder))


#: Where a broker without TLS may well be: addresses and names of a home.
_AT_HOME = re.compile(
    r"^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|127\.|f[cd]|fe80:|::1$|localhost$|[^.:]+$)|"
    r"\.(local|lan|home|internal|home\.arpa|fritz\.box)$",
    re.I,
)


def _broker(document, warnings):
    """What is unwise about the broker, and what its TLS means on a small board."""
    doc = document["mqtt"]
    if doc["plain"] and not _AT_HOME.search(doc["host"]):
        warnings.append(
            "mqtt.plain: %s does not look like a broker at home: its password can be read on the way"
            % doc["host"]
        )
    if doc["plain"] and doc.get("password"):
        warnings.append(
            "mqtt.plain: whoever can read the home network's traffic can read the broker's password"
        )
    if not doc["plain"] and document.get("wifi"):
        warnings.append(
            "mqtt: a board without PSRAM has memory for one TLS session: it leaves the broker for each "
            "exchange with the provider and comes back within %d s; commands sent meanwhile are lost"
            % doc["spread"]
        )
    if not doc["plain"] and not doc.get("ca") and document.get("wifi"):
        warnings.append("mqtt.ca: a board needs it: the one CA certificate that signed the broker's")
    if _PLACEHOLDERS.search(doc.get("password") or ""):
        warnings.append("mqtt.password: looks like the example's; put your own there")


def _across(document, warnings):
    """What shows only when all accounts are seen together."""
    seen = {}
    for number, account in enumerate(document["accounts"]):
        for host in account["hosts"]:
            key = account["provider"], host["name"].lower()
            if seen.setdefault(key, number) != number:
                warnings.append(
                    "accounts[%d].hosts: %s is also in accounts[%d]: they will overwrite each other"
                    % (number, host["name"], seen[key])
                )
    for place in document["address"]:
        if place["source"] == "web" and (place.get("url") or place.get("url6")).startswith("http://"):
            warnings.append("address: plain HTTP: whoever is on the way can answer with another address")


def _twice(text):
    """JSON lets a key stand twice in an object and forgets the first; a person did not mean that."""
    found = []

    def pairs(items):
        keys = [key for key, _ in items]
        found.extend(
            "the key %s is listed twice in one object; only the last counts" % key
            for key in dict.fromkeys(keys)
            if keys.count(key) > 1
        )
        return dict(items)

    json.loads(text.lstrip("\ufeff"), object_pairs_hook=pairs)  # the agent takes Windows' byte order mark too
    return found


# ---- the reference

#: kind in the table -> words; {0} {1}: its bounds
KINDS = {
    "text": "text, at most {0} characters",
    "secret": "text (secret), at most {0} characters",
    "url": "URL, at most {0} characters",
    "flag": "true or false",
    "whole": "whole number, {0} to {1}",
    "address": "IPv{0} address",
    "suffix": "end of an IPv6 address: `::1:2`",
    "mac": "MAC address: `00:11:22:33:44:55`",
    "neighbor": "MAC or IPv6 address",
    "source": "address source (below)",
    "host": "name, or `host` object",
    "object": "`{0}` object",
}
#: Order of the tables: (section of the validator's table, heading, what it is)
PARTS = (
    ("", "The document", "One JSON object."),
    ("account", "`account`: an entry of `accounts`", "One account at one provider."),
    ("host", "`host`: an entry of `hosts`", "A host name in quotation marks, or an object with its options."),
    ("custom", "`custom`", 'A provider that is not in the catalogue, with `"provider": "custom"`.'),
    ("device", "`device`", "Who this device is, for the User-Agent that every request carries."),
    ("intervals", "`intervals`", "How often things happen."),
    ("look", "`look`", "The [DNS check](published.md): what the zone's own name servers show."),
    ("portal", "`portal`", "Web pages of a board."),
    ("upgrade", "`upgrade`", "Upgrades of a board: [upgrade](upgrade.md)."),
    ("wifi", "`wifi`: an entry of `wifi`", "Networks of a board."),
    ("notify", "`notify`: an entry of `notify`", "Who is told of events: [notices](notices.md)."),
    ("mqtt", "`mqtt`", "A broker, for Home Assistant or for a fleet: [MQTT](mqtt.md)."),
)


def _form(kind):
    """A kind of the table in words."""
    name, _, rest = kind.partition(":")
    if name == "choice":
        return "one of " + ", ".join("`%s`" % value for value in rest.split(","))
    if name == "list":
        most, _, inner = rest.partition(":")
        return "list of 1 to %s: %s" % (most, _form(inner))
    return KINDS[name].format(*rest.split(":"))


def _rows(section):
    for key, required, kind, default, what in firmware("app.config_rows").rows(section):
        shown = "**required**" if required else "" if default in ("-", "{}") else "`%s`" % default
        yield "| `%s` | %s | %s | %s |" % (key, what, _form(kind), shown)


def reference_text():
    """The configuration reference as Markdown, from the table that checks the settings."""
    settings = firmware("app.config")
    lines = [
        "# Configuration reference",
        "",
        "Written by `python -m tools check --reference` from the validator's own table. "
        "The whole document is at most %d bytes long on a board, %d on a router or a PC; "
        "`python -m tools check my.json` checks one, with `--board` whether a board takes it."
        % (settings.SIZE_MAX, settings.ROUTER_MAX),
        "",
        "`python -m tools convert ddclient.conf` (or `inadyn.conf`) makes one of another program's "
        "settings and says what it could not take over. `python -m tools backup my.json` seals one, "
        "passwords included, with a passphrase, `restore` opens it again; a board's page *Back up and "
        "restore* makes and reads the same file ([how it is "
        "sealed](threat-model.md#somebody-with-a-back-up-of-the-settings), with PBKDF2 and HMAC-SHA256, "
        "and what that is worth).",
    ]
    for section, heading, what in PARTS:
        lines += [
            "",
            "## " + heading,
            "",
            what,
            "",
            "| key | what it is | form | default |",
            "|---|---|---|---|",
        ]
        lines += _rows(section)
    lines += [
        "",
        "## Address sources",
        "",
        (
            "An entry of `address`: a name in quotation marks, "
            'or an object `{"source": NAME, ...}` with these keys.'
        ),
        "",
        "| source | key | what it is | form | default |",
        "|---|---|---|---|---|",
    ]
    for source in firmware("app.config_rows").sources():
        lines += ["| `%s` %s" % (source, row) for row in list(_rows("source " + source)) or ["| | | | |"]]
    return "\n".join(lines)
