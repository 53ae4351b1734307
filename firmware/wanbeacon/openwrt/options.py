"""Typed access to the options of one UCI section, and the address sources among them. Pure.

Every fault becomes a line that names file, line, section and option.
"""

from collections import OrderedDict

SOURCE = {
    "ip_source": "list",
    "ip_network": "list",
    "ip_interface": "text",
    "ip_url": "text",
    "ip_script": "text",
    "stun_server": "list",
}
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_FAMILIES = {"0": (True, False), "1": (False, True), "both": (True, True)}
_BOOLS = {"1": True, "on": True, "true": True, "yes": True, "enabled": True}
_BOOLS.update({"0": False, "off": False, "false": False, "no": False, "disabled": False})
# ip_source words that need nothing else: the agent's own sources. The ddns-scripts words are in _sources.
_PLAIN = ("auto", "netlink", "natpmp", "pcp", "upnp", "whoami")
# netifd names the device of these protocols PROTO-INTERFACE; it exists only while the interface is up.
_TUNNELS = ("pppoe", "pppoa", "pptp", "l2tp", "3g", "6in4", "6to4", "6rd")


def device_of(status):
    """One interface of netifd's `dump` -> the device its traffic leaves by, also while it is down (best guess)."""
    if status.get("l3_device"):
        return status["l3_device"]
    name, proto = status.get("interface", ""), status.get("proto", "")
    if proto in _TUNNELS:
        return proto + "-" + name
    return status.get("device") or name


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
        if kind == "bool":
            if value.lower() not in _BOOLS:
                self.bad(option, "is '%s'; give 1 or 0" % value)
                return default
            return _BOOLS[value.lower()]
        if kind == "number":
            if not value.isdigit() or len(value) > 9:
                self.bad(option, "is '%s'; give a whole number" % value)
                return default
            return int(value)
        if kind == "unit" or kind == "family":
            table = _UNITS if kind == "unit" else _FAMILIES
            if value not in table:
                words = "seconds, minutes, hours or days" if kind == "unit" else "0 (IPv4), 1 (IPv6) or both"
                self.bad(option, "is '%s'; give %s" % (value, words))
                return default
            return table[value]
        return value

    def unknown(self, *tables):
        """Reports options that mean nothing here; returns notes for those of ddns-scripts that are not needed."""
        notes = []
        for name, _value, _line in self.section.options:
            for table in tables:
                if name in table:
                    break
            else:
                from wanbeacon.openwrt import ddns

                why = ddns.NOT_NEEDED.get(name)
                if why:
                    notes.append("%s: not used: %s" % (self.section.where(self.file, name), why))
                else:
                    self.bad(name, ddns.CANNOT.get(name) or "no such option; /etc/config/wanbeacon explains those there are")
        return notes


def sources(read, interface, v4, v6):
    """The section's ordered address sources, None if it names none."""
    words = read.take("ip_source", "list")
    networks = read.take("ip_network", "list")
    if words is None and networks is None and interface is None:
        for option, word in (("ip_interface", "interface"), ("ip_url", "web"), ("ip_script", "script")):
            if read.section.get(option):
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
        elif word == "interface":
            device = read.take("ip_interface", "text")
            if device:
                out.append(OrderedDict((("source", "interface"), ("device", device))))
            else:
                read.bad("ip_source", "'interface' needs the option ip_interface, e.g. 'eth1'")
        elif word == "web":
            url = read.take("ip_url", "text")
            if url:
                source = OrderedDict((("source", "web"),))
                if v4:
                    source["url"] = url
                if v6:
                    source["url6"] = url
                out.append(source)
            else:
                read.bad("ip_source", "'web' needs the option ip_url, e.g. 'https://api.ipify.org'")
        elif word == "script":
            command = read.take("ip_script", "text")
            if command:
                out.append(OrderedDict((("source", "command"), ("command", command))))
            else:
                read.bad("ip_source", "'script' needs the option ip_script, a full path")
        elif word == "stun":
            servers = read.take("stun_server", "list")
            if servers:
                out.append(OrderedDict((("source", "stun"), ("servers", servers))))
            else:
                read.bad("ip_source", "'stun' needs: list stun_server 'host:port', best two of them")
        elif word in _PLAIN:
            out.append(word)
        else:
            read.bad("ip_source", "'%s' is no source; there are network, interface, web, script, stun, %s" % (
                word, ", ".join(_PLAIN)))
    return out
