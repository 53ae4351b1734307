"""The status page: what is published, since when, what comes next and why; and its buttons. Knows the status document."""

from wanbeacon.portal.html import esc, form, span, when

# state of the device (board/lights.py) -> colour of the headline
_MOOD = {"ok": "good", "starting": "wait", "setup": "wait", "safe": "bad", "stopped": "bad", "settings": "bad"}
_LOG = 12  # newest lines shown; all of them are in /status.json
_ACTIONS = ("check", "pause", "resume", "retry", "update", "offline")


def answer(site, request):
    """GET /."""
    doc = site.status()  # before the texts are loaded: each needs its room
    session, device = request.g.session, site.device
    return site.page(request, "status", lambda t: _body(t, session, device, doc), here="/")


def do(site, request):
    """The buttons."""
    device = site.device
    if request.method == "POST" and device.agent:
        action, host = request.form.get("action") or "", request.form.get("host") or ""
        if action in _ACTIONS and " " not in host:
            done = device.agent.command((action + " " + host).strip())
            if not done["ok"]:
                return site.message(request, "nav_status", done["text"])
    return site.to("/", request)


def _body(t, session, device, doc):
    state = device.state()
    owner = session and session.admin
    yield '<h1 class="%s">%s</h1>' % (_MOOD.get(state, "warn"), t["state_" + state.replace(" ", "_")])
    for p in device.problems:
        yield '<p class="bad">%s</p>' % esc(p)
    if device.safe:
        yield "<p>%s %s</p>" % (t["safe_why"], esc(device.last_reason))
    link = device.board.link
    if link and not link.address():
        yield "<p>%s</p>" % esc(link.text)
    if not doc:
        if owner:
            yield '<p><a class="button" href="/wifi">%s</a></p>' % t["to_setup"]
        return
    if doc["paused"]:
        yield '<p class="warn">%s</p>' % t["paused"]
    for host in doc["hosts"]:
        for piece in _host(t, session if owner else None, host):
            yield piece
    yield "<section><h2>%s</h2>" % t["line"]
    for line in doc["lines"]:
        for piece in _line(t, line):
            yield piece
    yield "</section>"
    if owner:
        yield '<section class="row">'
        yield _button(session, "check", t["do_check"])
        yield _button(session, "resume" if doc["paused"] else "pause", t["do_resume" if doc["paused"] else "do_pause"])
        yield "</section>"
    else:
        yield '<p><a href="/login">%s</a></p>' % t["login_to_act"]
    for piece in _last(t, doc):
        yield piece


def _button(session, action, label, host=""):
    return form("/do", session) + '<input type="hidden" name="host" value="%s"><button name="action" value="%s">%s</button></form>' % (
        esc(host), action, label)  # fmt: skip


def _row(name, value):
    return "<dt>%s</dt><dd>%s</dd>" % (name, value)


def _host(t, session, h):
    mood = {"ok": "good", "stopped": "bad"}.get(h["state"], "warn")
    yield '<section class="card %s"><h2>%s</h2><dl>' % (mood, esc(h["name"]))
    published = [a for a in (h["ipv4"], h["ipv6"]) if a]
    yield _row(t["published"], esc(", ".join(published)) or t["nothing_yet"])
    if h["since"]:
        yield _row(t["since"], when(h["since"]))
    word = t["host_" + h["state"]]
    yield _row(t["state"], "<b>%s</b>" % word + ("" if h["why"] in (word, h["text"]) else " - " + esc(h["why"])))
    soon = h["next_in"] is None or h["next_in"] <= 0
    yield _row(t["next"], t["next_" + h["next"]] + ("" if soon else " " + t["in"] % span(h["next_in"])))
    if h["result"]:
        yield _row(t["answer"], "%s (%s)" % (esc(h["text"]), esc(h["result"])))
    yield _row(t["provider"], esc(h["provider"]))
    yield "</dl>"
    if session and h["state"] == "stopped":
        yield "<p>%s</p>" % t["retry_hint"]
        yield _button(session, "retry", t["do_retry"], h["name"])
    elif session and h["offline"]:
        yield _button(session, "update", t["do_online"], h["name"])
    yield "</section>"


def _line(t, line):
    for key, name in (("ipv4", "IPv4"), ("ipv6", "IPv6")):
        row = line[key]
        if row["address"]:
            yield "<p><b>%s</b> %s</p>" % (esc(row["address"]), esc(t["from"] % row["source"]))
        elif key == "ipv4" and row["why"] != "not needed":
            yield "<p>%s: %s</p>" % (name, esc(row["why"]))
    if line["sources"]:
        yield "<details><summary>%s</summary><ul>" % t["sources"]
        for s in line["sources"]:
            yield "<li>%s: %s</li>" % (esc(s["name"]), esc(s["address"] or s["why"]))
        yield "</ul></details>"


def _last(t, doc):
    last = doc["exchange"]
    if last:
        yield "<section><h2>%s</h2><p>%s %s: %s <code>%s</code> (%d ms)</p></section>" % (
            t["last"], when(last["when"]), esc(last["provider"]), esc(last["status"]), esc(last["reply"]), last["ms"])  # fmt: skip
    yield "<section><h2>%s</h2><pre>" % t["log"]
    for line in doc["log"][-_LOG:]:
        yield esc(line) + "\n"
    yield "</pre><p><small>%s %s, %s</small></p></section>" % (t["version"], esc(doc["version"]), esc(t["clock"] % doc["clock"]))
