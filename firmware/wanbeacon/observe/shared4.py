# SPDX-License-Identifier: MIT
"""Lines that share an IPv4 address among homes, as netifd tells of them: MAP-E and lw4o6 (`map`: RFC 7597,
7596), MAP-T (`map` without an own address: RFC 7599), DS-Lite (`dslite`, RFC 6333), 464XLAT (RFC 6877).
`ubus` loads this where it sees one.

The address of a MAP line looks like any public one, on the router and from outside: only the port sets tell.
"""

from wanbeacon.observe.base import FOUND, NONE

_MOST = 4  # port ranges that are named; the others are counted


def ports(row):
    """(SNAT address text or None, [port range text]) of netifd's data.firewall of a `map` interface; no
    ranges: all ports."""
    snat, found = None, []
    for rule in (row.get("data") or {}).get("firewall") or ():
        if rule.get("type") == "nat" and rule.get("target") == "SNAT":
            snat = rule.get("snat_ip") or snat
            text = rule.get("snat_port")
            if text and str(text) not in found:  # one rule for each protocol
                found.append(str(text))
    return snat, found


def _named(found):
    return ", ".join(found[:_MOST]) + (
        " and %d ranges more" % (len(found) - _MOST) if len(found) > _MOST else ""
    )


def judge(rows, best):
    """What ubus.Observer.pick answers for such a line. rows: the interfaces that are up; best: (packed, row)
    of the address, or None when they have none."""
    row = best[1] if best else rows[0]
    name, kind = row.get("interface"), row.get("proto")
    if kind == "map":
        snat, found = ports(row)
        if best:
            return FOUND, best[0], ("ubus.map", name, _named(found)) if found else ("ubus.map_portless", name)
        return NONE, None, ("ubus.map_translated", name, snat or "-", _named(found) or "-")
    if kind == "464xlat":
        return NONE, None, ("ubus.464xlat", name)
    if kind == "dslite" or best and best[0][:3] == b"\xc0\0\0":  # 192.0.0.0/24 is for such lines alone
        return NONE, None, ("ubus.dslite", name)
    return (FOUND, best[0], ("ubus.found", name)) if best else (NONE, None, ("ubus.none", name, 4))
