# SPDX-License-Identifier: MIT
"""Set-up, last step: review, test, name, contact and password; then save."""

from wanbeacon.app import stage
from wanbeacon.core.text import name_of

# first word of a problem's place -> the page where it is put right
_PAGES = (("wifi", "/wifi"), ("accounts", "/account?n=%s"), ("address", "/address"), ("mqtt", "/broker"))


def answer(site):
    """GET: the review; POST: save it, if the agent would take it."""
    post, faults = site.guest.method == "POST", site.faults
    cfg, problems, warnings = site.checked
    if post and not faults and not problems:
        site.device.save(site.raw())
        return _saved(site, cfg)
    cfg = None
    return _page(site, faults, problems, warnings)


def test(site):
    """POST: start the test of the settings; this page shows how it goes."""
    trial = site.server.trial
    if site.guest.method == "POST" and not (trial and trial["running"]):
        cfg = site.checked[0]
        if cfg:
            site.server.trial = stage.load("portal.trial").start(site.device, cfg)
    return site.to("/finish")


def _page(site, faults, problems, warnings):
    trial = site.server.trial
    networks, accounts, (source, page), name, contact = site.view("review")
    typed = site.form or {"hostname": name or site.device.board.own_name().lower(), "contact": contact}
    providers = site.providers([row[0] for row in accounts])
    review = [((providers.get(key) or (key,))[0], ", ".join(hosts)) for key, hosts in accounts]
    ssids = ", ".join(networks)
    again = 3 if trial and trial["running"] else 0
    rows = trial["rows"] if trial else ()
    return site.page(
        "finish",
        (None, site.csrf, ssids, review, source, page, typed, faults, problems, warnings, rows),
        again=again,
    )


def _saved(site, cfg):
    """Where the device will be found."""
    where = [
        "http://%s.local/" % name_of(cfg["device"].get("hostname") or site.device.board.own_name()).lower()
    ]
    ip = site.server.trial and site.server.trial["ip"] or site.device.board.lan_address()
    if ip:
        where.append("http://%s/" % ip)
    site.server.draft = site.server.trial = None
    return site.page("finish", (where,))


def body(t, where, *review):
    """where: the device's addresses when the settings were saved, else None."""
    return _goodbye(t, where) if where else _review(t, *review)


def _goodbye(t, where):
    yield '<h1 class="good">%s</h1><p>%s</p><ul>' % (t["saved_title"], t["saved"])
    for url in where:
        yield '<li><a href="%s">%s</a></li>' % (t.esc(url), t.esc(url))
    yield "</ul><p>%s</p>" % t["saved_led"]


def _review(t, csrf, ssids, review, source, page, typed, faults, problems, warnings, rows):
    faults = [(name, t[key]) for name, key in faults]
    yield t.steps("finish") + "<h1>%s</h1>%s" % (t["finish_title"], t.trouble(faults))
    yield "<dl><dt>%s</dt><dd>%s</dd>" % (t["step_wifi"], t.esc(ssids) or t["none"])
    for name, hosts in review:
        yield "<dt>%s</dt><dd>%s</dd>" % (t.esc(name), t.esc(hosts) or t["none"])
    yield "<dt>%s</dt><dd>%s %s</dd></dl>" % (t["step_address"], t["short_" + source], t.esc(page))
    if problems:
        yield '<div class="bad" role="alert"><p>%s</p><ul>' % t["not_yet"]
        for problem in problems:
            yield "<li>%s%s</li>" % (t.esc(t.get(problem) or _said(problem, review)), _fix(t, problem))
        yield "</ul></div>"
    if warnings:
        yield '<div class="warn"><p>%s</p><ul>' % t["note"]
        for text in warnings:
            yield "<li>%s</li>" % t.esc(_said(text, review))
        yield "</ul></div>"
    if not problems:
        yield (
            '<section aria-live="polite">'
            + t.form("/test", csrf)
            + '<button class="second">%s</button></form>' % t["test"]
        )
        if rows:
            yield "<ul>"
            for mood, said in rows:
                yield '<li class="%s">%s</li>' % (mood, t.esc(said))
            yield "</ul>"
        yield "</section>"
    yield t.form("/finish", csrf) + t.field(
        "hostname", typed.get("hostname"), more='maxlength="32" spellcheck="false"', faults=faults
    )
    yield t.field("contact", typed.get("contact"), "email", 'maxlength="80" autocomplete="email"', faults)
    yield "<fieldset><legend>%s</legend><p>%s</p>" % (t["portal_password"], t["portal_password_hint"])
    for name in ("new1", "new2"):
        yield t.field(
            name, typed.get(name) or "", "password", 'maxlength="63" autocomplete="new-password"', faults
        )
    yield "</fieldset><button%s>%s</button></form>" % (" disabled" if problems else "", t["save"])


def _said(text, review):
    """What is said of an account, with the provider's name in place of its number."""
    number, close, rest = text[9:].partition("].")
    if text.startswith("accounts[") and close and number.isdigit() and int(number) < len(review):
        return "%s, %s" % (review[int(number)][0], rest)
    return text


def _fix(t, problem):
    """A link to the page where a problem is put right, where there is one."""
    for start, path in _PAGES:
        if problem.startswith(start):
            number = problem[len(start) + 1 : problem.find("]")]
            path = path % (number if number.isdigit() else "0") if "%" in path else path
            return ' <a href="%s">%s</a>' % (path, t["correct"])
    return ""
