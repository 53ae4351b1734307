# SPDX-License-Identifier: MIT
"""What there is to change, back-up, restart and factory reset; and the status page's buttons."""


def answer(site):
    """GET: the list; POST: remove an account, restart, forget everything."""
    if site.guest.method == "POST":
        wish, gone = site.form.get("wish"), site.form.get("drop")
        if gone and gone.isdigit():
            site.edit("drop_account", int(gone))
        elif wish == "restart":
            site.device.ask("restart")
            return site.message("restarting", "restarting_text")
        elif wish == "reset":
            if not site.form.get("sure"):
                return site.message("reset", "reset_first", link="/settings")
            site.device.ask("reset")
            return site.message("reset", "resetting")
        return site.to("/settings")
    accounts = site.view("accounts")
    names = site.providers([row[0] for row in accounts])
    rows = [((names.get(key) or (key,))[0], " ".join(hosts)) for key, hosts in accounts]
    changed = bool(site.server.draft)
    return site.page("settings", (site.csrf, rows, changed), here="/settings")


def do(site):
    """The buttons of the status page."""
    if site.done and not site.done["ok"]:
        return site.message("nav_status", site.done["text"])
    return site.to("/")


def body(t, csrf, rows, changed):
    yield "<h1>%s</h1>" % t["title_settings"]
    yield '<p class="%s">%s</p>' % (("warn", t["unsaved"]) if changed else ("", t["settings_hint"]))
    yield "<h2>%s</h2>" % t["accounts"]
    for i in range(len(rows)):
        name, hosts = rows[i]
        yield '<section class="card row"><span><b>%s</b><br>%s</span>' % (t.esc(name), t.esc(hosts))
        yield '<a class="button second" href="/account?n=%d" aria-label="%s">%s</a>' % (
            i,
            t.esc(t["change_this"] % name),
            t["change"],
        )
        yield (
            t.form("/settings", csrf) + '<input type="hidden" name="drop" value="%d">'
            '<button class="link" aria-label="%s">%s</button></form></section>'
            % (i, t.esc(t["remove_this"] % name), t["remove"])
        )
    yield '<p><a class="button second" href="/provider?n=%d">%s</a></p>' % (len(rows), t["account_add"])
    yield "<h2>%s</h2><ul>" % t["more"]
    for path, key in (
        ("/wifi", "step_wifi"),
        ("/address", "address_from"),
        ("/finish", "name_password"),
        ("/broker", "broker"),
        ("/restore", "backup"),
    ):
        yield '<li><a href="%s">%s</a></li>' % (path, t[key])
    yield '</ul><p><a class="button" href="/finish">%s</a></p>' % t["review"]
    yield "<h2>%s</h2>" % t["device"] + t.form("/settings", csrf, ' class="row"')
    yield '<button name="wish" value="restart" class="second">%s</button></form>' % t["restart"]
    yield t.form("/settings", csrf)
    yield '<p><label><input type="checkbox" name="sure" value="1"> %s</label></p>' % t["reset_sure"]
    yield '<button name="wish" value="reset" class="danger">%s</button></form>' % t["reset"]
