# SPDX-License-Identifier: MIT
"""Which services of the UCI settings are one account, and share its requests. Pure."""

HOSTS_MAX = 50  # of one account, see wanbeacon.app.config


def join(one, hosts, two, more):
    """Merge a service into the account it belongs to: one account then serves both. False when they differ.

    Equal accounts share their requests. So do a name's IPv4 and IPv6, which ddns-scripts keeps in two
    sections: some providers delete the family that a request does not name.
    """
    for key in (
        "provider",
        "custom",
        "user",
        "password",
        "token",
        "auth",
        "server",
        "ca",
        "bind",
        "refresh_hours",
    ):
        if one.get(key) != two.get(key):
            return False
    if len(hosts) + len(more) > HOSTS_MAX:
        return False
    if one.get("address") == two.get("address"):
        for host in more:
            if host["name"] in [h["name"] for h in hosts]:
                return _both(hosts, more)
        hosts.extend(more)
        return True
    if not one.get("address") or not two.get("address") or not _both(hosts, more):
        return False
    one["address"] = one["address"] + [s for s in two["address"] if s not in one["address"]]
    return True


def _both(hosts, more):
    """Set both families in `hosts` if `more` has the same names with the other family."""
    pairs = list(zip(hosts, more))
    if len(hosts) != len(more):
        return False
    for a, b in pairs:
        if a["name"] != b["name"] or a["ipv4"] == b["ipv4"] or a["ipv6"] == b["ipv6"]:
            return False
    for a, b in pairs:
        a.update(b)  # of another host at home, maybe
        a["ipv4"] = a["ipv6"] = True
    return True
