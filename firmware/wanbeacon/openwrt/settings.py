# SPDX-License-Identifier: MIT
"""UCI sections to the agent's config document. Pure.

Options are named as users of ddns-scripts know them wherever the meaning is the same. Every problem names
file, line, section and option, and all problems are reported at once.
"""

from collections import OrderedDict

from wanbeacon.app import config_rows
from wanbeacon.core.text import nearest
from wanbeacon.openwrt import accounts, ddns, extras
from wanbeacon.openwrt.options import SOURCE, Reader, sources

TYPES = ("wanbeacon", "service", "notify")

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
    "look": "bool",
    "company": "text",
    "device_name": "text",
    "model": "text",
    "contact": "text",
    "mqtt_host": "text",
    "mqtt_port": "number",
    "mqtt_user": "text",
    "mqtt_password": "text",
    "mqtt_ca": "text",
    "mqtt_plain": "bool",
    "mqtt_name": "text",
    "mqtt_prefix": "text",
    "mqtt_discovery": "text",
    "mqtt_label": "text",
    "mqtt_spread": "number",
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
    "interface": "list",
    "keep_others": "bool",
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
    "force_interval": "number",
    "force_unit": "unit",
}
# our option -> the agent's key, where a text goes straight through
_ACCOUNT_KEYS = (
    ("server", "server"),
    ("username", "user"),
    ("password", "password"),
    ("token", "token"),
    ("auth", "auth"),
)
HOST_KEYS = ("zone", "wildcard", "mx", "backmx", "system")
_DAY = 86400


class Settings:
    """What convert() found: `enabled`, `document` (the agent's config), `problems` and `notes` (lines for a
    user), `origin` (for each account, for each of its hosts: the section that named it), `notices` (for
    each entry of notify: its section), `main` (the section, or None)."""

    def __init__(self):
        self.enabled = True
        self.document = OrderedDict()
        self.problems = []
        self.notes = []
        self.origin = []
        self.notices = []
        self.main = None


def _account(read, provider):
    """One `service` section -> [(account without its hosts, [host, ...])], one for each line; none after a
    problem."""
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
    extras.answers(read, account.get("custom"))
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
    home = extras.home(read)
    v4, v6 = take("use_ipv6", "family", (False, True) if extras.is_home(home) else (True, False))
    again = extras.hours(read)
    if again:
        account["refresh_hours"] = again
    lines = _lines(read, account, v4, v6)
    names = _names(take("domain", "list") or take("lookup_host", "list"))
    if not names:
        read.problems.append(
            "%s: says no domain, the name to keep up to date" % read.section.where(read.file)
        )
    if len(read.problems) > known:
        return ()
    # several lines at once in one name: each keeps its own address there
    keep = (lines[1:] or take("keep_others", "bool", False)) and known_key("keep_others", "host")
    return [(one, _hosts(take, names, home, v4, v6, keep)) for one in lines]


def _lines(read, account, v4, v6):
    """The account once for each of the interfaces it is tied to; once alone where it is tied to none."""
    interfaces = read.take("interface", "list") or [None]
    if interfaces[1:] and read.section.get("ip_network"):
        read.bad("ip_network", "remove it: each interface of several publishes its own address")
    known, out = len(read.problems), []
    for interface in interfaces:
        one = OrderedDict(account)
        places = sources(read, interface, v4, v6)
        if places:
            one["address"] = places
        if interface:  # its device is asked for when something is sent, see router.py
            one["bind"] = "@" + interface
        out.append(one)
        if len(read.problems) > known:  # the same would be said of each
            break
    return out


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


def _hosts(take, names, home, v4, v6, keep):
    """The hosts of a service, which all have its options. home: of another host at home, see extras.py."""
    private = take("allow_private", "bool", False)
    create = take("create", "bool", False) and known_key("create", "host")
    extra = [(key, take(key, "text")) for key in HOST_KEYS]
    hosts = []
    for name in names:
        host = OrderedDict((("name", name), ("ipv4", v4), ("ipv6", v6)))
        if private:
            host["allow_private"] = True
        if create:
            host["create"] = True
        if keep:
            host["keep_others"] = True
        host.update(home)
        for key, value in extra:
            if value is not None:
                host[key] = value
        hosts.append(host)
    return hosts


def _names(words):
    """Names, each in a `list` of its own, or several in one option with blanks or commas between."""
    return [name for word in words or () for name in word.replace(",", " ").split()]


def convert(sections, file, provider):
    """[uci.Section, ...] -> Settings.

    provider(name): the catalogue's id for a service_name, None if there is none; provider(None): all ids.
    Services with equal provider, user, password and way out become one account, so that they share requests.
    """
    out = Settings()
    served = []
    problems = out.problems
    for section in sections:
        if section.kind not in TYPES:
            problems.append(
                "%s: '%s' is no section type here; there are 'wanbeacon', 'service' and 'notify'"
                % (section.where(file), section.kind)
            )
            continue
        read = Reader(section, file, problems)
        if section.kind == "wanbeacon":
            out.notes += read.unknown(_MAIN, SOURCE)
            _main(read, out)
            continue
        if section.kind == "notify":
            read.unknown(extras.NOTIFY, {"header": "list"})
            entry = extras.notify(read)
            if entry:
                out.document.setdefault("notify", []).append(entry)
                out.notices.append(section)
            continue
        if not read.take("enabled", "bool", False):
            continue
        if read.take("use_https", "bool", True) is False:
            out.notes.append(
                "%s: not used: HTTPS wherever the provider has it" % section.where(file, "use_https")
            )
        found = _account(read, provider)
        out.notes += read.unknown(_SERVICE, SOURCE, extras.HOME)
        for account, hosts in found:
            for i, other in enumerate(served):
                if accounts.join(other[0], other[1], account, hosts):
                    out.origin[i] += [section] * (len(other[1]) - len(out.origin[i]))
                    break
            else:
                served.append((account, hosts))
                out.origin.append([section] * len(hosts))
    rows = []
    for account, hosts in served:
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
    for option, usual, key, value in (
        ("cross_check", False, "cross_check", True),
        ("look", True, "look", {"enabled": False}),
    ):
        if read.take(option, "bool", usual) is not usual:
            document[key] = value
    _broker(read, document)
    intervals = _intervals(read, out)
    if intervals:
        document["intervals"] = intervals
    hook = read.take("hook", "text")
    if hook and known_key("notify"):
        document.setdefault("notify", []).append(OrderedDict((("hook", hook),)))
        out.notices.append(read.section)
    elif hook:
        out.notes.append(
            "%s: not used: this version tells of nothing" % read.section.where(read.file, "hook")
        )


def _intervals(read, out):
    """How often things happen."""
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
    return intervals


def _broker(read, document):
    """The options mqtt_..., named as the agent's keys."""
    doc = OrderedDict()
    for option in _MAIN:
        if option[:5] == "mqtt_":
            value = read.take(option, _MAIN[option])
            if value is not None:
                doc[option[5:]] = value
    if doc.get("ca") in ddns.BUNDLE:
        del doc["ca"]  # the usual roots
    if doc and known_key("mqtt"):
        document["mqtt"] = doc


def known_key(name, section=""):
    """Whether the agent's settings have such a key (in that section of the table in app/config_rows.py)."""
    return name in [row[0] for row in config_rows.rows(section) or ()]
