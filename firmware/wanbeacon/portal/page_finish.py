"""Set-up, last step: review, test, name and password. Saving itself is site.py's."""

from wanbeacon.portal.html import esc, field, form, steps, trouble


def typed(site, request):
    """What was typed, into the draft. Returns the key of a text that says what is wrong, or None."""
    return site.draft().set_finish(request.form)


def answer(site, request, problem, problems):
    """problem: a key of the texts; problems: what the agent would refuse."""
    draft, trial = site.draft(), site.kept.trial
    name = (draft.doc.get("device") or {}).get("hostname") or site.device.board.own_name().lower()
    again = 3 if trial and trial.running else 0
    rows = trial.rows if trial else []
    return site.page(request, "finish", lambda t: _body(t, request.g.session, draft, name, problems, rows, problem), again=again)


def saved(site, request):
    """Where the device will be found."""
    where = ["http://%s.local/" % site.name_of(site.draft().doc.get("device"))]
    if site.kept.trial and site.kept.trial.ip:
        where.append("http://%s/" % site.kept.trial.ip)
    site.kept.draft = site.kept.trial = site.edited = None
    return site.page(request, "finish", lambda t: _saved(t, where))


def _saved(t, where):
    yield '<h1 class="good">%s</h1><p>%s</p><ul>' % (t["saved_title"], t["saved"])
    for url in where:
        yield '<li><a href="%s">%s</a></li>' % (esc(url), esc(url))
    yield "</ul><p>%s</p>" % t["saved_led"]


def _body(t, session, draft, hostname, problems, rows, problem):
    yield steps(t, "finish") + "<h1>%s</h1>%s" % (t["finish_title"], trouble(t[problem] if problem else None))
    ssids = ", ".join([str(r.get("ssid")) for r in draft.doc["wifi"]])
    yield "<dl><dt>%s</dt><dd>%s</dd>" % (t["step_wifi"], esc(ssids) or t["none"])
    for a in draft.doc["accounts"]:
        names = [h.get("name", "") if isinstance(h, dict) else str(h) for h in a.get("hosts") or []]
        yield "<dt>%s</dt><dd>%s</dd>" % (esc(a.get("provider")), esc(", ".join(names)) or t["none"])
    source, page = draft.address_form()
    yield "<dt>%s</dt><dd>%s %s</dd></dl>" % (t["step_address"], t["short_" + source], esc(page))
    if problems:
        yield '<div class="bad" role="alert"><p>%s</p><ul>' % t["not_yet"]
        for p in problems:
            yield "<li>%s</li>" % esc(p)
        yield "</ul></div>"
    else:
        yield '<section aria-live="polite">' + form("/test", session) + '<button class="second">%s</button></form>' % t["test"]
        if rows:
            yield "<ul>"
            for mood, said in rows:
                yield '<li class="%s">%s</li>' % (mood, esc(said))
            yield "</ul>"
        yield "</section>"
    yield form("/finish", session) + field(t["hostname"], "hostname", hostname, hint=t["hostname_hint"], more='maxlength="32"')
    yield "<fieldset><legend>%s</legend><p>%s</p>" % (t["portal_password"], t["portal_password_hint"])
    yield field(t["new1"], "new1", "", "password", more='maxlength="63" autocomplete="new-password"')
    yield field(t["new2"], "new2", "", "password", more='maxlength="63" autocomplete="new-password"')
    yield "</fieldset><button%s>%s</button></form>" % (" disabled" if problems else "", t["save"])
