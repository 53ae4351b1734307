"""Set-up, step 3: user, password, host names. All that the agent would refuse about the account is told here."""

from wanbeacon.app import stage
from wanbeacon.portal.draft import host_names
from wanbeacon.portal.html import esc, field, form, steps, trouble


def answer(site):
    """?n= is the account's number."""
    draft, faults, typed = site.draft(), None, site.form
    n = site.number(draft)
    account = draft.account(n)
    name = account.get("provider")
    if not name:
        return site.to("/provider?n=%d" % n)
    post = site.guest.method == "POST"
    if post:
        faults = draft.set_account(n, typed, [one[0] for one in stage.run("app.config", "rows", "account")])
        site.keep(draft)
        if not faults:
            faults = _judged(site, n, account)
            if not faults:
                return site.to("/address" if "address" not in draft.doc else "/finish")
    else:
        typed = {"user": account.get("user"), "hosts": "\n".join(host_names(account))}
    saved = bool(account.get("password") or account.get("token"))
    draft = account = None
    row = stage.run("dyndns.catalog", "find", site.device.board.catalogue, name) or {}
    warn = "provider_closed" if row.get("closed") else "provider_plain" if row.get("plain") else None
    title = (site.providers((name,)).get(name) or (name,))[0]
    return site.page("account", lambda t: _body(t, site.csrf, n, title, row.get("about"), row.get("help") or {}, typed, saved, warn, faults or ()))


def _judged(site, n, account):
    """What the agent would refuse about this account, as faults (field, text)."""
    faults, start, names = [], "accounts[%d]" % n, host_names(account)
    for problem in site.problems()[1]:
        place, _, text = problem.partition(": ")
        if place.startswith(start):
            key = place[len(start) + 1 :]
            if key.startswith("hosts["):
                at = key[6 : key.find("]")]
                text = "%s: %s" % (names[int(at)], text) if at.isdigit() and int(at) < len(names) else text
            key = key.split(".")[0].split("[")[0]
            key = "password" if key == "token" else key
            faults.append((key, text) if key in ("user", "password", "hosts") else (None, "%s: %s" % (key, text)))
    return faults


def _body(t, csrf, n, title, about, words, typed, saved, warn, faults):
    faults = [(name, t.get(text, text)) for name, text in faults]
    yield steps(t, "account") + "<h1>%s</h1>%s" % (esc(t["account_title"] % title), trouble(t, faults))
    if about:
        yield "<p>%s</p>" % esc(about)
    if warn:
        yield '<p class="warn">%s</p>' % t[warn]
    yield '<p><a href="/provider?n=%d">%s</a></p>' % (n, t["other_provider"]) + form("/account?n=%d" % n, csrf)
    yield field(t, "user", typed.get("user"), "text", 'maxlength="255" autocomplete="off" autocapitalize="none" spellcheck="false"', faults,
                words.get("user"))  # fmt: skip
    yield field(t, "password", typed.get("password") or "", "password", 'maxlength="255" autocomplete="off"', faults,
                t["password_kept"] if saved else words.get("password"))  # fmt: skip
    yield field(t, "hosts", typed.get("hosts"), "area", 'autocapitalize="none" spellcheck="false"', faults, words.get("hosts"))
    yield "<button>%s</button></form>" % t["go_on"]
