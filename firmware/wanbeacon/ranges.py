"""Which addresses may be published. Behind address.why_not(): loaded when it is asked, and reasons.py when it has one.

An address is `bytes`, 4 long (IPv4) or 16 long (IPv6). Knows no text form, socket, clock, file.
"""

# The tables are text, not tuples: a row of a tuple table costs an ESP32 a hundred bytes of heap, a line of text twelve.
#
# letter of the reason (reasons.py), prefix in hex, prefix length in bits; the first match wins. IANA special-purpose registries,
# RFC 6890 and its successors; multicast and 240/4 besides. Our own table: `ipaddress` of CPython misses some.
_V4 = (
    "n00000000/32 t00/8 p0a/8 c6440/10 o7f/8 la9fe/16 pac10/12 ac00000/24 dc00002/24 sc01fc4/24 sc034c1/24 "
    "sc05863/24 pc0a8/16 sc0af30/24 bc612/15 dc63364/24 dcb0071/24 me0/4 rf0/4"
)
# IPv6: only 2000::/3 is publishable at all; the rows give better reasons where there are some.
_V6 = (
    "n00000000000000000000000000000000/128 o00000000000000000000000000000001/128 x0064ff9b/32 e0100000000000000/64 "
    "g5f00/16 ufc/7 lfe80/10 ifec0/10 mff/8 x20010000/32 a200100/23 d20010db8/32 x2002/16 s2620004f8000/48 d3fff00/20"
)
_NEVER = "nomlr"  # reasons that not even `allow_private` overrides


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


def _reason(packed):
    """Letter of the first row that matches, or None."""
    for row in (_V4 if len(packed) == 4 else _V6).split(" "):
        cut = row.find("/")
        if _inside(packed, row[1:cut], int(row[cut + 1 :])):
            return row[:1]
    return None


def why_not(packed):
    """None when the address may be published, else the reason in words that follow the address.

    Tables of RFC 6890 and its successors. An IPv6 address whose lower 64 bits are all zero is
    a prefix, not a host.
    """
    letter = _reason(packed)
    if letter:
        from wanbeacon import reasons

        return reasons.words(letter)
    if len(packed) == 16:
        if packed[0] >> 5 != 1:
            return "is outside the global IPv6 range 2000::/3"
        if packed[8:] == b"\0\0\0\0\0\0\0\0":
            return "is a network prefix, not an address of a device"
    return None


def never(packed):
    """True for an address that not even `allow_private` may publish: loopback, unspecified, multicast, link-local,
    reserved, broadcast, or a bare prefix."""
    letter = _reason(packed)
    return bool(letter) and letter in _NEVER or len(packed) == 16 and packed[8:] == b"\0\0\0\0\0\0\0\0"
