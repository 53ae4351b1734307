"""What the forms do. Loaded for a request, dropped after it. Each function: (portal, request) -> answer; only admins get
here (login aside). Knows the draft and the device, no socket."""

from wanbeacon.lean import drop
from wanbeacon.portal import html

HEARD_MAX = 15  # networks of a scan that are shown


def _page(portal, request, name, *args, here="", again=0):
    view = portal.view("view_setup" if name in ("wifi", "provider", "account", "address", "finish") else "view_more")
    t = html.texts("setup" if view.__name__.endswith("setup") else "more")
    args = [a(t) if callable(a) else a for a in args]
    title = t.get("step_" + name) or t.get(name + "_title") or name
    return portal.answer(request, t, title, getattr(view, name)(t, request.g.session, *args), here=here, again=again)


def _say(key, **more):
    """A problem's text, looked up once the page's texts are there."""
    return (lambda t: t[key]) if key else None


def login(portal, request):
    """GET: the form; POST: one try."""
    now = portal.device.clock.mono()
    problem = None
    if request.method == "POST":
        new = portal.guard.login(request.g.session, request.form.get("password") or "", now)
        if new:
            request.g.session, request.g.cookie = new, new.token
            return portal.to("/", request)
        problem = "login_wrong"
    elif not request.g.session:
        request.g.session = portal.guard.open(now)
        request.g.cookie = request.g.session.token
    answer = _page(portal, request, "login", portal.guard.lock(now), _say(problem))
    if problem:
        answer.status_code = 429 if portal.guard.lock(now) else 403
    return answer


def logout(portal, request):
    """POST only: a link could be planted."""
    if request.method == "POST":
        portal.guard.close(request.g.session)
        portal.kept.draft = None
    return portal.to("/", request)


def do(portal, request):
    """The buttons of the status page."""
    device = portal.device
    if request.method == "POST" and device.agent:
        action, host = request.form.get("action") or "", request.form.get("host") or ""
        if action in ("check", "pause", "resume", "retry", "update", "offline") and " " not in host:
            done = device.agent.command((action + " " + host).strip())
            drop("commands")
            if not done["ok"]:
                return portal.message(request, "nav_status", done["text"])
    return portal.to("/", request)


def settings(portal, request):
    """What there is to change; restart and factory reset."""
    draft = portal.draft()
    if request.method == "POST":
        wish, gone = request.form.get("wish"), request.form.get("drop")
        if gone and gone.isdigit():
            draft.drop_account(int(gone))
        elif wish == "restart":
            portal.device.ask("restart")
            return portal.message(request, "restarting", "restarting_text")
        elif wish == "reset":
            if not request.form.get("sure"):
                return portal.message(request, "reset", "reset_first", link="/settings")
            portal.device.ask("reset")
            return portal.message(request, "reset", "resetting")
        return portal.to("/settings", request)
    return _page(portal, request, "settings", draft, draft.problems() if draft.doc["accounts"] else [], here="/settings")


def wifi(portal, request):
    """Choose a network."""
    draft, problem = portal.draft(), None
    if request.method == "POST":
        gone = request.form.get("drop")
        if gone is not None:
            draft.drop_wifi(gone)
            return portal.to("/wifi", request)
        problem = draft.set_wifi(request.form)
        if not problem:
            return portal.to("/provider" if not draft.doc["accounts"] else "/finish", request)
    if request.args.get("scan") or not portal.kept.heard:
        _scan(portal)
    up = portal.device.board.lan_address()
    cable = (lambda t: t["wifi_cable"] % up) if up and "lan" in portal.device.board.pins else None
    return _page(portal, request, "wifi", draft, portal.kept.heard, _say(problem), cable)


def _scan(portal):
    """The networks in the air, loudest first. Takes 2 s on a board, and everything waits for it."""
    import network

    best = {}
    try:
        station = network.WLAN(network.STA_IF)
        if not station.active():
            station.active(True)
        for row in station.scan():
            try:
                ssid = row[0].decode()
            except UnicodeError:
                continue
            if ssid and (ssid not in best or best[ssid][1] < row[3]):
                best[ssid] = (ssid, row[3], row[4] == 0)
    except OSError:
        return  # it is joining a network just now; the old list stays
    portal.kept.heard = sorted(best.values(), key=lambda row: -row[1])[:HEARD_MAX]


def provider(portal, request):
    """Choose a provider out of the catalogue."""
    from wanbeacon.dyndns import catalog

    draft, problem = portal.draft(), None
    number = request.args.get("n") or ""
    if number.isdigit():
        draft.choose(int(number))
    names = catalog.names(portal.device.board.catalogue)
    if request.method == "POST":
        name = request.form.get("provider") or ""
        if name in names:
            draft.set_provider(name)
            return portal.to("/account", request)
        problem = "provider_pick"
    query = (request.args.get("q") or "").strip().lower()[:26]
    if query:
        from wanbeacon.config import nearest

        names = [n for n in names if query in n] or nearest(query, names)
        drop("config")
    return _page(portal, request, "provider", draft, names, query, _say(problem))


def account(portal, request):
    """User, password, hosts."""
    from wanbeacon.dyndns import catalog

    draft, problem = portal.draft(), None
    number = request.args.get("n") or ""
    if number.isdigit():
        draft.choose(int(number))
    name = draft.account().get("provider")
    if not name:
        return portal.to("/provider", request)
    if request.method == "POST":
        problem = draft.set_account(request.form)
        if not problem:
            return portal.to("/address", request)
    row = catalog.find(portal.device.board.catalogue, name) or {}
    return _page(portal, request, "account", draft, row, _say(problem))


def address(portal, request):
    """Where the address comes from."""
    draft, problem = portal.draft(), None
    if request.method == "POST":
        problem = draft.set_address(request.form)
        if not problem:
            return portal.to("/finish", request)
    return _page(portal, request, "address", draft, _say(problem))


def _problems(portal, draft):
    problems = draft.problems()
    if not draft.doc["wifi"] and "lan" not in portal.device.board.pins:
        problems.insert(0, html.texts("setup")["wifi_none"])
    return problems


def finish(portal, request):
    """Review, name and password; POST saves."""
    draft, problem, device = portal.draft(), None, portal.device
    problems = _problems(portal, draft)
    if request.method == "POST" and not problems:
        problem = draft.set_finish(request.form)
        if not problem:
            problems = draft.problems()
        if not problem and not problems:
            device.save(draft.data())
            where = ["http://%s.local/" % portal.names_of(draft)]
            if portal.kept.trial and portal.kept.trial.ip:
                where.append("http://%s/" % portal.kept.trial.ip)
            portal.kept.draft = portal.kept.trial = None
            return _page(portal, request, "saved", where)
    name = (draft.doc.get("device") or {}).get("hostname") or device.board.own_name().lower()
    trial = portal.kept.trial
    return _page(portal, request, "finish", draft, name, problems, trial.rows if trial else [], _say(problem),
                 again=3 if trial and trial.running else 0)  # fmt: skip


def test(portal, request):
    """Starts the test of the draft; the last page shows how it goes."""
    if request.method == "POST" and not _problems(portal, portal.draft()) and not (portal.kept.trial and portal.kept.trial.running):
        from wanbeacon.portal import trial

        portal.kept.trial = trial.Trial(portal.device, portal.draft())
        portal.kept.trial.start()
    return portal.to("/finish", request)
