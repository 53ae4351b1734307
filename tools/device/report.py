# SPDX-License-Identifier: MIT
"""`python -m tools report`: what a bug report about a board needs, without what is secret: its log, status,
settings and memory. Read it before you send it: names of hosts and networks are in it."""

import json
import re
import urllib.parse
from base64 import b64encode
from pathlib import Path

import typer
from rich.console import Console

from .. import UserError
from ..build.version import agent_version
from ..check import firmware
from . import board_memory, config, on_board
from . import link as board_link

#: What is put in place of a secret.
GONE = "(secret)"
#: Shorter ones would be found in innocent words.
_SHORTEST = 3
#: In the interpreter that the agent left: what board_main keeps for a person at the console.
_STATUS = """
import json, sys
d = None
if 'wanbeacon.app.board_main' in sys.modules:
    from wanbeacon.app import board_main, stage
    d = board_main.current
if d:
    doc = {'problems': d.problems, 'log': d.log.lines}
    doc = stage.run('app.status', 'document', d.agent) if d.agent else doc
    print(json.dumps(doc))
else:
    print('null')
"""


def secrets(doc, section=""):
    """Every value in settings that the validator's table calls a secret, in all its accounts, networks and
    pages."""
    found = set()
    for key, _, kind, _, _ in firmware("app.config_rows").rows(section):
        value = doc.get(key) if isinstance(doc, dict) else None
        form, _, rest = kind.partition(":")
        if form == "list":
            _, _, rest = rest.partition(":")
            form, _, rest = rest.partition(":")
            inner = value if isinstance(value, list) else []
        else:
            inner = [value]
        for one in inner:
            if form == "secret" and isinstance(one, str):
                found.add(one)
            elif form == "object" and isinstance(one, dict):
                found |= secrets(one, rest)
            elif form == "host" and isinstance(one, dict):
                found |= secrets(one, "host")
            elif form == "url" and isinstance(one, str):  # user:password@ in it
                login = urllib.parse.urlsplit(one).netloc.rpartition("@")[0]
                found |= {part for part in login.split(":") if part}
    return found


def scrub(text, hidden, users=()):
    """The text without the secrets, as they are, in a URL, in JSON and as HTTP's Basic log-in."""
    forms = set()
    for secret in hidden:
        if len(secret) >= _SHORTEST:
            forms |= {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret),
                      json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}  # fmt: skip
        forms |= {b64encode(("%s:%s" % (user, secret)).encode()).decode() for user in users}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, GONE)
    return text


def collect(link):
    """[(title, text)]: what the board tells; a part that it does not is said, and the others still come."""
    parts, doc, broken = [], None, None

    def part(title, job):
        try:
            parts.append((title, job()))
        except UserError as error:
            parts.append((title, "not to be had: %s" % error))

    link.enter(fresh=False)
    there = on_board.OnBoard(link)
    part("Memory as the agent left it", lambda: json.dumps(board_memory.now(link)))
    part(
        "Status and log", lambda: _pretty(link.run(there.code(_STATUS), "asking for its status", timeout=60))
    )
    link.enter()
    part("Board", lambda: json.dumps({
        "machine": link.value("__import__('sys').implementation._machine", "asking its name"),
        "MicroPython": link.value("__import__('sys').version", "asking its version"),
        "reset cause": link.value("__import__('machine').reset_cause()", "asking why it started"),
        "file system": link.value("__import__('os').statvfs('/')[:5]", "asking for free space"),
    }, indent=1))  # fmt: skip
    part("Files", lambda: "\n".join("%7d %s" % (size, path) for path, size in sorted(link.sizes().items())))
    try:
        text = link.read("/config.json", "reading its settings").decode("utf-8", "replace")
        doc = json.loads(text)
        parts.append(("Settings", json.dumps(doc, indent=1, ensure_ascii=False)))
    except UserError as error:
        parts.append(("Settings", "not to be had: %s" % error))
    except ValueError:
        broken = "%d bytes that are not JSON; left out, since nobody can say what in them is secret" % len(
            text
        )
        parts.append(("Settings", broken))
    part("Memory, stage by stage", lambda: json.dumps(dict(board_memory.stages(link, there)), indent=1))
    label = _device(link)
    hidden = (secrets(doc) if isinstance(doc, dict) else set()) | {label} - {""}
    users = (
        {account.get("user", "") for account in doc.get("accounts", ())} if isinstance(doc, dict) else set()
    )
    return [(title, scrub(there.readable(text), hidden, users)) for title, text in parts]


def _device(link):
    """The password of the board's own Wi-Fi."""
    try:
        return str(json.loads(link.read("/device.json", "reading its name")).get("ap_password", ""))
    except (UserError, ValueError, AttributeError):
        return ""


def _pretty(text):
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return text.strip()


def write(parts):
    """The report's text, Markdown."""
    out = [
        "# Wanbeacon %s, report of a board" % agent_version(),
        "",
        "Passwords and tokens are replaced by %s. Host names, network names and addresses are in it." % GONE,
    ]
    for title, text in parts:
        out += ["", "## " + title, "", "```", re.sub(r"^```", "'''", text, flags=re.M), "```"]
    return "\n".join(out) + "\n"


def app(
    port: str = typer.Option(None, help="serial port of the board; found by itself when there is only one"),
    output: Path = typer.Option(Path("wanbeacon-report.md"), "--output", "-o", help="file to write"),
):
    """Collect log, status, settings and memory of a board for a bug report, without passwords and tokens.

    The agent is interrupted for it and started again afterwards."""
    config.check_place(output)
    with board_link.Link(board_link.the_port(port)) as link:
        parts = collect(link)
        link.restart()
    output.write_text(write(parts), encoding="utf-8")
    Console(stderr=True, highlight=False).print(
        "%s: %s. Read it before you send it." % (output, ", ".join(t.lower() for t, _ in parts))
    )
