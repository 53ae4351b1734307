"""UCI sections to the agent's config document. Pure: it reads no file and knows no socket.

Options are named as users of ddns-scripts know them wherever the meaning is the same. Every problem names
file, line, section and option, and all problems are reported at once.
"""

from collections import OrderedDict

from wanbeacon.app import config
from wanbeacon.core.text import nearest
from wanbeacon.openwrt import ddns
from wanbeacon.openwrt.options import SOURCE, Reader, sources

TYPES = ("wanbeacon", "service")

# option -> kind of value. "list" also takes one `option` with blanks between the words.
_MAIN = {
    "enabled": "bool",
    "check_interval": "number",
    "check_unit": "unit",
    "min_interval": "number",
    "refresh_days": "number",
    "force_interval": "number",
    "force_unit": "unit",
    "hook": "text",
    "cross_check": "bool",
    "company": "text",
    "device_name": "text",
    "model": "text",
    "contact": "text",
}
_SERVICE = {
    "enabled": "bool",
    "service_name": "text",
    "server": "text",
    "update_url": "text",
    "method": "text",
    "success": "list",
    "unchanged": "list",
    "failure": "list",
    "later": "list",
    "domain": "list",
    "lookup_host": "list",
    "username": "text",
    "password": "text",
    "token": "text",
    "auth": "text",
    "interface": "text",
    "use_ipv6": "family",
    "use_https": "bool",
    "cacert": "text",
    "allow_private": "bool",
    "create": "bool",
    "zone": "text",
    "wildcard": "text",
    "mx": "text",
    "backmx": "text",
    "system": "text",
}
# our option -> the agent's key, where a text goes straight through
_ACCOUNT_KEYS = (
    ("server", "server"),
    ("username", "user"),
    ("password", "password"),
    ("token", "token"),
    ("auth", "auth"),
)
# what a service of update_url answers: our option, a list of words -> the agent's key
_ANSWERS = (("success", "ok"), ("unchanged", "same"), ("failure", "fail"), ("later", "later"))
_HOST_KEYS = ("zone", "wildcard", "mx", "backmx", "system")
HOSTS_MAX = 50  # of one account, see wanbeacon.app.config
_DAY = 86400


class Settings:
    """What convert() found: `enabled`, `document` (the agent's config), `problems` and `notes` (lines for a
    user), `origin` (for each account, for each of its hosts:
    the section that named it), `main` (the section, or None)."""

    def __init__(self):
        self.enabled = True
        self.document = OrderedDict()
        self.problems = []
        self.notes = []
        self.origin = []
        self.main = None


def _words(read, option):
    """The words of an answer: each may have blanks in it, so that a single `option` is one of them."""
    entry = read.section.get(option)
    return entry and (entry[1] if isinstance(entry[1], list) else [entry[1]])


def _answers(read, custom):
    """The words that a service of one's own answers with, into `custom`;
    a fault where there is no update_url."""
    for option, key in _ANSWERS:
        words = _words(read, option)
        if words and custom is None:
            read.bad(option, "is used only with update_url; the catalogue knows what its services answer")
        elif words:
            custom[key] = words


def _account(read, provider):
    """One `service` section -> (account without its hosts, [host, ...]), or None after a problem."""
    known = len(read.problems)
    take = read.take
    account = OrderedDict()
    name = take("service_name", "text")
    url = take("update_url", "text")
    if url:
        _own_provider(read, url, account)
    elif name:
        _listed_provider(read, name, provider, account)
    else:
        read.problems.append(
            "%s: says no service_name; `wanbeacon providers` lists them" % read.section.where(read.file)
        )
    _answers(read, account.get("custom"))
    if not url and take("method", "text"):
        account["method"] = take("method", "text")
    for option, key in _ACCOUNT_KEYS:
        value = take(option, "text")
        if value is not None:
            account[key] = value
    ca = take("cacert", "text")
    if ca == "IGNORE":
        read.bad("cacert", "certificates are always checked; remove the option, or name the CA's file")
    elif ca and ca not in ddns.BUNDLE:
        account["ca"] = ca
    v4, v6 = take("use_ipv6", "family", (True, False))
    interface = take("interface", "text")
    places = sources(read, interface, v4, v6)
    if places:
        account["address"] = places
    if interface:  # its device is asked for when something is sent, see router.py
        account["bind"] = "@" + interface
    names = _names(take("domain", "list") or take("lookup_host", "list"))
    if not names:
        read.problems.append(
            "%s: says no domain, the name to keep up to date" % read.section.where(read.file)
        )
    if len(read.problems) > known:
        return None
    return account, _hosts(take, names, v4, v6)


def _own_provider(read, url, account):
    """A service of the user's own (update_url), into the account."""
    account["provider"] = "custom"
    try:
        spec, user, password = ddns.custom(url, False)
    except ValueError as e:
        return read.bad("update_url", str(e))
    account["custom"] = OrderedDict([(key, spec[key]) for key in ("url", "url6", "auth") if key in spec])
    method = read.take("method", "text")
    if method:
        account["custom"]["method"] = method
    for key, value in (("user", user), ("password", password)):
        if value is not None:
            account[key] = value


def _listed_provider(read, name, provider, account):
    """A service of the catalogue, into the account."""
    account["provider"] = provider(name)
    if not account["provider"]:
        near = nearest(name.split(".")[0], provider(None))
        read.bad(
            "service_name",
            "'%s' is unknown%s; `wanbeacon providers` lists all"
            % (name, "; do you mean %s?" % " or ".join(near) if near else ""),
        )


def _hosts(take, names, v4, v6):
    """The hosts of a service, which all have its options."""
    private = take("allow_private", "bool", False)
    create = take("create", "bool", False) and known_key("create", "host")
    extra = [(key, take(key, "text")) for key in _HOST_KEYS]
    hosts = []
    for name in names:
        host = OrderedDict((("name", name), ("ipv4", v4), ("ipv6", v6)))
        if private:
            host["allow_private"] = True
        if create:
            host["create"] = True
        for key, value in extra:
            if value is not None:
                host[key] = value
        hosts.append(host)
    return hosts


def _names(words):
    """Names, each in a `list` of its own, or several in one option with blanks or commas between."""
    return [name for word in words or () for name in word.replace(",", " ").split()]


def _join(one, hosts, two, more):
    """Takes a service into the account it belongs to: one account then serves both. False when they differ.

    Equal accounts share their requests. So do a name's IPv4 and IPv6, which ddns-scripts keeps in two
    sections: some providers delete the family that a request does not name.
    """
    for key in ("provider", "custom", "user", "password", "token", "auth", "server", "ca", "bind"):
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
    """Sets both families in `hosts` if `more` has the same names with the other one."""
    pairs = list(zip(hosts, more))
    if len(hosts) != len(more):
        return False
    for a, b in pairs:
        if a["name"] != b["name"] or a["ipv4"] == b["ipv4"] or a["ipv6"] == b["ipv6"]:
            return False
    for a, _ in pairs:
        a["ipv4"] = a["ipv6"] = True
    return True


def convert(sections, file, provider):
    """[uci.Section, ...] -> Settings.

    provider(name): the catalogue's id for a service_name, None if there is none; provider(None): all ids.
    Services with equal provider, user, password and way out become one account, so that they share requests.
    """
    out = Settings()
    accounts = []
    problems = out.problems
    for section in sections:
        if section.kind not in TYPES:
            problems.append(
                "%s: '%s' is no section type here; there are 'wanbeacon' and 'service'"
                % (section.where(file), section.kind)
            )
            continue
        read = Reader(section, file, problems)
        if section.kind == "wanbeacon":
            out.notes += read.unknown(_MAIN, SOURCE)
            _main(read, out)
            continue
        if not read.take("enabled", "bool", False):
            continue
        if read.take("use_https", "bool", True) is False:
            out.notes.append(
                "%s: not used: HTTPS wherever the provider has it" % section.where(file, "use_https")
            )
        found = _account(read, provider)
        out.notes += read.unknown(_SERVICE, SOURCE)
        if found is None:
            continue
        account, hosts = found
        for i, other in enumerate(accounts):
            if _join(other[0], other[1], account, hosts):
                out.origin[i] += [section] * (len(other[1]) - len(out.origin[i]))
                break
        else:
            accounts.append((account, hosts))
            out.origin.append([section] * len(hosts))
    rows = []
    for account, hosts in accounts:
        account["hosts"] = hosts
        rows.append(account)
    out.document["accounts"] = rows
    return out


def _main(read, out):
    """The `wanbeacon` section: what holds for every account."""
    document = out.document
    out.main = read.section
    out.enabled = read.take("enabled", "bool", True)
    device = OrderedDict()
    for option, key in (
        ("company", "company"),
        ("device_name", "name"),
        ("model", "model"),
        ("contact", "contact"),
    ):
        value = read.take(option, "text")
        if value:
            device[key] = value
    if device:
        document["device"] = device
    places = sources(read, None, True, True)
    if places:
        document["address"] = places
    if read.take("cross_check", "bool", False):
        document["cross_check"] = True
    intervals = OrderedDict()
    every = read.take("check_interval", "number")
    if every is not None:
        intervals["check"] = every * read.take("check_unit", "unit", 60)
    for option, key in (("min_interval", "minimum"), ("refresh_days", "refresh_days")):
        value = read.take(option, "number")
        if value is not None:
            intervals[key] = value
    force = read.take("force_interval", "number")
    if force:  # as in ddns-scripts, hours unless the unit says otherwise; the agent counts whole days
        seconds = force * read.take("force_unit", "unit", 3600)
        if "refresh_days" in intervals:
            read.bad("force_interval", "says the same as refresh_days; keep one of them")
        if seconds % _DAY:
            out.notes.append(
                "%s: an unchanged name is sent again once in whole days: %d"
                % (read.section.where(read.file, "force_interval"), -(-seconds // _DAY))
            )
        intervals["refresh_days"] = -(-seconds // _DAY)
    if intervals:
        document["intervals"] = intervals
    hook = read.take("hook", "text")
    if hook and known_key("notify"):
        document["notify"] = [OrderedDict((("hook", hook),))]
    elif hook:
        out.notes.append(
            "%s: not used: this version tells of nothing" % read.section.where(read.file, "hook")
        )


def known_key(name, section=""):
    """Whether the agent's settings have such a key (in that section of the table in app/config.py)."""
    return name in [row[0] for row in config.rows(section) or ()]


# the agent's key -> the option it came from, where the two have different names
_OPTION_OF = {
    "provider": "service_name",
    "user": "username",
    "hosts": "domain",
    "ca": "cacert",
    "address": "ip_source",
    "bind": "interface",
    "custom": "update_url",
    "check": "check_interval",
    "minimum": "min_interval",
    "name": "device_name",
    "url": "ip_url",
    "url6": "ip_url",
    "device": "ip_interface",
    "interface": "ip_network",
    "command": "ip_script",
    "servers": "stun_server",
    "ok": "success",
    "same": "unchanged",
    "fail": "failure",
}


def name_origin(problem, settings, file):
    """The agent's validator speaks of accounts[2].hosts[0].name: say which section and option that is."""
    key = problem.split(":")[0]
    text = problem[len(key) + 1 :]
    parts = [p.rstrip("]").split("[") for p in key.split(".")]
    first = parts.pop(0)
    section = settings.main
    if first[0] == "accounts" and parts:
        number = int(first[1])
        first = parts[0]
        for i, (one, host) in enumerate(
            zip(settings.origin[number], settings.document["accounts"][number]["hosts"])
        ):
            if i == 0 or first == ["hosts", str(i)] or text.startswith(" %s: " % host["name"]):
                section = one
    elif parts and first[0] != "address":  # of intervals, of device
        first = parts[0]
    elif not section or first[0] == "accounts" or " " in key:
        # no section alone says that: too many accounts, too long
        return "%s: %s" % (file, problem)
    if first[0] == "custom" and parts[1:] and parts[1][0] in [key for _, key in _ANSWERS]:
        first = parts[1]
    option = _OPTION_OF.get(first[0], first[0])
    if option == "ip_source" and parts:
        option = _OPTION_OF.get(parts[-1][0], option)
    elif option == "domain" and parts[-1][0] in _HOST_KEYS:
        option = parts[-1][0]
    for i, one in enumerate(settings.origin):
        text = text.replace("accounts[%d]" % i, "section '%s'" % one[0].title())
    return "%s:%s" % (section.where(file, option), text)
