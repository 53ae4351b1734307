# SPDX-License-Identifier: MIT
"""Which hosts share a request, and what it carries."""

from wanbeacon.core.url import quote

LIST_MAX = 20  # hosts per request where the provider states no limit (Dyn's limit, the strictest of all)
LIST_CHARS = 3900  # No-IP's own client refuses a list of 4000 characters
OPTIONS = ("system", "wildcard", "mx", "backmx")


def families(row, host):
    """(IPv4, IPv6): which records this provider can keep for this host (config dict). Where a host is either
    A or AAAA (row "one"), it is A unless the user switched ipv4 off."""
    v4 = host.get("ipv4", True) and ("q4" in row or "qd" in row)
    v6 = host.get("ipv6", True) and ("q6" in row or "qd" in row)
    return bool(v4), bool(v6 and not (v4 and row.get("one")))


def can_delete(row):
    """Whether this provider can take a name offline: by an option, or by deleting its records."""
    return "offline" in (row.get("opts") or ()) or "q4-" in row or "q6-" in row


def pick(row, want, have, own=False, host=None, offline=False):
    """Which template to send and what it carries: (template name, (v4 or None, v6 or None)), or None when
    this provider can take none of the wanted addresses.

    want: publishable addresses, packed (v4 or None, v6 or None); have: what the provider stores; own: the
    device itself holds the WAN address, so the connection comes from it; host: the config's dict; offline:
    the name is to go offline, with all that is stored. Both families in one request where the provider has
    one; else the one that differs, IPv4 first (the other follows by its own decision, spaced by the minimum
    interval).
    """
    may = families(row, host or {})
    if offline:
        want = have[0] or want[0], have[1] or want[1]
    v4 = want[0] if may[0] else None
    v6 = want[1] if may[1] else None
    if row.get("both") and (v4 or v6):  # a family left out is reset: name again what is stored
        v4 = v4 or may[0] and have[0] or None
        v6 = v6 or may[1] and have[1] or None
    if v4 and v6 and "qd" in row:
        return "qd", (v4, v6)
    if "q6" not in row:
        v6 = None
    if "q4" in row and v4 and (v4 != have[0] or not v6 or v6 == have[1]):
        return ("qc" if own and "qc" in row else "q4"), (v4, None)
    if v6:
        return "q6", (None, v6)
    return None


def zone_of(row, host):
    """The same for a JSON API: below the provider's own domain (row "zone") a zone is one label more, else
    the name less its first label, unless the user says which."""
    base, name = row.get("zone"), host["name"].lower()
    if base and not host.get("zone") and name.endswith("." + base):
        zone = domain_of(base, host)
        return ("@", name) if zone == name else (name[: -len(zone) - 1], zone)
    return labels_of(host)


def group(row, items):
    """Hosts that get the same data share a request, within the provider's limit.

    items: list of (host, template, sent, offline, single): host is the config's dict. Returns a list of lists
    of indexes into items.
    """
    limit = row.get("max") or LIST_MAX
    keys, groups, sizes = [], [], []
    for i in range(len(items)):
        host, template, sent, offline, single = items[i]
        size = len(quote(host["name"])) + 1
        key = [template, sent, offline] + [host.get(o) for o in OPTIONS]
        if row.get("zone"):  # the names of one request must lie in one domain
            key.append(domain_of(row["zone"], host))
        for g in range(len(keys)):
            if keys[g] == key and len(groups[g]) < limit and sizes[g] + size <= LIST_CHARS and not single:
                groups[g].append(i)
                sizes[g] += size
                break
        else:
            keys.append(None if single else key)
            groups.append([i])
            sizes.append(size)
    return groups


def domain_of(base, host):
    """The domain that a host lies in: what the user says, else one label below the provider's own, else the
    name less its first label."""
    name = host["name"].lower()
    if not host.get("zone") and name.endswith("." + base):
        return name[name.rfind(".", 0, len(name) - len(base) - 1) + 1 :]
    return (host.get("zone") or labels_of(host)[1]).lower()


def labels_of(host):
    """(host label or "@", zone) of a config's host; a bare label is its own host."""
    name, zone = host["name"], host.get("zone")
    if zone and name.lower() == zone.lower():
        return "@", name
    if zone and name.lower().endswith("." + zone.lower()):
        return name[: -len(zone) - 1], name[-len(zone) :]
    cut = name.find(".")
    if cut < 0:
        return name, zone or name
    if name.find(".", cut + 1) < 0:
        return "@", name
    return name[:cut], name[cut + 1 :]


def auth_of(row, account):
    """How this account logs in: bearer, basic, query or none; the user's wish first, then the row's order.
    Bearer needs a token (or a password that looks like the provider's API keys);
    query is never chosen unasked."""
    ways = row.get("auth") or ["basic"]
    wish = account.get("auth")
    if wish in ways:
        return wish
    key = row.get("key")
    if "bearer" in ways and (
        account.get("token") or key and str(account.get("password") or "").startswith(key)
    ):
        return "bearer"
    for way in ways:
        if way != "bearer":
            return way
    return ways[0]
