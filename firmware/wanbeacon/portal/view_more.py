"""The small pages: log in, settings, messages. Knows no agent."""

from wanbeacon.portal.html import esc, field, form, trouble


def login(t, session, locked=0, problem=None):
    """locked: seconds until another try is taken."""
    yield "<h1>%s</h1>%s" % (t["login_title"], trouble(t["locked"] % locked if locked else problem))
    yield form("/login", session)
    yield field(t["login_password"], "password", "", "password", t["login_hint"], 'maxlength="63" autocomplete="current-password"')
    yield "<button>%s</button></form>" % t["login"]


def settings(t, session, draft, problems):
    """What can be changed; each link leads to a page of the set-up."""
    yield "<h1>%s</h1><p>%s</p>" % (t["settings_title"], t["settings_hint"])
    yield "<h2>%s</h2>" % t["accounts"]
    for i in range(len(draft.doc["accounts"])):
        a = draft.doc["accounts"][i]
        yield '<section class="card row"><span>%s: %s</span>' % (esc(a.get("provider")), esc(" ".join(_names(a))))
        yield '<a class="button second" href="/account?n=%d">%s</a>' % (i, t["change"])
        yield form("/settings", session) + '<input type="hidden" name="drop" value="%d"><button class="link">%s</button></form></section>' % (
            i, t["remove"])  # fmt: skip
    yield '<p><a class="button second" href="/provider?n=%d">%s</a></p>' % (len(draft.doc["accounts"]), t["account_add"])
    yield '<h2>%s</h2><ul><li><a href="/wifi">%s</a></li><li><a href="/address">%s</a></li><li><a href="/finish">%s</a></li></ul>' % (
        t["more"], t["step_wifi"], t["step_address"], t["name_password"])  # fmt: skip
    for p in problems:
        yield '<p class="bad">%s</p>' % esc(p)
    yield '<p><a class="button" href="/finish">%s</a></p>' % t["review"]
    yield "<h2>%s</h2>" % t["device"] + form("/settings", session, ' class="row"')
    yield '<button name="wish" value="restart" class="second">%s</button></form>' % t["restart"]
    yield form("/settings", session)
    yield '<p><label><input type="checkbox" name="sure" value="1"> %s</label></p>' % t["reset_sure"]
    yield '<button name="wish" value="reset" class="danger">%s</button></form>' % t["reset"]


def message(t, session, title, text, link="/", word=None):
    """One sentence and a way on."""
    yield "<h1>%s</h1><p>%s</p>" % (esc(title), esc(text))
    yield '<p><a class="button" href="%s">%s</a></p>' % (link, word or t["nav_status"])


def saved(t, session, where):
    """After the settings were saved: where the device will be found."""
    yield '<h1 class="good">%s</h1><p>%s</p><ul>' % (t["saved_title"], t["saved"])
    for url in where:
        yield '<li><a href="%s">%s</a></li>' % (esc(url), esc(url))
    yield "</ul><p>%s</p>" % t["saved_led"]


def _names(account):
    return [h.get("name", "") if isinstance(h, dict) else str(h) for h in account.get("hosts") or []]
