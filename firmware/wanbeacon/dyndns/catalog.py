"""Provider rows, read one at a time from the catalogue file. Knows the row format, not what a row means.

File: one row per provider, each a HEAD of 32 ASCII bytes (id, padded with blanks to 26, then the length of the JSON
in 5 digits and a line end) followed by the JSON and a line end. Rows are stepped over by length, so a look-up needs
the memory of one row wherever it stands. `python -m tools catalogue` writes it; keys of a row:

    id host host6 port plain path post      where to: `plain` = HTTP without TLS, `post` = POST instead of GET
    q4 q6 qd qc qa                          query templates: IPv4, IPv6, both, address left to the connection,
                                            credentials in the query when the user wants them there
    auth max min days conn enc opts ua roots
        auth: list out of basic, bearer, query, none - first wins; max: hosts per request (1 = one); min: seconds
        between requests; days: refresh age; conn: takes the connection's address; enc: No-IP's user encoding;
        opts: options it knows (wildcard mx backmx offline system); ua: "dyn" for Dyn's User-Agent form; roots: CA
        roots its servers use
    words rules tags closed                 reply reading (see reply.py); closed: the service is gone
"""

import json

_HEAD = 32
_ID = 26


def find(path, name):
    """The row (dict) of provider `name`, or None. Raises OSError when the file is missing, ValueError when damaged."""
    key = name.encode()
    if not key or len(key) > _ID:
        return None
    head = bytearray(_HEAD)
    with open(path, "rb") as f:
        while f.readinto(head) == _HEAD:
            size = int(bytes(memoryview(head)[_ID:-1]))
            if _same(head, key):
                return json.loads(f.read(size))
            f.seek(size + 1, 1)
    return None


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
            f.seek(int(bytes(memoryview(head)[_ID:-1])) + 1, 1)
    return out


def entry(row):
    """The bytes of one row in the file, without its last line end (the writer's side of `find`)."""
    body = json.dumps(row).encode()
    return ("%-26s%05d\n" % (row["id"], len(body))).encode() + body


def split_url(url):
    """"https://host:port/path?query" -> (tls, host, port, path, query). Raises ValueError."""
    cut = url.find("://")
    scheme = url[:cut]
    if cut < 0 or scheme not in ("http", "https"):
        raise ValueError("should start with https://")
    rest = url[cut + 3 :]
    cut = rest.find("/")
    place, path = (rest, "/") if cut < 0 else (rest[:cut], rest[cut:])
    cut = path.find("?")
    path, query = (path, "") if cut < 0 else (path[:cut], path[cut + 1 :])
    host, port = split_place(place, 443 if scheme == "https" else 80)
    return scheme == "https", host, port, path, query


def split_place(place, port):
    """"host[:port]" -> (host, port). Raises ValueError."""
    cut = place.rfind(":")
    if cut >= 0:
        if not place[cut + 1 :].isdigit() or not 0 < int(place[cut + 1 :]) < 65536:
            raise ValueError("should be host or host:port")
        place, port = place[:cut], int(place[cut + 1 :])
    if not place or "@" in place or "{" in place:
        raise ValueError("should be host or host:port, without user name or braces")
    return place, port


def custom(spec):
    """A row from a config's own provider: {"url", "url6", "url_dual", "method", "auth", "ok", "same", "fail", "later"}.

    Only the query part of url6 and url_dual is used. Raises ValueError.
    """
    tls, host, port, path, query = split_url(spec["url"])
    row = {"id": "custom", "host": host, "port": port, "path": path, "q4": query, "max": 1}
    if not tls:
        row["plain"] = 1
    if spec.get("url6"):
        row["q6"] = split_url(spec["url6"])[4]
    if spec.get("url_dual"):
        row["qd"] = split_url(spec["url_dual"])[4]
    if spec.get("method") == "POST":
        row["post"] = 1
    auth = spec.get("auth", "basic")
    row["auth"] = [auth]
    rules = []
    for cls, key in (("AUTH", "fail"), ("LATER", "later"), ("SAME", "same"), ("OK", "ok")):
        if spec.get(key):
            rules.append([cls] + [r.lower() for r in spec[key]])
    if rules:
        row["rules"] = rules
    return row
