"""The portal's pages behind the doorway: who may pass (guard.py), which page, with which headers. Loaded when somebody
knocks, and forgotten again (server.py): with microdot it is the largest thing on a board. Knows no socket."""

import gc
import os
import sys

import microdot

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
# path -> its module page_NAME, None: made here
PAGES = {
    "": "status", "do": "status", "login": "login", "logout": "login", "settings": "settings", "wifi": "wifi",
    "provider": "provider", "account": "account", "address": "address", "finish": "finish", "test": None,
    "status.json": None, "style.css": None, "portal.js": None,
}  # fmt: skip
_STEPS = ("wifi", "provider", "account", "address", "finish")


class Site(microdot.Microdot):
    """device: board/device.py; kept: server.Server, which outlives this object: guard, draft, last scan, trial."""

    def __init__(self, device, kept):
        self.device = device
        self.kept = kept
        if not kept.guard:
            password = ((device.cfg or {}).get("portal") or {}).get("password")
            if not password:
                from wanbeacon.board.esp32 import access_point as door

                password = door.access(device.board)
                door = None
            kept.guard = guard.Guard(os.urandom, password)
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
        addresses = [self.device.board.lan_address()]
        if self.device.door:
            addresses.append(self.device.door.address)
        return (self.name_of((self.device.cfg or {}).get("device")), self.name_of(None)), addresses

    def name_of(self, device):
        """The host name that settings with this "device" part give; device: dict or None."""
        from wanbeacon.board.esp32.link import name_of

        return name_of((device or {}).get("hostname") or self.device.board.own_name()).lower()

    def at_home(self, request):
        """True for a browser in the set-up network: its password, from the label, was the proof. enter() has seen to it that
        the browser knows where it is."""
        return bool(self.device.door and self.device.door.inside(request.client_addr[0]))

    def enter(self, request):
        """Before every request: Host, session, CSRF token. Returns an answer to refuse, None to let pass."""
        names, addresses = self.names()
        host, home = request.headers.get("Host"), self.at_home(request)
        lost = home and guard.host_of(host) != self.device.door.address
        if lost and request.method in ("GET", "HEAD"):
            return self.to("http://%s/" % self.device.door.address)
        if lost or not guard.known_host(host, names, addresses):
            return self.plain("This device answers to its own name and address only.", 421)
        now = self.device.clock.mono()
        session = self.guard.session(request.cookies.get("wb"), now)
        request.g.cookie = None
        if home and not (session and session.admin):
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
                return self.message(request, "nav_status", "forged", 403)
        return None

    # ---- answers

    def plain(self, text, status):
        headers = dict(_HEADERS)
        headers["Content-Type"] = "text/plain; charset=UTF-8"
        return microdot.Response(text + "\n", status, headers, _REASONS.get(status, "Error"))

    def page(self, request, name, body, status=200, here="", again=0):
        """A whole page: name: section of the texts; body(texts) -> generator of its inside. Sets a new session's cookie."""
        headers = dict(_HEADERS)
        if getattr(request.g, "cookie", None):
            headers["Set-Cookie"] = "wb=%s; Path=/; HttpOnly; SameSite=Strict" % request.g.cookie
        gc.collect()
        t = html.texts(name, "steps" if name in _STEPS else name)
        whole = html.page(t, t.get("title_" + name) or t["nav_status"], body(t), getattr(request.g, "session", None), here, again)
        return microdot.Response(html.pieces(whole), status, headers, _REASONS.get(status, "OK"))

    def to(self, path, request=None):
        """A redirect after a form: reloading the page does not send it again."""
        headers = {"Location": path, "Connection": "close", "Cache-Control": "no-store"}
        if request and request.g.cookie:
            headers["Set-Cookie"] = "wb=%s; Path=/; HttpOnly; SameSite=Strict" % request.g.cookie
        return microdot.Response(b"", 303 if request else 302, headers, "See Other")

    def message(self, request, title, text, status=200, link="/"):
        """One sentence and a way on; title and text: keys of the texts, or texts."""

        def body(t):
            yield "<h1>%s</h1><p>%s</p>" % (html.esc(t.get(title) or title), html.esc(t.get(text) or text))
            yield '<p><a class="button" href="%s">%s</a></p>' % (link, t["go_on"])

        return self.page(request, "message", body, status)

    # ---- routes

    def status(self):
        """The status document, {} while there is no agent. Made before a page is loaded: each needs its room."""
        doc = self.device.agent.status() if self.device.agent else {}
        return doc

    def draft(self):
        """The settings in the making; from the saved ones at first. Between requests they are kept as JSON."""
        from wanbeacon.board.esp32 import board as esp32
        from wanbeacon.portal import draft

        raw, at = self.kept.draft or (None, 0)
        if raw is None:
            try:
                with open(esp32.CONFIG, "rb") as f:
                    raw = f.read(BODY_MAX)
            except OSError:
                pass
        self.edited = draft.Draft(raw)
        self.edited.at = at
        return self.edited

    def route(self, request):
        """All pages. Only status, log-in and the static files are for everybody."""
        name, device = request.path[1:], self.device
        if name not in PAGES:
            return self.message(request, "odd_title", "odd", 404)
        if name in ("style.css", "portal.js"):
            return self.static(name)
        session = request.g.session
        admin = bool(session and session.admin)
        if name == "status.json":
            doc = self.status()
            doc["device"] = {"state": device.state(), "problems": device.problems, "safe": device.safe}
            headers = dict(_HEADERS)
            headers["Content-Type"] = "application/json"
            return microdot.Response(doc, 200, headers)
        if name == "" and admin and self.at_home(request) and not device.cfg:
            return self.to("/wifi" if "lan" not in device.board.pins else "/provider", request)
        if name not in ("", "login") and not admin:
            if request.method == "GET":
                return self.to("/login")
            return self.message(request, "nav_settings", "needs_login", 403, "/login")
        if name in ("finish", "test"):
            return self.last(request, name)
        return self.routed(PAGES[name], "answer" if name not in ("do", "logout") else name, request)

    def last(self, request, name):
        """The last page, in steps that each have the heap for themselves: what was typed goes into the draft, the draft is
        checked by the agent's own rules, and then it is saved, tested or shown."""
        post, problem = request.method == "POST", None
        if name == "finish" and post:
            problem = self.routed("finish", "typed", request)
        cfg, problems = self.check()
        if post and not problem and not problems:
            if name == "finish":
                self.device.save(self.kept.draft[0])
                return self.routed("finish", "saved", request)
            self.test(cfg)
        if name == "test":
            return self.to("/finish", request)
        return self.routed("finish", "answer", request, problem, problems)

    def test(self, cfg):
        """Starts the test of checked settings; the last page shows how it goes."""
        if not (self.kept.trial and self.kept.trial.running):
            from wanbeacon.portal.trial import Trial

            self.kept.trial = Trial(self.device, cfg)
            self.kept.trial.start()

    def routed(self, name, function, *args):
        """One function of a page's module, the others gone; the draft it changed is kept."""
        gc.collect()
        __import__("wanbeacon.portal.page_" + name)
        self.edited = None
        try:
            return getattr(sys.modules["wanbeacon.portal.page_" + name], function)(self, *args)
        finally:
            if self.edited:
                self.kept.draft = self.edited.data(), self.edited.at
                self.edited = None

    def check(self):
        """(checked settings or None, what the agent would refuse) of the draft."""
        if not self.kept.draft:
            self.draft()
            self.kept.draft = self.edited.data(), 0
            self.edited = None
        from wanbeacon.app import config

        try:
            cfg = config.load(self.kept.draft[0].decode())
        except config.ConfigError as e:
            return None, e.problems
        finally:
            config = None
        if not cfg["wifi"] and "lan" not in self.device.board.pins:
            return None, [html.texts("wifi")["wifi_none"]]
        problems = self._judged(cfg["accounts"])
        return None if problems else cfg, problems

    def _judged(self, accounts):
        from wanbeacon.dyndns.advice import judge

        return judge(self.device.board.catalogue, accounts)[1]

    def static(self, path):
        headers = {"Content-Type": "text/css" if path.endswith("css") else "text/javascript", "Cache-Control": "max-age=3600",
                   "X-Content-Type-Options": "nosniff", "Connection": "close"}  # fmt: skip
        return microdot.Response(open(html.WWW + "/" + path, "rb"), 200, headers)
