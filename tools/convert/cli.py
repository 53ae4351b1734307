# SPDX-License-Identifier: MIT
"""`python -m tools convert FILE`: ddclient.conf or inadyn.conf to settings, with a line for all that cannot
be taken over. Passwords are written to the new file alone."""

import functools
import json
import re
from pathlib import Path

import typer

from .. import UserError, backup, check
from ..build import logins, names, peers
from . import ddclient, inadyn

#: Their service -> ours, where a user and a password lead to another row than a key does.
_LOGINS = {"freedns": "freedns-nic", "freedns.afraid.org": "freedns-nic"}
#: Providers whose `login` or `username` is the zone (ddclient's and inadyn's documents).
_USER_IS_ZONE = {"namecheap": ("ddclient", "inadyn"), "cloudflare": ("inadyn",)}
#: ddclient's login=token says that the password is one.
_NO_USER = ("token", "")


def app(
    file: Path = typer.Argument(help="ddclient.conf or inadyn.conf"),
    out: Path = typer.Option(Path("my.json"), help="the settings file to write"),
):
    """Make a settings file of ddclient's or inadyn's. What cannot be taken over is said."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError("%s cannot be read (%s)" % (file, error.strerror)) from None
    client, reader = ("inadyn", inadyn) if _is_inadyn(text) else ("ddclient", ddclient)
    found = reader.read(text)
    document, said = settings(client, found)
    for line in said:
        print("note: " + line)
    if not document["accounts"]:
        raise UserError("nothing in %s could be taken over" % file)
    backup.write(out, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
    problems, warnings = check.examine(out)
    for line in ["warning: " + line for line in warnings] + problems:
        print(line)
    print("%s: %s, from %s's %s" % (out, "to be corrected" if problems else check.summary(out), client, file))
    if problems:
        raise typer.Exit(1)


@functools.cache
def _catalogue():
    """({their words: our id}, [(id, host)], ids of those without a user name)."""
    hosts = [(key, host) for key, _, host, _ in names.lines() if key != "-"]
    return peers.known_names(), hosts, {line[0] for line in logins.lines() if line[1] == "-"}


def _is_inadyn(text):
    return bool(re.search(r"^\s*(provider|custom)\s+\S+\s*\{", text, re.M)) or "dyndns_system" in text


def settings(client, found):
    """(our document, lines for a person) of an entry.Found."""
    accounts, said, address = [], list(found.lost), []
    for one in found.entries:
        account = _account(client, one, said)
        for name in one.lost:
            said.append("%s: %s is not taken over" % (one.where, name))
        said += ["%s: %s" % (one.where, note) for note in one.notes]
        if not account:
            continue
        address = address or one.address
        twin = [a for a in accounts if {**a, "hosts": 0} == {**account, "hosts": 0}]
        if twin:
            known = [host if isinstance(host, str) else host["name"] for host in twin[0]["hosts"]]
            new = [h for h in account["hosts"] if (h if isinstance(h, str) else h["name"]) not in known]
            twin[0]["hosts"] += new
        else:
            accounts.append(account)
    document = {"accounts": accounts}
    if address:
        document["address"] = address
    return document, list(dict.fromkeys(said))


def _account(client, one, said):
    """The account of one entry; None when there is no such provider here."""
    account, zone = {}, one.zone
    if one.url:
        account = {"provider": "custom", "custom": {"url": one.url}}
        if one.ok:
            account["custom"]["ok"] = one.ok
    else:
        provider = _provider(client, one, said)
        if not provider:
            return None
        account["provider"] = provider
        if provider == "dyndns2":
            account["server"] = one.server
    user = one.user
    if client in _USER_IS_ZONE.get(account["provider"], ()):
        user, zone = "", zone or user
    elif account["provider"] == "duckdns" and client == "inadyn":
        user, one.password = "", one.user  # inadyn's example: the token is the user name
    elif client == "ddclient" and user in _NO_USER:
        user = ""
    elif account["provider"] == "cloudflare" and user:
        said.append("%s: a global key of Cloudflare is not supported: make an API token" % one.where)
        user = ""
    if user and account["provider"] != "custom" and account["provider"] in _catalogue()[2]:
        user = ""  # one of the general lines
    if account["provider"] == "rfc2136":
        account["server"] = one.server
        said.append("%s: put the name of the key into user, its secret into password" % one.where)
        user, one.password = "", ""
    if user:
        account["user"] = user
    if one.password:
        account["password"] = one.password
    if one.ttl.isdigit() and account["provider"] == "rfc2136":
        account["ttl"] = int(one.ttl)
    account["hosts"] = [_host(name, one, zone) for name in one.hosts]
    return account


def _host(name, one, zone):
    host = {"name": name}
    if zone and zone.lower() != name.lower().partition(".")[2]:
        host["zone"] = zone
    for family, keep in one.families.items():
        host["ipv4" if family == "v4" else "ipv6"] = keep
    if one.options.get("wildcard"):
        host["wildcard"] = "ON"
    for key in ("mx", "backmx"):
        if one.options.get(key):
            host[key] = {"yes": "YES"}.get(one.options[key], one.options[key])
    return name if len(host) == 1 else host


def _provider(client, one, said):
    """Our id for their service; None after a line that says why there is none."""
    theirs = one.service.lower()
    if theirs in _LOGINS and one.user and one.password:
        return _LOGINS[theirs]
    known = _catalogue()[0]
    server = one.server.lower().partition("://")[2] or one.server.lower()
    server = server.partition("/")[0].partition(":")[0]
    if theirs == "dyndns2" and server:
        found = [key for key, host in _catalogue()[1] if host == server]
        return found[0] if found else "dyndns2"
    if theirs == "dyndns2":
        return "dyn"
    try:
        ours, why = peers.place(client, theirs, known, {})
    except UserError:
        ours, why = None, "no provider of that name here; `providers --search` looks for it"
    if not ours:
        said.append("%s: %s: not taken over (%s)" % (one.where, one.service, why))
    return ours
