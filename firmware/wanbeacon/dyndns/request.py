"""From hosts to requests: grouping, URL, headers, User-Agent. Knows no socket, no clock, no file.

Everything that comes from a user is percent-encoded; secrets go into the Authorization header unless the provider
has no other way.
"""

import ubinascii

from wanbeacon import VERSION
from wanbeacon.dyndns import catalog

LIST_MAX = 20  # hosts per request where the provider states no limit (Dyn's limit, the strictest of all)
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
OPTIONS = ("system", "wildcard", "mx", "backmx")


class Request:
    """One HTTP request. path holds the query; headers is a dict of str; secret parts are never to be logged."""

    def __init__(self, post, tls, host, port, path, headers, body, family):
        self.post = post
        self.tls = tls
        self.host = host
        self.port = port
        self.path = path
        self.headers = headers
        self.body = body
        self.family = family


def quote(value):
    """Percent-encode all but RFC 3986's unreserved characters, as UTF-8."""
    out = []
    for b in str(value).encode():
        c = chr(b)
        out.append(c if c in _PLAIN else "%%%02X" % b)
    return "".join(out)


def _ascii(value):
    return "".join([c if " " <= c <= "~" else "?" for c in str(value)]).strip()


def user_agent(device, style=None):
    """The User-Agent of this device: "Company DeviceName-Model/FirmwareVersion contact@mail" (No-IP, hardware form),
    or for style "dyn" "Company - Device Model - Version". ASCII, one line. device: dict of the config."""
    company = _ascii(device.get("company") or "Wanbeacon")
    name = _ascii(device.get("name") or "Wanbeacon").replace(" ", "")
    model = _ascii(device.get("model") or "Generic").replace(" ", "")
    if style == "dyn":
        return "%s - %s %s - %s" % (company, name, model, VERSION)
    contact = _ascii(device.get("contact") or "").replace(" ", "")
    return ("%s %s-%s/%s %s" % (company, name, model, VERSION, contact)).strip()


def auth_of(row, account):
    """How this account logs in: bearer, basic, query or none; the user's wish first, then the row's order."""
    ways = row.get("auth") or ["basic"]
    wish = account.get("auth")
    if wish in ways:
        return wish
    if "bearer" in ways and account.get("token"):
        return "bearer"
    for way in ways:
        if way != "bearer":
            return way
    return ways[0]


def _basic(row, account):
    user = str(account.get("user") or "")
    if row.get("enc"):  # No-IP: RFC 7617 forbids ":" in a user name; groups have one. Only ":" and "#" are encoded.
        user = user.replace(":", "%3A").replace("#", "%23")
    word = "%s:%s" % (user, account.get("password") or account.get("token") or "")
    return "Basic " + ubinascii.b2a_base64(word.encode()).decode().strip()


def pick(row, want, have, own=False):
    """Which template to send and what it carries: (template name, (v4 or None, v6 or None)), or None when this
    provider can take none of the wanted addresses.

    want: publishable addresses; have: what the provider stores; own: the device itself holds the WAN address, so the
    connection comes from it. Both families in one request where the provider has one; else the one that differs,
    IPv4 first (the other follows by its own decision, spaced by the minimum interval).
    """
    v4 = want[0] if "q4" in row else None
    v6 = want[1] if "q6" in row or "qd" in row else None
    if v4 and v6 and "qd" in row:
        return "qd", (v4, v6)
    if v6 and "q6" not in row:
        v6 = None
    if v4 and (v4 != have[0] or not v6 or v6 == have[1]):
        return ("qc" if own and "qc" in row else "q4"), (v4, None)
    if v6:
        return "q6", (None, v6)
    return None


def group(row, items):
    """Hosts that get the same data share a request, within the provider's limit.

    items: list of (host, template, sent, offline, single): host is the config's dict. Returns a list of lists of
    indexes into items.
    """
    limit = row.get("max") or LIST_MAX
    keys, groups = [], []
    for i in range(len(items)):
        host, template, sent, offline, single = items[i]
        key = (template, sent, offline, [host.get(o) for o in OPTIONS])
        for g in range(len(keys)):
            if keys[g] == key and len(groups[g]) < limit and not single:
                groups[g].append(i)
                break
        else:
            keys.append(None if single else key)
            groups.append([i])
    return groups


def _labels(name):
    """(host label or "@", zone) of a full name; a bare label is its own host."""
    cut = name.find(".")
    if cut < 0:
        return name, name
    if name.find(".", cut + 1) < 0:
        return "@", name
    return name[:cut], name[cut + 1 :]


def build(row, account, hosts, template, sent, agents, offline=False):
    """The Request for hosts (config dicts) of one account.

    template, sent: from `pick`. agents: function style -> User-Agent. The account may override host, port and
    scheme by "server" ("host:port", "http://host:port").
    """
    way = auth_of(row, account)
    names = [h["name"] for h in hosts]
    label, zone = _labels(names[0])
    if hosts[0].get("zone") and names[0].endswith(hosts[0]["zone"]):
        zone = hosts[0]["zone"]
        label = names[0][: -len(zone)].rstrip(".") or "@"
    values = {
        "hostname": ",".join([quote(n) for n in names]),
        "host": quote(label),
        "domain": quote(zone),
        "ip": quote(sent[0] or ""),
        "ipv6": quote(sent[1] or ""),
        "user": quote(account.get("user") or ""),
        "password": quote(account.get("password") or account.get("token") or ""),
    }
    query = _fill(row[template], values)
    if way == "query" and "qa" in row:
        query += "&" + _fill(row["qa"], values)
    for option in OPTIONS:
        if option in (row.get("opts") or ()) and hosts[0].get(option):
            query += "&%s=%s" % (option, quote(hosts[0][option]))
    if offline and "offline" in (row.get("opts") or ()):
        query += "&offline=YES"
    path = _fill(row["path"], values)
    headers = {"User-Agent": agents(row.get("ua"))}
    if way == "basic":
        headers["Authorization"] = _basic(row, account)
    elif way == "bearer":
        headers["Authorization"] = "Bearer " + _ascii(account.get("token") or account.get("password") or "")
    tls, host, port = not row.get("plain"), row["host"], row.get("port")
    family = 0
    if row.get("conn") or template == "qc":
        family = 4 if sent[0] else 6
    if sent[1] and not sent[0] and row.get("host6"):
        host = row["host6"]
    server = account.get("server")
    if server:
        if server.startswith("http://"):
            tls, server = False, server[7:]
        host, port = catalog.split_place(server, port)
    port = port or (443 if tls else 80)
    headers["Host"] = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    body = None
    if row.get("post"):
        body, query = query, ""
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Content-Length"] = str(len(body))
    if query:
        path += "?" + query
    return Request(bool(row.get("post")), tls, host, port, path, headers, body, family)


def _fill(template, values):
    """Replace {name} by its value in one pass, so that a value that looks like a place is left alone."""
    out, at = [], 0
    while True:
        cut = template.find("{", at)
        end = template.find("}", cut)
        if cut < 0 or end < 0:
            out.append(template[at:])
            return "".join(out)
        out.append(template[at:cut])
        name = template[cut + 1 : end]
        out.append(values.get(name, ""))
        at = end + 1
