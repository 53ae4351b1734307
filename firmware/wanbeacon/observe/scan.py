"""Finds the one address in what a check page or a program printed. Pure: bytes in, address out, whatever the markup."""

from wanbeacon.core import address

# A word is cut at what cannot be part of an address or a name; "host-1.2.3.4.example" so stays one word, and is none.
_IN_WORD = b"0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz.-_%:"


def single(body, family):
    """Return (packed, None) for the only address of `family` in `body`, else (None, why not: a code tuple).

    Reads HTML, plain text, XML and JSON alike: markup is what stands between the words. Twice the same is one.
    """
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
                if found and found != packed:
                    return None, ("page.several", family)
                found = packed
    return (found, None) if found else (None, ("page.no_address", family))


def _packed(word, family):
    """All addresses of `family` in a word. What is an IPv6 address as a whole ("64:ff9b::192.0.2.1") holds no IPv4
    address; "address:192.0.2.1" and "192.0.2.1:80" do."""
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
