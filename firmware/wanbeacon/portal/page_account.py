"""Set-up, step 3: user, password, host names."""

from wanbeacon.dyndns import catalog
from wanbeacon.portal.html import esc, field, form, steps, trouble


def answer(site, request):
    """?n= is the account's number."""
    draft, problem = site.draft(), None
    number = request.args.get("n") or ""
    if number.isdigit():
        draft.choose(int(number))
    name = draft.account().get("provider")
    if not name:
        return site.to("/provider", request)
    if request.method == "POST":
        problem = draft.set_account(request.form)
        if not problem:
            return site.to("/address", request)
    row = catalog.find(site.device.board.catalogue, name) or {}
    warn = "provider_closed" if row.get("closed") else "provider_plain" if row.get("plain") else None
    row = None
    return site.page(request, "account", lambda t: _body(t, request.g.session, draft, warn, problem))


def _body(t, session, draft, warn, problem):
    have = draft.account()
    yield steps(t, "account") + "<h1>%s</h1>%s" % (
        esc(t["account_title"] % have.get("provider", "")), trouble(t[problem] if problem else None))  # fmt: skip
    if warn:
        yield '<p class="warn">%s</p>' % t[warn]
    yield form("/account", session)
    yield field(t["user"], "user", have.get("user"), hint=t["user_hint"], more='maxlength="255" autocomplete="username"')
    hint = t["password_kept" if have.get("password") or have.get("token") else "password_hint"]
    yield field(t["password"], "password", "", "password", hint, 'maxlength="255" autocomplete="off"')
    yield '<p><label for="hosts">%s</label><textarea id="hosts" name="hosts" rows="3" aria-describedby="hosts-h">%s</textarea>' % (
        t["hosts"], esc(draft.host_names()))  # fmt: skip
    yield '<small id="hosts-h">%s</small></p><button>%s</button></form>' % (t["hosts_hint"], t["go_on"])
