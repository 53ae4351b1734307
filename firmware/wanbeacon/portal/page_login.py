# SPDX-License-Identifier: MIT
"""Log in and out."""

from wanbeacon.app import stage


def answer(site):
    """GET: the form; POST: one try."""
    source, status, faults = site.guest.ip, 200, False
    if site.args.get("key"):
        row = site.guard("admit", site.args["key"], site.now)
        if row:
            return _welcome(site, row[0].decode())
    if site.guest.method == "POST":
        cfg = site.device.cfg or {}
        right = (cfg.get("portal") or {}).get("password") or stage.run(
            "board.esp32.access_point", "access", site.device.board
        )
        row = site.guard("login", source, site.form.get("password") or "", right, site.now)
        if row:
            site.cookie = row[0].decode()
            return site.to("/")
        faults, status = True, 403
    locked = site.guard("lock", source, site.now)
    if locked and faults:
        status = 429
    token = site.guard("login_form", source, site.now)
    return site.page("login", (token, locked, faults), status)


def _welcome(site, cookie):
    """For somebody who came from the installer's page, over the cable. A page with a button, no redirect: the
    cookie is SameSite, so neither a link on another site carries it, nor a redirect from there."""
    site.cookie = cookie
    key = stage.run("board.esp32.access_point", "access", site.device.board)
    return site.page("login", (None, site.device.board.own_name(), key))


def body(t, token, *rest):
    """token: of the form; None: a welcome, with the name and password of the device's own Wi-Fi."""
    return _form(t, token, *rest) if token else _greeting(t, *rest)


def _greeting(t, name, key):
    yield "<h1>%s</h1><p>%s</p>" % (t["welcome_title"], t["welcome_text"])
    yield "<dl><dt>%s</dt><dd>%s</dd><dt>%s</dt><dd><code>%s</code></dd></dl>" % (
        t["own_wifi_name"], t.esc(name), t["password"], t.esc(key))  # fmt: skip
    yield '<p><a class="button" href="/">%s</a></p>' % t["go_on"]


def _form(t, token, locked, wrong):
    faults = [("password", t["locked"] % locked if locked else t["login_wrong"])] if locked or wrong else ()
    yield "<h1>%s</h1>%s" % (t["title_login"], t.form("/login", token))
    yield t.field(
        "password", "", "password", 'maxlength="63" autocomplete="current-password" required', faults
    )
    yield "<button>%s</button></form>" % t["login"]


def logout(site):
    """POST only: a link could be planted."""
    if site.guest.method == "POST":
        site.guard("close", site.session)
        site.server.draft = None
    return site.to("/")
