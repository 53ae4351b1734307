# SPDX-License-Identifier: MIT
"""Reads inadyn.conf of inadyn 2 (inadyn.conf(5)); the form of inadyn 1 is told as such. Knows nothing of our
settings but entry.Entry."""

import re

from .entry import Entry, Found

_TOKEN = re.compile(r"""\s+|\#[^\n]*|("(?:\\.|[^"\\])*"|'[^']*'|[{}=,]|[^\s{}=,#"']+)""")
_NOT_NEEDED = {
    "period", "user-agent", "iterations", "forced-update", "secure-ssl", "broken-rtc", "ssl", "fake-address",
    "allow-ipv6", "ca-trust-file", "verify-address", "cache-dir", "logfile", "loglevel", "proxied",
    "checkip-server", "checkip-path", "checkip-ssl", "include",
}  # fmt: skip
#: %X of `ddns-path` -> ours.
_PLACES = {"%u": "{user}", "%p": "{password}", "%h": "{hostname}", "%i": "{ip}", "%%": "%25"}


def read(text):
    """entry.Found of a file's text."""
    out, tokens = Found(), [word for word in _TOKEN.findall(text) if word]
    if "--username" in text or "--dyndns_system" in text or re.search(r"^\s*dyndns_system\s", text, re.M):
        out.lost.append("this is the form of inadyn 1; its options must be typed anew")
        return out
    general = {}
    while tokens:
        word = tokens.pop(0)
        if tokens[:1] == ["="]:
            general[word] = _value(tokens)
        elif word in ("provider", "custom") and len(tokens) > 1 and tokens[1] == "{":
            out.entries.append(_entry(word, tokens.pop(0), _block(tokens), general))
        else:
            out.lost.append("%s: not understood" % word)
    if not out.entries:
        out.lost.append("no provider { } in it")
    return out


def _value(tokens):
    """The value behind a "=": a text, or a list of them."""
    tokens.pop(0)
    if tokens[:1] != ["{"]:
        return _plain(tokens.pop(0)) if tokens else ""
    values = []
    while tokens and tokens.pop(0) != "}":
        if tokens and tokens[0] not in ("}", ","):
            values.append(_plain(tokens[0]))
    return values


def _plain(word):
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[:1] in ('"', "'") else word


def _block(tokens):
    """The options between { and }."""
    tokens.pop(0)
    options = {}
    while tokens and (word := tokens.pop(0)) != "}":
        if tokens[:1] == ["="]:
            options[word] = _value(tokens)
    return options


def _entry(kind, name, options, general):
    name = _plain(name)
    service = re.sub(r":\d+$", "", name).rpartition("@")[2]
    hosts = options.pop("hostname", options.pop("alias", []))
    known = {**general, **options}
    one = Entry(
        "%s %s" % (kind, name),
        service="" if kind == "custom" else service,
        user=known.pop("username", ""),
        password=known.pop("password", ""),
        hosts=[hosts] if isinstance(hosts, str) else hosts,
        ttl=known.pop("ttl", ""),
    )
    for family, word in (("v6", "ipv4"), ("v4", "ipv6")):  # ipv4@nsupdate.info keeps IPv4 alone
        if name.startswith(word) and "@" in name:
            one.families[family] = False
    if known.pop("wildcard", "false") == "true":
        one.options["wildcard"] = "ON"
    device = known.pop("iface", "")
    if device:
        one.address = [{"source": "interface", "device": device}]
    command = known.pop("checkip-command", "")
    if command:
        one.address = [{"source": "command", "command": command}]
    server, path = known.pop("ddns-server", ""), known.pop("ddns-path", "")
    if kind == "custom":
        path = re.sub("%[uphi%]", lambda place: _PLACES[place[0]], path)
        if known.pop("append-myip", "false") == "true":
            path += "{ip}"
        said = known.pop("ddns-response", [])
        one.ok = ["*" + word for word in ([said] if isinstance(said, str) else said)]
        one.url = "http%s://%s%s" % ("" if known.get("ssl") == "false" else "s", server, path)
    elif server:
        one.server = server
    one.lost = sorted(set(known) - _NOT_NEEDED)
    return one
