"""UCI sections to the agent's config document. Pure: it reads no file and knows no socket.

Options are named as users of ddns-scripts know them wherever the meaning is the same. Every problem names file, line,
section and option, and all problems are reported at once.
"""

from collections import OrderedDict

TYPES = ("wanbeacon", "service")

# option -> kind of value. "list" also takes one `option` with blanks between the words.
_MAIN = {
    "enabled": "bool",
    "check_interval": "number",
    "check_unit": "unit",
    "cross_check": "bool",
    "company": "text",
    "device_name": "text",
    "model": "text",
    "contact": "text",
}
_SOURCE = {"ip_source": "list", "ip_network": "list", "ip_interface": "text", "ip_url": "text", "ip_script": "text"}
_SERVICE = {
    "enabled": "bool",
    "service_name": "text",
    "server": "text",
    "update_url": "text",
    "domain": "list",
    "lookup_host": "list",
    "username": "text",
    "password": "text",
    "interface": "text",
    "use_ipv6": "family",
    "use_https": "bool",
    "cacert": "text",
    "allow_private": "bool",
}
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_FAMILIES = {"0": (True, False), "1": (False, True), "both": (True, True)}
_BOOLS = {"1": True, "on": True, "true": True, "yes": True, "enabled": True}
_BOOLS.update({"0": False, "off": False, "false": False, "no": False, "disabled": False})
# ip_source words that need nothing else: the agent's own sources. The ddns-scripts words are in _sources.
_PLAIN = ("auto", "netlink", "natpmp", "pcp", "upnp", "stun", "whoami")
# netifd names the device of these protocols PROTO-INTERFACE; it exists only while the interface is up.
_TUNNELS = ("pppoe", "pppoa", "pptp", "l2tp", "3g", "6in4", "6to4", "6rd")


class Settings:
    """What convert() found: `enabled`, `document` (the agent's config), `problems` and `notes` (lines for a user),
    `origin` (one entry per account: the sections it came from)."""

    def __init__(self):
        self.enabled = True
        self.document = OrderedDict()
        self.problems = []
        self.notes = []
        self.origin = []


def device_of(status):
    """One interface of netifd's `dump` -> the device its traffic leaves by, also while it is down (best guess)."""
    if status.get("l3_device"):
        return status["l3_device"]
    name, proto = status.get("interface", ""), status.get("proto", "")
    if proto in _TUNNELS:
        return proto + "-" + name
    return status.get("device") or name


class _Reader:
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


def _sources(read, interface, v6):
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
            names = networks
            if names is None:
                # netifd: wan6 is the usual static name, wan_6 the one it makes for PPPoE and DHCPv6 on the same line
                names = [interface] if interface else [None]
                if interface and v6 and not interface.endswith("6"):
                    names += [interface + "6", interface + "_6"]
            for name in names:
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
                out.append(OrderedDict((("source", "web"), ("url", url))))
            else:
                read.bad("ip_source", "'web' needs the option ip_url, e.g. 'https://api.ipify.org'")
        elif word == "script":
            command = read.take("ip_script", "text")
            if command:
                out.append(OrderedDict((("source", "command"), ("command", command))))
            else:
                read.bad("ip_source", "'script' needs the option ip_script, a full path")
        elif word in _PLAIN:
            out.append(word)
        else:
            read.bad("ip_source", "'%s' is no source; there are network, interface, web, script, %s" % (word, ", ".join(_PLAIN)))
    return out


def _account(read, provider, devices):
    """One `service` section -> (account without its hosts, [host, ...]), or None after a problem."""
    known = len(read.problems)
    take = read.take
    account = OrderedDict()
    name = take("service_name", "text")
    url = take("update_url", "text")
    if url:
        account["provider"] = "custom"
        account["url"] = url
    elif not name:
        read.problems.append("%s: says no service_name; `wanbeacon providers` lists them" % read.section.where(read.file))
    else:
        account["provider"] = provider(name)
        if not account["provider"]:
            from wanbeacon.openwrt import ddns

            near = ddns.nearest(name, provider(None))
            read.bad("service_name", "'%s' is unknown%s; `wanbeacon providers` lists all" % (
                name, "; do you mean %s?" % " or ".join(near) if near else ""))
    for option, key in (("server", "server"), ("username", "user"), ("password", "password")):
        value = take(option, "text")
        if value is not None:
            account[key] = value
    ca = take("cacert", "text")
    if ca == "IGNORE":
        read.bad("cacert", "certificates are always checked; remove the option, or name the CA's file")
    elif ca and not ca.startswith("/etc/ssl/certs"):
        account["ca"] = ca
    v4, v6 = take("use_ipv6", "family", (True, False))
    interface = take("interface", "text")
    sources = _sources(read, interface, v6)
    if sources:
        account["address"] = sources
    if interface:
        account["bind"] = (devices or {}).get(interface) or interface
    names = take("domain", "list") or take("lookup_host", "list")
    if not names:
        read.problems.append("%s: says no domain, the name to keep up to date" % read.section.where(read.file))
    if len(read.problems) > known:
        return None
    private = take("allow_private", "bool", False)
    hosts = []
    for name in names:
        host = OrderedDict((("name", name),))
        if (v4, v6) != (True, False):
            host["ipv4"], host["ipv6"] = v4, v6
        if private:
            host["allow_private"] = True
        hosts.append(host if len(host) > 1 else name)
    return account, hosts


def convert(sections, file, provider, devices=None):
    """[uci.Section, ...] -> Settings.

    provider(name): the catalogue's id for a service_name, None if there is none; provider(None): all ids.
    devices: {interface: device} as netifd has them now (see device_of), for accounts tied to one uplink.
    Services with equal provider, user, password and way out become one account, so that they share requests.
    """
    out = Settings()
    accounts = []
    problems = out.problems
    for section in sections:
        if section.kind not in TYPES:
            problems.append("%s: '%s' is no section type here; there are 'wanbeacon' and 'service'" % (
                section.where(file), section.kind))
            continue
        read = _Reader(section, file, problems)
        if section.kind == "wanbeacon":
            out.notes += read.unknown(_MAIN, _SOURCE)
            _main(read, out)
            continue
        if not read.take("enabled", "bool", False):
            continue
        out.notes += read.unknown(_SERVICE, _SOURCE)
        if read.take("use_https", "bool", True) is False:
            out.notes.append("%s: not used: HTTPS wherever the provider has it" % section.where(file, "use_https"))
        found = _account(read, provider, devices)
        if found is None:
            continue
        account, hosts = found
        for i, other in enumerate(accounts):
            if other[0] == account:
                other[1].extend(hosts)
                out.origin[i].append(section)
                break
        else:
            accounts.append((account, hosts))
            out.origin.append([section])
    rows = []
    for account, hosts in accounts:
        account["hosts"] = hosts
        rows.append(account)
    out.document["accounts"] = rows
    if not rows and not problems and out.enabled:
        problems.append("%s: no section of type 'service' is enabled; add one, or set: option enabled '1'" % file)
    return out


def _main(read, out):
    """The `wanbeacon` section: what holds for every account."""
    document = out.document
    out.enabled = read.take("enabled", "bool", True)
    device = OrderedDict()
    for option, key in (("company", "company"), ("device_name", "name"), ("model", "model"), ("contact", "contact")):
        value = read.take(option, "text")
        if value:
            device[key] = value
    if device:
        document["device"] = device
    sources = _sources(read, None, True)
    if sources:
        document["address"] = sources
    if read.take("cross_check", "bool", False):
        document["cross_check"] = True
    every = read.take("check_interval", "number")
    if every is not None:
        document["intervals"] = {"check": every * read.take("check_unit", "unit", 60)}


def name_origin(problem, settings, file):
    """The agent's validator speaks of accounts[2].user: say which section (and option) that is."""
    for i, sections in enumerate(settings.origin):
        key = "accounts[%d]" % i
        at = problem.find(key)
        if at >= 0:
            rest = problem[at + len(key) :].lstrip(".")
            option = _OPTION_OF.get(rest.split(":")[0].split(".")[0].split("[")[0].split(" ")[0])
            section = sections[0]
            if option and not section.get(option):
                option = None
            return "%s: %s" % (section.where(file, option), problem)
    return "%s: %s" % (file, problem)


_OPTION_OF = {
    "provider": "service_name",
    "user": "username",
    "password": "password",
    "hosts": "domain",
    "server": "server",
    "ca": "cacert",
    "address": "ip_source",
    "bind": "interface",
    "url": "update_url",
}
