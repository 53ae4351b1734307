"""The config document: load, check, defaults. Every problem names the key and what it should be; all come at once.

Knows the shape of the settings, not what the other rooms do with them. A board drops this module after start.
The table below is also the source of the configuration reference (`python -m tools check --reference`).
"""

import json

from wanbeacon.core import address
from wanbeacon.core.text import nearest, printable
from wanbeacon.core.url import name_fault, split_url

SIZE_MAX = 4096  # bytes of JSON a board accepts: it is parsed in a heap of about 100 KB
ROUTER_MAX = 32768  # bytes that a router or a PC accepts: it has the memory for many accounts

# A line: key (! = required), kind, default (- = none), what it is. Kinds: text:LONGEST, secret:LONGEST, url:LONGEST,
# flag, whole:LOWEST:HIGHEST, address:FAMILY, choice:A,B, object:SECTION, source, host (a name or a [host] object), list:MOST:KIND.
# One text, because tables of tuples would cost a board 15 KB of heap at start instead of 6.
TABLE = """
[]
accounts! list:20:object:account - provider accounts
address list:10:source auto where the address comes from, in order
cross_check flag false two sources must agree before a changed address is sent
device object:device {} who this device is
intervals object:intervals {} times in seconds or days
portal object:portal {} web pages of a board
wifi list:5:object:wifi - networks of a board, best first
ntp text:253 pool.ntp.org time server of a board
[account]
provider! text:26 - provider name out of the catalogue, or custom
user text:255 - user name, e-mail or key name
password secret:255 - password or update key
token secret:512 - bearer token, where the provider has them
auth choice:basic,bearer,query - how to log in, if not as the provider prefers
method choice:GET,POST - HTTP method, where the provider takes both
hosts! list:50:host - host names
server text:260 - other server: host, host:port or http://host:port
ca text:200 - file with the one CA certificate (DER) to trust instead of the usual ones
bind text:40 - network device to send by (Linux); on OpenWrt @INTERFACE, the one that it has now
address list:10:source - where this account's address comes from
custom object:custom - a provider of your own, with provider: custom
[host]
name! text:253 - host name to keep up to date (or what the provider uses instead)
allow_private flag false publish a private address too (for DNS inside the home)
ipv4 flag true keep the A record
ipv6 flag true keep the AAAA record
zone text:253 - domain the host belongs to, where that is not the name less its first label
wildcard choice:ON,OFF,NOCHG - Dyn: *.name too
mx text:253 - Dyn: mail exchanger
backmx choice:YES,NO,NOCHG - Dyn: that exchanger is a backup
system text:20 - legacy system parameter (dyndns, statdns, custom)
[custom]
url! url:500 - https://server/path?query with {hostname} {ip} {ipv6} {user} {password}
url6 url:500 - the same for IPv6 alone
url_dual url:500 - the same for both addresses in one request
method choice:GET,POST GET HTTP method
auth choice:basic,bearer,query,none basic how to log in
ok list:10:text:60 - answers that mean stored, instead of good and nochg: ^word =line *text ~word #status {ip}
same list:10:text:60 - answers that mean unchanged
fail list:10:text:60 - answers after which to stop
later list:10:text:60 - answers after which to try later
[device]
company text:60 Wanbeacon User-Agent: who ships this device
name text:40 Wanbeacon User-Agent: name of the device
model text:40 - User-Agent: model; default: the board's own
contact text:80 support@wanbeacon.example User-Agent: mail address for the provider's questions
hostname text:32 - name of the device in the home network
[intervals]
check whole:60:86400 300 seconds between two looks at the address without an event
outside whole:600:86400 600 least seconds between two questions to an outside service
minimum whole:1:86400 60 least seconds between two requests, where the provider names none
refresh_days whole:1:365 - days after which an unchanged name is sent again
[portal]
enabled flag true serve the status page
password secret:63 - for the settings pages
port whole:1:65535 80 TCP port
[wifi]
ssid! text:32 - network name
password secret:63 - network password
hidden flag false the network does not announce its name
[source auto]
[source netlink]
device text:15 - network device; default: the one with the default route
suffix address:6 - IPv6: another host behind this device, by the lower half of its address
[source interface]
device text:15 - network device; default: the one with the default route
suffix address:6 - IPv6: another host behind this device, by the lower half of its address
[source ubus]
interface text:32 - OpenWrt interface; default: the one with the default route
socket text:100 - path of ubusd's socket
suffix address:6 - IPv6: another host behind the router, by the lower half of its address
[source natpmp]
gateway address:4 - the router's address
[source pcp]
gateway address:4 - the router's address
map flag false open a port for a moment to learn the address
[source upnp]
events flag true subscribe to the router's events
location url:200 - description URL (http), if the router is not to be searched
[source stun]
servers! list:4:text:260 - two servers, host:port
[source whoami]
form choice:opendns,akamai,noip opendns which service's DNS question
server text:260 - other name server, host:port
name text:253 - other name to ask for
type choice:A,AAAA,TXT - other record type
[source web]
url url:300 - page that tells the IPv4 address
url6 url:300 - page that tells the IPv6 address
ca text:200 - file with the one CA certificate (DER) to trust
pattern text:100 - text before and after the address on the page, with * for the address
[source command]
command! text:300 - shell command that prints the address
"""


def rows(section):
    """The lines of one section: [(key, required, kind, default text, what it is)]; None when there is no such one."""
    at = TABLE.find("\n[%s]\n" % section)
    if at < 0:
        return None
    at += len(section) + 4
    end = TABLE.find("\n[", at - 1)
    out = []
    for line in TABLE[at : end if end >= 0 else len(TABLE)].split("\n"):
        if line:
            key, kind, default, what = line.split(" ", 3)
            out.append((key.rstrip("!"), key[-1] == "!", kind, default, what))
    return out


def sources():
    """Names of the address sources."""
    out, at = [], 0
    while True:
        at = TABLE.find("\n[source ", at)
        if at < 0:
            return out
        at += 9
        out.append(TABLE[at : TABLE.find("]", at)])


class ConfigError(ValueError):
    """problems: list of one-line texts."""

    def __init__(self, problems):
        super().__init__("; ".join(problems))
        self.problems = problems


def read(path, most=SIZE_MAX):
    """The settings in a file, checked. Raises OSError when there is none, ConfigError with every problem found."""
    try:
        with open(path) as f:
            text = f.read(most + 1)
    except UnicodeError:
        raise ConfigError(["the config is not a text file (UTF-8)"])
    return load(text, most)


def load(text, most=SIZE_MAX):
    """JSON text to a checked document with all defaults filled in. Raises ConfigError with every problem found."""
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
    if problems:
        raise ConfigError(problems)
    return doc


def _open_end(text):
    """What is not closed or not opened in a JSON text, with its line; None when all brackets and quotes pair up."""
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
            if len(depth) > 20:  # more than any parser must bear
                return "line %d: too many brackets inside each other" % line
        elif c in b"}]":
            if not depth or depth.pop()[0] != c - 2:  # "{" and "[" stand two before their other halves
                return "line %d: a '%s' that nothing opened" % (line, chr(c))
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
            hint = "did you mean %s?" % near[0] if near else "known here: %s" % (", ".join(sorted(known)) or "nothing")
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
    name, _, bounds = kind.partition(":")

    def bad(should):
        problems.append("%s: should be %s (%s)" % (path, should, what))

    if name in ("text", "secret", "url"):
        if not isinstance(value, str) or not value:
            return bad("text in quotation marks")
        if len(value) > int(bounds):
            return bad("at most %s characters long" % bounds)
        try:
            raw = value.encode()
        except UnicodeError:  # half a character ("\\ud800"), which no UTF-8 holds
            return bad("whole characters")
        for c in raw:
            if c < 32 or c == 127:
                return bad("without control characters or line ends")
        if name == "url" and path.find(".custom.") < 0:  # templates are read by dyndns/custom.py
            try:
                split_url(value)
            except ValueError as e:
                problems.append("%s: %s (%s)" % (path, e, what))
                return None
        return value
    if name == "address":
        try:
            good = isinstance(value, str) and len(address.parse(value)) == (4 if bounds == "4" else 16)
        except ValueError:
            good = False
        return value if good else bad("an IPv%s address" % bounds)
    if name == "flag":
        return value if isinstance(value, bool) else bad("true or false")
    if name == "whole":
        low, _, high = bounds.partition(":")
        if isinstance(value, bool) or not isinstance(value, int) or not int(low) <= value <= int(high):
            return bad("a whole number from %s to %s" % (low, high))
        return value
    if name == "choice":
        good = isinstance(value, str) and value in bounds.split(",")
        return value if good else bad("one of %s" % bounds.replace(",", ", "))
    if name == "object":
        return _object(value, bounds, path, problems)
    if name == "host":
        return _object({"name": value} if isinstance(value, str) else value, "host", path, problems)
    if name == "source":
        return _source(value, path, problems)
    most, _, kind = bounds.partition(":")
    if not isinstance(value, list) or not 0 < len(value) <= int(most):
        return bad("a list [...] with 1 to %s entries" % most)
    return [_value(value[i], kind, "%s[%d]" % (path, i), what, problems) for i in range(len(value))]


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
        problems.append("%s.pattern: should hold one * for the address, with the text before or after it" % path)
    if name == "upnp" and (out.get("location") or "http:")[:5] != "http:":
        problems.append("%s.location: should be a URL that starts with http://: routers speak no TLS there" % path)
    out["source"] = name
    return out


def _sense(doc, problems):
    """What a table cannot say: which keys need each other."""
    accounts = doc["accounts"]
    for i in range(len(accounts)):
        a = accounts[i]
        path = "accounts[%d]" % i
        custom = a.get("custom") or {}
        a["provider"] = a["provider"].lower()
        if a["provider"] == "custom" and not custom:
            problems.append("%s.custom: missing; describe the provider: at least its url" % path)
        if a["provider"] != "custom" and custom:
            problems.append('%s.provider: should be "custom" when the account has a custom part' % path)
        if not (a.get("password") or a.get("token")) and custom.get("auth") != "none":
            problems.append("%s.password: missing; password, update key or token of the account" % path)
        seen = {}
        for j in range(i):
            if _one_login(a, accounts[j]):
                for h in accounts[j]["hosts"]:
                    seen[h["name"].lower()] = "accounts[%d]" % j, h
        for j in range(len(a["hosts"])):
            h = a["hosts"][j]
            where = "%s.hosts[%d]" % (path, j)
            name = h["name"]
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
                    problems.append("%s.name: must not contain spaces, commas or characters such as / ? & = %% #" % where)
                    break
            other, twin = seen.get(name.lower(), ("", h))
            if other == path:
                problems.append("%s.name: listed twice in this account" % where)
            elif other and (h["ipv4"] and twin["ipv4"] or h["ipv6"] and twin["ipv6"]):
                problems.append("%s.name: listed in %s too, with the same login and line; remove one" % (where, other))
            seen[name.lower()] = path, h
            if not (h["ipv4"] or h["ipv6"]):
                problems.append("%s: ipv4 and ipv6 are both off; nothing is left to keep up to date" % where)


def _one_login(a, b):
    """Whether two accounts are one at the provider and send the address of one line."""
    keys = ("provider", "custom", "server", "user", "address", "bind")
    for key in keys if a.get("user") else keys + ("token", "password"):
        if a.get(key) != b.get(key):
            return False
    return True
