# SPDX-License-Identifier: MIT
"""What a router's DynDNS client says, and what it is answered: a DynDNS2 server's half, for `push`. Pure:
bytes in, bytes out.

What routers send, and how they judge an answer, differs: docs/ipv6.md. All take 200 with a line "good IP" or
"nochg IP", the IP as they sent it. A lasting word (nohost, abuse) would end some clients for good, so what
cannot be used is "911": come later.
"""

import binascii
import hashlib

from wanbeacon.core import address, prefix

_PATHS = ("/nic/update", "/update", "/v3/update", "/")
#: A browser sends one of these: a page of a stranger's must not push by somebody's browser.
_BROWSER = (b"origin:", b"referer:", b"sec-fetch-")
#: Who may push: an address of these kinds (core/address.py).
HOME = ("private", "loopback", "link-local")
_LINES = 20  # hosts that one request may name: Dyn's limit
_BITS = (16, 64)  # of a prefix that is delegated to a home, or is a network of it


def reply(box, login, head, body, peer):
    """(HTTP status, text) for a request of somebody at home, whose values come into `box` (found, networks,
    peer, event). login: (user, key) as in the settings."""
    try:
        token, said = request(head, body)
    except ValueError as e:  # UnicodeError is one too
        status = e.args[0] if e.args and isinstance(e.args[0], int) else 400
        return status, "badagent\n"
    user, key = [
        (said.get(a) or said.get(b) or [""])[0] for a, b in (("username", "user"), ("password", "pass"))
    ]
    right = binascii.b2a_base64(("%s:%s" % login).encode()).decode().strip()
    if not (_same(token, right) or _same(user, login[0]) and _same(key, login[1])):
        return 401, "badauth\n"
    found, networks = values(said)
    if not found and not networks:
        return 200, "911\n"
    new = any([box.found.get(family) != found[family] for family in found])
    new = new or networks and networks != box.networks
    if new:
        box.found.update(found)
        box.networks = networks or box.networks
        box.peer = peer
        box.event.set()
    return 200, answer("good" if new else "nochg", said, found)


def _same(one, other):
    """Compare secrets in a time that tells nothing of them."""
    return hashlib.sha256(one.encode()).digest() == hashlib.sha256(other.encode()).digest()


def request(head, body):
    """(login token or "", {name: [values]}) of a request.
    ValueError with its status, when it is none for us."""
    lines = head.split(b"\n")
    parts = lines[0].split()
    path, _, query = parts[1].partition(b"?") if len(parts) > 1 else (b"", b"", b"")
    if path.decode() not in _PATHS:
        raise ValueError(404)
    if parts[0] not in (b"GET", b"POST", b"PUT"):
        raise ValueError(405)
    token = ""
    for line in lines[1:]:
        line = line.strip()
        name = line[:12].lower()
        if any([name.startswith(one) for one in _BROWSER]):
            raise ValueError(403)
        if line[:14].lower() == b"authorization:":
            kind, _, token = line[14:].strip().decode().partition(" ")
            token = token.strip() if kind.lower() == "basic" else ""
    said = {}
    for pair in (query + b"&" + body).split(b"&"):
        key, _, value = pair.partition(b"=")
        said.setdefault(_plain(key), []).append(_plain(value))
    return token, said


def _plain(data):
    parts = data.split(b"%")
    for i in range(1, len(parts)):
        try:
            parts[i] = bytes((int(parts[i][:2].decode(), 16),)) + parts[i][2:]
        except ValueError:  # routers do not escape: "%i" that none replaced
            parts[i] = b"%" + parts[i]
    return b"".join(parts).decode()


def values(said):
    """({4: packed, 6: packed}, networks) that a request brings, publishable ones only; networks as in
    base.py, or None. A placeholder that the router did not replace, an empty value and a private address
    bring nothing."""
    found, networks = {}, None
    for name in ("myip", "myipv6", "ip", "ip6lanprefix"):
        for text in ",".join(said.get(name, ())).split(","):
            try:
                packed = address.parse(text)
                bits = int(text.partition("/")[2] or 0)
            except ValueError:
                continue
            if (
                len(packed) == 16
                and _BITS[0] <= bits <= _BITS[1]
                and (name == "ip6lanprefix" or prefix.network(packed, bits) == packed)
            ):
                if not address.why_not(packed[:15] + b"\1"):
                    networks = (("", prefix.network(packed, bits), bits),)
            elif name != "ip6lanprefix" and not address.why_not(packed):
                found[address.family(packed)] = packed
    return found, networks


def answer(word, said, found):
    """The lines of an answer that takes the values: one for each host that was named, with the addresses as
    they were sent."""
    sent = ",".join(said.get("myip", ()))
    for c in sent.encode():
        if c not in b"0123456789abcdefABCDEF.:,/":
            sent = ""
    line = "%s %s\n" % (word, sent or ",".join([address.text(found[family]) for family in sorted(found)]))
    return line * min(_LINES, len(",".join(said.get("hostname", ())).split(",")))
