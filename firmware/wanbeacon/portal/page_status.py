"""The status page: what is published, since when, what comes next and why; and the button that helps. Knows
the status document (app/commands.py)."""

# state of the device (board/esp32/lights.py) -> color of the headline, and the page that puts it right
_STATES = {
    "ok": ("good", None), "starting": ("wait", None), "setup": ("wait", "/wifi"), "safe": ("bad", None),
    "stopped": ("bad", None), "settings": ("bad", "/finish"), "wrong password": ("bad", "/wifi"),
    "no link": ("bad", "/wifi"), "address": ("warn", "/address"),
}  # fmt: skip
_LOG = 12  # newest lines shown; all of them are in /status.json
_ACTIONS = ("check", "pause", "resume", "retry", "update", "offline", "upgrade")
#: Classes of outcomes after which the account's page is the place to go.
_CORRECT = ("AUTH", "HOST", "FEATURE")


def answer(site):
    """GET /."""
    doc = site.doc
    names = site.providers([h["provider"] for h in doc["hosts"]]) if doc else {}
    return site.page("status", lambda t: _body(t, site.csrf, site.device, doc, names), here="/")


def do(site):
    """The buttons."""
    device = site.device
    if site.guest.method == "POST" and device.agent:
        action, host = site.form.get("action") or "", site.form.get("host") or ""
        if action in _ACTIONS and " " not in host:
            done = device.agent.command((action + " " + host).strip())
            if not done["ok"]:
                return site.message("nav_status", done["text"])
    return site.to("/")


def _body(t, csrf, device, doc, names):
    """csrf: "" for who is not logged in."""
    state = device.state()
    mood, page = _STATES.get(state, ("warn", None))
    yield '<h1 class="%s">%s</h1>' % (mood, t["state_" + state.replace(" ", "_")])
    for p in device.problems:
        yield '<p class="bad">%s</p>' % t.esc(p)
    if device.safe:
        yield "<p>%s %s</p>" % (t["safe_why"], t.esc(device.last_reason))
    link = device.board.link
    if link and not link.address():
        yield "<p>%s</p>" % t.esc(link.text)
    if csrf and page and (doc or page != "/address"):
        yield '<p><a class="button" href="%s">%s</a></p>' % (page, t["fix_" + page[1:]])
    if not csrf:
        yield '<p><a class="button second" href="/login">%s</a></p>' % t["login_to_act"]
    if not doc:
        return
    now = doc["now"]
    if doc["paused"]:
        yield '<p class="warn">%s</p>' % t["paused"]
    if csrf:
        yield '<section class="row">' + _button(t, csrf, "check", t["do_check"])
        other = "resume" if doc["paused"] else "pause"
        yield _button(t, csrf, other, t["do_" + other]) + _upgrade(t, csrf, device) + "</section>"
    for host in doc["hosts"]:
        for piece in _host(t, csrf, host, now, names):
            yield piece
    yield "<section><h2>%s</h2>" % t["line"]
    for line in doc["lines"]:
        for piece in _line(t, line):
            yield piece
    yield "</section>"
    for part in (_history(t, doc, now), _last(t, doc, now, names)):
        for piece in part:
            yield piece


def _upgrade(t, csrf, device):
    wanted = device.cfg and device.cfg.get("upgrade")
    return _button(t, csrf, "upgrade", t["do_upgrade"]) if wanted else ""


def _button(t, csrf, action, label, host=""):
    return (
        t.form("/do", csrf) + '<input type="hidden" name="host" value="%s">'
        '<button name="action" value="%s" class="second">%s</button></form>' % (t.esc(host), action, label)
    )


def _row(name, value):
    return "<dt>%s</dt><dd>%s</dd>" % (name, value)


def _host(t, csrf, h, now, names):
    mood = {"ok": "good", "stopped": "bad"}.get(h["state"], "warn")
    yield '<section class="card %s"><h2>%s</h2><dl>' % (mood, t.esc(h["name"]))
    published = [a for a in (h["ipv4"], h["ipv6"]) if a]
    yield _row(t["published"], t.esc(", ".join(published)) or t["nothing_yet"])
    if h["since"]:
        yield _row(t["since"], t.when(h["since"], now))
    word = t["host_" + h["state"]]
    yield _row(
        t["state"],
        "<b>%s</b>" % word + ("" if h["why"] in ("", word, h["text"]) else " - " + t.esc(h["why"])),
    )
    stopped = h["state"] == "stopped"
    if h["result"]:
        word = "" if h["result"] in h["text"] else " (%s)" % h["result"]
        yield _row(t["answer"], t.esc(h["text"] + word))
    if not stopped and h["next"] != "nothing":
        soon = h["next_in"] is None or h["next_in"] <= 0
        yield _row(t["next"], t["next_" + h["next"]] + ("" if soon else " " + t["in"] % t.span(h["next_in"])))
    yield _row(t["provider"], t.esc((names.get(h["provider"]) or (h["provider"],))[0])) + "</dl>"
    if stopped:
        correct = h["class"] in _CORRECT
        yield "<p>%s</p>" % t["stopped_correct" if correct else "stopped_other"]
        if csrf:
            yield '<div class="row">'
            if correct:
                yield '<a class="button" href="/account?n=%d">%s</a>' % (h["account"], t["fix_account"])
            yield _button(t, csrf, "retry", t["do_retry"], h["name"]) + "</div>"
    elif csrf and h["offline"]:
        yield _button(t, csrf, "update", t["do_online"], h["name"])
    yield "</section>"


def _line(t, line):
    for key, name in (("ipv4", "IPv4"), ("ipv6", "IPv6")):
        row = line[key]
        if row["address"]:
            yield "<p><b>%s</b> %s</p>" % (t.esc(row["address"]), t.esc(t["from"] % row["source"]))
        elif key == "ipv4" and row["why"] != "not needed":
            yield "<p>%s: %s</p>" % (name, t.esc(row["why"]))
    if line["sources"]:
        yield "<details><summary>%s</summary><ul>" % t["sources"]
        for s in line["sources"]:
            yield "<li>%s: %s</li>" % (t.esc(s["name"]), t.esc(s["address"] or s["why"]))
        yield "</ul></details>"


def _history(t, doc, now):
    rows = doc.get("history")
    if rows:
        yield '<section><h2>%s</h2><ul class="history">' % t["history"]
        for row in rows:
            old, ms = row.get("from"), row.get("ms")
            change = t["changed"] % (row["to"], old) if old else t["first"] % row["to"]
            yield "<li>%s: <b>%s</b> %s%s</li>" % (
                t.when(row["when"], now), t.esc(row["host"]), t.esc(change),
                " (%s)" % _took(ms) if ms else "")  # fmt: skip
        yield "</ul></section>"


def _took(ms):
    return "%d ms" % ms if ms < 1000 else "%d.%d s" % (ms // 1000, ms % 1000 // 100)


def _last(t, doc, now, names):
    last = doc["exchange"]
    if last:
        yield "<section><h2>%s</h2><p>%s %s: %s <code>%s</code> (%s)</p></section>" % (
            t["last"], t.when(last["when"], now),
            t.esc((names.get(last["provider"]) or (last["provider"],))[0]), t.esc(last["status"]),
            t.esc(last["reply"]), _took(last["ms"]))  # fmt: skip
    yield "<details><summary>%s</summary><pre>" % t["log"]
    for line in doc["log"][-_LOG:]:
        yield t.esc(line) + "\n"
    memory = doc.get("memory") or {}
    marks = "".join([", %s %s" % (key, memory[key]) for key in memory])
    yield "</pre></details><p><small>%s %s, %s%s</small></p>" % (
        t["version"], t.esc(doc["version"]), t.esc(t["clock"] % doc["clock"]), t.esc(marks))  # fmt: skip
