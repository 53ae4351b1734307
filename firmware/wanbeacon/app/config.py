# SPDX-License-Identifier: MIT
"""The config document: load, check, defaults. Every problem names the key and what it should be; all come at
once.

Knows the shape of the settings, not what the other rooms do with them. A board drops this module after start.
The table is catalogue/settings.txt, which is also the source of the configuration reference (`python -m tools
check --reference`).
"""

import json

import wanbeacon
from wanbeacon.app import stage
from wanbeacon.core.lines import lines
from wanbeacon.core.text import nearest, printable
from wanbeacon.core.url import name_fault, split_url

SIZE_MAX = 4096  # bytes of JSON a board accepts: it is parsed in a heap of about 100 KB
ROUTER_MAX = 32768  # bytes that a router or a PC accepts: it has the memory for many accounts

# of another host at home: app/homehost.py
_HOME = ("suffix", "mac", "neighbor", "privacy", "subnet", "prefix_length", "lan")

_last = [None, None]  # section read last, and its rows: a document has many hosts in a row


def rows(section):
    """The lines of one section: [(key, required, kind, default text, what it is)];
    None when there is no such one."""
    if _last[0] != section:
        _last[:] = section, _read_rows(section)
    return _last[1]


def _read_rows(section):
    found, head = None, ("[%s]" % section).encode()
    with open(wanbeacon.catalogue + "/settings.txt", "rb") as f:
        for line in lines(f):
            if line[:1] == b"[":
                if found is not None:
                    break
                found = [] if line == head else None
            elif found is not None and line and line[:1] != b"#":
                key, kind, default, what = line.decode().split(" ", 3)
                found.append((key.rstrip("!"), key[-1] == "!", kind, default, what))
    return found


def sources():
    """Names of the address sources."""
    with open(wanbeacon.catalogue + "/settings.txt", "rb") as f:
        return [line[8:-1].decode() for line in lines(f) if line.startswith(b"[source ")]


class ConfigError(ValueError):
    """problems: list of one-line texts."""

    def __init__(self, problems):
        super().__init__("; ".join(problems))
        self.problems = problems


def read(path, most=SIZE_MAX):
    """The settings in a file, checked. Raises OSError when there is none, ConfigError with every problem
    found."""
    try:
        with open(path) as f:
            text = f.read(most + 1)
    except UnicodeError:
        raise ConfigError(["the config is not a text file (UTF-8)"])
    return load(text, most)


def load(text, most=SIZE_MAX):
    """JSON text to a checked document with all defaults filled in.
    Raises ConfigError with every problem found."""
    if len(text) > most:
        raise ConfigError(["the config is too long: at most %d bytes" % most])
    if text[:1] == "\ufeff":  # Windows' editors put a byte order mark first
        text = text[1:]
    broken = _open_end(text)  # MicroPython before 1.29 takes a document that was cut off for a whole one
    try:
        doc = broken or json.loads(text)
    except ValueError:
        broken = "a comma, a colon or a quotation mark is missing or too many"
    if broken:
        raise ConfigError(["the config is not JSON: %s" % broken])
    problems = []
    doc = _object(doc, "", "", problems)
    if not problems:
        _sense(doc, problems)
    if not problems and doc.get("notify"):
        problems += stage.run("app.notices", "problems", doc["notify"])
    if not problems and doc.get("mqtt"):
        problems += stage.run("app.mqtt_rules", "problems", doc["mqtt"])
    if problems:
        raise ConfigError(problems)
    return doc


def _open_end(text):
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


def _object(value, section, path, problems):
    if not isinstance(value, dict):
        problems.append("%s: should be an object {...}" % (path or "the config"))
        return {}
    table = rows(section)
    known = [row[0] for row in table]
    out = {}
    for key in value:
        if key not in known:
            near = nearest(str(key), known)
            hint = (
                "did you mean %s?" % near[0]
                if near
                else "known here: %s" % (", ".join(sorted(known)) or "nothing")
            )
            problems.append("%s: unknown key; %s" % (_join(path, _show(key)), hint))
    for key, required, kind, default, what in table:
        where = _join(path, key)
        if key in value:
            out[key] = _value(value[key], kind, where, what, problems)
        elif required:
            problems.append("%s: missing; %s" % (where, what))
        elif default != "-":
            out[key] = _default(kind, default, where, problems)
    return out


def _default(kind, default, path, problems):
    name, _, bounds = kind.partition(":")
    if name == "object":
        return _object({}, bounds, path, problems)
    if name == "list":
        return [{"source": default}]
    if name == "flag":
        return default == "true"
    return int(default) if name == "whole" else default


def _join(path, key):
    return "%s.%s" % (path, key) if path else key


def _show(key):
    return printable(key, 33)[:40] or "(empty)"


def _value(value, kind, path, what, problems):
    """A value of this kind (settings.txt), checked, its defaults filled in; None after a problem."""
    name, _, bounds = kind.partition(":")
    if name in _PLAIN:
        fault = _PLAIN[name](value, bounds)
        if name == "url" and not fault and path.find(".custom.") < 0:  # custom.py reads those templates
            fault = _url_fault(value)
        if fault:
            problems.append("%s: %s (%s)" % (path, fault, what))
            return None
        return value
    if name == "object":
        return _object(value, bounds, path, problems)
    if name == "host":
        return _object({"name": value} if isinstance(value, str) else value, "host", path, problems)
    if name == "source":
        return _source(value, path, problems)
    most, _, kind = bounds.partition(":")
    if not isinstance(value, list) or not 0 < len(value) <= int(most):
        problems.append("%s: should be a list [...] with 1 to %s entries (%s)" % (path, most, what))
        return None
    return [_value(value[i], kind, "%s[%d]" % (path, i), what, problems) for i in range(len(value))]


# What is wrong with a plain value, None for nothing. bounds: what follows the kind's name in settings.txt.


def _text(value, bounds):
    if not isinstance(value, str) or not value:
        return "should be text in quotation marks"
    if len(value) > int(bounds):
        return "should be at most %s characters long" % bounds
    try:
        raw = value.encode()
    except UnicodeError:  # half a character ("\\ud800"), which no UTF-8 holds
        return "should be whole characters"
    for c in raw:
        if c < 32 or c == 127:
            return "should be without control characters or line ends"
    return None


def _url_fault(value):
    try:
        split_url(value)
    except ValueError as e:
        return str(e)
    return None


def _address(value, bounds):
    size = 4 if bounds == "4" else 16
    return _unread(value, lambda text: len(stage.run("core.address", "parse", text)) == size) and (
        "should be an IPv%s address" % bounds
    )


def _suffix(value, bounds):
    return _unread(value, lambda text: stage.run("core.prefix", "suffix", text)) and (
        "should be the host's part of an IPv6 address, such as ::1:2"
    )


def _neighbor(value, bounds):
    return _unread(value, lambda text: stage.run("core.prefix", "neighbor", text)) and (
        "should be a MAC address, such as 00:11:22:33:44:55, or an IPv6 address of that host"
    )


def _mac(value, bounds):
    return _unread(value, lambda text: stage.run("core.prefix", "mac", text)) and (
        "should be a MAC address, such as 00:11:22:33:44:55"
    )


def _unread(value, read):
    """True when `read` makes nothing of a value; None when it does."""
    try:
        return None if isinstance(value, str) and read(value) else True
    except ValueError:
        return True


def _flag(value, bounds):
    return None if isinstance(value, bool) else "should be true or false"


def _whole(value, bounds):
    low, _, high = bounds.partition(":")
    if isinstance(value, bool) or not isinstance(value, int) or not int(low) <= value <= int(high):
        return "should be a whole number from %s to %s" % (low, high)
    return None


def _choice(value, bounds):
    if isinstance(value, str) and value in bounds.split(","):
        return None
    return "should be one of %s" % bounds.replace(",", ", ")


_PLAIN = {
    "text": _text, "secret": _text, "url": _text, "address": _address, "suffix": _suffix, "mac": _mac,
    "neighbor": _neighbor,
    "flag": _flag, "whole": _whole, "choice": _choice,
}  # fmt: skip


def _source(value, path, problems):
    value = {"source": value} if isinstance(value, str) else value
    name = value.get("source") if isinstance(value, dict) else None
    known = sources()
    if not isinstance(name, str) or name not in known:
        near = nearest(name, known) if isinstance(name, str) else None
        hint = "did you mean %s?" % near[0] if near else "one of %s" % ", ".join(sorted(known))
        problems.append("%s: unknown address source; %s" % (path, hint))
        return {"source": "auto"}
    rest = {}
    for key in value:
        if key != "source":
            rest[key] = value[key]
    out = _object(rest, "source " + name, path, problems)
    if name == "web" and not (out.get("url") or out.get("url6")):
        problems.append("%s: a web source needs url or url6" % path)
    if name == "web" and out.get("pattern") and (out["pattern"].count("*") != 1 or out["pattern"] == "*"):
        problems.append(
            "%s.pattern: should hold one * for the address, with the text before or after it" % path
        )
    if name == "upnp" and (out.get("location") or "http:")[:5] != "http:":
        problems.append(
            "%s.location: should be a URL that starts with http://: routers speak no TLS there" % path
        )
    out["source"] = name
    return out


def _sense(doc, problems):
    """What a table cannot say: which keys need each other."""
    accounts = doc["accounts"]
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
