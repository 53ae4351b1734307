# SPDX-License-Identifier: MIT
"""IPv6 prefixes and the hosts in them: arithmetic on packed bytes (16), any prefix length from 0 to 128 bits.

RFC 4291 section 2.5.1 and appendix A (interface identifiers made of a MAC), RFC 8415 section 6.3 (delegated
prefixes).
"""

from wanbeacon.core import address

_ZEROS = bytes(16)


def join(prefix, bits, suffix):
    """The address whose first `bits` bits are those of `prefix`, the others those of `suffix`."""
    whole, rest = bits >> 3, bits & 7
    if not rest:
        return prefix[:whole] + suffix[whole:]
    mask = 0xFF00 >> rest & 0xFF
    return (
        prefix[:whole] + bytes((prefix[whole] & mask | suffix[whole] & ~mask & 0xFF,)) + suffix[whole + 1 :]
    )


def network(packed, bits):
    """The prefix an address lies in: its first `bits` bits, then zeros."""
    return join(packed, bits, _ZEROS)


def inside(packed, prefix, bits):
    """Whether an address lies in a prefix."""
    return network(packed, bits) == network(prefix, bits)


def fits(suffix, bits):
    """Whether a suffix leaves the first `bits` bits to the prefix: join() would drop what it has there
    without a word."""
    return network(suffix, bits) == _ZEROS


def subnet(prefix, bits, index, length=64):
    """The network number `index` of `length` bits in a delegated prefix of `bits` bits. ValueError when it
    has no such."""
    if not bits <= length <= 128 or not 0 <= index < 1 << length - bits:
        raise ValueError("no such subnet")
    return join(prefix, bits, (index << 128 - length).to_bytes(16, "big"))


def suffix(text):
    """The suffix that is written as an IPv6 address ("::1:2"), packed. ValueError when it is none."""
    if ":" not in text or "/" in text or "%" in text:
        raise ValueError("not a suffix")
    packed = address.parse(text)
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed  # "::ffff:1:2" is no IPv4 here


def doubts(host):
    """[a line] about a host's suffix that looks like a random identifier, or one made for a single prefix
    (RFC 7217, 8981): neither small, as one set by hand, nor made of a MAC. Else []."""
    packed = suffix(host["suffix"])
    if packed[8:12] == _ZEROS[:4] or packed[11:13] == b"\xff\xfe":
        return []
    return [
        "hosts: %s: the suffix looks like one that the host made for this prefix only (stable privacy, "
        "RFC 7217): if so, nobody is there after the next change of prefix; use neighbor and its MAC instead"
        % host["name"]
    ]


def mac(text):
    """The 6 bytes of a MAC written as "00:11:22:aa:bb:cc" or with dashes.
    ValueError when it is none of one network card."""
    parts = text.replace("-", ":").lower().split(":")
    if len(parts) != 6:
        raise ValueError("not a MAC")
    out = bytearray(6)
    for i in range(6):
        part = parts[i].encode()
        if len(part) != 2:
            raise ValueError("not a MAC")
        for c in part:  # not int(part, 16): that would take "+1"
            if not (48 <= c <= 57 or 97 <= c <= 102):
                raise ValueError("not a MAC")
            out[i] = out[i] << 4 & 0xFF | (c - 48 if c < 58 else c - 87)
    if out[0] & 1 or not any(out):
        raise ValueError("not a MAC")  # a group address, or none
    return bytes(out)


def neighbor(text):
    """A host by its MAC (6 bytes) or by an IPv6 address that it has (16). ValueError when it is neither."""
    try:
        return mac(text)
    except ValueError:
        packed = address.parse(text)
        if len(packed) != 16 or not any(packed) or packed[0] == 0xFF:
            raise
        return packed


def eui64(packed):
    """The suffix (16 bytes) that SLAAC without privacy makes of a MAC: the universal/local bit flipped, ff:fe
    in the middle."""
    return bytes(8) + bytes((packed[0] ^ 2,)) + packed[1:3] + b"\xff\xfe" + packed[3:]
