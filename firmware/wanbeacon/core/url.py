# SPDX-License-Identifier: MIT
"""Taking URLs and server names apart, and percent-encoding:
what `check` accepts is what the agent can ask."""

_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_HOST = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"
_LABEL_MAX, _NAME_MAX = 63, 253  # RFC 1035 section 2.3.4, less the root's dot


def split_url(url):
    """ "https://host:port/path?query" -> (tls, host, port, path, query). Raises ValueError."""
    cut = url.find("://")
    scheme = url[:cut]
    if cut < 0 or scheme not in ("http", "https"):
        raise ValueError("should start with https://")
    rest = url[cut + 3 :]
    cut = len(rest)
    for sign in "/?":
        at = rest.find(sign)
        cut = at if 0 <= at < cut else cut
    place, path = rest[:cut], rest[cut:]
    if place[:1] == "[":  # split_place would take its last group for a port
        place = "["
    path, _, query = path.partition("?")
    for part in path.encode().split(b"/"):  # who follows RFC 3986 asks for another path than is written here
        if part.lower().replace(b"%2e", b".") in (b".", b".."):
            raise ValueError("has %s in its path: write where it leads to" % part.decode())
    host, port = split_place(place, 443 if scheme == "https" else 80)
    return scheme == "https", host, port, path or "/", query


def split_place(place, port):
    """ "host[:port]" -> (host, port). Raises ValueError."""
    cut = place.rfind(":")
    if cut >= 0:
        digits = place[cut + 1 :]
        if not digits.isdigit() or len(digits.encode()) != len(digits) or not 0 < int(digits[:6]) < 65536:
            raise ValueError("should be host or host:port")
        place, port = place[:cut], int(digits)
    if place[:1] == "[":
        raise ValueError("should name a host: an IPv6 address in brackets is not supported")
    for c in (place or "/").encode():
        if c not in _HOST:
            raise ValueError("should be host or host:port, without user name, path or braces")
    fault = name_fault(place[:-1] if place[-1] == "." else place) or _number_fault(
        place.rstrip(".").split(".")
    )
    if fault:
        raise ValueError("host %s" % fault)
    return place, port


def _number_fault(labels):
    """What is wrong with a host that ends in a number: a resolver takes 1.2.3 for 1.2.0.3, and 010 for 8."""
    if labels[-1].isdigit():
        for label in labels:
            odd = not label.isdigit() or int(label[:4]) > 255 or len(label) > 1 and label.encode()[0] == 48
            if odd or len(labels) != 4:
                return "ends in a number, but is no IPv4 address"
    return None


def name_fault(name):
    """What is wrong with the labels of a DNS name, in words; None when nothing is."""
    if len(name) > _NAME_MAX:
        return "is longer than %d characters" % _NAME_MAX
    for label in name.split("."):
        if not label:
            return "has a dot too many" if name else "should be a name"
        if len(label) > _LABEL_MAX:
            return "has a part longer than %d characters: %s..." % (_LABEL_MAX, label[:20])
    return None


def server(text, tls, port):
    """An account's own server, "host[:port]" or "http://host[:port]" -> (tls, host, port or None).
    Raises ValueError."""
    if text.startswith("http://"):
        tls, port, text = False, None, text[7:]
    elif text.startswith("https://"):
        tls, port, text = True, None, text[8:]
    host, port = split_place(text, port)
    return tls, host, port


def quote(value):
    """Percent-encode all but RFC 3986's unreserved characters, as UTF-8."""
    out = bytearray()
    for b in str(value).encode():  # by bytes, see core.text.printable
        if b in _PLAIN:
            out.append(b)
        else:
            out.extend(("%%%02X" % b).encode())
    return bytes(out).decode()
