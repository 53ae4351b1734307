"""Frame, escaping and texts of the portal's pages. Knows no page's content and no device.

Every value that comes from outside (SSID, host name, provider's reply) passes esc(). Pages are generators of small
strings: a page never stands in the heap as a whole."""

WWW = "www"  # folder of texts, style and script; site.py says where it is
PIECE = 700  # bytes sent at once


def esc(value):
    """Any value as text between tags or in a quoted attribute."""
    text = str(value) if value is not None else ""
    for c, by in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(c, by)
    return "".join([c if c >= " " or c == "\n" else " " for c in text])


class Texts:
    """t["key"] -> text. The sections' lines stay one block of bytes: a dict of them would need twice the heap."""

    def __init__(self, block):
        self.block = block

    def __getitem__(self, key):
        """Raises KeyError."""
        block, word = self.block, b"\n" + key.encode() + b" = "
        at = block.find(word)
        if at < 0:
            raise KeyError(key)
        at += len(word)
        return block[at : block.find(b"\n", at)].decode()

    def get(self, key, default=None):
        """The text, or `default` where there is none of that key."""
        return self[key] if self.block.find(b"\n" + key.encode() + b" = ") >= 0 else default


def texts(*sections):
    """The Texts of some sections of en.txt ("[section]" lines, then "key = text"); [all] is always among them."""
    block, inside = bytearray(b"\n"), False
    with open(WWW + "/en.txt", "rb") as f:
        for line in f:
            if line[:1] == b"[":
                name = line.strip()[1:-1].decode()
                inside = name in sections or name == "all"
            elif inside:
                block.extend(line)
    return Texts(bytes(block))


def page(t, title, body, session=None, here="", again=0):
    """The whole page. t: texts; body: generator of strings; session: guard.Session or None; again: reload after seconds."""
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    if again:
        yield '<meta http-equiv="refresh" content="%d">' % again
    yield '<title>%s - Wanbeacon</title><link rel="stylesheet" href="/style.css">' % esc(title)
    yield '<script src="/portal.js" defer></script></head><body><header><a href="/" class="brand">Wanbeacon</a><nav>'
    for path, key in (("/", "nav_status"), ("/settings", "nav_settings")):
        yield '<a href="%s"%s>%s</a>' % (path, ' aria-current="page"' if here == path else "", t[key])
    yield "</nav></header><main>"
    for piece in body:
        yield piece
    yield "</main><footer>"
    if session and session.admin:
        yield form("/logout", session) + '<button class="link">%s</button></form>' % t["logout"]
    yield "%s</footer></body></html>" % t["footer"]


def steps(t, here):
    """The steps of the set-up, the present one marked."""
    out = '<ol class="steps">'
    for step in ("wifi", "provider", "account", "address", "finish"):
        out += '<li%s><a href="/%s">%s</a></li>' % (' aria-current="step"' if step == here else "", step, t["step_" + step])
    return out + "</ol>"


def form(action, session, more=""):
    """The opening of a form with its CSRF token."""
    return '<form method="post" action="%s"%s><input type="hidden" name="csrf" value="%s">' % (
        action, more, session.csrf if session else "")  # fmt: skip


def field(label, name, value="", kind="text", hint="", more=""):
    """A labelled input; the value is escaped. Never give it a secret as value."""
    tip = ' aria-describedby="%s-h"' % name if hint else ""
    out = '<p><label for="%s">%s</label><input id="%s" name="%s" type="%s" value="%s"%s %s>' % (
        name, label, name, name, kind, esc(value), tip, more)  # fmt: skip
    return out + ('<small id="%s-h">%s</small></p>' % (name, hint) if hint else "</p>")


def trouble(text):
    """A message that something is wrong; read out at once. text is escaped."""
    return '<p class="bad" role="alert">%s</p>' % esc(text) if text else ""


def pieces(strings):
    """Strings joined to bytes of about PIECE: a packet per word would be slow."""
    buffer, size = [], 0
    for s in strings:
        buffer.append(s)
        size += len(s)
        if size > PIECE:
            yield "".join(buffer).encode()
            buffer, size = [], 0
    if buffer:
        yield "".join(buffer).encode()


def when(wall):
    """A moment as <time>, in UTC; a script turns it into local time."""
    import time

    if not wall:
        return "-"
    t = time.gmtime(wall - (946684800 if time.gmtime(0)[0] == 2000 else 0))
    return '<time datetime="%04d-%02d-%02dT%02d:%02d:%02dZ">%04d-%02d-%02d %02d:%02d UTC</time>' % (t[:6] + t[:5])


def span(seconds):
    """A wait in words: "5 min"."""
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return "%d %s" % (seconds // unit, name)
    return "%d s" % seconds
