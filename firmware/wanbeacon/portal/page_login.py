"""Log in and out."""

from wanbeacon.app import stage


def answer(site):
    """GET: the form; POST: one try."""
    source, status, faults = site.guest.ip, 200, False
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
    return site.page("login", lambda t: _body(t, token, locked, faults), status)


def _body(t, token, locked, wrong):
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
