# SPDX-License-Identifier: MIT
"""Frame, escaping and texts of the portal's pages.

Every value that comes from outside (SSID, host name, provider's reply) passes esc(). Pages are generators of
small strings: a page never stands in the heap as a whole."""

import gc
import time

from wanbeacon.app import stage

PIECE = 400  # bytes sent at once; they are in memory three times


def esc(value):
    """Any value as text between tags or in a quoted attribute."""
    text = str(value) if value is not None else ""
    for c, by in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(c, by)
    raw = bytearray(text.encode())  # by bytes, see core.text.printable
    for i in range(len(raw)):
        if raw[i] < 32 and raw[i] != 10:
            raw[i] = 32
    return bytes(raw).decode()


class Texts:
    """What a page's body is made with: t["key"] -> text, and the parts below; with forms: forms.py. Pages do
    not import this module: it is loaded when a page begins to be written, after what it had to find out.

    A section's lines stay one block of bytes: a dict of them would need twice the heap."""

    def __init__(self, blocks):
        self.blocks = blocks

    def get(self, key, default=None):
        """The text, or `default` where there is none of that key."""
        word = b"\n" + key.encode() + b" = "
        for block in self.blocks:
            at = block.find(word)
            if at >= 0:
                at += len(word)
                return block[at : block.find(b"\n", at)].decode()
        return default

    def __getitem__(self, key):
        """Raises KeyError."""
        text = self.get(key)
        if text is None:
            raise KeyError(key)
        return text

    def esc(self, value):
        """Any value as text between tags or in a quoted attribute."""
        return esc(value)

    def form(self, action, csrf, more=""):
        """The opening of a form with its token."""
        return '<form method="post" action="%s"%s><input type="hidden" name="csrf" value="%s">' % (
            action,
            more,
            csrf,
        )

    def when(self, wall, now=None):
        """A moment as <time>: in words as seen from `now` (both unix time), the exact one (UTC; a script
        makes it local) on hover."""
        if not wall:
            return "-"
        t = time.gmtime(wall - (946684800 if time.gmtime(0)[0] == 2000 else 0))
        exact = "%04d-%02d-%02d %02d:%02d" % t[:5]
        words = (
            "%s ago" % self.span(now - wall)
            if now and now - wall >= 2
            else "just now"
            if now
            else exact + " UTC"
        )
        return '<time datetime="%sT%s:%02dZ" title="%s UTC">%s</time>' % (
            exact[:10],
            exact[11:],
            t[5],
            exact,
            words,
        )

    def span(self, seconds):
        """A wait in words: "5 minutes"."""
        for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
            if seconds >= 2 * unit:
                return "%d %s" % (seconds // unit, name)
        return "%d seconds" % seconds if seconds != 1 else "1 second"


def texts(path, kind, *sections):
    """The Texts (kind: their class) of some sections of the file `path` ("[section]" lines, then "key =
    text"); [all] is always among them."""
    places, start, at = [], None, 0
    with open(path, "rb") as f:
        line = b" "
        while line:
            line = f.readline()
            if line[:1] == b"[" or not line:
                if start:
                    places.append((start, at - start))
                name = line.strip()[1:-1].decode()
                start = at + len(line) - 1 if name in sections or name == "all" else None
            at += len(line)
        blocks = []
        for start, size in places:
            f.seek(start)
            blocks.append(f.read(size))
    return kind(blocks)


async def write(server, guest, name, args, logout=None, here="", again=0, title=None, part=3):
    """A page: what `body(t, *args)` of page_NAME gives, between head and foot. A stage. logout: token of the
    log-out form, for who is logged in; again: reload after seconds; title: another than its own; part: 1
    with the head, 2 with the foot, 3 both."""
    steps = "steps" if name in ("wifi", "provider", "account", "address", "finish") else name
    kind = Texts if name in ("status", "more", "settings", "message") else stage.load("portal.forms").Forms
    page = stage.load("portal.page_" + name)
    gc.collect()
    t = texts(server.device.board.home + "/wanbeacon/portal/www/en.txt", kind, name, steps)
    title = t.get(title or "title_" + name) or title
    for piece in pieces(_whole(t, title, page.body(t, *args), logout, here, again, part)):
        await guest.send(piece)


def pieces(strings):
    """Strings joined to bytes of about PIECE: a packet per word would be slow."""
    out, size = [], 0
    for s in strings:
        out.append(s)
        size += len(s)
        if size > PIECE:
            yield "".join(out).encode()
            out, size = [], 0
    if out:
        yield "".join(out).encode()


def _whole(t, title, body, logout, here, again, part):
    if part & 1:
        yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width">'
        if again:
            yield '<meta http-equiv="refresh" content="%d">' % again
        yield '<title>%s - Wanbeacon</title><link rel="stylesheet" href="/style.css">' % esc(title)
        yield '<script src="/portal.js" defer></script></head><body><header>'
        yield '<a href="/" class="brand">Wanbeacon</a><nav>'
        for path, key in (("/", "nav_status"), ("/settings", "nav_settings")):
            yield '<a href="%s"%s>%s</a>' % (path, ' aria-current="page"' if here == path else "", t[key])
        yield "</nav></header><main>"
    for piece in body:
        yield piece
    if part & 2:
        yield "</main><footer>"
        if logout:
            yield t.form("/logout", logout) + '<button class="link">%s</button></form>' % t["logout"]
        yield "%s</footer></body></html>" % t["footer"]
