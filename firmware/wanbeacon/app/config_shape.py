# SPDX-License-Identifier: MIT
"""Whether a document has the shape that catalogue/settings.txt gives the settings, and its defaults.
A stage of config.py."""

from wanbeacon.app import stage
from wanbeacon.app.config_rows import each, sources, table, what

_tables = {}  # section -> its table's text: a document has many hosts
_keys = {}  # key -> itself: one text for the same key of all hosts
_later = []  # what config_sense.py has to look at


def check(doc):
    """(document with its defaults, lines of what is wrong with it, what config_sense.py is to read)."""
    problems, _later[:] = [], ()
    return _object(doc, "", "", problems), problems, _later


def _object(value, section, path, problems):
    if not isinstance(value, dict):
        problems.append("%s: should be an object {...}" % (path or "the config"))
        return {}
    if section not in _tables:
        _tables[section] = table(section)
    rows = _tables[section]
    known = [row[0] for row in each(rows)] if value else ()
    for key in value:
        if key not in known:
            near = _nearest(str(key), known)
            hint = (
                "did you mean %s?" % near[0]
                if near
                else "known here: %s" % (", ".join(sorted(known)) or "nothing")
            )
            problems.append("%s: unknown key; %s" % (_join(path, _show(key)), hint))
    out, known = {}, None
    for key, required, kind, default in each(rows):
        key, where = _keys.setdefault(key, key), _join(path, key)
        if key in value:
            out[key] = _value(value[key], kind, where, (section, key), problems)
        elif required:
            problems.append("%s: missing; %s" % (where, what(section, key)))
        elif default != "-":
            out[key] = _default(kind, default, where, problems)
    return out


def _nearest(word, known):
    return stage.run("core.text", "nearest", word, known)


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
    return stage.run("core.text", "printable", key, 33)[:40] or "(empty)"


def _value(value, kind, path, place, problems):
    """A value of this kind (settings.txt), checked, its defaults filled in; None after a problem.
    place: section and key of its row."""
    name, _, bounds = kind.partition(":")
    if name in _PLAIN:
        fault = _PLAIN[name](value, bounds)
        if name == "url" and not fault and path.find(".custom.") < 0:  # custom.py reads those templates
            fault = _url_fault(value)
        if fault:
            problems.append("%s: %s (%s)" % (path, fault, what(*place)))
            return None
        return value
    if name in _ADDRESSES:
        _later.append((kind, value, path) + place)
        return value
    if name == "object":
        return _object(value, bounds, path, problems)
    if name == "host":
        return _object({"name": value} if isinstance(value, str) else value, "host", path, problems)
    if name == "source":
        return _source(value, path, problems)
    most, _, kind = bounds.partition(":")
    if not isinstance(value, list) or not 0 < len(value) <= int(most):
        problems.append("%s: should be a list [...] with 1 to %s entries (%s)" % (path, most, what(*place)))
        return None
    return [_value(value[i], kind, "%s[%d]" % (path, i), place, problems) for i in range(len(value))]


# What is wrong with a plain value, None for nothing. bounds: what follows the kind's name in settings.txt.


def _text(value, bounds):
    if value == "":
        return "is empty text: leave it out, or fill it in"
    if not isinstance(value, str):
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
        stage.run("core.url", "split_url", value)
    except ValueError as e:
        return str(e)
    return None


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
    "text": _text, "secret": _text, "url": _text, "flag": _flag, "whole": _whole, "choice": _choice,
}  # fmt: skip
_ADDRESSES = ("address", "suffix", "mac", "neighbor")


def _source(value, path, problems):
    value = {"source": value} if isinstance(value, str) else value
    name = value.get("source") if isinstance(value, dict) else None
    known = sources()
    if not isinstance(name, str) or name not in known:
        near = _nearest(name, known) if isinstance(name, str) else None
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
