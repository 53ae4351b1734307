# SPDX-License-Identifier: MIT
"""Who may pass the portal's door (guard.py), and which page it is. A stage: the first of a request's."""

from wanbeacon.portal.answers import guard, head, html_head, message, to

# path -> its module page_NAME
PAGES = {
    "do": "settings", "login": "login", "logout": "login", "settings": "settings", "wifi": "wifi",
    "provider": "provider",
    "account": "account", "address": "address", "finish": "finish", "test": "finish", "backup": "backup",
    "restore": "backup", "broker": "broker",
}  # fmt: skip
_OPEN = ("", "login", "status.json")  # for everybody, as the static files are


def enter(server, guest):
    """What is to be done for a request: an answer (bytes of the head, parts of the body), or for a page the
    dict that site.answer takes. A part: bytes, or (module, coroutine function, arguments)."""
    device, form = server.device, guest.form
    name, post = guest.path[1:], guest.method == "POST"
    if guest.lost:
        return to(guest, "http://%s/" % device.door.address)
    if name in ("style.css", "portal.js"):
        kind = "text/css" if name == "style.css" else "text/javascript"
        return head(200, "Content-Type: %s\r\nCache-Control: max-age=3600\r\n" % kind), (("file", name),)
    now, token = device.clock.mono(), form.get("csrf")
    session, csrf, right = guard(server, "enter", guest.session, guest.home, guest.ip, token, now)
    logout = csrf if session else None
    if guest.path[:1] != "/" or name not in PAGES and name not in _OPEN:
        return message("odd_title", "odd", 404, "/", logout)
    if name == "status.json":
        return head(200, "Content-Type: application/json\r\nCache-Control: no-store\r\n"), (("document",),)
    if name == "login":
        if post and guard(server, "login_forged", token, guest.ip, now):
            return message("title_login", "forged", 403, "/login", logout)
    elif post and not csrf:
        return message("nav_settings", "needs_login", 403, "/login", logout)
    elif post and not right:
        return message("nav_status", "forged", 403, "/", logout)
    if name == "" and guest.home and not device.cfg:
        return to(guest, "/wifi" if "lan" not in device.board.pins else "/provider")
    if name == "" and session and not device.cfg:  # set up from home: the Wi-Fi came over the cable
        return to(guest, "/provider")
    if name == "":
        return html_head(), (("page", csrf, logout),)
    if name != "login" and not csrf:
        return to(guest, "/login")
    way = {"name": name, "page": PAGES[name], "session": session, "csrf": csrf, "now": now, "faults": ()}
    way["judge"] = name in ("do", "finish", "test") or post and name == "account"
    return way
