"""Set-up, step 1: the Wi-Fi."""

from wanbeacon.portal.html import esc, field, form, steps, trouble

HEARD_MAX = 15  # networks of a scan that are shown
_BARS = ((-60, "signal_good"), (-75, "signal_fair"), (-200, "signal_weak"))


def answer(site, request):
    """GET: the networks in the air (?scan=1: look again); POST: choose one, or forget a saved one."""
    draft, problem = site.draft(), None
    if request.method == "POST":
        gone = request.form.get("drop")
        if gone is not None:
            draft.drop_wifi(gone)
            return site.to("/wifi", request)
        problem = draft.set_wifi(request.form)
        if not problem:
            return site.to("/provider" if not draft.doc["accounts"] else "/finish", request)
    if request.args.get("scan") or not site.kept.heard:
        _scan(site)
    board = site.device.board
    cable = board.lan_address() if "lan" in board.pins else None
    return site.page(request, "wifi", lambda t: _body(t, request.g.session, draft, site.kept.heard, problem, cable))


def _scan(site):
    """The networks in the air, loudest first. Takes 2 s on a board, and everything waits for it."""
    import network

    best = {}
    try:
        station = network.WLAN(network.STA_IF)
        if not station.active():
            station.active(True)
        for row in station.scan():
            try:
                ssid = row[0].decode()
            except UnicodeError:
                continue
            if ssid and (ssid not in best or best[ssid][1] < row[3]):
                best[ssid] = (ssid, row[3], row[4] == 0)
    except OSError:
        return  # it is joining a network just now; the old list stays
    site.kept.heard = sorted(best.values(), key=lambda row: -row[1])[:HEARD_MAX]


def _body(t, session, draft, heard, problem, cable):
    yield steps(t, "wifi") + "<h1>%s</h1>%s" % (t["wifi_title"], trouble(t[problem] if problem else None))
    if cable:
        yield '<p class="good">%s</p>' % esc(t["wifi_cable"] % cable)
    for row in draft.doc["wifi"]:
        yield form("/wifi", session, ' class="row"')
        yield '<span>%s</span><input type="hidden" name="drop" value="%s"><button class="link">%s</button></form>' % (
            esc(t["wifi_known"] % row.get("ssid")), esc(row.get("ssid")), t["remove"])  # fmt: skip
    yield form("/wifi", session) + "<fieldset><legend>%s</legend>" % t["wifi_choose"]
    for ssid, rssi, free in heard:
        word = [t[key] for level, key in _BARS if rssi >= level][0]
        yield '<label class="pick"><input type="radio" name="ssid" value="%s"> %s <small>%s%s</small></label>' % (
            esc(ssid), esc(ssid), word, ", " + t["wifi_open"] if free else "")  # fmt: skip
    if not heard:
        yield "<p>%s</p>" % t["wifi_empty"]
    yield "</fieldset>" + field(t["wifi_other"], "other", "", hint=t["wifi_other_hint"], more='maxlength="32" autocomplete="off"')
    yield '<p><label><input type="checkbox" name="hidden" value="1"> %s</label></p>' % t["wifi_hidden"]
    yield field(t["wifi_password"], "password", "", "password", t["wifi_password_hint"], 'maxlength="63" autocomplete="off"')
    yield '<p class="row"><button>%s</button><a class="button second" href="/wifi?scan=1">%s</a></p></form>' % (
        t["go_on"], t["wifi_again"])  # fmt: skip
