# SPDX-License-Identifier: MIT
"""An update_url of ddns-scripts that leads to a service of the catalogue -> that row. Pure.

The row knows what the service answers, how often it may be asked and where a refusal is one; a bare URL does
not.
"""

from wanbeacon.openwrt import ddns

# their placeholder -> those of our templates that mean the same
_SAME = {"[DOMAIN]": ("hostname", "host", "labels", "domain"), "[USERNAME]": ("user",),
         "[PASSWORD]": ("password",), "[IP]": ("ip", "ipv6")}  # fmt: skip


class Match:
    """`id` of the row; `values`: what the URL has written out of {user}, {password} and {hostname};
    `left_out`: names of the parts that the row does not send."""

    def __init__(self, id_):
        self.id = id_
        self.values = {}
        self.left_out = []


def match(url, rows):
    """The Match with the fewest parts left out, or None. rows: the catalogue's rows (dicts)."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() not in ("http", "https"):
        return None
    rest, _, query = rest.partition("?")
    place, slash, path = rest.partition("/")
    login, _, host = place.rpartition("@")
    best = None
    for row in rows:
        if _bare(host) not in (_bare(row.get("host") or "-"), _bare(row.get("host6") or "-")):
            continue
        for key in ("q4", "q6", "qd"):
            found = _try(row, key, slash + path, query)
            if found and (best is None or len(found.left_out) < len(best.left_out)):
                best = found
    if best and login:
        user, _, password = login.partition(":")
        for name, value in (("user", user), ("password", password)):
            if value and value[:1] != "[":
                best.values[name] = ddns.plain(value)
    return best


def _bare(host):
    """A host in lower case, without a port of 80 or 443 and without "www."."""
    host = host.lower()
    for end in (":80", ":443"):
        if host.endswith(end):
            host = host[: -len(end)]
    return host[4:] if host.startswith("www.") else host


def _try(row, key, path, query):
    template = row.get(key)
    if not template:
        return None
    ours, _, more = row["path"].partition("?")
    if template[:1] == "/":
        ours, _, template = template.partition("?")
    found = Match(row["id"])
    theirs, mine = path.strip("/").split("/"), ours.strip("/").split("/")
    if len(theirs) != len(mine):
        return None
    for a, b in zip(theirs, mine):
        if a != b and not (b[:1] == "{" and _put(found, b, a)):
            return None
    parts = {}
    for part in (more + "&" + template + "&" + (row.get("qa") or "")).split("&"):
        name, sign, value = part.partition("=")
        if part:
            parts[name if sign else ""] = value if sign else part
    for part in query.split("&"):
        name, sign, value = part.partition("=")
        if not sign:
            name, value = "", part
        place = parts.get(name)
        if not part or place == value:
            continue
        if place is None or place[:1] != "{":
            if value not in ("[USERNAME]", "[PASSWORD]"):  # the row has its own way to log in
                found.left_out.append(name or value)
        elif not _put(found, place, value):
            return None
    return found


def _put(found, place, value):
    """A part of the URL for a {placeholder} of ours: a [PLACEHOLDER] with the same meaning, or the value
    itself."""
    name = place.strip("{}")
    if value in _SAME:
        return name in _SAME[value]
    if "[" in value or name in ("ip", "ipv6"):
        return False
    found.values["hostname" if name in _SAME["[DOMAIN]"] else name] = ddns.plain(value)
    return True
