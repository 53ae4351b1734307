"""The config document: load, check, defaults. Every problem names the key and what it should be; all come at once.

Knows the shape of the settings, not what the other rooms do with them. A board drops this module after start.
The tables below are also the source of the configuration reference (`python -m tools check --reference`).
"""

import json

SIZE_MAX = 4096  # bytes of JSON a board accepts: it is parsed in a heap of about 100 KB

# kind, then its bounds: ("text", longest), ("whole", lowest, highest), ("flag",), ("choice", values), ("list", table or
# kind, most), ("object", table), ("source",). A row: key -> (kind tuple, required, what it is, default)
HOST = {
    "name": (("text", 253), True, "host name to keep up to date (or what the provider uses instead)", None),
    "allow_private": (("flag",), False, "publish a private address too (for DNS inside the home)", False),
    "ipv4": (("flag",), False, "keep the A record", True),
    "ipv6": (("flag",), False, "keep the AAAA record", True),
    "zone": (("text", 253), False, "domain the host belongs to, where that is not the name less its first label", None),
    "wildcard": (("choice", ("ON", "OFF", "NOCHG")), False, "Dyn: *.name too", None),
    "mx": (("text", 253), False, "Dyn: mail exchanger", None),
    "backmx": (("choice", ("YES", "NO", "NOCHG")), False, "Dyn: that exchanger is a backup", None),
    "system": (("text", 20), False, "legacy system parameter (dyndns, statdns, custom)", None),
}
CUSTOM = {
    "url": (("url", 500), True, "https://server/path?query with {hostname} {ip} {ipv6} {user} {password}", None),
    "url6": (("url", 500), False, "the same for IPv6 alone", None),
    "url_dual": (("url", 500), False, "the same for both addresses in one request", None),
    "method": (("choice", ("GET", "POST")), False, "HTTP method", "GET"),
    "auth": (("choice", ("basic", "bearer", "query", "none")), False, "how to log in", "basic"),
    "ok": (("list", ("text", 60), 10), False, "answers that mean stored: ^word =line *text ~word #status", None),
    "same": (("list", ("text", 60), 10), False, "answers that mean unchanged", None),
    "fail": (("list", ("text", 60), 10), False, "answers after which to stop", None),
    "later": (("list", ("text", 60), 10), False, "answers after which to try later", None),
}
ACCOUNT = {
    "provider": (("text", 26), True, "provider name out of the catalogue, or custom", None),
    "user": (("text", 255), False, "user name, e-mail or key name", None),
    "password": (("secret", 255), False, "password or update key", None),
    "token": (("secret", 512), False, "bearer token, where the provider has them", None),
    "auth": (("choice", ("basic", "bearer", "query")), False, "how to log in, if not as the provider prefers", None),
    "hosts": (("list", ("host", HOST), 50), True, "host names", None),
    "server": (("text", 260), False, "other server: host, host:port or http://host:port", None),
    "ca": (("text", 200), False, "file with the one CA certificate (DER) to trust instead of the usual ones", None),
    "bind": (("text", 15), False, "network device to send by (Linux)", None),
    "address": (("list", ("source",), 10), False, "where this account's address comes from", None),
    "custom": (("object", CUSTOM), False, "a provider of your own, with provider: custom", None),
}
DEVICE = {
    "company": (("text", 60), False, "User-Agent: who ships this device", "Wanbeacon"),
    "name": (("text", 40), False, "User-Agent: name of the device", "Wanbeacon"),
    "model": (("text", 40), False, "User-Agent: model; default: the board's own", None),
    "contact": (("text", 80), False, "User-Agent: mail address for the provider's questions", "support@wanbeacon.example"),
    "hostname": (("text", 32), False, "name of the device in the home network", None),
}
INTERVALS = {
    "check": (("whole", 60, 86400), False, "seconds between two looks at the address without an event", 300),
    "outside": (("whole", 600, 86400), False, "least seconds between two questions to an outside service", 600),
    "minimum": (("whole", 1, 86400), False, "least seconds between two requests, where the provider names none", 60),
    "refresh_days": (("whole", 1, 365), False, "days after which an unchanged name is sent again", None),
}
PORTAL = {
    "enabled": (("flag",), False, "serve the status page", True),
    "password": (("secret", 63), False, "for the settings pages", None),
    "port": (("whole", 1, 65535), False, "TCP port", 80),
}
WIFI = {
    "ssid": (("text", 32), True, "network name", None),
    "password": (("secret", 63), False, "network password", None),
    "hidden": (("flag",), False, "the network does not announce its name", False),
}
TOP = {
    "accounts": (("list", ("object", ACCOUNT), 20), True, "provider accounts", None),
    "address": (("list", ("source",), 10), False, "where the address comes from, in order", ["auto"]),
    "cross_check": (("flag",), False, "two sources must agree before a changed address is sent", False),
    "device": (("object", DEVICE), False, "who this device is", {}),
    "intervals": (("object", INTERVALS), False, "times", {}),
    "portal": (("object", PORTAL), False, "web pages of a board", {}),
    "wifi": (("list", ("object", WIFI), 5), False, "networks of a board, best first", []),
    "ntp": (("text", 253), False, "time server of a board", "pool.ntp.org"),
}
_DEVICE = (("text", 15), False, "network device; default: the one with the default route", None)
SOURCES = {
    "auto": {},
    "netlink": {"device": _DEVICE},
    "interface": {"device": _DEVICE},
    "ubus": {
        "interface": (("text", 32), False, "OpenWrt interface", "wan"),
        "socket": (("text", 100), False, "path of ubusd's socket", None),
    },
    "natpmp": {"gateway": (("text", 45), False, "the router's address", None)},
    "pcp": {
        "gateway": (("text", 45), False, "the router's address", None),
        "map": (("flag",), False, "open a port for a moment to learn the address", False),
    },
    "upnp": {
        "events": (("flag",), False, "subscribe to the router's events", True),
        "location": (("text", 200), False, "description URL, if the router is not to be searched", None),
    },
    "stun": {"servers": (("list", ("text", 260), 4), True, "two servers, host:port", None)},
    "whoami": {
        "form": (("choice", ("opendns", "akamai", "noip")), False, "which service's DNS question", "opendns"),
        "server": (("text", 260), False, "other name server, host:port", None),
        "name": (("text", 253), False, "other name to ask for", None),
        "type": (("choice", ("A", "AAAA", "TXT")), False, "other record type", None),
    },
    "web": {
        "url": (("url", 300), False, "page that tells the IPv4 address", None),
        "url6": (("url", 300), False, "page that tells the IPv6 address", None),
        "ca": (("text", 200), False, "file with the one CA certificate (DER) to trust", None),
    },
    "command": {"command": (("text", 300), True, "shell command that prints the address", None)},
}


class ConfigError(ValueError):
    """problems: list of one-line texts."""

    def __init__(self, problems):
        ValueError.__init__(self, "; ".join(problems))
        self.problems = problems


def load(text):
    """JSON text to a checked document with all defaults filled in. Raises ConfigError with every problem found."""
    if len(text) > SIZE_MAX:
        raise ConfigError(["the config is %d bytes long: a board takes at most %d" % (len(text), SIZE_MAX)])
    try:
        doc = json.loads(text)
        broken = _open_end(text)  # MicroPython before 1.29 takes a document that was cut off for a whole one
    except ValueError:
        broken = _open_end(text) or "a comma, a colon or a quotation mark is missing or too many"
    if broken:
        raise ConfigError(["the config is not JSON: %s" % broken])
    problems = []
    doc = _object(doc, TOP, "", problems)
    if not problems:
        _sense(doc, problems)
    if problems:
        raise ConfigError(problems)
    return doc


def _open_end(text):
    """What is not closed or not opened in a JSON text, with its line; None when all brackets and quotes pair up."""
    if not text.strip():
        return "it is empty"
    depth, quoted, line, skip = [], False, 1, False
    for c in text:
        if c == "\n":
            if quoted:
                return "line %d: a text is not closed with a quotation mark" % line
            line += 1
        if skip:
            skip = False
        elif quoted:
            skip = c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "{[":
            depth.append((c, line))
        elif c in "}]":
            if not depth or depth.pop()[0] != ("{" if c == "}" else "["):
                return "line %d: a '%s' that nothing opened" % (line, c)
    if depth:
        return "the '%s' of line %d is never closed" % depth[-1]
    return "a text is never closed" if quoted else None


def _object(value, table, path, problems):
    if not isinstance(value, dict):
        problems.append("%s: should be an object {...}" % (path or "the config"))
        return {}
    out = {}
    for key in value:
        if key not in table:
            near = nearest(str(key), list(table))
            hint = "did you mean %s?" % near[0] if near else "known here: %s" % ", ".join(sorted(table))
            problems.append("%s: unknown key; %s" % (_join(path, _show(key)), hint))
    for key in table:
        kind, required, what, default = table[key]
        if key in value:
            out[key] = _value(value[key], kind, _join(path, key), what, problems)
        elif required:
            problems.append("%s: missing; %s" % (_join(path, key), what))
        elif default is not None:
            # a default object has defaults of its own
            out[key] = _object(default, kind[1], key, problems) if kind[0] == "object" else default
    return out


def _join(path, key):
    return "%s.%s" % (path, key) if path else key


def _show(key):
    return "".join([c if " " < c <= "~" else "?" for c in str(key)])[:40] or "(empty)"


def _value(value, kind, path, what, problems):
    name = kind[0]

    def bad(should):
        problems.append("%s: should be %s (%s)" % (path, should, what))
        return None

    if name in ("text", "secret", "url"):
        if not isinstance(value, str) or not value:
            return bad("text in quotation marks")
        if len(value) > kind[1]:
            return bad("at most %d characters long" % kind[1])
        for c in value:
            if c < " " or c == "\x7f":
                return bad("without control characters or line ends")
        if name == "url" and not (value.startswith("https://") or value.startswith("http://")):
            return bad("an address that starts with https://")
        return value
    if name == "flag":
        return value if isinstance(value, bool) else bad("true or false")
    if name == "whole":
        if isinstance(value, bool) or not isinstance(value, int) or not kind[1] <= value <= kind[2]:
            return bad("a whole number from %d to %d" % (kind[1], kind[2]))
        return value
    if name == "choice":
        return value if isinstance(value, str) and value in kind[1] else bad("one of %s" % ", ".join(kind[1]))
    if name == "object":
        return _object(value, kind[1], path, problems)
    if name == "host":
        return _object({"name": value} if isinstance(value, str) else value, kind[1], path, problems)
    if name == "source":
        return _source(value, path, problems)
    if not isinstance(value, list) or not 0 < len(value) <= kind[2]:
        return bad("a list [...] with 1 to %d entries" % kind[2])
    return [_value(value[i], kind[1], "%s[%d]" % (path, i), what, problems) for i in range(len(value))]


def _source(value, path, problems):
    value = {"source": value} if isinstance(value, str) else value
    name = value.get("source") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in SOURCES:
        near = nearest(name, list(SOURCES)) if isinstance(name, str) else None
        hint = "did you mean %s?" % near[0] if near else "one of %s" % ", ".join(sorted(SOURCES))
        problems.append("%s: unknown address source; %s" % (path, hint))
        return {"source": "auto"}
    rest = {}
    for key in value:
        if key != "source":
            rest[key] = value[key]
    out = _object(rest, SOURCES[name], path, problems)
    if name == "web" and not (out.get("url") or out.get("url6")):
        problems.append("%s: a web source needs url or url6" % path)
    out["source"] = name
    return out


def _sense(doc, problems):
    """What a table cannot say: which keys need each other."""
    accounts = doc["accounts"]
    for i in range(len(accounts)):
        a = accounts[i]
        path = "accounts[%d]" % i
        custom = a.get("custom") or {}
        if a["provider"] == "custom" and not custom:
            problems.append("%s.custom: missing; describe the provider: at least its url" % path)
        if a["provider"] != "custom" and custom:
            problems.append('%s.provider: should be "custom" when the account has a custom part' % path)
        if not (a.get("password") or a.get("token")) and custom.get("auth") != "none":
            problems.append("%s.password: missing; password, update key or token of the account" % path)
        seen = []
        for j in range(len(a["hosts"])):
            h = a["hosts"][j]
            where = "%s.hosts[%d]" % (path, j)
            name = h["name"]
            for c in name:
                if c in " ,/?&=%#\"'<>\\" or not " " < c <= "~":
                    problems.append("%s.name: a host name has no blank, comma or sign such as / ? & = %% # in it" % where)
                    break
            if name.lower() in seen:
                problems.append("%s.name: stands twice in this account" % where)
            seen.append(name.lower())
            if not (h["ipv4"] or h["ipv6"]):
                problems.append("%s: ipv4 and ipv6 are both off; nothing is left to keep up to date" % where)


def distance(a, b):
    """Edit distance (Levenshtein) of two short words."""
    row = list(range(len(b) + 1))
    for i in range(len(a)):
        last, row[0] = row[0], i + 1
        for j in range(len(b)):
            cost = last if a[i] == b[j] else 1 + min(last, row[j], row[j + 1])
            last, row[j + 1] = row[j + 1], cost
    return row[-1]


def nearest(word, known, most=3):
    """Known words that may have been meant, best first; [] when none is near."""
    word = word.lower()[:40]
    rows = []
    for k in known:
        d = distance(word, k.lower())
        if word and (word in k.lower() or k.lower() in word) and len(k) > 2:
            d = min(d, 2)
        if d <= max(1, len(word) // 3):
            rows.append((d, k))
    rows.sort()
    return [k for _, k in rows[:most]]
