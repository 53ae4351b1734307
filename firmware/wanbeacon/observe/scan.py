# SPDX-License-Identifier: MIT
"""Finds the one address in what a check page or a program printed.
Pure: bytes in, address out, whatever the markup."""

from wanbeacon.core import address

# A word is cut at what cannot be part of an address or a name;
# "host-1.2.3.4.example" so stays one word, and is none.
_IN_WORD = b"0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz.-_%:"


def cut(body, pattern):
    """Return the part of `body` (bytes) that `pattern` points at: what stands where its "*" is, between the
    text before and the text after it; None when they are not there.
    Without text after, the rest of the line."""
    before, _, after = pattern.encode().partition(b"*")
    at = body.find(before)
    if at < 0:
        return None
    rest = body[at + len(before) :]
    if not after:
        return rest.partition(b"\n")[0]
    end = rest.find(after)
    return None if end < 0 else rest[:end]


def _named(body):
    """What a page that names its values calls "ip", or None: the value of a line "ip=..." (Cloudflare's
    /cdn-cgi/trace and the like, which name their own address too), or of the one JSON key."""
    for line in body.split(b"\n", 40)[:40]:
        if line[:3] == b"ip=":
            return line[3:].strip()
    if body.count(b'"ip"') == 1:
        colon, _, rest = body.partition(b'"ip"')[2].lstrip().partition(b'"')
        if colon.strip() == b":":
            return rest.partition(b'"')[0]
    return None


def single(body, family, first=False, asked=None):
    """Return (packed, None) for the only address of `family` in `body`, else (None, why not: a code tuple).

    Reads HTML, plain text, XML and JSON alike: markup is what stands between the words. Twice the same is
    one. A page that names its values is asked for its ip alone. first: the first address is meant, whatever
    follows. asked: the host of the page's URL: where that is an address, who echoes it does not mean us.
    """
    named = _named(body)
    body = body if named is None else named
    theirs = _parse(asked.strip("[]").encode()) if asked else None
    found = None
    start = None
    for at in range(len(body) + 1):
        c = body[at] if at < len(body) else 0
        if c in _IN_WORD:
            if start is None:
                start = at
            continue
        if start is not None:
            word, start = body[start:at], None
            for packed in _packed(word, family):
                if packed == theirs:
                    continue
                if found and found != packed:
                    return None, ("page.several", family)
                found = packed
                if first:
                    return found, None
    return (found, None) if found else (None, ("page.no_address", family))


def _packed(word, family):
    """All addresses of `family` in a word. What is an IPv6 address as a whole ("64:ff9b::192.0.2.1") holds no
    IPv4 address; "address:192.0.2.1" and "192.0.2.1:80" do."""
    whole = _parse(word)
    out = [whole] if whole or family == 6 else [_parse(part) for part in word.split(b":")]
    return [packed for packed in out if packed and len(packed) == (4 if family == 4 else 16)]


def _parse(word):
    word = word.strip(b".")  # the end of a sentence
    if not 2 <= len(word) <= 45 or word.count(b".") < 3 and word.count(b":") < 2:
        return None
    try:
        return address.parse(word.decode())
    except ValueError:
        return None
