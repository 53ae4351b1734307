"""Log in and out."""

from wanbeacon.portal.html import field, form, trouble


def answer(site, request):
    """GET: the form; POST: one try."""
    now, problem, guard = site.device.clock.mono(), None, site.guard
    if request.method == "POST":
        new = guard.login(request.g.session, request.form.get("password") or "", now)
        if new:
            request.g.session, request.g.cookie = new, new.token
            return site.to("/", request)
        problem = "login_wrong"
    elif not request.g.session:
        request.g.session = guard.open(now)
        request.g.cookie = request.g.session.token
    locked = guard.lock(now)
    status = 200 if not problem else 429 if locked else 403
    return site.page(request, "login", lambda t: _body(t, request.g.session, locked, problem), status)


def _body(t, session, locked, problem):
    text = t["locked"] % locked if locked else t[problem] if problem else None
    yield "<h1>%s</h1>%s" % (t["login_title"], trouble(text))
    yield form("/login", session)
    yield field(t["login_password"], "password", "", "password", t["login_hint"], 'maxlength="63" autocomplete="current-password"')
    yield "<button>%s</button></form>" % t["login"]


def logout(site, request):
    """POST only: a link could be planted."""
    if request.method == "POST":
        site.guard.close(request.g.session)
        site.kept.draft = None
    return site.to("/", request)
