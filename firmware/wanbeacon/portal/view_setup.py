"""The pages of the set-up: Wi-Fi, provider, account, address, last page. Knows the draft's forms, not how they are saved."""

from wanbeacon.portal.html import esc, field, form, trouble

_BARS = ((-60, "signal_good"), (-75, "signal_fair"), (-200, "signal_weak"))
STEPS = ("wifi", "provider", "account", "address", "finish")


def _steps(t, here):
    yield '<ol class="steps">'
    for step in STEPS:
        yield '<li%s><a href="/%s">%s</a></li>' % (' aria-current="step"' if step == here else "", step, t["step_" + step])
    yield "</ol>"


def wifi(t, session, draft, heard, problem=None, link=None):
    """heard: rows of a scan: (ssid, rssi, open?)."""
    for piece in _steps(t, "wifi"):
        yield piece
    yield "<h1>%s</h1>%s" % (t["wifi_title"], trouble(problem))
    if link:
        yield '<p class="good">%s</p>' % esc(link)
    for row in draft.doc["wifi"]:
        yield "<div>" + form("/wifi", session, ' class="row"')
        yield '<span>%s</span><input type="hidden" name="drop" value="%s"><button class="link">%s</button></form></div>' % (
            esc(t["wifi_known"] % row.get("ssid")), esc(row.get("ssid")), t["remove"])  # fmt: skip
    yield form("/wifi", session) + "<fieldset><legend>%s</legend>" % t["wifi_choose"]
    for i in range(len(heard)):
        ssid, rssi, free = heard[i]
        word = [t[key] for level, key in _BARS if rssi >= level][0]
        yield '<label class="pick"><input type="radio" name="ssid" value="%s"> %s <small>%s%s</small></label>' % (
            esc(ssid), esc(ssid), word, ", " + t["wifi_open"] if free else "")  # fmt: skip
    if not heard:
        yield "<p>%s</p>" % t["wifi_empty"]
    yield "</fieldset>" + field(t["wifi_other"], "other", "", hint=t["wifi_other_hint"], more='maxlength="32" autocomplete="off"')
    yield '<p><label><input type="checkbox" name="hidden" value="1"> %s</label></p>' % t["wifi_hidden"]
    yield field(t["wifi_password"], "password", "", "password", t["wifi_password_hint"], 'maxlength="63" autocomplete="off"')
    yield '<p class="row"><button>%s</button><a class="button second" href="/wifi?scan=1">%s</a></p></form>' % (
        t["go_on"], t["wifi_again"])  # fmt: skip


def provider(t, session, draft, names, query="", problem=None):
    """names: ids of the catalogue that fit the query."""
    for piece in _steps(t, "provider"):
        yield piece
    yield "<h1>%s</h1>%s" % (t["provider_title"], trouble(problem))
    yield '<form action="/provider" class="row" role="search"><label for="q">%s</label>' % t["provider_search"]
    yield '<input id="q" name="q" type="search" value="%s" maxlength="26"><button class="second">%s</button></form>' % (
        esc(query), t["search"])  # fmt: skip
    chosen = draft.account().get("provider")
    yield form("/provider", session) + '<fieldset id="list" class="grid"><legend>%s</legend>' % t["provider_choose"]
    for name in names:
        on = " checked" if name == chosen else ""
        yield '<label><input type="radio" name="provider" value="%s"%s> %s</label>' % (name, on, name)
    yield "</fieldset>"
    if not names:
        yield "<p>%s</p>" % t["provider_none"]
    yield "<button>%s</button></form>" % t["go_on"]


def account(t, session, draft, row, problem=None):
    """row: the provider's catalogue row, {} for a custom one."""
    for piece in _steps(t, "account"):
        yield piece
    have = draft.account()
    yield "<h1>%s</h1>%s" % (esc(t["account_title"] % have.get("provider", "")), trouble(problem))
    if row.get("closed"):
        yield '<p class="warn">%s</p>' % t["provider_closed"]
    if row.get("plain"):
        yield '<p class="warn">%s</p>' % t["provider_plain"]
    yield form("/account", session)
    yield field(t["user"], "user", have.get("user"), hint=t["user_hint"], more='maxlength="255" autocomplete="username"')
    known = bool(have.get("password") or have.get("token"))
    hint = t["password_kept"] if known else t["password_hint"]
    yield field(t["password"], "password", "", "password", hint, 'maxlength="255" autocomplete="off"')
    yield '<p><label for="hosts">%s</label><textarea id="hosts" name="hosts" rows="3" aria-describedby="hosts-h">%s</textarea>' % (
        t["hosts"], esc(draft.host_names()))  # fmt: skip
    yield '<small id="hosts-h">%s</small></p><button>%s</button></form>' % (t["hosts_hint"], t["go_on"])


def address(t, session, draft, problem=None):
    """Where the address comes from."""
    for piece in _steps(t, "address"):
        yield piece
    source, page = draft.address_form()
    yield "<h1>%s</h1>%s%s<fieldset><legend>%s</legend>" % (
        t["address_title"], trouble(problem), form("/address", session), t["address_choose"])  # fmt: skip
    for value in ("auto", "web") + (("keep",) if source == "keep" else ()):
        yield '<label class="pick"><input type="radio" name="source" value="%s"%s> %s</label>' % (
            value, " checked" if value == source else "", t["address_" + value])  # fmt: skip
    yield "</fieldset>" + field(t["page"], "page", page, "url", t["page_hint"], 'maxlength="300" list="pages"')
    yield '<datalist id="pages"><option value="https://checkip.amazonaws.com/"><option value="https://api.ipify.org/"></datalist>'
    yield "<button>%s</button></form>" % t["go_on"]


def finish(t, session, draft, hostname, problems, trial, problem=None):
    """problems: what the agent would refuse; trial: rows (mood, text) of the test, [] before one."""
    for piece in _steps(t, "finish"):
        yield piece
    yield "<h1>%s</h1>%s" % (t["finish_title"], trouble(problem))
    yield "<dl><dt>%s</dt><dd>%s</dd>" % (t["step_wifi"], esc(", ".join([str(r.get("ssid")) for r in draft.doc["wifi"]])) or t["none"])
    for a in draft.doc["accounts"]:
        names = [h.get("name", "") if isinstance(h, dict) else str(h) for h in a.get("hosts") or []]
        yield "<dt>%s</dt><dd>%s</dd>" % (esc(a.get("provider")), esc(", ".join(names)) or t["none"])
    source, page = draft.address_form()
    yield "<dt>%s</dt><dd>%s %s</dd></dl>" % (t["step_address"], t["address_" + source], esc(page))
    if problems:
        yield '<div class="bad" role="alert"><p>%s</p><ul>' % t["not_yet"]
        for p in problems:
            yield "<li>%s</li>" % esc(p)
        yield "</ul></div>"
    else:
        yield '<section aria-live="polite">' + form("/test", session) + '<button class="second">%s</button></form>' % t["test"]
        if trial:
            yield "<ul>"
            for mood, said in trial:
                yield '<li class="%s">%s</li>' % (mood, esc(said))
            yield "</ul>"
        yield "</section>"
    yield form("/finish", session) + field(t["hostname"], "hostname", hostname, hint=t["hostname_hint"], more='maxlength="32"')
    yield "<fieldset><legend>%s</legend><p>%s</p>" % (t["portal_password"], t["portal_password_hint"])
    yield field(t["new1"], "new1", "", "password", more='maxlength="63" autocomplete="new-password"')
    yield field(t["new2"], "new2", "", "password", more='maxlength="63" autocomplete="new-password"')
    yield "</fieldset><button%s>%s</button></form>" % (" disabled" if problems else "", t["save"])
