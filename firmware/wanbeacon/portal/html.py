"""Frame, escaping and texts of the portal's pages. Knows no page's content and no device.

Every value that comes from outside (SSID, host name, provider's reply) passes esc(). Pages are generators of
small strings: a page never stands in the heap as a whole."""

import time

PIECE = 700  # bytes sent at once


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
    """What a page's body is made with: t["key"] -> text, and the parts below. Pages do not import this
    module: it is loaded when a page begins to be written, after what the page had to find out.

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

    def steps(self, here):
        """The steps of the set-up, the present one marked."""
        out = '<ol class="steps">'
        for step in ("wifi", "provider", "account", "address", "finish"):
            out += '<li%s><a href="/%s">%s</a></li>' % (
                ' aria-current="step"' if step == here else "",
                step,
                self["step_" + step],
            )
        return out + "</ol>"

    def form(self, action, csrf, more=""):
        """The opening of a form with its token."""
        return '<form method="post" action="%s"%s><input type="hidden" name="csrf" value="%s">' % (
            action,
            more,
            csrf,
        )

    def field(self, name, value="", kind="text", more="", faults=(), hint=None):
        """A labelled input, or a textarea (kind "area"); the value is escaped. Texts: NAME, NAME_hint (if
        there is one; hint: in its place). faults: rows (field, text); those of this field stand beside it,
        and the first field of all that has one gets the focus. Never give it a saved secret as value; what
        was just typed may go back to who typed it."""
        hint = hint or self.get(name + "_hint")
        wrong = [text for field, text in faults if field == name]
        tips = ("%s-f " % name if wrong else "") + ("%s-h" % name if hint else "")
        more += ' aria-describedby="%s"' % tips.strip() if tips else ""
        if wrong:
            more += ' aria-invalid="true"' + (" autofocus" if faults[0][0] == name else "")
        out = '<p class="field"><label for="%s">%s</label>' % (name, self[name])
        if kind == "area":
            out += '<textarea id="%s" name="%s" rows="3" %s>%s</textarea>' % (name, name, more, esc(value))
        else:
            out += '<input id="%s" name="%s" type="%s" value="%s" %s>' % (name, name, kind, esc(value), more)
        if wrong:
            out += '<span class="bad" id="%s-f">%s</span>' % (name, esc("; ".join(wrong)))
        return out + ('<small id="%s-h">%s</small></p>' % (name, esc(hint)) if hint else "</p>")

    def trouble(self, faults):
        """What is said above a form with faults; those that belong to no field (None) in full."""
        if not faults:
            return ""
        own = [text for field, text in faults if not field]
        return '<p class="bad" role="alert">%s</p>' % esc(" ".join(own) or self["see_below"])

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


def texts(path, *sections):
    """The Texts of some sections of the file `path` ("[section]" lines, then "key = text");
    [all] is always among them."""
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
    return Texts(blocks)


def page(t, title, body, logout=None, here="", again=0):
    """The whole page. t: texts; body: generator of strings; logout: token of the log-out form, for who is
    logged in; again: reload after seconds."""
    yield (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
    )
    if again:
        yield '<meta http-equiv="refresh" content="%d">' % again
    yield '<title>%s - Wanbeacon</title><link rel="stylesheet" href="/style.css">' % esc(title)
    yield (
        '<script src="/portal.js" defer></script></head><body><header>'
        '<a href="/" class="brand">Wanbeacon</a><nav>'
    )
    for path, key in (("/", "nav_status"), ("/settings", "nav_settings")):
        yield '<a href="%s"%s>%s</a>' % (path, ' aria-current="page"' if here == path else "", t[key])
    yield "</nav></header><main>"
    for piece in body:
        yield piece
    yield "</main><footer>"
    if logout:
        yield t.form("/logout", logout) + '<button class="link">%s</button></form>' % t["logout"]
    yield "%s</footer></body></html>" % t["footer"]


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
