# SPDX-License-Identifier: MIT
"""What is wrong with `mqtt` in the settings. A stage of config.py, small: a page that checks them has little
room."""

_NAME_MAX = 23  # characters of a client id that every broker must take (3.1.3.1)


def problems(doc):
    """What is wrong with `mqtt` that a table cannot say: one line each."""
    out = []
    name = doc.get("name") or "a"
    host = doc.get("host") or ""
    if [c for c in "/@? " if c in host] or host.count(":") == 1:  # more of them: IPv6
        out.append("mqtt.host: should be a name or an address alone; the port is a key of its own")
    if len(name) > _NAME_MAX or not _plain(name):
        out.append("mqtt.name: should have at most %d letters, digits, - and _" % _NAME_MAX)
    for key in ("prefix", "discovery"):
        if doc[key][0] in "/$" or doc[key][-1] == "/" or [c for c in doc[key] if c in "#+\x7f" or c <= " "]:
            out.append("mqtt.%s: should not begin or end with /, begin with $, or hold # + or a space" % key)
    if doc.get("password") and not doc.get("user"):
        out.append("mqtt.user: missing; a password goes with a user name")
    if doc["plain"] and doc.get("ca"):
        out.append("mqtt.plain: remove it, or ca: without TLS there is no certificate")
    return out


def _plain(name):
    return not [c for c in name.encode() if not (48 <= c < 58 or 65 <= c < 91 or 97 <= c < 123 or c in b"-_")]
