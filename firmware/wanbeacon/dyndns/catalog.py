"""Provider rows, read one at a time from the catalogue file.

File: one row per provider, each a HEAD of 32 ASCII bytes (id, padded with spaces to 26, then the length of the JSON
in 5 digits and a line end) followed by the JSON and a line end. Rows are stepped over by length, so a look-up needs
the memory of one row wherever it lies. `python -m tools catalogue` writes it; keys of a row, beside its id:

    title also                              the service's name; other names that people search it by (search.py)
    host host6 port plain path post         where to: `host6` = for IPv6 alone, `plain` = HTTP without TLS, `post` 1 =
                                            POST instead of GET, 2 = POST if the account wants it
    q4 q6 qd qc qa                          query templates: IPv4, IPv6, both, address left to the connection,
                                            credentials in the query when the user wants them there; q4@ q6@: for the
                                            top of a zone; q4- q6- qd-: to delete the records (offline). One that
                                            starts with "/" holds its own path
    auth key user enc own                   login: list out of basic, bearer, query, none - first wins; key: start of
                                            a password that is a bearer token; user: "host" = the host is the user,
                                            "token" = the token is, "none" = none is needed; enc: No-IP's user
                                            encoding; own: the account must name its server
    max zone both one any                   hosts: per request (1 = one), only of one domain, for names below `zone`
                                            one label below it; records: a family left out is reset, a host is A or
                                            AAAA; any: names that are no DNS names
    min days conn rate                      seconds between requests; refresh age; takes the connection's address;
                                            rate: a 429 is about the hosts of the request, not about the account
    check                                   its own pages that tell the caller's address: IPv4, then IPv6
    opts ua roots closed untested           options it knows, "name=sent when not set" (wildcard mx backmx offline
                                            system); "dyn" for Dyn's User-Agent form; CA roots of its servers; gone;
                                            no answer of it was ever recorded
    words rules bad std page tags           reply reading (see reply.py)
"""

import json

_HEAD = 32
_ID = 26


def find(path, name):
    """The row (dict) of provider `name`, or None. Upper case, dots and hyphens do not count: "DuckDNS", "No-IP". Raises
    OSError when the file is missing, ValueError when damaged."""
    key = name.lower().replace("-", "").replace(".", "").encode()
    head = bytearray(_HEAD)
    with open(path, "rb") as f:
        while key and f.readinto(head) == _HEAD:
            size = _size(head)
            if _same(head, key):
                body = f.read(size)
                if len(body) != size:  # MicroPython before 1.26 takes JSON that breaks off for whole
                    raise ValueError("the catalogue file is damaged")
                row = json.loads(body)
                row["id"] = _id(head)
                return row
            f.seek(size + 1, 1)
    return None


def _size(head):
    """The five digits of a head, without an allocation: a hundred rows are stepped over before the last."""
    size = 0
    for i in range(_ID, _HEAD - 1):
        if not 48 <= head[i] <= 57:
            raise ValueError("the catalogue file is damaged")
        size = size * 10 + head[i] - 48
    return size


def _same(head, key):
    """Whether a head's id is the key, hyphens aside."""
    at = 0
    for i in range(_ID):
        if head[i] != 45 and head[i] != 32:
            if at == len(key) or head[i] != key[at]:
                return False
            at += 1
    return at == len(key)


def _id(head):
    return bytes(head[:_ID]).decode().strip()


def heads(f):
    """(number, id, bytes of JSON) of every row of an open catalogue file, in its order; the file stands at the JSON then,
    and how much of it is read is up to the caller. Raises ValueError when it is damaged."""
    head = bytearray(_HEAD)
    at = number = 0
    while f.readinto(head) == _HEAD:
        size = _size(head)
        yield number, _id(head), size
        number += 1
        at += _HEAD + size + 1
        f.seek(at)


def names(path):
    """All provider ids, in the file's order."""
    with open(path, "rb") as f:
        return [name for _, name, _ in heads(f)]
