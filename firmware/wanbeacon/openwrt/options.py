# SPDX-License-Identifier: MIT
"""Typed access to the options of one UCI section, and the address sources among them. Pure.

Every fault becomes a line that names file, line, section and option.
"""

from collections import OrderedDict

from wanbeacon.openwrt import ddns

SOURCE = {
    "ip_source": "list",
    "ip_network": "list",
    "ip_interface": "text",
    "ip_url": "text",
    "ip_script": "text",
    "stun_server": "list",
}
# kind of value -> what to give, and what the words mean
_KINDS = {
    "bool": (
        "1 or 0",
        {
            "1": True,
            "on": True,
            "true": True,
            "yes": True,
            "enabled": True,
            "0": False,
            "off": False,
            "false": False,
            "no": False,
            "disabled": False,
        },
    ),
    "unit": ("seconds, minutes, hours or days", {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}),
    "family": ("0 (IPv4), 1 (IPv6) or both", {"0": (True, False), "1": (False, True), "both": (True, True)}),
    "number": ("a whole number", {}),
}
# ip_source words that need nothing else: the agent's own sources. The ddns-scripts words are in _sources.
_PLAIN = ("auto", "netlink", "leases", "natpmp", "pcp", "upnp", "whoami")
# ip_source words that need an option -> that option, the agent's source, its key there, an example
_WITH = {
    "interface": ("ip_interface", "interface", "device", "eth1"),
    "web": ("ip_url", "web", "url", "https://api.ipify.org"),
    "script": ("ip_script", "command", "command", "/usr/bin/my-address"),
    "stun": ("stun_server", "stun", "servers", "stun.example.net:3478"),
}


class Reader:
    """Typed access to one section; every fault becomes a line in `problems`."""

    def __init__(self, section, file, problems):
        self.section, self.file, self.problems = section, file, problems

    def bad(self, option, text):
        self.problems.append("%s: %s" % (self.section.where(self.file, option), text))

    def take(self, option, kind, default=None):
        entry = self.section.get(option)
        if entry is None:
            return default
        value = entry[1]
        if kind == "list":
            return value if isinstance(value, list) else value.split()
        if isinstance(value, list):
            if len(value) != 1:
                self.bad(option, "is a list of %d; give one value, as `option`" % len(value))
                return default
            value = value[0]
        for c in value:
            if c < " " or c == "\x7f":
                self.bad(option, "has a control character (a line end?); retype the value")
                return default
        if kind == "text":
            return value
        words, table = _KINDS[kind]
        if value.lower() in table:
            return table[value.lower()]
        if kind == "number" and value.isdigit() and len(value) < 10:
            return int(value)
        self.bad(option, "is '%s'; give %s" % (value, words))
        return default

    def unknown(self, *tables):
        """Reports options that mean nothing here;
        returns notes for those of ddns-scripts that are not needed."""
        notes = []
        for name, _value, _line in self.section.options:
            for table in tables:
                if name in table:
                    break
            else:
                why = ddns.NOT_NEEDED.get(name)
                if why:
                    notes.append("%s: not used: %s" % (self.section.where(self.file, name), why))
                else:
                    self.bad(
                        name,
                        ddns.CANNOT.get(name)
                        or "no such option; /usr/share/doc/wanbeacon/config explains all",
                    )
        return notes


def sources(read, interface, v4, v6):
    """The section's ordered address sources, None if it names none."""
    words = read.take("ip_source", "list")
    networks = read.take("ip_network", "list")
    if words is None and networks is None and interface is None:
        for word in _WITH:
            option = _WITH[word][0]
            if word != "stun" and read.section.get(option):
                read.bad(option, "is used only with ip_source '%s'; add that or remove this" % word)
        return None
    out = []
    for word in words or ["network"]:
        if word == "network":
            # of an interface the observer also knows its IPv6 twins, wan6 and wan_6
            for name in networks or [interface]:
                source = OrderedDict((("source", "ubus"),))
                if name:
                    source["interface"] = name
                out.append(source)
        elif word in _WITH:
            option, name, key, example = _WITH[word]
            value = read.take(option, SOURCE[option])
            if not value:
                read.bad("ip_source", "'%s' needs the option %s, e.g. %s" % (word, option, example))
                continue
            source = OrderedDict((("source", name),))
            if v4 or word != "web":
                source[key] = value
            if v6 and word == "web":
                source["url6"] = value
            out.append(source)
        elif word in ("auto", "netlink") and interface:
            # the account's own line, not that of the default route
            out.append(OrderedDict((("source", "ubus"), ("interface", interface))))
        elif word in _PLAIN:
            out.append(word)
        else:
            read.bad(
                "ip_source",
                "'%s' is no source; there are network, interface, web, script, stun, %s"
                % (word, ", ".join(_PLAIN)),
            )
    return out
