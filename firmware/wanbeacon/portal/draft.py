"""Settings in the making: what the forms of the set-up change before it is saved. Pure; knows the settings' shape, no page.

The draft holds secrets; nothing in here gives one back. A form field left empty keeps the secret that is there."""

import json


def text(form, key, most=300):
    """A form's field as trimmed text, control characters gone."""
    value = str(form.get(key) or "").strip()
    return "".join([c for c in value if c >= " " and c != "\x7f"])[:most]


class Draft:
    """doc: the settings as JSON has them (not config.py's checked form); at: the account that is being edited."""

    def __init__(self, raw=None):
        try:
            doc = json.loads(raw) if raw else {}
        except (ValueError, UnicodeError):
            doc = {}
        self.doc = doc if isinstance(doc, dict) else {}
        for key in ("accounts", "wifi"):
            if not isinstance(self.doc.get(key, []), list):
                self.doc[key] = []
            self.doc[key] = [row for row in self.doc.get(key, []) if isinstance(row, dict)]
        self.at = 0

    # ---- Wi-Fi

    def set_wifi(self, form):
        """Fields: ssid (chosen) or other (typed), password, hidden. Returns the key of a text that says what is wrong."""
        ssid = text(form, "other", 32) or str(form.get("ssid") or "")[:32]  # as it was heard: a blank at its end belongs to it
        password = str(form.get("password") or "")
        if not ssid:
            return "wifi_none"
        old = [row for row in self.doc["wifi"] if row.get("ssid") == ssid]
        if not password and old:
            password = old[0].get("password") or ""
        if password and not 8 <= len(password) <= 63 or [c for c in password if c < " "]:
            return "wifi_short"
        row = {"ssid": ssid}
        if password:
            row["password"] = password
        if form.get("hidden"):
            row["hidden"] = True
        self.doc["wifi"] = ([row] + [r for r in self.doc["wifi"] if r.get("ssid") != ssid])[:5]
        return None

    def drop_wifi(self, ssid):
        """Forget a network."""
        self.doc["wifi"] = [row for row in self.doc["wifi"] if row.get("ssid") != ssid]

    # ---- accounts

    def account(self):
        """The account being edited; {} for a new one."""
        rows = self.doc["accounts"]
        return rows[self.at] if 0 <= self.at < len(rows) else {}

    def choose(self, number):
        """Edit this account next; a number beyond the last starts a new one."""
        self.at = max(0, min(number, len(self.doc["accounts"])))

    def drop_account(self, number):
        """Forget an account."""
        self.doc["accounts"] = [row for i, row in enumerate(self.doc["accounts"]) if i != number]
        self.at = 0

    def set_provider(self, name):
        """Another provider means another account: what was typed for the old one does not go to the new one."""
        old = self.account()
        if old.get("provider") == name:
            return
        row = {"provider": name, "hosts": []}
        if self.at < len(self.doc["accounts"]):
            self.doc["accounts"][self.at] = row
        else:
            self.doc["accounts"].append(row)

    def set_account(self, form):
        """Fields: user, password, hosts (one per line or with blanks). Returns the key of a text, or None."""
        row = self.account()
        if not row:
            return "no_provider"
        names = [n for n in str(form.get("hosts") or "").replace(",", " ").split()]
        if not names:
            return "no_hosts"
        kept = {}
        for h in row.get("hosts") or []:
            kept[h.get("name") if isinstance(h, dict) else h] = h
        row["hosts"] = [kept.get(n, n) for n in names][:50]
        user, password = text(form, "user", 255), str(form.get("password") or "")
        if user:
            row["user"] = user
        else:
            row.pop("user", None)
        if password:
            row["password"] = password
            row.pop("token", None)
        if not (row.get("password") or row.get("token")):
            return "no_password"
        return None

    def host_names(self):
        """The account's hosts as text, one per line."""
        return "\n".join([h.get("name", "") if isinstance(h, dict) else str(h) for h in self.account().get("hosts") or []])

    # ---- address, last page

    def set_address(self, form):
        """Fields: source (auto, web or keep), page (URL). "auto" with a page asks it only when the router does not tell."""
        source, page = text(form, "source"), text(form, "page")
        if source == "keep":
            return None
        if page and not page.startswith("https://"):
            return "page_https"
        web = {"source": "web", "url": page}
        if source == "web":
            if not page:
                return "page_none"
            self.doc["address"] = [web]
        else:
            self.doc["address"] = ["auto", web] if page else ["auto"]
        return None

    def address_form(self):
        """(source, page) as the form shows them; source "keep" when the settings are more than the form can say."""
        rows = self.doc.get("address") or ["auto"]
        page = ""
        if rows and isinstance(rows[-1], dict) and rows[-1].get("source") == "web" and set(rows[-1]) <= {"source", "url"}:
            page, rows = rows[-1].get("url") or "", rows[:-1]
        if rows in (["auto"], [{"source": "auto"}]):
            return "auto", page
        if not rows and page:
            return "web", page
        return "keep", ""

    def set_finish(self, form):
        """Fields: hostname, portal_password (twice). Returns the key of a text, or None."""
        name, first, second = text(form, "hostname", 32), str(form.get("new1") or ""), str(form.get("new2") or "")
        if first != second:
            return "differ"
        if first and not 8 <= len(first) <= 63:
            return "too_short"
        if first:
            self.doc.setdefault("portal", {})["password"] = first
        if name:
            self.doc.setdefault("device", {})["hostname"] = name
        return None

    def data(self):
        """The JSON to save."""
        doc = dict(self.doc)
        if not doc["wifi"]:
            doc.pop("wifi")
        return json.dumps(doc).encode()
