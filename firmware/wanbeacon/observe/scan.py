"""Finds the one address in what a check page or a program printed. Pure: bytes in, address out, whatever the markup."""

from wanbeacon import address

# A word is cut at what cannot be part of an address or a name; "host-1.2.3.4.example" so stays one word, and is none.
_IN_WORD = b"0123456789abcdefABCDEFGHIJKLMNOPQRSTUVWXYZghijklmnopqrstuvwxyz.-_%"


def single(body, family):
    """Return (packed, None) for the only address of `family` in `body`, else (None, why not).

    Reads HTML, plain text, XML and JSON alike: markup is what stands between the words. Twice the same is one.
    """
    found = None
    start = None
    for at in range(len(body) + 1):
        c = body[at] if at < len(body) else 0
        if c in _IN_WORD or (c == 58 and family == 6):
            if start is None:
                start = at
            continue
        if start is not None:
            packed = _packed(body[start:at], family)
            start = None
            if packed:
                if found and found != packed:
                    return None, "several different IPv%d addresses in the reply" % family
                found = packed
    return (found, None) if found else (None, "no IPv%d address in the reply" % family)


def _packed(word, family):
    word = word.strip(b".")  # the end of a sentence
    if not 2 <= len(word) <= 45 or word.count(b"." if family == 4 else b":") < (3 if family == 4 else 2):
        return None
    try:
        packed = address.parse(word.decode())
    except ValueError:
        return None
    return packed if len(packed) == (4 if family == 4 else 16) else None
