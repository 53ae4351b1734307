"""Set-up, step 2: the provider, out of the catalogue."""

from wanbeacon.portal.html import esc, form, steps, trouble

_QUERY_MAX = 26


def answer(site, request):
    """GET: all providers, or those that fit ?q=; ?n= is the account's number. POST: choose one."""
    draft, problem = site.draft(), None
    number = request.args.get("n") or ""
    if number.isdigit():
        draft.choose(int(number))
    path = site.device.board.catalogue
    if request.method == "POST":
        name = request.form.get("provider") or ""
        if name in ids(path):
            draft.set_provider(name)
            return site.to("/account", request)
        problem = "provider_pick"
    query = (request.args.get("q") or "").strip().lower()[:_QUERY_MAX]
    names = ids(path, query)
    if query and not any(True for _ in ids(path, query)):
        from wanbeacon.core.text import nearest

        names = nearest(query, list(ids(path)))
    chosen = draft.account().get("provider")
    return site.page(request, "provider", lambda t: _body(t, request.g.session, chosen, names, query, problem))


def ids(path, part=""):
    """The catalogue's ids with `part` in them, one by one: a list of all is 3 KB, and catalog.py another 5. The file's heads
    are 32 bytes, an id padded to 26 and the length of its row (see dyndns/catalog.py)."""
    head = bytearray(32)
    with open(path, "rb") as f:
        while f.readinto(head) == 32:
            name = bytes(head[:26]).decode().strip()
            if part in name:
                yield name
            f.seek(int(bytes(head[26:31])) + 1, 1)


def _body(t, session, chosen, names, query, problem):
    yield steps(t, "provider") + "<h1>%s</h1>%s" % (t["provider_title"], trouble(t[problem] if problem else None))
    yield '<form action="/provider" class="row" role="search"><label for="q">%s</label>' % t["provider_search"]
    yield '<input id="q" name="q" type="search" value="%s" maxlength="%d"><button class="second">%s</button></form>' % (
        esc(query), _QUERY_MAX, t["search"])  # fmt: skip
    yield form("/provider", session) + '<fieldset id="list" class="grid"><legend>%s</legend>' % t["provider_choose"]
    none = True
    for name in names:
        none = False
        on = " checked" if name == chosen else ""
        yield '<label><input type="radio" name="provider" value="%s"%s> %s</label>' % (name, on, name)
    yield "</fieldset>"
    if none:
        yield "<p>%s</p>" % t["provider_none"]
    yield "<button>%s</button></form>" % t["go_on"]
