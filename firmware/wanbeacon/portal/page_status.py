# SPDX-License-Identifier: MIT
"""The status page, its upper part: what is published, since when, what comes next and why; and the button
that helps. The rest: page_more.py."""

# state of the device (board/esp32/lights.py) -> color of the headline, and the page that puts it right
_STATES = {
    "ok": ("good", None), "starting": ("wait", None), "setup": ("wait", "/wifi"), "safe": ("bad", None),
    "stopped": ("bad", None), "settings": ("bad", "/finish"), "wrong password": ("bad", "/wifi"),
    "no link": ("bad", "/wifi"), "address": ("warn", "/address"),
}  # fmt: skip
#: Classes of outcomes after which the account's page is the place to go.
_CORRECT = ("AUTH", "HOST", "FEATURE")


def body(t, csrf, facts, agent, rows, now, names):
    """csrf: "" for who is not logged in. facts: of the device, for the top (front.py), or None; agent:
    whether there is one; rows: hosts, see app/status.py; names: {provider: (name, host)}."""
    if facts:
        for piece in _top(t, csrf, agent, *facts):
            yield piece
    for row in rows:
        for piece in _host(t, csrf, now, names, *row):
            yield piece


def _top(t, csrf, agent, state, problems, safe, link, paused, upgrade, notify, failed):
    mood, page = _STATES.get(state, ("warn", None))
    yield '<h1 class="%s">%s</h1>' % (mood, t["state_" + state.replace(" ", "_")])
    for p in problems:
        yield '<p class="bad">%s</p>' % t.esc(p)
    if failed:
        yield '<p class="warn">%s</p>' % t.esc(failed)
    if safe is not None:
        yield "<p>%s %s</p>" % (t["safe_why"], t.esc(safe))
    if link:
        yield "<p>%s</p>" % t.esc(link)
    if csrf and page and (agent or page != "/address"):
        yield '<p><a class="button" href="%s">%s</a></p>' % (page, t["fix_" + page[1:]])
    if not csrf:
        yield '<p><a class="button second" href="/login">%s</a></p>' % t["login_to_act"]
    if not agent:
        return
    if paused:
        yield '<p class="warn">%s</p>' % t["paused"]
    if csrf:
        yield '<section class="row">' + _button(t, csrf, "check", t["do_check"])
        key = "resume" if paused else "pause"
        yield _button(t, csrf, key, t["do_" + key])
        if upgrade:
            yield _button(t, csrf, "upgrade", t["do_upgrade"])
        if notify:
            yield _button(t, csrf, "notice", t["do_notice"], "test")
        yield "</section>"


def _button(t, csrf, action, label, host=""):
    return (
        t.form("/do", csrf) + '<input type="hidden" name="host" value="%s">'
        '<button name="action" value="%s" class="second">%s</button></form>' % (t.esc(host), action, label)
    )


def _row(name, value):
    return "<dt>%s</dt><dd>%s</dd>" % (name, value)


def _host(
    t,
    csrf,
    now,
    names,
    name,
    provider,
    account,
    addresses,
    since,
    state,
    text,
    result,
    cls,
    step,
    wait,
    why,
    offline,
):
    mood = {"ok": "good", "stopped": "bad"}.get(state, "warn")
    yield '<section class="card %s"><h2>%s</h2><dl>' % (mood, t.esc(name))
    yield _row(t["published"], t.esc(addresses) or t["nothing_yet"])
    if since:
        yield _row(t["since"], t.when(since, now))
    word = t["host_" + state]
    yield _row(t["state"], "<b>%s</b>" % word + ("" if why in ("", word, text) else " - " + t.esc(why)))
    stopped = state == "stopped"
    if result:
        yield _row(t["answer"], t.esc(text + ("" if result in text else " (%s)" % result)))
    if not stopped and step != "nothing":
        soon = wait is None or wait <= 0
        yield _row(t["next"], t["next_" + step] + ("" if soon else " " + t["in"] % t.span(wait)))
    yield _row(t["provider"], t.esc((names.get(provider) or (provider,))[0])) + "</dl>"
    if stopped:
        correct = cls in _CORRECT
        yield "<p>%s</p>" % t["stopped_correct" if correct else "stopped_other"]
        if csrf:
            yield '<div class="row">'
            if correct:
                yield '<a class="button" href="/account?n=%d">%s</a>' % (account, t["fix_account"])
            yield _button(t, csrf, "retry", t["do_retry"], name) + "</div>"
    elif csrf and offline:
        yield _button(t, csrf, "update", t["do_online"], name)
    yield "</section>"
