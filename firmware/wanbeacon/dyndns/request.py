# SPDX-License-Identifier: MIT
"""A request for hosts that share one (share.py): URL, headers, User-Agent.

Everything that comes from a user is percent-encoded; secrets go into the Authorization header unless the
provider has no other way.
"""

import ubinascii

from wanbeacon import VERSION
from wanbeacon.core import address, url
from wanbeacon.core.outgoing import Request
from wanbeacon.core.text import printable
from wanbeacon.core.url import quote
from wanbeacon.dyndns.share import auth_of, labels_of


def _ascii(value):
    return printable(value).strip()


def user_agent(device, style=None):
    """The User-Agent of this device: "Company DeviceName-Model/FirmwareVersion contact@mail" (No-IP, hardware
    form), or for style "dyn" "Company - Device Model - Version". ASCII, one line. device: dict of the
    config."""
    company = _ascii(device.get("company") or "Wanbeacon")
    name = _ascii(device.get("name") or "Wanbeacon").replace(" ", "")
    model = _ascii(device.get("model") or "Generic").replace(" ", "")
    if style == "dyn":
        return "%s - %s %s - %s" % (company, name, model, VERSION)
    contact = _ascii(device.get("contact") or "").replace(" ", "")
    return ("%s %s-%s/%s %s" % (company, name, model, VERSION, contact)).strip()


def _login(row, account, name):
    """(user, password) of a request about the host `name`."""
    user, password = account.get("user"), account.get("password") or account.get("token") or ""
    if not user:  # the host is its own user, or the token is both, or none is needed
        user = {"host": name, "token": password}.get(row.get("user"))
    return str(user or ""), str(password)


def _basic(row, user, password):
    # No-IP: RFC 7617 forbids ":" in a user name; groups have one. Only ":" and "#" are encoded.
    if row.get("enc"):
        user = user.replace(":", "%3A").replace("#", "%23")
    word = "%s:%s" % (user, password)
    return "Basic " + ubinascii.b2a_base64(word.encode()).decode().strip()


def place(row, account, only6=False):
    """(TLS or not, host, port) of the account's server."""
    tls, host, port = not row.get("plain"), row["host"], row.get("port")
    if only6 and row.get("host6"):
        host = row["host6"]
    if account.get("server"):
        tls, host, port = url.server(account["server"], tls, port)
    return tls, host, port or (443 if tls else 80)


def build(row, account, hosts, template, sent, agents, offline=False):
    """The Request for hosts (config dicts) of one account.

    template, sent: from `pick`: sent = (IPv4 address or None, IPv6 address or None), packed. agents: function
    style -> User-Agent. The account may override host, port and scheme by "server" ("host:port",
    "http://host:port"), and the method where the provider takes both.
    """
    way = auth_of(row, account)
    label, zone = labels_of(hosts[0])
    user, password = _login(row, account, hosts[0]["name"])
    values = {
        "hostname": ",".join([quote(h["name"]) for h in hosts]),
        "host": quote(label),
        "labels": ",".join([quote(h["name"].split(".")[0]) for h in hosts]),
        "domain": quote(zone),
        "ip": quote(address.text(sent[0])) if sent[0] else "",
        "ipv6": quote(address.text(sent[1])) if sent[1] else "",
        "user": quote(user),
        "password": quote(password),
    }
    path, query = _templates(row, template, label, offline)
    query = _fill(query, values)
    if way == "query" and "qa" in row:
        query += ("&" if query else "") + _fill(row["qa"], values)
    query += _options(row, hosts[0], offline and template + "-" not in row)
    for key in values:  # "." and ".." as a part of a path would mean another path
        if values[key] in (".", ".."):
            values[key] = values[key].replace(".", "%2E")
    path = _fill(path, values)
    headers = {"User-Agent": agents(row.get("ua"))}
    if way == "basic":
        headers["Authorization"] = _basic(row, user, password)
    elif way == "bearer":
        headers["Authorization"] = "Bearer " + _ascii(account.get("token") or password)
    tls, host, port = place(row, account, sent[1] and not sent[0])
    headers["Host"] = host if port == (443 if tls else 80) else "%s:%d" % (host, port)
    family = 0
    if row.get("conn") or template == "qc":
        family = 4 if sent[0] else 6
    body = None
    post = row.get("post") == 1 or row.get("post") == 2 and account.get("method") == "POST"
    if post:
        body, query = query, ""
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        headers["Content-Length"] = str(len(body))
    if query:
        path += "?" + query
    return Request(post, tls, host, port, path, headers, body, family)


def _templates(row, template, label, offline):
    """(path, query) of a row, still to be filled: some have their own for a zone's top and to delete."""
    query = row[template]
    if offline and template + "-" in row:
        query = row[template + "-"]
    elif label == "@" and template + "@" in row:
        query = row[template + "@"]
    if not query.startswith("/"):
        return row["path"], query
    path, _, query = query.partition("?")  # a template with a path of its own
    return path, query


def _options(row, host, offline):
    """The "&key=value" of what the provider takes beside the address. offline: it is said by an option."""
    out = ""
    for option in row.get("opts") or ():
        option, _, value = option.partition("=")
        value = host.get(option) or value
        if option == "offline":
            value = "YES" if offline else ""
        if value:
            out += "&%s=%s" % (option, quote(value))
    return out


def _fill(template, values):
    """Replace {name} by its value in one pass, so that a value that looks like a place is left alone."""
    out, at = [], 0
    while True:
        cut = template.find("{", at)
        end = template.find("}", cut)
        if cut < 0 or end < 0:
            out.append(template[at:])
            return "".join(out)
        out.append(template[at:cut])
        name = template[cut + 1 : end]
        out.append(values.get(name, ""))
        at = end + 1
