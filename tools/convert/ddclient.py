# SPDX-License-Identifier: MIT
"""Reads ddclient.conf (its manual, "configuration file"; 3.8 to 4.0). Knows nothing of our settings but
entry.Entry."""

import re

from .entry import Entry, Found

#: A `name=value` at the beginning of what is left of a line; its comma may be missing.
_OPTION = re.compile(r"""[\s,]*([A-Za-z][\w-]*)\s*=\s*("(?:\\.|[^"\\])*"|'[^']*'|[^\s,]*)""")
#: In a line, before a "#": `password=` or `fw-password=` with its value.
_PASSWORD = re.compile(r"""(?:(?<=\s)|(?<=,)|^)((?:[\w-]*-)?password\s*=\s*)('[^']*'|[^'"\s]\S*)""")
#: What is in double quotes, or a comment.
_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*")|\#.*""")
#: Options that say nothing which the agent does not know itself, or does in its own way.
_NOT_NEEDED = {
    "daemon", "syslog", "mail", "mail-failure", "pid", "ssl", "cache", "foreground", "min-interval",
    "max-interval", "min-error-interval", "verbose", "quiet", "timeout", "retry", "custom", "static", "file",
    "ssl_ca_dir", "curl", "exec", "max-warn", "quietreply", "postscript",
}  # fmt: skip
#: `use` and its like -> the key that says more.
_USES = {"use": "", "usev4": "v4", "usev6": "v6"}


def read(text):
    """entry.Found of a file's text."""
    out, general = Found(), {}
    for number, line in _lines(text):
        options, hosts = _split(line)
        if not hosts:
            general.update(options)
            continue
        known = {**general, **options}
        one = Entry(
            "line %d" % number,
            service=known.pop("protocol", "dyndns2"),
            user=known.pop("login", ""),
            password=known.pop("password", ""),
            hosts=hosts,
            server=known.pop("server", ""),
            zone=known.pop("zone", ""),
            ttl=known.pop("ttl", ""),
            path=known.pop("script", ""),
        )
        for name in ("wildcard", "mx", "backupmx"):
            if known.get(name, "no") != "no":
                one.options["backmx" if name == "backupmx" else name] = known[name]
            known.pop(name, None)
        _address(known, one)
        one.lost = sorted(set(known) - _NOT_NEEDED)
        out.entries.append(one)
    if not out.entries:
        out.lost.append("no line of it names a host")
    return out


def _lines(text):
    """(number, line): without comments, continued lines as one. A password is taken out first, as ddclient
    does: it may hold # and commas."""
    line, start = "", 0
    for number, part in enumerate(text.splitlines(), 1):
        start = start if line else number
        part = _PASSWORD.sub(_quoted, part)
        part = _COMMENT.sub(lambda found: found[1] or "", part).strip()
        if part.endswith("\\"):
            line += part[:-1] + " "
            continue
        line += part
        if line.strip():
            yield start, line.strip()
        line = ""
    if line.strip():
        yield start, line.strip()


def _quoted(found):
    """A password in double quotes whatever it holds."""
    value = found[2][1:-1] if found[2][:1] == "'" else found[2].rstrip(",")
    return '%s"%s"%s' % (found[1], re.sub(r'(["\\])', r"\\\1", value), "," if found[2][-1:] == "," else "")


def _split(line):
    """({option: value}, [hosts]); behind the hosts there may be login and password, the old way."""
    options = {}
    while found := _OPTION.match(line):
        value = found[2]
        if value[:1] in ("'", '"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        options[found[1].lower()] = value
        line = line[found.end() :]
    words = re.sub(r"\s*,\s*", ",", line.strip(" ,")).split()
    options.update(zip(("login", "password"), words[1:3], strict=False))
    hosts = ",".join([*words[:1], options.pop("host", "")])
    return options, [host for host in hosts.split(",") if host]


def _address(known, one):
    """Where ddclient takes the address from; `use=web` with its own default is what "auto" ends with."""
    for use, family in _USES.items():
        way = known.pop(use, "").removesuffix(family)
        web, device, command = (known.pop(key + family, "") for key in ("web", "if", "cmd"))
        for key in ("fw", "fw-login", "fw-password", "web-skip", "fw-skip", "cmd-skip", "if-skip", "ip"):
            if known.pop(key + family, "") and way and way in key:
                one.notes.append("%s=%s: the router is asked by NAT-PMP and UPnP" % (use, way))
        if way == "no" or way == "disabled":
            one.families[family] = False
        elif way == "if" and device:
            one.address.append({"source": "interface", "device": device})
        elif way == "cmd" and command:
            one.address.append({"source": "command", "command": command})
        elif way == "web" and web.startswith("https://"):
            one.address += ["auto", {"source": "web", "url6" if family == "v6" else "url": web}]
        elif way == "web" and web:
            one.notes.append("web=%s: not taken over; the router is asked, which hears of changes" % web)
