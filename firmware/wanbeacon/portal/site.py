"""The portal's pages behind the door: who may pass (guard.py), which page, with which headers. A stage:
loaded for one request, forgotten with all it loaded when that is answered. Knows no socket."""

import gc
import json
import os

from micropython import const

from wanbeacon.app import stage
from wanbeacon.board.esp32 import board as esp32

# same-origin, not no-referrer: with that a browser sends "Origin: null" along with our own forms
_HTML = (
    "Content-Type: text/html; charset=UTF-8\r\nContent-Security-Policy: default-src 'none'; "
    "style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: same-origin\r\n"
    "X-Frame-Options: DENY\r\nCache-Control: no-store\r\n"
)
_REASONS = {
    200: "OK",
    302: "Found",
    303: "See Other",
    403: "Forbidden",
    404: "Not Found",
    421: "Misdirected Request",
    429: "Too Many Requests",
}
# path -> its module page_NAME, None: made here
PAGES = {
    "": "status", "do": "status", "login": "login", "logout": "login", "settings": "settings", "wifi": "wifi",
    "provider": "provider", "account": "account", "address": "address", "finish": "finish", "test": "finish",
    "backup": "backup", "restore": "backup", "status.json": None, "style.css": None, "portal.js": None,
}  # fmt: skip
_SETTINGS_MAX = const(4608)  # bytes: more than any settings have
_STEPS = ("wifi", "provider", "account", "address", "finish")


async def answer(server, guest):
    """Answer one request. Raises OSError when the browser has gone."""
    status, headers, body = Site(server, guest).route()
    head = "HTTP/1.0 %d %s\r\n%sX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n" % (
        status,
        _REASONS.get(status, "Error"),
        headers,
    )
    await guest.send(head.encode())
    if guest.method != "HEAD":
        for piece in body:
            await guest.send(piece)


class Site:
    """One request: device, server (what outlives it), guest (the request), args (of the query), form, csrf
    (the token that forms carry; "" for who may change nothing), session (its row, or None)."""

    def __init__(self, server, guest):
        self.server = server
        self.device = device = server.device
        self.guest = guest
        self.args, self.form = guest.args, guest.form
        self.now = device.clock.mono()
        self.cookie = None
        self.www = device.board.home + "/wanbeacon/portal/www/"

    # ---- answers: (status, header lines, pieces of the body)

    def plain(self, text, status):
        return (
            status,
            "Content-Type: text/plain; charset=UTF-8\r\nCache-Control: no-store\r\n",
            ((text + "\n").encode(),),
        )

    def page(self, name, body, status=200, here="", again=0, title=None):
        """A whole page. name: section of the texts; body(texts) -> generator of its inside."""
        html = stage.load("portal.html")
        gc.collect()
        t = html.texts(self.www + "en.txt", name, "steps" if name in _STEPS else name)
        whole = html.page(
            t, title or t["title_" + name], body(t), self.csrf if self.session else "", here, again
        )
        return status, self._cookie() + _HTML, html.pieces(whole)

    def _cookie(self):
        return "Set-Cookie: wb=%s; Path=/; HttpOnly; SameSite=Strict\r\n" % self.cookie if self.cookie else ""

    def to(self, path):
        """After a form: reloading the page does not send it again."""
        return (
            303 if self.guest.method == "POST" else 302,
            "Location: %s\r\nCache-Control: no-store\r\n%s" % (path, self._cookie()),
            (),
        )

    def message(self, title, text, status=200, link="/"):
        """One sentence and a way on; title and text: keys of the texts, or texts."""

        def body(t):
            yield "<h1>%s</h1><p>%s</p>" % (t.esc(t.get(title) or title), t.esc(t.get(text) or text))
            yield '<p><a class="button" href="%s">%s</a></p>' % (link, t["go_on"])

        return self.page("message", body, status)

    # ---- routes

    def route(self):
        """All pages. Only status, log-in and the static files are for everybody."""
        guest, device = self.guest, self.device
        name, post = guest.path[1:], guest.method == "POST"
        if guest.lost:
            return self.to("http://%s/" % device.door.address)
        if name in ("style.css", "portal.js"):
            return self._static(name)
        token = self.form.get("csrf")
        self.session, self.csrf, right = self.guard(
            "enter", guest.session, guest.home, guest.ip, token, self.now
        )
        if guest.path[:1] != "/" or name not in PAGES:
            return self.message("odd_title", "odd", 404)
        if name == "status.json":
            doc = self.status()
            doc["device"] = {"state": device.state(), "problems": device.problems, "safe": device.safe}
            return 200, "Content-Type: application/json\r\nCache-Control: no-store\r\n", _json(doc)
        if name == "login":
            if post and self.guard("login_forged", token, guest.ip, self.now):
                return self.message("title_login", "forged", 403, "/login")
        elif post and not self.csrf:
            return self.message("nav_settings", "needs_login", 403, "/login")
        elif post and not right:
            return self.message("nav_status", "forged", 403)
        if name == "" and guest.home and not device.cfg:
            return self.to("/wifi" if "lan" not in device.board.pins else "/provider")
        if name == "" and self.session and not device.cfg:  # set up from home: the Wi-Fi came over the cable
            return self.to("/provider")
        if name not in ("", "login") and not self.csrf:
            return self.to("/login")
        self._judge(name, post)
        gc.collect()
        page = stage.load("portal.page_" + PAGES[name])
        return getattr(page, name if name in ("do", "logout", "test", "restore") else "answer")(self)

    def _judge(self, name, post):
        """For pages that show what the agent would refuse: faults (of what was typed, which goes into the
        draft) and checked (see problems), before the page is loaded: both need room."""
        self.faults = ()
        if post and name == "account":
            self.faults = self.edit(
                "set_account",
                self.number(),
                self.form,
                [row[0] for row in stage.run("app.config", "rows", "account")],
            )
        elif post and name == "finish":
            self.faults = self.edit("set_finish", self.form)
        if name in ("finish", "test") or post and name == "account":
            self.checked = self.problems()
        self.doc = self.status() if not name else {}

    def guard(self, method, *args):
        """See guard.py."""
        return stage.run("portal.guard", "use", self.server, os.urandom, method, args)

    def _static(self, path):
        kind = "text/css" if path.endswith("css") else "text/javascript"
        return 200, "Content-Type: %s\r\nCache-Control: max-age=3600\r\n" % kind, _file(self.www + path)

    # ---- what pages ask for

    def status(self):
        """The status document, {} while there is no agent.
        Made before a page's texts are loaded: each needs its room."""
        return self.device.agent.status() if self.device.agent else {}

    def raw(self):
        """The settings in the making as JSON (bytes); the saved ones at first."""
        try:
            with open(esp32.CONFIG, "rb") as f:
                return self.server.draft or f.read(_SETTINGS_MAX)
        except OSError:
            return self.server.draft or b"{}"

    def edit(self, change, *args):
        """Change the settings in the making: a method of draft.Draft; returns what that does."""
        new, out = stage.run("portal.draft", "edit", self.raw(), change, args)
        self.server.draft = new or self.server.draft
        return out

    def view(self, what, *args):
        """Something of them: a method of draft.Draft."""
        return stage.run("portal.draft", "edit", self.raw(), what, args)[1]

    def number(self):
        """The account that ?n= names; one beyond the last is a new one."""
        n = self.args.get("n") or ""
        return int(n) if n.isdigit() and len(n) < 4 else 0

    def problems(self):
        """(checked settings or None, problems, warnings) of the draft, by the agent's own rules: one-line
        texts that begin with their place, such as "accounts[0].hosts[1].name: ...", or keys of [finish]."""
        try:
            cfg = stage.run("app.config", "load", self.raw().decode())
        except ValueError as e:  # a ConfigError
            return None, e.problems, []
        _, problems, warnings = stage.run(
            "dyndns.advice", "judge", self.device.board.catalogue, cfg["accounts"]
        )
        if not cfg["wifi"] and "lan" not in self.device.board.pins:
            problems.append("wifi_none")
        return None if problems else cfg, problems, warnings

    def providers(self, ids):
        """{id: (name, host)} for people, of those that are known."""
        return stage.run("dyndns.search", "named", names_file(self.device.board), ids)

    def search(self, query, most=12):
        """Providers (id, name, host) that may be meant, best first; id "-" for one that cannot be served."""
        return stage.run("dyndns.search", "search", names_file(self.device.board), query, most)


def names_file(board):
    """Path of the file with the providers' names."""
    return board.catalogue.rpartition("/")[0] + "/names.txt"


def _json(doc):
    """An object as pieces of JSON: as a whole the text would want 4 KB of heap in one piece, twice."""
    start = "{"
    for key in doc:
        yield ("%s%s: %s" % (start, json.dumps(key), json.dumps(doc[key]))).encode()
        start = ", "
    yield b"}"


def _file(path):
    with open(path, "rb") as f:
        data = f.read(512)
        while data:
            yield data
            data = f.read(512)
