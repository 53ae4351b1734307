# SPDX-License-Identifier: MIT
"""IP addresses: parse, canonical text, and whether one may be published.

An address is `bytes`, 4 long (IPv4) or 16 long (IPv6); text exists at the edges only.
"""

# Reason, prefix in hex, prefix length in bits; the first match wins. IANA special-purpose registries, RFC
# 6890 and its successors; multicast and 240/4 besides. Our own table: `ipaddress` of CPython misses some.
# Text, not tuples: a row of a tuple table costs an ESP32 a hundred bytes of heap, a line of text twenty.
_V4 = (
    "unspecified:00000000/32 this-network:00/8 private:0a/8 cgnat:6440/10 loopback:7f/8 link-local:a9fe/16 "
    "private:ac10/12 assignments:c00000/24 documentation:c00002/24 shared:c01fc4/24 shared:c034c1/24 "
    "shared:c05863/24 private:c0a8/16 shared:c0af30/24 benchmark:c612/15 documentation:c63364/24 "
    "documentation:cb0071/24 multicast:e0/4 reserved:f0/4"
)
# Only 2000::/3 is publishable at all; the rows give better reasons where there are some.
_V6 = (
    "unspecified:00000000000000000000000000000000/128 loopback:00000000000000000000000000000001/128 "
    "tunnel:0064ff9b/32 discard:0100000000000000/64 segment-routing:5f00/16 ula:fc/7 link-local:fe80/10 "
    "site-local:fec0/10 multicast:ff/8 tunnel:20010000/32 assignments:200100/23 documentation:20010db8/32 "
    "tunnel:2002/16 shared:2620004f8000/48 documentation:3fff00/20"
)
# Reasons that not even `allow_private` overrides.
_NEVER = ("unspecified", "loopback", "multicast", "link-local", "reserved", "prefix")


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
        for c in p.encode():  # by bytes, see core.text.printable
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

    Takes what sources and providers really write: zero-padded octets, a zone id (`%eth0`), a prefix length
    (`/64`), upper case, and an IPv4-mapped `::ffff:a.b.c.d`, which becomes the IPv4 address (RFC 4291 section
    2.5.5.2). Raises ValueError when it is no address.
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
    """Packed address to canonical text: dotted quad, or RFC 5952 (lower case, longest run of zeros as
    `::`)."""
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


def _inside(packed, prefix, bits):
    whole = bits >> 3
    for i in range(whole):
        if packed[i] != int(prefix[2 * i : 2 * i + 2], 16):
            return False
    rest = bits & 7
    if rest:
        mask = 0xFF00 >> rest & 0xFF
        return packed[whole] & mask == int(prefix[2 * whole : 2 * whole + 2], 16) & mask
    return True


def why_not(packed):
    """None when the address may be published, else a code: one of the table's ("cgnat"), "outside" (not in
    2000::/3) or "prefix" (the lower 64 bits are all zero:
    a network, no host). Words for it: words.txt, "address.CODE"."""
    for row in (_V4 if len(packed) == 4 else _V6).split(" "):
        colon, slash = row.find(":"), row.find("/")
        if _inside(packed, row[colon + 1 : slash], int(row[slash + 1 :])):
            return row[:colon]
    if len(packed) == 16:
        if packed[0] >> 5 != 1:
            return "outside"
        if packed[8:] == b"\0\0\0\0\0\0\0\0":
            return "prefix"
    return None


def never(packed):
    """True for an address that not even `allow_private` may publish: loopback, unspecified, multicast,
    link-local, reserved, broadcast, or a bare prefix."""
    return why_not(packed) in _NEVER or len(packed) == 16 and packed[8:] == b"\0\0\0\0\0\0\0\0"
