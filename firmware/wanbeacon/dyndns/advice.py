# SPDX-License-Identifier: MIT
"""What is wrong or unwise about accounts, seen from their providers' rows. For `check` and for start."""

from wanbeacon.core import url
from wanbeacon.dyndns import catalog, share

_WRITES = ("noip",)  # asks for a mail address in the User-Agent (No-IP, request method)


def judge(catalogue, accounts, contact=None):
    """(rows, problems, warnings) of checked accounts: the provider's row of each, None where there is none
    that works, and lists of one-line texts. The agent does not start with a problem. A provider's name is
    replaced by its id.

    catalogue: path of the file; contact: device.contact. Raises OSError when it is missing, ValueError when
    it is damaged."""
    rows, problems, warnings = [], [], []
    for i in range(len(accounts)):
        account, row, wrong, unwise = accounts[i], None, (), ()
        if account["provider"] != "custom":
            row = catalog.find(catalogue, account["provider"])
            if row:
                account["provider"] = row["id"]
            else:
                wrong = (
                    "provider: %s is not in the catalogue; %s"
                    % (account["provider"], _near(catalogue, account["provider"])),
                )
        else:
            try:
                from wanbeacon.dyndns import custom  # most accounts have no use for it

                row = custom.row(account["custom"])
            except ValueError as e:
                wrong = ("custom.%s" % e,)
        if row:
            wrong, unwise = advice(row, account)
            if row["id"] in _WRITES and not contact and "@" not in (account.get("user") or ""):
                unwise.append(
                    "provider: %s asks whom it may write to; set device.contact to a mail address" % row["id"]
                )
        unwise = list(unwise)
        for host in account["hosts"]:
            if host.get("suffix"):
                from wanbeacon.core import prefix  # few hosts have one

                unwise += prefix.doubts(host)
        rows.append(row)
        problems += ["accounts[%d].%s" % (i, text) for text in wrong]
        warnings += ["accounts[%d].%s" % (i, text) for text in unwise]
    return rows, problems, warnings


def _near(catalogue, name):
    from wanbeacon.dyndns.search import search  # only for whoever misspelled one

    found = search(str(catalogue).rpartition("/")[0] + "/names.txt", name, 4)
    if found and found[0][0] == "-":  # people look for it, and no row can serve it
        return "%s cannot be kept by this agent: %s" % found[0][1:]
    near = ["%s (%s)" % one[:2] for one in found if one[0] != "-"][:3]
    return (
        "did you mean %s?" % " or ".join(near)
        if near
        else "see the list of providers, or use provider: custom"
    )


def advice(row, account):
    """(problems, warnings): lists of one-line texts that begin with the account's key. A problem means that
    requests cannot work; a warning is for the user to weigh."""
    if row.get("dns"):
        return _dns(row, account), []
    problems, warnings = [], []
    way = share.auth_of(row, account)
    own = account.get("custom", {"url": ""})["url"]
    inside = own and "write it inside custom"
    _provider(row, account, problems, warnings)
    _login(row, account, way, inside, problems, warnings)
    if account.get("method") == "POST" and row.get("post") not in (1, 2):
        problems.append("method: " + (inside or "%s takes GET only" % row["id"]))
    _transport(row, account, way, problems, warnings)
    if own:
        _own_url(row, own, account["hosts"], warnings)
    for host in account.get("hosts") or ():
        _host(row, host, problems, warnings)
    return problems, warnings


def _provider(row, account, problems, warnings):
    if row.get("closed"):
        warnings.append(
            "provider: %s is closed; its form is kept for servers that still speak it" % row["id"]
        )
    elif row.get("untested"):
        warnings.append(
            "provider: %s is untested: no answer of it was ever recorded; watch the first update" % row["id"]
        )
    if row.get("own") and not account.get("server"):
        problems.append(
            "server: missing; %s runs on a server of your own: name it, host or host:port" % row["id"]
        )


def _login(row, account, way, inside, problems, warnings):
    """way: how the account logs in. inside: what to say of a key that belongs into `custom`, else ""."""
    ways, wish = row.get("auth") or ["basic"], account.get("auth")
    if wish and wish not in ways:
        has = "no login but the key in its URL" if ways == ["none"] else "only %s" % ", ".join(ways)
        problems.append("auth: " + (inside or "%s has %s; leave auth out" % (row["id"], has)))
    elif way == "query":
        warnings.append(
            "auth: query puts the password into the URL, which servers write into their logs; basic does not"
        )
    if row.get("rest"):
        _api(row, account, problems)
    elif row["id"] != "custom" and not (account.get("password") or account.get("token")):
        problems.append("password: missing; password, update key or token of the account")
    if way == "bearer" and not (account.get("token") or account.get("password")):
        problems.append("token: missing; bearer needs one")
    if way != "bearer" and not account.get("user") and not row.get("user") and "{user}" in _texts(row, way):
        problems.append("user: missing; %s needs a user name" % row["id"])


def _transport(row, account, way, problems, warnings):
    tls = not row.get("plain")
    if account.get("server"):
        try:
            tls = url.server(account["server"], tls, None)[0]
        except ValueError as e:
            problems.append("server: %s" % e)
    if not tls and (row.get("auth") != ["none"] or "{password}" in _texts(row, way)):
        warnings.append(
            "%s: the password travels without encryption"
            % ("server" if account.get("server") else "provider")
        )
    for key, place in (("user", "{user}"), ("password", "{password}")):
        if account.get(key) in (".", "..") and place in row["path"]:
            problems.append("%s: cannot be part of a URL's path" % key)


def _own_url(row, own, hosts, warnings):
    # sent with both or not at all: one left empty could delete a record
    if "{ip}" in own and "q4" not in row:
        warnings.append(
            "custom.url: sent only when both addresses are known; make it url_dual and add a url for {ip}"
        )
    if hosts[1:] and not [place for place in ("{host", "{labels}", "{domain}") if place in own]:
        warnings.append("hosts: custom.url has no {hostname}: all hosts send the same request")


def _dns(row, account):
    """The problems of an account that is kept by DNS UPDATE."""
    from wanbeacon.dyndns import dnskey  # few accounts need it

    problems = []
    for key, check, value in (
        ("server", dnskey.server, account),
        ("user", dnskey.name, account.get("user") or ""),
        ("password", dnskey.secret, account.get("password") or account.get("token") or ""),
    ):
        if not value:
            problems.append("%s: missing; %s wants %s" % (key, row["id"], row["about"]))
            continue
        try:
            check(value)
        except ValueError as e:
            problems.append("%s: %s" % (key, "should be the name of the TSIG key" if key == "user" else e))
    algorithm = account.get("algorithm")
    if algorithm and not dnskey.known(algorithm):
        problems.append("algorithm: this MicroPython has no %s; make an hmac-sha256 key" % algorithm)
    for host in account.get("hosts") or ():
        try:
            name, zone = dnskey.name(host["name"]), dnskey.name(host.get("zone") or share.labels_of(host)[1])
            if not name.endswith(zone):
                problems.append("hosts: %s: does not lie in its zone %s" % (host["name"], host.get("zone")))
        except ValueError as e:
            problems.append("hosts: %s" % e)
    return problems


def _api(row, account, problems):
    """The keys that a JSON API takes."""
    for key in row.get("needs") or ("token",):
        if not account.get(key) and not (
            key == "token" and account.get("password") and "password" not in row.get("needs", ())
        ):
            problems.append("%s: missing; %s wants %s" % (key, row["id"], row["about"]))


def _texts(row, way):
    """All templates that a login of this kind fills."""
    out = [row["path"]] + [row[k] for k in ("q4", "q6", "qd", "qc") if k in row]
    if way == "query":
        out.append(row.get("qa") or "")
    return "{user}" + "{password}" if way == "basic" else " ".join(out)


def _no_name(name, problems):
    """A port, an address or a place of a template where a host name belongs."""
    for c in name.encode():  # by bytes, see core.text.printable; above 127: letters of other languages
        if not (48 <= c < 58 or 65 <= c < 91 or 97 <= c < 123 or c > 127 or c in b"-._*"):
            problems.append("hosts: %s: a host name has no %s" % (name, chr(c)))
            return
    if name.count(".") == 3 and name.replace(".", "").isdigit():
        problems.append("hosts: %s: is an address; the name that is to lead there belongs here" % name)


def _host(row, host, problems, warnings):
    name = host["name"]
    if not any(share.families(row, host)):
        problems.append(
            "hosts: %s: %s keeps %s records only" % (name, row["id"], "A" if "q4" in row else "AAAA")
        )
    if "@" in name and not row.get("any"):
        problems.append("hosts: %s: a host name has no @; a user name belongs into user" % name)
    elif not row.get("any") and row["id"] != "custom":
        _no_name(name, problems)
    if "." not in name.strip(".") and not row.get("any") and row["id"] != "custom":
        warnings.append(
            "hosts: %s: %s expects full names such as %s.example.org"
            % (name, row["id"], name.strip(".") or "home")
        )
    if host.get("keep_others"):
        problems.append(
            "hosts: %s: keep_others: %s replaces all addresses of a name; rfc2136 alone can keep others"
            % (name, row["id"])
        )
    zone = host.get("zone")
    if zone and name.lower() != zone.lower() and not name.lower().endswith("." + zone.lower()):
        problems.append("hosts: %s: is not in its zone %s" % (name, zone))
    for option in share.OPTIONS:
        if host.get(option) and option not in [o.partition("=")[0] for o in row.get("opts") or ()]:
            warnings.append("hosts: %s: %s does not support %s; it is left out" % (name, row["id"], option))
