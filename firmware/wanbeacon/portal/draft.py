# SPDX-License-Identifier: MIT
"""Settings in the making: what the forms of the set-up change before it is saved. Pure; knows the settings'
shape, no page.

The draft holds secrets; nothing in here gives one back. A form field left empty keeps the secret that is
there. What was typed is kept though it may be wrong: whether it can be saved is for the agent's own rules to
say (site.problems).

set_...(form) returns faults: rows (field, key of a text), [] when there are none."""

import json

HOSTS_MAX = 50


def edit(raw, change, args):
    """Call a method of the draft of some settings (bytes): (the settings afterwards, None if they are the
    same, and what it returned). A stage: the settings as objects, and this module, are there no longer than
    that."""
    draft = Draft(raw)
    before = draft.data()
    out = getattr(draft, change)(*args)
    after = draft.data()
    return after if after != before else None, out


def text(form, key, most=300):
    """A form's field as trimmed text, control characters gone."""
    value = str(form.get(key) or "").strip()
    return bytes([b for b in value.encode() if b >= 32 and b != 127]).decode()[:most]


class Draft:
    """doc: the settings as JSON has them (not config.py's checked form)."""

    def __init__(self, raw=None):
        try:
            doc = json.loads(raw) if raw else {}
        except (ValueError, UnicodeError):
            doc = {}
        self.doc = doc if isinstance(doc, dict) else {}
        for key in ("accounts", "wifi"):
            rows = self.doc.get(key)
            self.doc[key] = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    # ---- Wi-Fi

    def set_wifi(self, form):
        """Fields: ssid (chosen) or other (typed), password, hidden."""
        # as it was heard: a space at its end belongs to it
        ssid = text(form, "other", 32) or str(form.get("ssid") or "")[:32]
        password = str(form.get("wifi_password") or "")
        faults = [] if ssid else [("other", "wifi_none")]
        old = [row for row in self.doc["wifi"] if row.get("ssid") == ssid]
        if not password and old:
            password = old[0].get("password") or ""
        if password and not 8 <= len(password) <= 63 or min(password.encode() or b" ") < 32:
            faults.append(("wifi_password", "wifi_short"))
        if not faults:
            row = {"ssid": ssid}
            if password:
                row["password"] = password
            if form.get("hidden"):
                row["hidden"] = True
            self.doc["wifi"] = ([row] + [r for r in self.doc["wifi"] if r.get("ssid") != ssid])[:5]
        return faults

    def networks(self):
        """Names of the saved networks."""
        return [str(row.get("ssid")) for row in self.doc["wifi"]]

    def drop_wifi(self, ssid):
        """Forget a network."""
        self.doc["wifi"] = [row for row in self.doc["wifi"] if row.get("ssid") != ssid]

    # ---- accounts

    def account(self, n):
        """An account's settings; {} for a new one."""
        rows = self.doc["accounts"]
        return rows[n] if 0 <= n < len(rows) else {}

    def login(self, n):
        """What the form of an account shows: (provider, user, lines of its hosts, whether there is a password
        or token, server, whether there is a token)."""
        row = self.account(n)
        return (
            row.get("provider"),
            row.get("user"),
            host_lines(row),
            bool(row.get("password") or row.get("token")),
            row.get("server"),
            bool(row.get("token")),
        )

    def accounts(self):
        """(provider, host names) of each account."""
        return [(row.get("provider"), host_names(row)) for row in self.doc["accounts"]]

    def drop_account(self, n):
        """Forget an account."""
        self.doc["accounts"] = [row for i, row in enumerate(self.doc["accounts"]) if i != n]

    def set_provider(self, n, name):
        """Another provider means another login: what was typed for the old one does not go to the new one.
        The names stay."""
        old = self.account(n)
        if old.get("provider") == name:
            return
        row = {"provider": name, "hosts": old.get("hosts") or []}
        if n < len(self.doc["accounts"]):
            self.doc["accounts"][n] = row
        else:
            self.doc["accounts"].append(row)

    def set_account(self, n, form, known=None):
        """Fields: user, password, hosts (one per line or with spaces; behind a name the suffix or MAC of
        another host at home), server, token (in forms of a provider that wants it beside the password).
        known: the keys that an account may have: others, which no form shows, go."""
        row, faults = self.account(n), []
        for key in list(row):
            if known and key not in known:
                del row[key]
        names, own = [], {}
        for word in str(form.get("hosts") or "").replace(",", " ").split()[: 2 * HOSTS_MAX]:
            if names and _is_own(word):
                own[names[-1]] = word
            else:
                names.append(word)
        del names[HOSTS_MAX:]
        if not names:
            faults.append(("hosts", "no_hosts"))
        kept = {}
        for h in row.get("hosts") or []:
            kept[h.get("name") if isinstance(h, dict) else h] = h
        row["hosts"] = [_host(kept.get(name, name), own.get(name)) for name in names]
        user, password = text(form, "user", 255), str(form.get("password") or "")
        for key, value in (
            ("user", user),
            ("server", text(form, "server", 260) if "server" in form else row.get("server")),
        ):
            row.pop(key, None)
            if value:
                row[key] = value
        if "token" in form:
            row["token"] = text(form, "token", 512) or row.get("token") or ""
            if not row["token"]:
                del row["token"]
                faults.insert(0, ("token", "no_token"))
        elif password:
            row.pop("token", None)
        if password:
            row["password"] = password
        if not (row.get("password") or row.get("token") and "token" not in form):
            faults.insert(0, ("password", "no_password"))
        return faults

    def contact(self):
        """The mail address for the provider's questions: the one that was set, else the first user name that
        looks like one."""
        device = self.doc.get("device")
        own = device.get("contact") if isinstance(device, dict) else None
        users = [str(row.get("user") or "") for row in self.doc["accounts"]]
        return own or ([user for user in users if mail(user)] + [""])[0]

    # ---- address, last page

    def set_address(self, form):
        """Fields: source (auto, web or keep), page (URL). "auto" with a page asks it only when the router
        does not tell."""
        source, page = text(form, "source"), text(form, "page")
        if source == "keep":
            return []
        web = {"source": "web", "url": page}
        if source != "web":
            self.doc["address"] = ["auto", web] if page else ["auto"]
        elif page:
            self.doc["address"] = [web]
        else:
            return [("page", "page_none")]
        return [("page", "page_https")] if page and not page.startswith("https://") else []

    def has_address(self):
        """True once the settings say where the address comes from."""
        return "address" in self.doc

    def address_form(self):
        """(source, page) as the form shows them;
        source "keep" when the settings are more than the form can say."""
        rows = self.doc.get("address") or ["auto"]
        page = ""
        if (
            rows
            and isinstance(rows[-1], dict)
            and rows[-1].get("source") == "web"
            and set(rows[-1]) <= {"source", "url"}
        ):
            page, rows = rows[-1].get("url") or "", rows[:-1]
        if rows in (["auto"], [{"source": "auto"}]):
            return "auto", page
        if not rows and page:
            return "web", page
        return "keep", ""

    def set_finish(self, form):
        """Fields: hostname, contact, portal_password (twice)."""
        faults = []
        first, second = str(form.get("new1") or ""), str(form.get("new2") or "")
        if first and not 8 <= len(first) <= 63:
            faults.append(("new1", "too_short"))
        elif first != second:
            faults.append(("new2", "differ"))
        elif first:
            self._set("portal", "password", first)
        self._set("device", "hostname", text(form, "hostname", 32))
        contact = text(form, "contact", 80)
        self._set("device", "contact", contact)
        if contact and not mail(contact):
            faults.insert(0, ("contact", "no_mail"))
        return faults

    def _set(self, part, key, value):
        """One key of an object of the settings; an empty value removes it."""
        row = self.doc.get(part)
        row = self.doc[part] = row if isinstance(row, dict) else {}
        row.pop(key, None)
        if value:
            row[key] = value
        if not row:
            self.doc.pop(part)

    # ---- broker

    def broker(self):
        """What its form shows: (fields, whether there is a password, whether there is a file of a root)."""
        row = self.doc.get("mqtt")
        row = row if isinstance(row, dict) else {}
        fields = {"broker": row.get("host"), "port": row.get("port"), "broker_user": row.get("user")}
        fields["plain"] = row.get("plain")
        return fields, bool(row.get("password")), bool(row.get("ca"))

    def set_broker(self, form, must):
        """Fields: broker, port, broker_user, broker_password, plain, ca_file (path of a new root); an empty
        broker means none. must: without `plain` it needs a root. What no form shows stays."""
        row, host = self.doc.get("mqtt"), text(form, "broker", 253)
        if not host:
            self.doc.pop("mqtt", None)
            return []
        row = dict(row) if isinstance(row, dict) else {}
        port, user = text(form, "port", 9), text(form, "broker_user", 255)
        faults = [] if not port or port.isdigit() and 0 < int(port) < 65536 else [("port", "port_bad")]
        login = {"host": host, "port": port and not faults and int(port), "user": user}
        password = str(form.get("broker_password") or "")
        if not password and [row.get(k) or "" for k in login] == [login[k] or "" for k in login]:
            password = row.get("password")  # another broker does not get it
        if password and not user:
            faults.append(("broker_user", "broker_nobody"))
        ca = None if form.get("plain") else form.get("ca_file") or row.get("ca")
        if must and not ca and not form.get("plain"):
            faults.append(("ca", "ca_none"))
        login.update({"password": password, "plain": bool(form.get("plain")), "ca": ca})
        for key in login:
            row.pop(key, None)
            if login[key]:
                row[key] = login[key]
        if not faults:
            self.doc["mqtt"] = row
        return faults

    # ---- as a whole

    def review(self):
        """What the last page shows: (networks, accounts, (source, page), host name, contact)."""
        device = self.doc.get("device")
        name = device.get("hostname") if isinstance(device, dict) else None
        return self.networks(), self.accounts(), self.address_form(), name, self.contact()

    def data(self, secrets=True):
        """The JSON to save; without secrets: to keep elsewhere."""
        doc = dict(self.doc)
        if not doc["wifi"]:
            doc.pop("wifi")
        return json.dumps(doc if secrets else _open(doc)).encode()

    def restore(self, raw):
        """Take the settings of a backup; secrets that it leaves out stay, where the login or network is the
        same. False when it is none."""
        new = Draft(raw)
        if not new.doc["accounts"]:
            return False
        for key, same in (("accounts", ("provider", "user", "server", "custom")), ("wifi", ("ssid",))):
            for row in new.doc[key]:
                for old in self.doc[key]:
                    if [row.get(k) for k in same] == [old.get(k) for k in same]:
                        if not (row.get("password") or row.get("token")):
                            row.update([(k, old[k]) for k in _SECRETS if old.get(k)])
        old = (self.doc.get("portal") or {}).get("password")
        if self.doc.get("notify") and "notify" not in new.doc:
            new.doc["notify"] = self.doc["notify"]
        here, there = self.doc.get("mqtt") or {}, new.doc.get("mqtt")
        if isinstance(there, dict) and "password" not in there and here.get("password"):
            if [there.get(k) for k in ("host", "port", "user")] == [
                here.get(k) for k in ("host", "port", "user")
            ]:
                there["password"] = here["password"]
        self.doc = new.doc
        if old and not (self.doc.get("portal") or {}).get("password"):
            self._set("portal", "password", old)
        return True


_SECRETS = ("password", "token")
_HIDDEN = _SECRETS + ("notify",)  # a webhook's address is a secret as a whole


def _open(value):
    """A copy without what is secret."""
    if isinstance(value, list):
        return [_open(one) for one in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key in value:
        if key not in _HIDDEN:
            out[key] = _open(value[key])
    return out


def _is_own(word):
    """Whether a word behind a name is its part of an IPv6 address ("::1:2"), or a MAC."""
    for c in word.encode():
        if c not in b"0123456789abcdefABCDEF:":
            return False
    return ":" in word


def _host(host, own):
    """A host of the settings (a name, or an object) with what was typed behind its name, or nothing."""
    if isinstance(host, dict) and (host.get("suffix") or host.get("mac")):
        keys = ("suffix", "mac") if own else ("suffix", "mac", "subnet", "prefix_length", "lan", "ipv4")
        host = dict([(key, host[key]) for key in host if key not in keys])
        if not own and list(host) == ["name"]:
            return host["name"]
    if own:
        host = dict(host) if isinstance(host, dict) else {"name": host, "ipv4": False}
        host["mac" if own.count(":") == 5 and "::" not in own else "suffix"] = own
    return host


def host_lines(account):
    """As host_names, each with the suffix or MAC that its settings have."""
    out = []
    for h in account.get("hosts") or []:
        own = isinstance(h, dict) and (h.get("suffix") or h.get("mac"))
        name = h.get("name", "") if isinstance(h, dict) else str(h)
        out.append("%s %s" % (name, own) if own else name)
    return out


def host_names(account):
    """An account's hosts as a list of texts."""
    return [h.get("name", "") if isinstance(h, dict) else str(h) for h in account.get("hosts") or []]


def mail(text):
    """True for what looks like a mail address, and could be one that somebody reads."""
    name, at, domain = text.partition("@")
    tail = domain.rsplit(".", 1)
    return bool(
        name
        and at
        and len(tail) == 2
        and tail[0]
        and len(tail[1]) > 1
        and "@" not in domain
        and " " not in text
    ) and tail[1] not in ("example", "invalid", "test", "localhost")
