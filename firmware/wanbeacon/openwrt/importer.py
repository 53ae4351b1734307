# SPDX-License-Identifier: MIT
"""The settings of ddns-scripts to ours, and a row for each that says what became of it.
Pure; no password in a row."""

from wanbeacon.openwrt import ddns, families, import_provider, uci

_SAME = (
    "enabled",
    "username",
    "password",
    "ip_source",
    "ip_network",
    "ip_interface",
    "ip_url",
    "ip_script",
    "use_ipv6",
)
_SECRET = ("password", "param_enc", "param_opt", "proxy")
_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
# What ddns-scripts asks when ip_source is `web` and no ip_url is given (IPv4, IPv6), or `interface` and no
# ip_interface.
_PAGES = ("http://checkip.dyndns.com/", "http://checkipv6.dyndns.com/")
_DEVICE = "eth1"

# Services whose user name is sent nowhere, or not as one.
_NO_USER = ("he-dns", "ipv64", "namecheap")


class Taken:
    """What came of one ddns file: `sections` (ours), `rows` [section, option, value, what became of it],
    `lost` (how many settings have no counterpart), `check` (seconds between looks, None = our default)."""

    def __init__(self):
        self.sections = []
        self.rows = []
        self.lost = 0
        self.check = None


def is_on(entry):
    return bool(entry) and str(entry[1]).lower() in ("1", "on", "true", "yes", "enabled")


def _text(section, name, default=None):
    entry = section.get(name)
    return default if entry is None or isinstance(entry[1], list) else entry[1]


def convert(sections, known, rows=()):
    """Sections of /etc/config/ddns -> Taken. known: the catalogue's ids; rows: its rows, to know URLs by."""
    out = Taken()
    private = False
    for section in sections:
        if section.kind == "ddns":
            private = _globals(section, out)
    for section in sections:
        if section.kind == "service":
            _service(section, known, rows, private, out)
        elif section.kind != "ddns":
            out.lost += 1
            out.rows.append([section.title(), "", section.kind, "NOT taken over: no such section type here"])
    families.merge(out)
    return out


def _globals(section, out):
    private = False
    for name, value, _line in section.options:
        if name in ("upd_privateip", "allow_local_ip"):
            private = is_on(section.get(name))
            became = "allow_private '1' in each service" if private else "private addresses are never sent"
        elif name in ("cacert", "services_url", "url"):
            became = "not needed: the list of services comes with the package"
        else:
            became = _without(name, out)
        out.rows.append([section.title(), name, value, became])
    return private


def _without(name, out):
    """What to say of an option that has no counterpart."""
    why = ddns.NOT_NEEDED.get(name)
    if why:
        return "not needed: " + why
    out.lost += 1
    return "NOT taken over: " + (ddns.CANNOT.get(name) or "unknown to ddns-scripts and to wanbeacon")


def _authority(value):
    if value == "IGNORE":
        return None, "not taken over: certificates are always checked"
    if value in ddns.BUNDLE:
        return None, "not needed: the authorities the provider uses are built in"
    return value, "cacert"


class _Service:
    """One service on its way: `section` is theirs, `mine` ours; `told` are the rows about it, `letters` say
    how its API takes the login (ddns.api; None: as ours does). `out`: the Taken."""

    def __init__(self, section, out):
        self.section = section
        self.mine = uci.Section("service", section.name, 0, 0)
        self.told = []
        self.letters = None
        self.out = out

    def text(self, name, default=None):
        return _text(self.section, name, default)

    def provider(self):
        return _text(self.mine, "service_name")

    def put(self, name, value):
        if value is not None:
            self.mine.options.append([name, value, 0])

    def replace(self, name, value):
        entry = self.mine.get(name)
        if entry:
            self.mine.options.remove(entry)
        self.put(name, value)

    def say(self, name, became):
        """What became of their option."""
        value = self.text(name, "(list)")
        if name in _SECRET:
            value = "***"
        elif "://" in value:
            value = _place_only(value)
        self.told.append([self.section.title(), name, value, became])

    def assume(self, name, value):
        """What ddns-scripts does when the option is not there."""
        self.put(name, value)
        self.told.append([self.section.title(), name, "(default)", "%s '%s'" % (name, value)])

    def lose(self, name, why):
        self.out.lost += 1
        self.say(name, "NOT taken over: " + why)


def _service(section, known, rows, private, out):
    one = _Service(section, out)
    lost = out.lost
    found = import_provider.provider(one, known, rows)
    domain = one.text("domain") or one.text("lookup_host")
    for entry in section.options:
        if not import_provider.api(entry[0], one):
            _option(entry[0], one, domain)
    if one.letters and one.letters[0] == "s":
        import_provider.names_below(one)
    if found and found.values.get("hostname"):
        one.replace("domain", found.values["hostname"])
    _source(one, private)
    if one.provider() or one.mine.get("update_url"):
        out.sections.append(one.mine)
    else:
        for row in one.told:
            if not row[3].startswith("NOT"):
                row[3] = "NOT taken over: no provider for this service"
        out.lost = max(out.lost, lost + 1)
    out.rows += one.told


def _source(one, private):
    """Where the address comes from, as far as their options leave it open."""
    v6 = is_on(one.section.get("use_ipv6"))
    source = one.text("ip_source")
    for name, option, value in (("web", "ip_url", _PAGES[v6]), ("interface", "ip_interface", _DEVICE)):
        if source == name and not one.section.get(option):
            one.assume(option, value)
    if private:
        one.put("allow_private", "1")
    if v6 and one.text("ip_source", "network") == "network" and not one.section.get("ip_network"):
        one.assume("ip_network", "wan6")


def _place_only(url):
    """https://user:secret@host/path?token=... -> https://host/...: all else may hold a secret."""
    cut = url.find("://") + 3
    end = url.find("/", cut)
    place = url[cut:] if end < 0 else url[cut:end]
    return url[:cut] + place[place.rfind("@") + 1 :] + ("" if end < 0 else "/...")


def _option(name, one, domain):
    """One option of a service that is not about which provider it is."""
    value = one.text(name)
    if name in ("service_name", "update_url"):
        return
    if value is None:
        one.lose(name, "a list")
    elif name == "username" and one.provider() in _NO_USER:
        namecheap = one.provider() == "namecheap"
        one.say(name, "part of the name" if namecheap else "not needed: the host is the user")
    elif name in _SAME:
        if one.mine.get(name):
            return one.say(name, "not needed: update_url says it")
        one.put(name, value)
        one.say(name, name + ("; runs as the user wanbeacon" if name == "ip_script" else ""))
    elif name in _OTHERWISE:
        one.say(name, _OTHERWISE[name](one, value, domain))
    else:
        one.say(name, _SAID.get(name) or _without(name, one.out))


# Options that mean something else here: each takes the value, and returns what became of it.


def _domain(one, value, domain):
    names = [name.strip().lstrip("@").replace("@", ".") for name in value.split(",") if name.strip()]
    if len(names) > 1:
        one.put("domain", names)
        return "list domain: %d names" % len(names)
    host = names[0] if names else ""
    if one.provider() == "namecheap":  # there the user name is the host, and the domain is the zone
        one.put("zone", host)
        label = one.text("username", "@")
        host = host if label == "@" else label + "." + host
    one.put("domain", host)
    return "domain" if host == value else "domain '%s'" % host


def _lookup_host(one, value, domain):
    if not one.section.get("domain"):
        one.put("domain", value)
        return "domain '%s'" % value
    return "domain" if value == domain else "not needed: no DNS look-up decides what is sent"


def _bind_network(one, value, domain):
    one.put("interface", value)
    return "interface '%s'" % value


def _cacert(one, value, domain):
    value, became = _authority(value)
    one.put("cacert", value)
    return became


def _check_interval(one, value, domain):
    if value.isdigit() and is_on(one.section.get("enabled")):
        every = int(value) * _UNITS.get(one.text("check_unit", "minutes"), 60)
        one.out.check = every if one.out.check is None else min(one.out.check, every)
    return _SAID["check_unit"]


def _force(one, value, domain):
    """How long an unchanged name is left alone; 0 is theirs for "send once and end"."""
    every = one.text("force_interval", "")
    if every.isdigit() and int(every):
        one.put("force_interval", every)
        if one.section.get("force_unit"):
            one.put("force_unit", one.text("force_unit"))
        return "force_interval; the provider's own rule wins"
    if not value.isdigit():
        one.out.lost += 1
        return "NOT taken over: not a number"
    return "not needed: an unchanged name is sent before the provider lets it expire"


_OTHERWISE = {
    "force_interval": _force,
    "domain": _domain,
    "lookup_host": _lookup_host,
    "bind_network": _bind_network,
    "cacert": _cacert,
    "check_interval": _check_interval,
}
_SAID = {
    "interface": "not needed: netifd reports every interface at once",
    "use_https": "not needed: HTTPS wherever the provider has it",
    "check_unit": "check_interval in the section 'main'",
    "force_unit": "force_interval",
}
