"""The settings of ddns-scripts to ours, and a row for each that says what became of it.
Pure; no password in a row."""

from wanbeacon.core.text import nearest
from wanbeacon.openwrt import ddns, known_urls, uci

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

# Services where user name, password or domain mean something else than in the catalogue's row of that name.
# First those whose password is none of the row's keys ...
_OTHER_KEY = {
    "dnsexit.com": "dnsexit wants an API key of its account page as password, and no user name",
    "mythic-beasts.com": "mythic-beasts wants an API key: its id as user name, its secret as password",
}
# ... then those whose user name is sent nowhere, or not as one.
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
    _merge_families(out)
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


def _service(section, known, rows, private, out):
    title = section.title()
    mine = uci.Section("service", section.name, 0, 0)
    told = []

    def put(name, value):
        if value is not None:
            mine.options.append([name, value, 0])

    def say(name, became):
        value = _text(section, name, "(list)")
        if name in _SECRET:
            value = "***"
        elif "://" in value:
            value = _place_only(value)
        told.append([title, name, value, became])

    v6 = is_on(section.get("use_ipv6"))
    lost = out.lost
    letters, found = _provider(section, known, rows, put, say, out)
    domain = _text(section, "domain") or _text(section, "lookup_host")
    for entry in section.options:
        if not _api(entry[0], section, mine, letters, put, say, out):
            _option(entry[0], section, mine, domain, put, say, out)
    if letters and letters[0] == "s":
        _names_below(section, mine)
    if found and found.values.get("hostname"):
        _set(mine, "domain", found.values["hostname"])
    for source, option, value in (("web", "ip_url", _PAGES[v6]), ("interface", "ip_interface", _DEVICE)):
        if _text(section, "ip_source") == source and not section.get(option):
            put(option, value)
            told.append([title, option, "(default)", "%s '%s'" % (option, value)])
    if private:
        put("allow_private", "1")
    if v6 and _text(section, "ip_source", "network") == "network" and not section.get("ip_network"):
        put("ip_network", "wan6")
        told.append([title, "ip_network", "(default)", "ip_network 'wan6'"])
    if not mine.get("service_name") and not mine.get("update_url"):
        for row in told:
            if not row[3].startswith("NOT"):
                row[3] = "NOT taken over: no provider for this service"
        out.lost = max(out.lost, lost + 1)
    else:
        out.sections.append(mine)
    out.rows += told


def _provider(section, known, rows, put, say, out):
    """Who the service is: by its name, by the script that ddns-scripts has for it, by the host of its URL, or
    as a service of the user's own. Returns (letters of ddns.api or None, known_urls.Match or None)."""
    url = _text(section, "update_url")
    name = _text(section, "service_name")
    name = None if name == "-" else name
    why = _OTHER_KEY.get((name or "").lower())
    api = ddns.api(name, known) if name else None
    by_words = name and name.lower() in ddns.URLS
    if by_words and not url:
        return None, _by_words(name, put, say)
    provider = api[0] if api else ddns.ours(name, known) if name and not why and not by_words else None
    if provider:
        put("service_name", provider)
        say("service_name", "service_name '%s'" % provider)
        if url:
            say("update_url", "not needed: the catalogue knows this service")
        return (api[1] if api else None), None
    found = known_urls.match(url, rows) if url else None
    if name and url:
        say("service_name", "not needed: update_url is used")
    if found:
        put("service_name", found.id)
        for key, option in (("user", "username"), ("password", "password")):
            put(option, found.values.get(key))
        said = "service_name '%s': its host is in the catalogue" % found.id
        say("update_url", said + ("; left out: " + " ".join(found.left_out) if found.left_out else ""))
        return None, found
    if url:
        _own_url(url, put, say, out)
    elif name:
        out.lost += 1
        near = nearest(name.split(".")[0], known)
        say(
            "service_name",
            "NOT taken over: "
            + (why or "not in the catalogue" + ("; near: " + ", ".join(near) if near else "")),
        )
    return None, None


def _by_words(name, put, say):
    url, success, unchanged, failure = ddns.URLS[name.lower()]
    put("update_url", url)
    for option, words in (("success", success), ("unchanged", unchanged), ("failure", failure)):
        put(option, words)
    say("service_name", "update_url, with the words of its answers")


def _own_url(url, put, say, out):
    try:
        spec, user, password = ddns.custom(url)
    except ValueError as e:
        out.lost += 1
        return say("update_url", "NOT taken over: it %s" % e)
    place = spec["url"].replace("{user}", "[USERNAME]").replace("{password}", "[PASSWORD]")
    place = place.replace("{hostname}", "[DOMAIN]").replace("{ip}", "[IP]")
    if spec["auth"] == "basic":
        place = "https://[USERNAME]:[PASSWORD]@" + place[8:]
    put("update_url", place)
    put("username", user)
    put("password", password)
    say(
        "update_url",
        "update_url"
        + ("" if url.startswith("https:") else ", now over HTTPS")
        + "; if it answers otherwise than good or nochg, list its words: success, failure",
    )


def _api(name, section, mine, letters, put, say, out):
    """An option that means something else with a service that ddns-scripts has a script for.
    False: it does not."""
    if not letters:
        return False
    row, value = _text(mine, "service_name"), _text(section, name)
    target = ddns.PARAMS.get(row, {}).get(name)
    if target and value is not None:
        put(target, value)
        say(name, target)
    elif name == "username":
        kind = letters[0]
        if row == "cloudflare" and value != "Bearer":
            out.lost += 1
            say(
                name, "NOT taken over: make an API token and give it as password; the global key is not taken"
            )
        elif kind in "uz":
            put("username" if kind == "u" else "zone", value)
            say(name, "username" if kind == "u" else "zone '%s'" % value)
        else:
            say(
                name,
                {"s": "part of the name", "j": "part of the token", "-": "not needed: the token says it"}[
                    kind
                ],
            )
    elif name == "password":
        put(
            "token" if letters[1] == "t" else "password",
            "%s,%s" % (_text(section, "username"), value) if letters[0] == "j" else value,
        )
        say(name, "token" if letters[1] == "t" else name)
    elif name == "domain" and letters[2:] and value:
        host, at, zone = value.partition("@")
        if letters[2] == "l":
            zone = ".".join(value.split(".")[-2:])
        elif not at:
            zone = value
        put("zone", zone)
        put("domain", value.lstrip("@").replace("@", "."))
        say(name, "domain '%s', zone '%s'" % (value.lstrip("@").replace("@", "."), zone))
    else:
        return False
    return True


def _names_below(section, mine):
    """`username` was the part before the zone, `domain` the zone."""
    zone, label = _text(section, "domain") or "", _text(section, "username", "@")
    _set(mine, "zone", zone)
    _set(mine, "domain", zone if label in ("", "@") else label + "." + zone)


def _set(section, name, value):
    entry = section.get(name)
    if entry:
        section.options.remove(entry)
    section.options.append([name, value, 0])


def _place_only(url):
    """https://user:secret@host/path?token=... -> https://host/...: all else may hold a secret."""
    cut = url.find("://") + 3
    end = url.find("/", cut)
    place = url[cut:] if end < 0 else url[cut:end]
    return url[:cut] + place[place.rfind("@") + 1 :] + ("" if end < 0 else "/...")


def _option(name, section, mine, domain, put, say, out):
    """One option of a service that is not about which provider it is."""
    provider = _text(mine, "service_name")
    value = _text(section, name)
    if name in ("service_name", "update_url"):
        return
    if value is None:
        out.lost += 1
        return say(name, "NOT taken over: a list")
    if name == "username" and provider in _NO_USER:
        return say(
            name, "part of the name" if provider == "namecheap" else "not needed: the host is the user"
        )
    if name in _SAME:
        if mine.get(name):
            return say(name, "not needed: update_url says it")
        put(name, value)
        return say(name, name + ("; runs as the user wanbeacon" if name == "ip_script" else ""))
    if name == "domain":
        names = [one.strip().lstrip("@").replace("@", ".") for one in value.split(",") if one.strip()]
        if len(names) > 1:
            put("domain", names)
            return say(name, "list domain: %d names" % len(names))
        host = names[0] if names else ""
        if provider == "namecheap":  # there the user name is the host, and the domain is the zone
            put("zone", host)
            label = _text(section, "username", "@")
            host = host if label == "@" else label + "." + host
        put("domain", host)
        return say(name, "domain" if host == value else "domain '%s'" % host)
    if name == "lookup_host":
        if not section.get("domain"):
            put("domain", value)
            return say(name, "domain '%s'" % value)
        return say(name, "domain" if value == domain else "not needed: no DNS look-up decides what is sent")
    if name == "interface":
        return say(name, "not needed: netifd reports every interface at once")
    if name == "bind_network":
        put("interface", value)
        return say(name, "interface '%s'" % value)
    if name == "use_https":
        return say(name, "not needed: HTTPS wherever the provider has it")
    if name == "cacert":
        value, became = _authority(value)
        put("cacert", value)
        return say(name, became)
    if name == "check_interval":
        if value.isdigit() and is_on(section.get("enabled")):
            every = int(value) * _UNITS.get(_text(section, "check_unit", "minutes"), 60)
            out.check = every if out.check is None else min(out.check, every)
        return say(name, "check_interval in the section 'main'")
    if name == "check_unit":
        return say(name, "check_interval in the section 'main'")
    say(name, _without(name, out))


def _merge_families(out):
    """ddns-scripts needs a section for IPv4 and one for IPv6; here one account sends both (some providers
    delete the family that a request does not name)."""
    keep = []
    for section in out.sections:
        for other in keep:
            if _pair(other, section):
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
