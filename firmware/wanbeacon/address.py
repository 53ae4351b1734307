"""IP addresses: parse, canonical text, and whether one may be published. Knows no socket, no clock, no file.

An address is `bytes`, 4 long (IPv4) or 16 long (IPv6).
"""

# Why an address is not publishable, in a user's words.
_CGNAT = (
    "is inside your provider's carrier-grade NAT (CGNAT, RFC 6598): "
    "a name cannot make you reachable; ask the provider for a public address or use IPv6"
)
_PRIVATE = "is a private (LAN) address, RFC 1918: it is reachable at home only"
_LOOP = "is the loopback address of the device itself"
_LINK = "is a link-local address: it works on one cable only"
_DOC = "is reserved for documentation"
_BENCH = "is reserved for benchmarks, RFC 2544"
_MULTI = "is a multicast address"
_RES = "is reserved"
_NONE = "is the unspecified address"
_SERVICE = "belongs to a shared service (AS112, AMT, 6to4 relay), not to your line"
_ULA = "is a unique local (home) address, RFC 4193"
_TUNNEL = "belongs to an automatic tunnel (6to4, Teredo, NAT64), not to your line"

# (prefix bytes in hex, prefix length in bits, reason); first match wins. IANA special-purpose registries,
# RFC 6890 and its successors; multicast and 240/4 besides. Our own table: `ipaddress` of CPython misses some.
_V4 = (
    ("00000000", 32, _NONE),
    ("00", 8, "is in the range 'this network', RFC 1122"),
    ("0a", 8, _PRIVATE),
    ("6440", 10, _CGNAT),
    ("7f", 8, _LOOP),
    ("a9fe", 16, _LINK),
    ("ac10", 12, _PRIVATE),
    ("c00000", 24, "is reserved for protocol assignments (DS-Lite, NAT64), RFC 6890"),
    ("c00002", 24, _DOC),
    ("c01fc4", 24, _SERVICE),
    ("c034c1", 24, _SERVICE),
    ("c05863", 24, _SERVICE),
    ("c0a8", 16, _PRIVATE),
    ("c0af30", 24, _SERVICE),
    ("c612", 15, _BENCH),
    ("c63364", 24, _DOC),
    ("cb0071", 24, _DOC),
    ("e0", 4, _MULTI),
    ("f0", 4, _RES),
)
# IPv6: only 2000::/3 is publishable at all; the rows before it give better reasons.
_V6 = (
    ("00000000000000000000000000000000", 128, _NONE),
    ("00000000000000000000000000000001", 128, _LOOP),
    ("0064ff9b", 32, _TUNNEL),
    ("0100000000000000", 64, "is the discard prefix, RFC 6666"),
    ("5f00", 16, "is reserved for segment routing, RFC 9602"),
    ("fc", 7, _ULA),
    ("fe80", 10, _LINK),
    ("fec0", 10, "is a site-local address (deprecated)"),
    ("ff", 8, _MULTI),
    ("20010000", 32, _TUNNEL),
    ("200100", 23, "is reserved for protocol assignments, RFC 2928"),
    ("20010db8", 32, _DOC),
    ("2002", 16, _TUNNEL),
    ("2620004f8000", 48, _SERVICE),
    ("3fff00", 20, _DOC),
)


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
        for c in p:
            if not "0" <= c <= "9":
                raise ValueError("not an address")
            n = n * 10 + ord(c) - 48
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
            for c in g:  # not int(g, 16): that would take "+1" and "1_0"
                d = "0123456789abcdef".find(c.lower())
                if d < 0:
                    raise ValueError("not an address")
                n = n << 4 | d
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
    """None when the address may be published, else the reason in words that follow the address.

    Tables of protocol.md section H (RFC 6890 and successors). An IPv6 address whose lower 64 bits are all zero is
    a prefix, not a host.
    """
    for prefix, bits, reason in _V4 if len(packed) == 4 else _V6:
        if _inside(packed, prefix, bits):
            return reason
    if len(packed) == 16:
        if packed[0] >> 5 != 1:
            return "is outside the global IPv6 range 2000::/3"
        if packed[8:] == b"\0\0\0\0\0\0\0\0":
            return "is a network prefix, not an address of a device"
    return None


def never(packed):
    """True for an address that not even `allow_private` may publish: loopback, unspecified, multicast, link-local,
    broadcast, or a bare prefix."""
    reason = why_not(packed)
    return reason in (_NONE, _LOOP, _MULTI, _LINK, _RES) or (
        len(packed) == 16 and packed[8:] == b"\0\0\0\0\0\0\0\0"
    )
