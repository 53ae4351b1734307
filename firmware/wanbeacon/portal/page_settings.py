"""What there is to change, restart and factory reset."""

from wanbeacon.portal.html import esc, form


def answer(site, request):
    """GET: the list; POST: remove an account, restart, forget everything."""
    draft = site.draft()
    if request.method == "POST":
        wish, gone = request.form.get("wish"), request.form.get("drop")
        if gone and gone.isdigit():
            draft.drop_account(int(gone))
        elif wish == "restart":
            site.device.ask("restart")
            return site.message(request, "restarting", "restarting_text")
        elif wish == "reset":
            if not request.form.get("sure"):
                return site.message(request, "reset", "reset_first", link="/settings")
            site.device.ask("reset")
            return site.message(request, "reset", "resetting")
        return site.to("/settings", request)
    return site.page(request, "settings", lambda t: _body(t, request.g.session, draft), here="/settings")


def _body(t, session, draft):
    yield "<h1>%s</h1><p>%s</p>" % (t["settings_title"], t["settings_hint"])
    yield "<h2>%s</h2>" % t["accounts"]
    rows = draft.doc["accounts"]
    for i in range(len(rows)):
        names = [h.get("name", "") if isinstance(h, dict) else str(h) for h in rows[i].get("hosts") or []]
        yield '<section class="card row"><span>%s: %s</span>' % (esc(rows[i].get("provider")), esc(" ".join(names)))
        yield '<a class="button second" href="/account?n=%d">%s</a>' % (i, t["change"])
        yield form("/settings", session) + '<input type="hidden" name="drop" value="%d"><button class="link">%s</button></form></section>' % (
            i, t["remove"])  # fmt: skip
    yield '<p><a class="button second" href="/provider?n=%d">%s</a></p>' % (len(rows), t["account_add"])
    yield "<h2>%s</h2><ul>" % t["more"]
    for path, key in (("/wifi", "step_wifi"), ("/address", "address_from"), ("/finish", "name_password")):
        yield '<li><a href="%s">%s</a></li>' % (path, t[key])
    yield '</ul><p><a class="button" href="/finish">%s</a></p>' % t["review"]
    yield "<h2>%s</h2>" % t["device"] + form("/settings", session, ' class="row"')
    yield '<button name="wish" value="restart" class="second">%s</button></form>' % t["restart"]
    yield form("/settings", session)
    yield '<p><label><input type="checkbox" name="sure" value="1"> %s</label></p>' % t["reset_sure"]
    yield '<button name="wish" value="reset" class="danger">%s</button></form>' % t["reset"]
