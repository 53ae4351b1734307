# SPDX-License-Identifier: MIT
"""One notice on its way: its words, and the template of a [notify] entry, or a row of catalogue/notices.txt,
filled in. A stage.

A body that begins with {" or [ is JSON, one like a={text}&b={host} is a form, anything else is plain text;
what is filled in is escaped for that.
"""

import json

import wanbeacon
from wanbeacon.app import words
from wanbeacon.core import address
from wanbeacon.core.lines import lines
from wanbeacon.core.url import quote

# the events, by number
NAMES = ("well", "published", "stopped", "trouble", "cgnat", "upgraded", "reverted", "test")
_NAMED = 5  # hosts that the text names

_OWN = ("url", "token", "user", "topic")  # what an entry of the settings may fill in itself


def row(name):
    """The row (dict) of a service. Raises OSError without the file, ValueError when the row is missing or
    damaged."""
    key = (name + " ").encode()
    with open(wanbeacon.catalogue + "/notices.txt", "rb") as f:
        for line in lines(f):
            if line.startswith(key):
                return json.loads(line[len(key) :])
    raise ValueError("no row for %s in notices.txt" % name)


def _own(doc, service):
    """What the entry fills in: its own values, and the service's usual address."""
    values = {}
    for key in _OWN:
        if key in doc:
            values[key] = doc[key]
    if doc.get("preset"):
        place = doc.get("url") or service.get("at")
        if place:
            values["url"] = place[:-1] if place[-1] == "/" else place
    return values


def problems(docs):
    """What is wrong with the entries that a table cannot say: one line each."""
    out = []
    for i in range(len(docs)):
        doc, path = docs[i], "notify[%d]" % i
        if doc.get("hook"):
            if len([key for key in ("url", "preset", "body", "header") if key in doc]):
                out.append("%s.hook: a command goes alone: move the rest to an entry of its own" % path)
            continue
        if not (doc.get("url") or doc.get("preset")):
            out.append("%s: should have a url, a preset or a hook" % path)
            continue
        service = row(doc.get("preset") or "webhook")
        have = _own(doc, service)
        for key in service["needs"]:
            if key not in have:
                out.append("%s.%s: missing; %s needs it" % (path, key, doc.get("preset") or "a webhook"))
        for line in doc.get("header") or ():
            name, colon, value = line.partition(": ")
            if (
                not colon
                or not value
                or " " in name
                or name.lower() in ("host", "content-length", "connection")
            ):
                out.append(
                    '%s.header: should look like "Name: value", and not set Host, '
                    "Content-Length or Connection" % path
                )
    return out


def fill(text, values, escape):
    """The template with each {name} that `values` has replaced by its escaped value."""
    parts = text.split("{")
    out = [parts.pop(0)]
    for part in parts:
        name, closed, rest = part.partition("}")
        out.append(escape(name, values[name]) + rest if closed and name in values else "{" + part)
    return "".join(out)


def _in_url(name, value):
    return value if name == "url" else quote(value).replace("%3A", ":")  # Telegram's tokens have one


def _in_json(name, value):
    return json.dumps(str(value))[1:-1]


def _in_form(name, value):
    return quote(value)


def _plain(name, value):
    return str(value)


def build(doc, notice, agent_name):
    """(method or False, URL, header fields, body or None, likely roots) of one notice. doc: the entry;
    notice: dict of texts (and time, a whole number)."""
    service = row(doc.get("preset") or "webhook")
    values = dict(notice)
    values.update(_own(doc, service))
    url = fill(service["url"] if doc.get("preset") else doc["url"], values, _in_url)
    headers = {"User-Agent": agent_name}
    for line in service["header"] + (doc.get("header") or []):
        name, _, value = line.partition(": ")
        value = fill(value, values, _plain)
        if not [key for key in _OWN if "{%s}" % key in value]:
            headers[name] = value
    method, body = doc.get("method") or "POST", None
    if method != "GET":
        template = doc.get("body") or service["body"]
        escape, kind = _plain, "text/plain; charset=utf-8"
        if template[:1] == "[" or template[:2] == '{"':
            escape, kind = _in_json, "application/json"
        elif "={" in template and " " not in template:
            escape, kind = _in_form, "application/x-www-form-urlencoded"
        if not [name for name in headers if name.lower() == "content-type"]:
            headers["Content-Type"] = kind
        body = fill(template, values, escape).encode()
    return method if body else False, url, headers, body, service.get("roots") or ()


def compose(agent, event, hosts, code, hours):
    """The notice as a dict: event, host, title, text, address, time. No secret is in it."""
    names, place = ", ".join([h.name for h in hosts[:_NAMED]]), ""
    if len(hosts) > _NAMED:
        names = words.say("notice.more", names, len(hosts) - _NAMED)
    if hosts:
        place = ", ".join([address.text(a) for a in (hosts[0].rec.v4, hosts[0].rec.v6) if a])
    else:  # of the device itself
        names = agent.cfg["mqtt"].get("label") if agent.cfg.get("mqtt") else None
        names = names or agent.cfg["device"]["name"]
    data = (hours, code) if event == "trouble" else (place if event in ("well", "published") else code,)
    if event == "test":
        data = ()
    clean = agent.log.scrub
    return {
        "event": event, "host": ",".join([h.name for h in hosts]),
        "title": clean(words.say("title." + event, names)),
        "text": clean(words.say("notice." + event, names, *data)), "address": place,
        "time": agent.clock.wall() or 0,
    }  # fmt: skip


def prepare(agent, number, event, hosts, code, rows):
    """What post.deliver takes, for what notify.tell said is due."""
    doc = agent.cfg["notify"][number]
    notice = compose(agent, NAMES[event], hosts, code, doc["hours"])
    if doc.get("hook"):
        return doc["hook"], notice
    return (None,) + build(doc, notice, agent.agent_name()) + (doc.get("ca"),)
