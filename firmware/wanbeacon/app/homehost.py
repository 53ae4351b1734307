"""The IPv6 address of another host at home: the line's prefix, and the host's own part (settings: `suffix` or
`mac`).

Loaded only where a host has one. Pure: settings and what a source told in, an address or a code out.

The networks of a line, as a source hands them on (observe/base.py, `networks`): a tuple of (name, packed
prefix, bits). Name "" is a prefix delegated to the router, another name one that the router gave to that LAN
of its own. () stands for the /64 of the line's address, None for "this source does not know the home's
prefix".
"""

from wanbeacon.core import address, prefix

_KEYS = ("subnet", "prefix_length", "lan")


def faults(doc):
    """[(key, code text for people)] of a host's settings that contradict each other; [] when all is well."""
    out = []
    own, given = doc.get("suffix") or doc.get("mac"), [key for key in _KEYS if key in doc]
    if doc.get("suffix") and doc.get("mac"):
        out.append(("mac", "leave out either suffix or mac: one host has one of them"))
    if given and not own:
        out.append((given[0], "needs suffix or mac: it says where in the prefix that host is"))
    if "lan" in doc and "subnet" in doc:
        out.append(("subnet", "leave out either lan or subnet: both choose the network"))
    if own and not doc["ipv6"]:
        out.append(("ipv6", "is off, but suffix and mac are for the AAAA record alone"))
    length = 64 if "subnet" in doc else doc.get("prefix_length", 64)
    if doc.get("prefix_length", 64) > 64 and "subnet" in doc:
        out.append(("prefix_length", "of more than 64 has no subnets"))
    if doc.get("suffix") and not prefix.fits(prefix.suffix(doc["suffix"]), length):
        out.append(
            (
                "suffix",
                "has bits within the first %d, which are the prefix: give the host's own part, such as ::1:2"
                % length,
            )
        )
    if doc.get("suffix") and not any(prefix.suffix(doc["suffix"])):
        out.append(("suffix", "is the network's own address, which no host has"))
    if doc.get("mac") and length > 64:
        out.append(("prefix_length", "of more than 64 leaves no room for the 64 bits that are made of a mac"))
    return out


def address_of(doc, found, networks, have=None):
    """(packed or None, code): the wanted IPv6 address of a host.

    doc: the host's settings. found: the line's own IPv6 address. networks: see above. have: what the provider
    stores; while that is one of the host's addresses (two prefixes are delegated, say), it stays.
    """
    if networks is None:
        return None, ("home.no_prefix",)
    own = prefix.suffix(doc["suffix"]) if doc.get("suffix") else prefix.eui64(prefix.mac(doc["mac"]))
    length, name, index = doc.get("prefix_length"), doc.get("lan"), doc.get("subnet")
    delegated = [one[1:] for one in networks if not one[0]]
    if name:
        choice = [one[1:] for one in networks if one[0] == name]
        if not choice:
            return None, ("home.no_lan", name)
    elif index is not None:
        choice = delegated or (length and [(found, length)])
        if not choice:
            return None, ("home.no_delegated",)
    else:
        lans = [one for one in networks if one[0]]
        lans = [one for one in lans if one[0] == "lan"] or lans  # a guest network comes beside it
        choice = [one[1:] for one in lans] or delegated or [(found, 64)]
    made, why = [], None
    for packed, bits in choice:
        one, fault = _in(packed, bits, own, length, index)
        why = why or fault
        if one:
            made.append(one)
    made = [one for one in made if not address.why_not(one)] or made
    return (have if have in made else made[0]) if made else None, None if made else why


def _in(packed, bits, own, length, index):
    """The host in one network, or None and why not.
    With an index, `length` is that of the delegated prefix."""
    if bits > (length or 64) and (length is None or index is not None):
        return None, ("home.long", packed, bits)
    if index is None:  # the first subnet of a wide one, all but its end of a narrow one
        length = length or 64
        return prefix.join(prefix.network(packed, min(bits, length)), length, own), None
    try:
        return prefix.join(prefix.subnet(packed, length or bits, index), 64, own), None
    except ValueError:
        return None, ("home.no_subnet", index, packed, length or bits)
