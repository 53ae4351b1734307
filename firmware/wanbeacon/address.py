"""IP addresses: parse and canonical text; whether one may be published stands in ranges.py. Knows no socket, clock, file.

An address is `bytes`, 4 long (IPv4) or 16 long (IPv6).
"""


def _v4(text):
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError("not an address")
    out = bytearray(4)
    for i in range(4):
        p = parts[i]
        if not 0 < len(p) < 4:
            raise ValueError("not an address")
        n = 0
        for c in p.encode():  # by bytes, see lean.printable
            if not 48 <= c <= 57:
                raise ValueError("not an address")
            n = n * 10 + c - 48
        if n > 255:
            raise ValueError("not an address")
        out[i] = n
    return bytes(out)


def _v6(text):
    if "." in text:  # the last 32 bits in dotted form, RFC 4291 section 2.2 (3)
        cut = text.rfind(":") + 1
        tail = _v4(text[cut:])
        text = "%s%x:%x" % (text[:cut], tail[0] << 8 | tail[1], tail[2] << 8 | tail[3])
    halves = text.split("::")
    if len(halves) > 2:
        raise ValueError("not an address")
    groups = []
    for half in halves:
        row = []
        for g in half.split(":") if half else ():
            if not 0 < len(g) < 5:
                raise ValueError("not an address")
            n = 0
            for c in g.lower().encode():  # not int(g, 16): that would take "+1" and "1_0"
                if not (48 <= c <= 57 or 97 <= c <= 102):
                    raise ValueError("not an address")
                n = n << 4 | (c - 48 if c < 58 else c - 87)
            row.append(n)
        groups.append(row)
    if len(halves) == 2:
        gap = 8 - len(groups[0]) - len(groups[1])
        if gap < 1:
            raise ValueError("not an address")
        row = groups[0] + [0] * gap + groups[1]
    else:
        row = groups[0]
    if len(row) != 8:
        raise ValueError("not an address")
    out = bytearray(16)
    for i in range(8):
        out[2 * i] = row[i] >> 8
        out[2 * i + 1] = row[i] & 255
    return bytes(out)


def parse(text):
    """Address text to packed bytes (4 or 16).

    Takes what sources and providers really write: zero-padded octets, a zone id (`%eth0`), a prefix length (`/64`),
    upper case, and an IPv4-mapped `::ffff:a.b.c.d`, which becomes the IPv4 address (RFC 4291 section 2.5.5.2).
    Raises ValueError when it is no address.
    """
    text = text.strip()
    for sign in "/%":
        cut = text.find(sign)
        if cut >= 0:
            text = text[:cut]
    if len(text) > 45:
        raise ValueError("not an address")
    if ":" not in text:
        return _v4(text)
    packed = _v6(text)
    if packed[:12] == b"\0\0\0\0\0\0\0\0\0\0\xff\xff":
        return packed[12:]
    return packed


def text(packed):
    """Packed address to canonical text: dotted quad, or RFC 5952 (lower case, longest run of zeros as `::`)."""
    if len(packed) == 4:
        return "%d.%d.%d.%d" % tuple(packed)
    row = [packed[i] << 8 | packed[i + 1] for i in range(0, 16, 2)]
    best, size, i = -1, 1, 0
    while i < 8:
        j = i
        while j < 8 and row[j] == 0:
            j += 1
        if j - i > size:
            best, size = i, j - i
        i = max(j, i + 1)
    words = ["%x" % n for n in row]
    if best < 0:
        return ":".join(words)
    return ":".join(words[:best]) + "::" + ":".join(words[best + size :])


def canonical(value):
    """Address text to its canonical text. Raises ValueError when it is no address."""
    return text(parse(value))


def family(packed):
    """4 or 6."""
    return 4 if len(packed) == 4 else 6


def why_not(packed):
    """None when the address may be published, else the reason in words that follow the address."""
    from wanbeacon import ranges

    return ranges.why_not(packed)


def never(packed):
    """True for an address that not even `allow_private` may publish."""
    from wanbeacon import ranges

    return ranges.never(packed)
