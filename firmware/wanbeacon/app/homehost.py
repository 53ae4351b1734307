# SPDX-License-Identifier: MIT
"""The IPv6 address of another host at home: the line's prefix and the host's own part (settings: `suffix` or
`mac`), or what the host itself has in that prefix (`neighbor`).

Loaded only where a host has one. Pure: settings and what a source told in, an address or a code out.

The networks of a line, as a source hands them on (observe/base.py, `networks`): a tuple of (name, packed
prefix, bits). Name "" is a prefix delegated to the router, another name one that the router gave to that LAN
of its own. () stands for the /64 of the line's address, None for "this source does not know the home's
prefix".
"""

from wanbeacon.core import address, prefix

_WAYS = ("suffix", "mac", "neighbor")
_KEYS = ("subnet", "prefix_length", "lan")


def faults(doc):
    """[(key, code text for people)] of a host's settings that contradict each other; [] when all is well."""
    out = []
    ways, given = [key for key in _WAYS if doc.get(key)], [key for key in _KEYS if key in doc]
    own = ways and ways[0]
    if len(ways) > 1:
        out.append((ways[-1], "leave out all but one of suffix, mac and neighbor: each says which address"))
    if given and not own:
        out.append((given[0], "needs suffix, mac or neighbor: they say where in the prefix that host is"))
    if "lan" in doc and "subnet" in doc:
        out.append(("subnet", "leave out either lan or subnet: both choose the network"))
    if own and not doc["ipv6"]:
        out.append(("ipv6", "is off, but suffix, mac and neighbor are for the AAAA record alone"))
    if doc.get("privacy") and not doc.get("neighbor"):
        out.append(("privacy", "needs neighbor: it says that this host makes temporary addresses"))
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


def address_of(doc, found, networks, have=None, neighbors=None):
    """(packed or None, code): the wanted IPv6 address of a host. The code may say something of an address,
    too.

    doc: the host's settings. found: the line's own IPv6 address. networks: see above. have: what the provider
    stores; while that is one of the host's addresses (two prefixes are delegated, say), it stays. neighbors:
    observe/neighbors.Neighbors, None where there is no such thing.
    """
    choice, why = choice_of(doc, found, networks)
    if not choice:
        return None, why
    length, index = doc.get("prefix_length"), doc.get("subnet")
    if doc.get("neighbor"):
        if not neighbors:
            return None, ("home.no_neighbors",)
        return neighbors.of(doc["neighbor"], within(doc, choice), have, doc.get("privacy", False))
    own = prefix.suffix(doc["suffix"]) if doc.get("suffix") else prefix.eui64(prefix.mac(doc["mac"]))
    made, why = [], None
    for packed, bits in choice:
        one, fault = _in(packed, bits, own, length, index)
        why = why or fault
        if one:
            made.append(one)
    made = [one for one in made if not address.why_not(one)] or made
    return (have if have in made else made[0]) if made else None, None if made else why


def choice_of(doc, found, networks):
    """([(packed, bits)], None) of the networks that a host may be in, best first; ([], code) when there is
    none."""
    if networks is None:
        return [], ("home.no_prefix",)
    length, name, index = doc.get("prefix_length"), doc.get("lan"), doc.get("subnet")
    delegated = [one[1:] for one in networks if not one[0]]
    if name:
        choice = [one[1:] for one in networks if one[0] == name]
        return choice, None if choice else ("home.no_lan", name)
    if index is not None:
        choice = delegated or (length and [(found, length)]) or []
        return choice, None if choice else ("home.no_delegated",)
    lans = [one for one in networks if one[0]]
    lans = [one for one in lans if one[0] == "lan"] or lans  # a guest network comes beside it
    return [one[1:] for one in lans] or delegated or [(found, 64)], None


def within(doc, choice):
    """[(packed, bits)] of the networks in which a neighbor's address counts: those of choice_of, or with
    `subnet` the one of that number in each."""
    length, index = doc.get("prefix_length"), doc.get("subnet")
    nets = []
    for packed, bits in choice:
        try:
            nets.append(
                (packed, bits) if index is None else (prefix.subnet(packed, length or bits, index), 64)
            )
        except ValueError:  # there is no such
            pass
    return nets


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
