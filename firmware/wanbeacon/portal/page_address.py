"""Set-up, step 4: where the address comes from."""

from wanbeacon.portal.html import field, form, steps, trouble


def answer(site, request):
    """GET: the choice; POST: chosen."""
    draft, problem = site.draft(), None
    if request.method == "POST":
        problem = draft.set_address(request.form)
        if not problem:
            return site.to("/finish", request)
    source, page = draft.address_form()
    return site.page(request, "address", lambda t: _body(t, request.g.session, source, page, problem))


def _body(t, session, source, page, problem):
    yield steps(t, "address") + "<h1>%s</h1>%s%s<fieldset><legend>%s</legend>" % (
        t["address_title"], trouble(t[problem] if problem else None), form("/address", session), t["address_choose"])  # fmt: skip
    for value in ("auto", "web") + (("keep",) if source == "keep" else ()):
        yield '<label class="pick"><input type="radio" name="source" value="%s"%s> <span>%s</span></label>' % (
            value, " checked" if value == source else "", t["address_" + value])  # fmt: skip
    yield "</fieldset>" + field(t["page"], "page", page, "url", t["page_hint"], 'maxlength="300" list="pages"')
    yield '<datalist id="pages"><option value="https://checkip.amazonaws.com/"><option value="https://api.ipify.org/"></datalist>'
    yield "<button>%s</button></form>" % t["go_on"]
