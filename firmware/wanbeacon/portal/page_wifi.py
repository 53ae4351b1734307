# SPDX-License-Identifier: MIT
"""Set-up, step 1: the Wi-Fi."""

from wanbeacon.app import stage

_BARS = ((-60, "signal_good"), (-75, "signal_fair"), (-200, "signal_weak"))


def answer(site):
    """GET: the networks in the air (?scan=1: look again); POST: choose one, or forget a saved one."""
    faults, typed = (), site.form
    if site.guest.method == "POST":
        gone = typed.get("drop")
        if gone is not None:
            site.edit("drop_wifi", gone)
            return site.to("/wifi")
        faults = site.edit("set_wifi", typed)
        if not faults:
            return site.to("/finish" if site.view("accounts") else "/provider")
    if site.args.get("scan") or not site.server.heard:
        # while it joins a network the old list stays
        site.server.heard = stage.run("board.esp32.wifi", "networks") or site.server.heard
    board = site.device.board
    cable = board.lan_address() if "lan" in board.pins else None
    saved = site.view("networks")
    return site.page("wifi", (site.csrf, saved, site.server.heard, faults, cable, typed))


def body(t, csrf, saved, heard, faults, cable, typed):
    faults = [(name, t[key]) for name, key in faults]
    yield t.steps("wifi") + "<h1>%s</h1>%s" % (t["wifi_title"], t.trouble(faults))
    if cable:
        yield '<p class="good">%s</p>' % t.esc(t["wifi_cable"] % cable)
    for ssid in saved:
        yield t.form("/wifi", csrf, ' class="row"')
        yield (
            '<span>%s</span><input type="hidden" name="drop" value="%s">'
            '<button class="link" aria-label="%s">%s</button></form>'
            % (t.esc(t["wifi_known"] % ssid), t.esc(ssid), t.esc(t["wifi_forget"] % ssid), t["remove"])
        )
    yield t.form("/wifi", csrf) + "<fieldset><legend>%s</legend>" % t["wifi_choose"]
    chosen = typed.get("ssid")
    for ssid, rssi, free in heard:
        word = [t[key] for level, key in _BARS if rssi >= level][0]
        yield (
            '<label class="pick"><input type="radio" name="ssid" value="%s"%s> %s <small>%s%s</small></label>'
            % (
                t.esc(ssid),
                " checked" if ssid == chosen else "",
                t.esc(ssid),
                word,
                ", " + t["wifi_open"] if free else "",
            )
        )
    if not heard:
        yield "<p>%s</p>" % t["wifi_empty"]
    yield '<p><a href="/wifi?scan=1">%s</a></p></fieldset>' % t["wifi_again"]
    yield t.field("other", typed.get("other") or "", more='maxlength="32" autocomplete="off"', faults=faults)
    yield '<p><label><input type="checkbox" name="hidden" value="1"%s> %s</label></p>' % (
        " checked" if typed.get("hidden") else "", t["wifi_hidden"])  # fmt: skip
    more = 'maxlength="63" autocomplete="off"'
    yield t.field("wifi_password", typed.get("wifi_password") or "", "password", more, faults)
    yield "<button>%s</button></form>" % t["go_on"]
