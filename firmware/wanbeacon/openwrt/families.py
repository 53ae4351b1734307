# SPDX-License-Identifier: MIT
"""What import-ddns makes of two sections of ddns-scripts that are one name's IPv4 and IPv6. Pure."""


def _text(section, name, default=None):
    entry = section.get(name)
    return default if entry is None or isinstance(entry[1], list) else entry[1]


def merge(out):
    """ddns-scripts needs a section for IPv4 and one for IPv6; here one account sends both (some providers
    delete the family that a request does not name)."""
    keep = []
    for section in out.sections:
        for other in keep:
            if _pair(other, section):
                for name in ("force_interval", "force_unit"):
                    if section.get(name) and not other.get(name):
                        other.options.append([name, _text(section, name), 0])
                networks = [_text(s, "ip_network", "wan") for s in sorted((other, section), key=_v6)]
                for name in ("use_ipv6", "ip_network", "ip_source"):
                    entry = other.get(name)
                    if entry:
                        other.options.remove(entry)
                other.options.append(["use_ipv6", "both", 0])
                other.options.append(
                    ["ip_network", networks if networks[0] != networks[1] else networks[:1], 0]
                )
                out.rows.append(
                    [section.title(), "", "", "one service with '%s': use_ipv6 'both'" % other.title()]
                )
                break
        else:
            keep.append(section)
    out.sections = keep


def _v6(section):
    return _text(section, "use_ipv6") == "1"


def _pair(one, two):
    if _text(one, "use_ipv6") == "both" or _v6(one) == _v6(two):
        return False
    for section in (one, two):
        if _text(section, "ip_source", "network") != "network":
            return False
    for name in (
        "enabled",
        "service_name",
        "update_url",
        "username",
        "password",
        "domain",
        "interface",
        "cacert",
    ):
        if _value(one, name) != _value(two, name):
            return False
    return True


def _value(section, name):
    entry = section.get(name)
    return entry and entry[1]
