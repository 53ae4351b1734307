# SPDX-License-Identifier: MIT
"""UCI options that few need: other hosts at home (app/homehost.py), a service's own interval, and who is
told of events (section type `notify`). Pure."""

from collections import OrderedDict

#: Of another host at home: option -> kind; the agent's keys have the same names.
HOME = {
    "suffix": "text",
    "mac": "text",
    "neighbor": "text",
    "privacy": "bool",
    "lan": "text",
    "subnet": "number",
    "prefix_length": "number",
}
#: Of a section `notify`: option -> kind; the agent's keys, but for `cacert`.
NOTIFY = {
    "enabled": "bool",
    "url": "text",
    "preset": "text",
    "token": "text",
    "user": "text",
    "topic": "text",
    "method": "text",
    "body": "text",
    "hook": "text",
    "events": "list",
    "hours": "number",
    "cacert": "text",
}
# what a service of update_url answers: our option, a list of words -> the agent's key
ANSWERS = (("success", "ok"), ("unchanged", "same"), ("failure", "fail"), ("later", "later"))
_HOURS = 8760  # a year: the most that the agent takes


def home(read):
    """What a section says of another host at home, as the agent's keys; {} for this router's own address."""
    found = OrderedDict()
    for option, kind in HOME.items():
        value = read.take(option, kind)
        if value is not None and value is not False:
            found[option] = value
    return found


def is_home(found):
    """Whether the section's names are another host's: its AAAA record is meant."""
    return bool(found.get("suffix") or found.get("mac") or found.get("neighbor"))


def hours(read):
    """A service's force_interval in whole hours, or None. The provider's own rule, and the least time
    between two requests, stay: app/build.py."""
    force = read.take("force_interval", "number")
    if not force:
        return None
    seconds = force * read.take("force_unit", "unit", 3600)
    return min(-(-seconds // 3600), _HOURS)


def notify(read):
    """One section `notify` -> an entry of the agent's notify, or None when it is switched off."""
    if not read.take("enabled", "bool", True):
        return None
    entry = OrderedDict()
    for option, kind in NOTIFY.items():
        value = read.take(option, kind) if option != "enabled" else None
        if value is not None:
            entry["ca" if option == "cacert" else option] = value
    lines = read.section.get("header")  # a field has spaces in it
    if lines:
        entry["header"] = lines[1] if isinstance(lines[1], list) else [lines[1]]
    return entry


def _words(read, option):
    """The words of an answer: each may have blanks in it, so that a single `option` is one of them."""
    entry = read.section.get(option)
    return entry and (entry[1] if isinstance(entry[1], list) else [entry[1]])


def answers(read, custom):
    """The words that a service of one's own answers with, into `custom`; a fault where there is no
    update_url."""
    for option, key in ANSWERS:
        words = _words(read, option)
        if words and custom is None:
            read.bad(option, "is used only with update_url; the catalogue knows what its services answer")
        elif words:
            custom[key] = words
