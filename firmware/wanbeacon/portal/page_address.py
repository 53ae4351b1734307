# SPDX-License-Identifier: MIT
"""Set-up, step 4: where the address comes from."""


def answer(site):
    """GET: the choice; POST: chosen."""
    faults, (source, page) = (), site.view("address_form")
    keep = source == "keep"
    if site.guest.method == "POST":
        faults = site.edit("set_address", site.form)
        if not faults:
            return site.to("/finish")
        source, page = site.form.get("source"), site.form.get("page")
    return site.page("address", (site.csrf, source, page, keep, faults))


def body(t, csrf, source, page, keep, faults):
    faults = [(name, t[key]) for name, key in faults]
    yield t.steps("address") + "<h1>%s</h1>%s%s<fieldset><legend>%s</legend>" % (
        t["address_title"], t.trouble(faults), t.form("/address", csrf), t["address_choose"])  # fmt: skip
    for value in ("auto", "web") + (("keep",) if keep else ()):
        yield (
            '<label class="pick"><input type="radio" name="source" value="%s"%s> <span>%s</span></label>'
            % (value, " checked" if value == source else "", t["address_" + value])
        )
    yield "</fieldset>" + t.field(
        "page", page, "url", 'maxlength="300" list="pages" spellcheck="false"', faults
    )
    yield (
        '<datalist id="pages"><option value="https://checkip.amazonaws.com/">'
        '<option value="https://api.ipify.org/"></datalist>'
    )
    yield "<button>%s</button></form>" % t["go_on"]
