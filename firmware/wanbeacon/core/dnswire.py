# SPDX-License-Identifier: MIT
"""DNS messages, both ways, as far as a look at what is published needs them (app/visible.py). RFC 1035; pure.

A record is (name, type, TTL, value): the name in lower case without its last dot, the value an address
(packed), a name (NS, CNAME), the number of seconds for which absence may be kept (SOA: RFC 2308 section 5),
or None."""

A, NS, CNAME, SOA, AAAA = 1, 2, 5, 6, 28
#: Records that are read of one message: an answer of 512 bytes holds fewer.
_MOST = 24


def query(id_, name, kind, recurse):
    """The question for `name`, type `kind`. id_: two random bytes. recurse: for a resolver, not for the
    zone's own servers. ValueError for what is no name in DNS."""
    labels = b""
    for one in name.split("."):
        if not 0 < len(one) < 64:
            raise ValueError("not a name")
        labels += bytes((len(one),)) + one.encode()
    return id_ + bytes((1 if recurse else 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)) + labels + bytes((0, 0, kind, 0, 1))


def read(data, asked):
    """{"rcode", "aa", "answer": [record], "authority": [...], "more": [...]} of the answer to `asked`;
    None when it is not its answer: another id, another question, or damaged."""
    # The head (RFC 1035 section 4.1.1), by bytes: 0 id; 2 flags, of which 0x80 QR (an answer), 4 AA (by the
    # zone's own server), 1 RD (recursion wanted); 3 RCODE in its low half; then four numbers of 16 bits:
    # 4 questions, 6 answers, 8 authority, 10 more.
    end = len(asked)
    if len(data) < end or data[:2] != asked[:2] or not data[2] & 128 or data[4:6] != b"\0\1":
        return None
    if data[12:end].lower() != asked[12:].lower():
        return None
    found = {"rcode": data[3] & 15, "aa": bool(data[2] & 4)}
    at, left = end, _MOST
    try:
        for number, name in ((6, "answer"), (8, "authority"), (10, "more")):
            rows = found[name] = []
            for _ in range(min(data[number] << 8 | data[number + 1], left)):
                at, row = _record(data, at)
                rows.append(row)
                left -= 1
    except (IndexError, ValueError):  # cut off, or no name: what was whole counts for nothing
        return None
    return found


def _record(data, at):
    name, at = _name(data, at)
    if at + 10 > len(data):
        raise ValueError("cut off")
    # behind the name (section 4.1.3): 0 type, 2 class, 4 TTL (32 bits), 8 size of the data, 10 the data
    kind, ttl = data[at] << 8 | data[at + 1], int.from_bytes(data[at + 4 : at + 8], "big")
    size = data[at + 8] << 8 | data[at + 9]
    at += 10
    if at + size > len(data):
        raise ValueError("cut off")
    value = None
    if kind in (A, AAAA) and size == (4 if kind == A else 16):
        value = bytes(data[at : at + size])
    elif kind in (NS, CNAME):
        value = _name(data, at)[0]
    elif kind == SOA:
        # its last number, MINIMUM: the two names and four numbers before it are of no use here
        value = min(ttl, int.from_bytes(data[at + size - 4 : at + size], "big"))
    return at + size, (name, kind, ttl, value)


def _name(data, at):
    """(name, where what follows it begins)."""
    parts, end, jumps = [], 0, 0
    while data[at]:
        size = data[at]
        if size >= 192:  # two top bits: the rest is a pointer (4.1.4); pointers may lead in a circle
            end, at, jumps = end or at + 2, (size & 63) << 8 | data[at + 1], jumps + 1
            if jumps > 8:
                raise ValueError("a name without end")
            continue
        if size > 63 or len(parts) > 40:
            raise ValueError("not a name")
        parts.append(bytes(data[at + 1 : at + 1 + size]).lower())
        at += 1 + size
    return ".".join([one.decode() for one in parts]), end or at + 1
