# SPDX-License-Identifier: MIT
"""The settings as a file, without secrets, and back."""

from wanbeacon.portal import answers


def answer(site):
    """GET /backup: the file."""
    headers = (
        "Content-Type: application/json\r\nContent-Disposition: attachment; "
        'filename="wanbeacon-settings.json"\r\nCache-Control: no-store\r\n'
    )
    return answers.head(200, headers), (site.view("data", False),)


def restore(site):
    """GET: the form; POST: its text becomes the draft, which the last step shows and checks."""
    faults, typed = (), site.form.get("settings") or ""
    if site.guest.method == "POST":
        if site.edit("restore", typed):
            return site.to("/finish")
        faults = [("settings", "no_settings")]
    return site.page("backup", (site.csrf, typed, faults))


def body(t, csrf, typed, faults):
    faults = [(name, t[key]) for name, key in faults]
    yield "<h1>%s</h1>%s<p>%s</p>" % (t["title_backup"], t.trouble(faults), t["backup_text"])
    yield '<p><a class="button second" href="/backup" download>%s</a></p><h2>%s</h2>%s' % (
        t["backup_get"],
        t["restore"],
        t.form("/restore", csrf),
    )
    yield (
        '<p id="file" hidden><label for="pick">%s</label><input id="pick" type="file" accept=".json"></p>'
        % t["restore_file"]
    )
    yield (
        t.field("settings", typed, "area", 'spellcheck="false"', faults)
        + "<button>%s</button></form>" % t["go_on"]
    )
