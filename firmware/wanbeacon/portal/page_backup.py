# SPDX-License-Identifier: MIT
"""The settings as a file, without secrets or sealed under a passphrase, and back."""

import os

from wanbeacon.app import stage
from wanbeacon.portal import answers

_NAMES = ("settings", "phrase", "phrase2", "opener")


def answer(site):
    """GET /backup: the file without secrets; POST: all of the settings, sealed."""
    if site.guest.method != "POST":
        return _file("json", "application/json"), (site.view("data", False),)
    phrase, again = [str(site.form.get(key) or "") for key in ("phrase", "phrase2")]
    if phrase != again:
        return _page(site, [("phrase2", "phrase_differ")])
    try:
        lines = stage.run("core.sealed", "seal", site.raw(), phrase, os.urandom(16))
    except ValueError:
        return _page(site, [("phrase", "phrase_short")])
    return _file("txt", "text/plain"), [b"".join(lines[i : i + 5]) for i in range(0, len(lines), 5)]


def _file(kind, mime):
    """The head of a file to keep."""
    return answers.head(
        200,
        "Content-Type: %s\r\nContent-Disposition: attachment; "
        'filename="wanbeacon-settings.%s"\r\nCache-Control: no-store\r\n' % (mime, kind),
    )


def restore(site):
    """GET: the form; POST: its text becomes the draft, which the last step shows and checks."""
    if site.guest.method != "POST":
        return _page(site, ())
    fault = _restored(site, (site.form.get("settings") or "").encode())
    return _page(site, [fault]) if fault else site.to("/finish")


def _restored(site, data):
    """What is wrong with a file (field, key), None when it is the draft now."""
    if data[:60].strip()[:1] == b"#":
        if not site.form.get("opener"):
            return "opener", "no_opener"
        try:
            data = stage.run("core.sealed", "unseal", data, site.form["opener"])
        except ValueError:
            data = b""
        if data is None:
            return "opener", "not_opened"
    return None if site.edit("restore", data) else ("settings", "no_settings")


def _page(site, faults):
    typed = [site.form.get(name) or "" for name in _NAMES]
    return site.page("backup", (site.csrf, typed, faults))


def body(t, csrf, typed, faults):
    faults = [(name, t[key]) for name, key in faults]
    settings, phrase, again, opener = typed
    yield "<h1>%s</h1>%s<p>%s</p>" % (t["title_backup"], t.trouble(faults), t["backup_text"])
    yield '<p><a class="button second" href="/backup" download>%s</a></p>' % t["backup_get"]
    yield "<h2>%s</h2><p>%s</p>%s" % (t["sealed"], t["sealed_text"], t.form("/backup", csrf))
    more = 'maxlength="200" autocomplete="new-password"'
    yield t.field("phrase", phrase, "password", more, faults)
    yield t.field("phrase2", again, "password", more, faults)
    yield '<button class="second">%s</button></form><h2>%s</h2>%s' % (
        t["sealed_get"],
        t["restore"],
        t.form("/restore", csrf),
    )
    yield (
        '<p id="file" hidden><label for="pick">%s</label>'
        '<input id="pick" type="file" accept=".json,.txt"></p>' % t["restore_file"]
    )
    head, tail = t.field("settings", "@@", "area", 'spellcheck="false"', faults).split("@@")
    yield head
    for at in range(
        0, len(settings), 256
    ):  # in pieces: it is in memory six times while it is escaped and sent
        yield t.esc(settings[at : at + 256])
    yield tail
    yield t.field("opener", opener, "password", 'maxlength="200" autocomplete="off"', faults)
    yield "<button>%s</button></form>" % t["go_on"]
