"""The portal's pages behind the doorway: who may pass (guard.py), which page, with which headers. Loaded when somebody
knocks, and forgotten again (server.py): with microdot it is the largest thing on a board. Knows no socket."""

import gc
import os
import sys

import microdot

from wanbeacon.lean import drop
from wanbeacon.portal import guard, html
from wanbeacon.portal.server import BODY_MAX

# same-origin, not no-referrer: with that a browser sends "Origin: null" along with our own forms
_HEADERS = {
    "Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-store", "Connection": "close",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}  # fmt: skip
_REASONS = {200: "OK", 403: "Forbidden", 400: "Bad Request", 404: "Not Found", 413: "Too Large", 421: "Misdirected Request", 429: "Too Many Requests"}
PAGES = ("", "login", "logout", "settings", "wifi", "provider", "account", "address", "finish", "test", "do", "status.json",
         "style.css", "portal.js")  # fmt: skip
VIEWS = ("view_status", "view_setup", "view_more")


class Site(microdot.Microdot):
    """device: board/device.py; kept: server.Server, which outlives this object: guard, draft, last scan, trial."""

    def __init__(self, device, kept):
        self.device = device
        self.kept = kept
        if not kept.guard:
            password = ((device.cfg or {}).get("portal") or {}).get("password")
            kept.guard = guard.Guard(os.urandom, password or device.access())
        self.guard = kept.guard
        html.WWW = device.board.home + "/wanbeacon/portal/www"
        super().__init__()
        microdot.Request.max_content_length = microdot.Request.max_body_length = BODY_MAX

    async def dispatch_request(self, req):
        """In place of microdot's, which is made for routes by pattern: a request (None: no HTTP) -> Response."""
        if not req:
            return self.plain("That is no request.", 400)
        try:
            if req.content_length > BODY_MAX:
                answer = self.plain("That is more than this device takes at once.", 413)
            else:
                answer = self.enter(req) or self.route(req)
        except Exception as e:  # the root of a request: a page that fails must not take the others along
            sys.print_exception(e)
            answer = self.plain("This page failed (%s)." % type(e).__name__, 500)
        answer.is_head = req.method == "HEAD"
        return answer

    # ---- who is it

    def names(self):
        """Names and addresses this device answers to."""
        from wanbeacon.board.link import name_of

        board = self.device.board
        name = ((self.device.cfg or {}).get("device") or {}).get("hostname") or board.own_name()
        addresses = [board.lan_address()]
        if self.device.door:
            addresses.append(self.device.door.address)
        return (name_of(name).lower(), name_of(board.own_name()).lower()), addresses

    def names_of(self, draft):
        """The name a saved draft will give this device."""
        from wanbeacon.board.link import name_of

        return name_of((draft.doc.get("device") or {}).get("hostname") or self.device.board.own_name()).lower()

    def at_home(self, request):
        """True for a browser in the set-up network: its password, from the label, was the proof."""
        return bool(self.device.door and self.device.door.inside(request.client_addr[0]))

    def enter(self, request):
        """Before every request: Host, session, CSRF token. Returns an answer to refuse, None to let pass."""
        names, addresses = self.names()
        if not guard.known_host(request.headers.get("Host"), names, addresses):
            if self.at_home(request) and request.method in ("GET", "HEAD"):
                return self.to("http://%s/" % self.device.door.address)
            return self.plain("This device answers to its own name and address only.", 421)
        now = self.device.clock.mono()
        session = self.guard.session(request.cookies.get("wb"), now)
        request.g.cookie = None
        if self.at_home(request) and not (session and session.admin):
            session = self.guard.open(now, True)
            request.g.cookie = session.token
        request.g.session = session
        if request.method == "POST":
            origin = request.headers.get("Origin")
            if origin and not guard.known_host(origin.split("//")[-1], names, addresses):
                return self.plain("A page of another site may not do this.", 403)
            kind = (request.headers.get("Content-Type") or "").split(";")[0].strip()
            try:
                form = request.form if kind == "application/x-www-form-urlencoded" else None
            except ValueError:
                form = None
            if form is None or self.guard.forged(session, form.get("csrf")):
                t = html.texts("more")
                return self.answer(request, t, t["nav_status"], self.view("view_more").message(t, session, t["nav_status"], t["forged"]), 403)
        return None

    # ---- answers

    def plain(self, text, status):
        headers = dict(_HEADERS)
        headers["Content-Type"] = "text/plain; charset=UTF-8"
        return microdot.Response(text + "\n", status, headers, _REASONS.get(status, "Error"))

    def answer(self, request, t, title, body, status=200, here="", again=0):
        """A page; sets the cookie of a session that was made for it."""
        headers = dict(_HEADERS)
        if getattr(request.g, "cookie", None):
            headers["Set-Cookie"] = "wb=%s; Path=/; HttpOnly; SameSite=Strict" % request.g.cookie
        session = getattr(request.g, "session", None)
        gc.collect()
        page = html.pieces(html.page(t, title, body, session, here, again))
        return microdot.Response(page, status, headers, _REASONS.get(status, "OK"))

    def to(self, path, request=None):
        """A redirect after a form: reloading the page does not send it again."""
        headers = {"Location": path, "Connection": "close", "Cache-Control": "no-store"}
        if request and request.g.cookie:
            headers["Set-Cookie"] = "wb=%s; Path=/; HttpOnly; SameSite=Strict" % request.g.cookie
        return microdot.Response(b"", 303 if request else 302, headers, "See Other")

    def message(self, request, title, text, status=200, link="/"):
        t = html.texts("more")
        body = self.view("view_more").message(t, request.g.session, t.get(title, title), t.get(text, text), link)
        return self.answer(request, t, t.get(title, title), body, status)

    def view(self, name):
        """One module of pages; the others make room."""
        for other in VIEWS:
            if other != name:
                drop("portal." + other)
        gc.collect()
        __import__("wanbeacon.portal." + name)
        return sys.modules["wanbeacon.portal." + name]

    # ---- routes

    def draft(self):
        """The settings in the making; from the saved ones at first."""
        if self.kept.draft is None:
            from wanbeacon.board import esp32
            from wanbeacon.portal import draft

            try:
                with open(esp32.CONFIG) as f:
                    raw = f.read(BODY_MAX)
            except (OSError, UnicodeError):
                raw = None
            self.kept.draft = draft.Draft(raw)
        return self.kept.draft

    def route(self, request):
        """All pages. Only status, log-in and the static files are for everybody."""
        path = request.path
        if path[1:] not in PAGES:
            return self.message(request, "odd_title", "odd", 404)
        if path in ("/style.css", "/portal.js"):
            return self.static(path)
        session = request.g.session
        admin = bool(session and session.admin)
        if path == "/":
            if admin and self.at_home(request) and not self.device.cfg:
                return self.to("/wifi" if "lan" not in self.device.board.pins else "/provider", request)
            t = html.texts("status")
            body = self.view("view_status").body(t, session, self.device)
            return self.answer(request, t, t["nav_status"], body, here="/")
        if path == "/status.json":
            doc = self.device.agent.status() if self.device.agent else {}
            drop("commands")
            doc["device"] = {"state": self.device.state(), "problems": self.device.problems, "safe": self.device.safe}
            headers = dict(_HEADERS)
            headers["Content-Type"] = "application/json"
            return microdot.Response(doc, 200, headers)
        from wanbeacon.portal import routes

        try:
            if path == "/login":
                return routes.login(self, request)
            if not admin:
                return self.to("/login") if request.method == "GET" else self.message(request, "nav_settings", "needs_login", 403, "/login")
            return getattr(routes, path[1:])(self, request)
        finally:
            drop("portal.routes", "config", "dyndns.catalog")

    def static(self, path):
        headers = {"Content-Type": "text/css" if path.endswith("css") else "text/javascript", "Cache-Control": "max-age=3600",
                   "X-Content-Type-Options": "nosniff", "Connection": "close"}  # fmt: skip
        return microdot.Response(open(html.WWW + path, "rb"), 200, headers)
