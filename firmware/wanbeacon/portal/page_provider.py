# SPDX-License-Identifier: MIT
"""Set-up, step 2: the provider, out of the catalogue."""

_QUERY_MAX = 60
_FIRST = 12  # providers that are shown when nothing was searched: the file begins with the best known


def answer(site):
    """GET: the best known, those that fit ?q=, or all (?all=1); ?n= is the account's number.
    POST: choose one."""
    n, problem = site.number(), None
    chosen = site.view("login", n)[0]
    if site.guest.method == "POST":
        name = site.form.get("provider") or ""
        if site.providers((name,)):
            site.edit("set_provider", n, name)
            return site.to("/account?n=%d" % n)
        problem = "provider_pick"
    query = (site.args.get("q") or site.form.get("q") or "").strip()[:_QUERY_MAX]
    rows = site.search(query, 999 if site.args.get("all") else _FIRST)
    if chosen and not query and chosen not in [row[0] for row in rows]:
        rows = [(chosen,) + (site.providers((chosen,)).get(chosen) or (chosen, ""))] + rows
    return site.page("provider", (site.csrf, n, chosen, rows, query, problem, site.args.get("all")))


def body(t, csrf, n, chosen, rows, query, problem, every):
    yield t.steps("provider") + "<h1>%s</h1>%s" % (
        t["provider_title"],
        t.trouble([(None, t[problem])] if problem else ()),
    )
    yield (
        '<form action="/provider" class="row" role="search"><label for="q">%s</label>'
        '<input type="hidden" name="n" value="%d">' % (t["provider_search"], n)
    )
    yield (
        '<input id="q" name="q" type="search" value="%s" maxlength="%d" autocomplete="off" placeholder="%s">'
        % (t.esc(query), _QUERY_MAX, t["provider_example"])
    )
    yield '<button class="second">%s</button></form><div id="found" aria-live="polite">' % t["search"]
    for name, title, host in rows:
        if name == "-":
            yield '<p class="warn">%s</p>' % t.esc(t["provider_unserved"] % (title, host))
    rows = [row for row in rows if row[0] != "-"]
    if rows:
        yield t.form("/provider?n=%d" % n, csrf) + '<input type="hidden" name="q" value="%s">' % t.esc(query)
        yield "<fieldset><legend>%s</legend>" % (
            t["provider_found"] % t.esc(query) if query else t["provider_choose"]
        )
        for name, title, host in rows:
            yield (
                '<label class="pick"><input type="radio" name="provider" value="%s"%s> '
                "<span>%s <small>%s</small></span></label>"
                % (name, " checked" if name == chosen else "", t.esc(title), t.esc(host))
            )
        yield "</fieldset><button>%s</button></form>" % t["go_on"]
    else:
        yield "<p>%s</p>" % t["provider_none"]
    if not every:
        yield '<p><a href="/provider?n=%d&amp;all=1">%s</a></p>' % (n, t["provider_all"])
    yield "</div>"
