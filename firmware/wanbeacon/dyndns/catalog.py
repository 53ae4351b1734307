"""Provider rows, read one at a time from the catalogue file, and a row made of a config's own provider. Knows the row
format, not what a row means.

File: one row per provider, each a HEAD of 32 ASCII bytes (id, padded with blanks to 26, then the length of the JSON
in 5 digits and a line end) followed by the JSON and a line end. Rows are stepped over by length, so a look-up needs
the memory of one row wherever it stands. `python -m tools catalogue` writes it; keys of a row, beside its id:

    host host6 port plain path post         where to: `host6` = for IPv6 alone, `plain` = HTTP without TLS, `post` 1 =
                                            POST instead of GET, 2 = POST if the account wants it
    q4 q6 qd qc qa                          query templates: IPv4, IPv6, both, address left to the connection,
                                            credentials in the query when the user wants them there; q4@ q6@: for the
                                            top of a zone. One that starts with "/" holds its own path
    auth key user enc                       login: list out of basic, bearer, query, none - first wins; key: start of
                                            a password that is a bearer token; user: "host" = the host is the user,
                                            "token" = the token is; enc: No-IP's user encoding
    max zone both one any                   hosts: per request (1 = one), only of one domain, for names below `zone`
                                            one label below it; records: a family left out is reset, a host is A or
                                            AAAA; any: names that are no DNS names
    min days conn                           seconds between requests; refresh age; takes the connection's address
    check                                   its own pages that tell the caller's address: IPv4, then IPv6
    opts ua roots closed                    options it knows, "name=sent when not set" (wildcard mx backmx offline
                                            system); "dyn" for Dyn's User-Agent form; CA roots of its servers; gone
    words rules std tags                    reply reading (see reply.py)
"""

import json

from wanbeacon.core.text import distance, printable
from wanbeacon.core.url import split_url

_HEAD = 32
_ID = 26


def find(path, name):
    """The row (dict) of provider `name`, or None. Raises OSError when the file is missing, ValueError when damaged."""
    key = name.encode()
    if not key or len(key) > _ID or b" " in key:
        return None
    head = bytearray(_HEAD)
    with open(path, "rb") as f:
        while f.readinto(head) == _HEAD:
            size = _size(head)
            if _same(head, key):
                body = f.read(size)
                if len(body) != size:  # MicroPython before 1.26 takes JSON that breaks off for whole
                    raise ValueError("the catalogue file is damaged")
                row = json.loads(body)
                row["id"] = name
                return row
            f.seek(size + 1, 1)
    return None


def _size(head):
    """The five digits of a head, without an allocation: ninety rows are stepped over before the last."""
    size = 0
    for i in range(_ID, _HEAD - 1):
        if not 48 <= head[i] <= 57:
            raise ValueError("the catalogue file is damaged")
        size = size * 10 + head[i] - 48
    return size


def _same(head, key):
    for i in range(_ID):
        if head[i] != (key[i] if i < len(key) else 32):
            return False
    return True


def names(path):
    """All provider ids, in the file's order."""
    out = []
    head = bytearray(_HEAD)
    with open(path, "rb") as f:
        while f.readinto(head) == _HEAD:
            out.append(bytes(memoryview(head)[:_ID]).decode().strip())
            f.seek(_size(head) + 1, 1)
    return out


def nearest(name, names, most=3):
    """Provider ids that may be meant by `name`, best first; [] when none is near. "no-ip.com", "dyndns", "he.net"."""
    word = _letters(name[:60])
    label = _letters(name[:60].split(".")[0])
    rows = []
    for i in range(len(names)):  # of two that are equally near the first: the file begins with the better known
        known = _letters(names[i])
        far = min(distance(word, known), distance(label, known))
        if len(label) > 1 and (known.startswith(label) or len(known) > 2 and label.startswith(known)):
            far = min(far, 1)
        elif len(label) > 2 and label in known:
            far = min(far, 2)
        if far <= max(1, len(label) // 3):
            rows.append((far, i))
    rows.sort()
    return [names[i] for _, i in rows[:most]]


def _letters(text):
    return "".join([c for c in text.lower() if c.isalpha() or c.isdigit()])


_PLACES = ("hostname", "host", "labels", "domain", "ip", "ipv6", "user", "password")
_URL = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%"


def places(template):
    """The {names} in a template. Raises ValueError for one that means nothing, or a sign that a URL cannot hold."""
    found, rest = [], template
    while rest:
        cut = rest.find("{")
        part = rest if cut < 0 else rest[:cut]
        for i in range(len(part)):
            if part[i : i + 1].encode() not in _URL:
                raise ValueError("%s cannot stand in a URL: write it percent-encoded" % _show(part[i]))
        if cut < 0:
            break
        end = rest.find("}", cut)
        name = rest[cut + 1 : end]
        if end < 0 or name not in _PLACES:
            raise ValueError("unknown place {%s; known: {%s}" % (_show(rest[cut + 1 :][:20]), "} {".join(_PLACES)))
        found.append(name)
        rest = rest[end + 1 :]
    return found


def _show(text):
    return "a blank" if text == " " else printable(text)


def custom(spec):
    """A row from a config's own provider: {"url", "url6", "url_dual", "method", "auth", "ok", "same", "fail", "later"}.

    Each URL serves the addresses it names: {ip}, {ipv6} or both; one that names none leaves the address to the
    connection. Answers without a sign in front mean the first word of a line; without any, DynDNS2 words count.
    Raises ValueError, one line that says what is wrong.
    """
    row = {"id": "custom", "path": "", "max": 1}
    used = []
    for key in ("url", "url6", "url_dual"):
        if not spec.get(key):
            continue
        try:
            tls, host, port, path, query = split_url(spec[key])
            if query:
                path += "?" + query
            names = places(path)
        except ValueError as e:
            raise ValueError("%s: %s" % (key, e))
        used += names
        kind = "qd" if "ip" in names and "ipv6" in names else "q4" if "ip" in names else "q6" if "ipv6" in names else ""
        if not kind and key == "url":
            row["conn"], kind = 1, "q4"
        if kind != {"url": kind, "url6": "q6", "url_dual": "qd"}[key]:
            raise ValueError("%s: should name %s" % (key, "{ipv6} only" if key == "url6" else "{ip} and {ipv6}"))
        if key == "url":
            row["host"], row["port"], row["plain"] = host, port, 0 if tls else 1
        elif kind == "q6" and (tls, port) == (not row["plain"], row["port"]):
            row["host6"] = host
        elif (tls, host, port) != (not row["plain"], row["host"], row["port"]):
            raise ValueError("%s: should lead to the same server as url" % key)
        row[kind] = path
    if spec.get("method") == "POST":
        row["post"] = 1
    way = spec.get("auth") or "basic"
    if way == "query" and "password" not in used and "user" not in used:  # no login would be sent at all
        raise ValueError("auth: query needs {password} in the url")
    # credentials that the URL holds are not sent twice
    row["auth"] = ["none" if way == "query" or "password" in used else way]
    rules = []
    for cls, key in (("FAIL", "fail"), ("LATER", "later"), ("SAME", "same"), ("OK", "ok")):
        if spec.get(key):
            rules.append([cls] + [_rule(r, key) for r in spec[key]])
    if rules:
        row["rules"] = rules
        row["std"] = 2 if spec.get("ok") else 1  # `same` alone says nothing of "good"
    return row


_SIGNS = " .,:=()\""  # what may stand between a word and an address


def _rule(text, key):
    """A config's answer -> a rule as in reply.py. {ip} or {ipv6} alone: the address stands anywhere. After words it is
    dropped and the words count: failures name the address too. Words behind it could be those that tell them apart."""
    text = text.strip().lower()
    if text in ("0", "@"):
        return text
    if text in ("{ip}", "{ipv6}"):
        return "@"
    word, place, rest = text.replace("{ipv6}", "{ip}").partition("{ip}")
    if place:
        word = "" if rest.replace("{ip}", "").strip(_SIGNS) else word.rstrip(_SIGNS)
        if word[:1] == "=":  # the line goes on with the address
            word = "^" + word[1:]
    if word in ("", "^", "=", "~", "*") or text[0] == "#" and not (len(text) == 4 and text[1:].isdigit() and max(text) <= "9"):
        raise ValueError("%s: an answer should be word, ^word, =line, ~word, *text, #status such as #200, or {ip} alone" % key)
    return word if word[0] in "^=~*#" else "^" + word
