# SPDX-License-Identifier: MIT
"""What a table cannot say of the settings: whether all brackets of the JSON text are closed, whether
an address is one, which keys need each other. Stages of config.py."""

from wanbeacon.app import stage
from wanbeacon.app.config_rows import what
from wanbeacon.core.url import name_fault

# of another host at home: app/homehost.py
_HOME = ("suffix", "mac", "neighbor", "privacy", "subnet", "prefix_length", "lan")
#: kind in settings.txt -> what reads it, and what it should be.
_KINDS = {
    "address:4": ("core.address", "parse", "an IPv4 address"),
    "address:6": ("core.address", "parse", "an IPv6 address"),
    "suffix": ("core.prefix", "suffix", "the host's part of an IPv6 address, such as ::1:2"),
    "mac": ("core.prefix", "mac", "a MAC address, such as 00:11:22:33:44:55"),
    "neighbor": (
        "core.prefix",
        "neighbor",
        "a MAC address, such as 00:11:22:33:44:55, or an IPv6 address of that host",
    ),
}
_SIZES = {"address:4": 4, "address:6": 16}


def fault(text):
    """What is not closed or not opened in a JSON text, with its line;
    None when all brackets and quotes pair up."""
    if not text.strip():
        return "it is empty"
    depth, quoted, line, skip = [], False, 1, False
    for c in text.encode():  # by bytes, see core.text.printable
        if c == 10:
            if quoted:
                return "line %d: a text is not closed with a quotation mark" % line
            line += 1
        if skip:
            skip = False
        elif quoted:
            skip = c == 92
            quoted = c != 34
        elif c == 34:
            quoted = True
        elif c in b"{[":
            depth.append((c, line))
            if len(depth) > 20:  # more than any parser need take
                return "line %d: too many brackets inside each other" % line
        elif c in b"}]":
            if not depth or depth.pop()[0] != c - 2:  # "{" and "[" stand two before their other halves
                return "line %d: unmatched '%s'" % (line, chr(c))
    if depth:
        return "the '%s' of line %d is never closed" % (chr(depth[-1][0]), depth[-1][1])
    return "a text is never closed" if quoted else None


def problems(doc, addresses):
    """Lines of what is wrong with a document that has the shape of one; addresses: see config_shape.py."""
    problems = _addresses(addresses)
    if not problems:
        _sense(doc["accounts"], problems)
    return problems


def _sense(accounts, problems):
    for i in range(len(accounts)):
        account = accounts[i]
        path = "accounts[%d]" % i
        account["provider"] = account["provider"].lower()
        _sense_account(account, path, problems)
        seen = {}  # lower-case name -> (path of the account that lists it, its host)
        for j in range(i):
            if _one_login(account, accounts[j]):
                for host in accounts[j]["hosts"]:
                    seen[host["name"].lower()] = "accounts[%d]" % j, host
        for j in range(len(account["hosts"])):
            host = account["hosts"][j]
            where = "%s.hosts[%d]" % (path, j)
            _sense_name(host["name"], where, problems)
            _sense_twin(host, path, seen, where, problems)
            _sense_families(host, where, problems)


def _sense_account(account, path, problems):
    custom = account.get("custom") or {}
    if account["provider"] == "custom" and not custom:
        problems.append("%s.custom: missing; describe the provider: at least its url" % path)
    if account["provider"] != "custom" and custom:
        problems.append('%s.provider: should be "custom" when the account has a custom part' % path)
    # of a provider in the catalogue: dyndns/advice.py, which knows what kind of key
    if custom and not (account.get("password") or account.get("token")) and custom.get("auth") != "none":
        problems.append("%s.password: missing; password, update key or token of the account" % path)


def _sense_name(name, where, problems):
    fault = name_fault(name[:-1] if name[-1] == "." else name)
    if fault:
        problems.append("%s.name: %s; correct it" % (where, fault))
    elif name[-1] == ".":  # no provider knows it so, and "a.org" and "a.org." would be two hosts
        problems.append("%s.name: remove the dot at its end" % where)
    for c in name.encode():
        if c > 127:
            problems.append("%s.name: write letters other than a to z in their xn-- form (IDNA)" % where)
            break
        if c in b",/?&=%#\"'<>\\" or not 32 < c < 127:
            problems.append(
                "%s.name: must not contain spaces, commas or characters such as / ? & = %% #" % where
            )
            break


def _sense_twin(host, path, seen, where, problems):
    """A name listed twice; `seen` learns this one."""
    name = host["name"].lower()
    other, twin = seen.get(name, ("", host))
    if other == path:
        problems.append("%s.name: listed twice in this account" % where)
    elif other and (host["ipv4"] and twin["ipv4"] or host["ipv6"] and twin["ipv6"]):
        problems.append(
            "%s.name: listed in %s too, with the same login and line; remove one" % (where, other)
        )
    seen[name] = path, host


def _sense_families(host, where, problems):
    if [key for key in _HOME if key in host]:
        for key, fault in stage.run("app.homehost", "faults", host):
            problems.append("%s.%s: %s" % (where, key, fault))
    if not (host["ipv4"] or host["ipv6"]):
        problems.append("%s: ipv4 and ipv6 are both off; nothing is left to keep up to date" % where)


def _one_login(a, b):
    """Whether two accounts are one at the provider and send the address of one line."""
    keys = ("provider", "custom", "server", "user", "address", "bind")
    for key in keys if a.get("user") else keys + ("token", "password"):
        if a.get(key) != b.get(key):
            return False
    return True


def _addresses(rows):
    """Lines of what is wrong with these: [(kind, value, its path, section and key of its row)]."""
    found = []
    for kind, value, path, section, key in rows:
        module, function, should = _KINDS[kind]
        if not _read(module, function, value, _SIZES.get(kind)):
            found.append("%s: should be %s (%s)" % (path, should, what(section, key)))
    return found


def _read(module, function, value, size):
    """True when that reads a value, as so many bytes where `size` says so."""
    try:
        read = stage.run(module, function, value) if isinstance(value, str) else None
    except ValueError:
        return False
    return bool(read) and size in (None, len(read))
