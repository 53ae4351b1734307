# SPDX-License-Identifier: MIT
"""Picks values out of an XML text (XML 1.0, 5th edition) that arrives in pieces: by path, without a tree. The
same from outside as jsonpick.py.

A path is the names of the elements from the root, joined by "."; prefixes of namespaces and attributes are
left out. An element without children is a value. A document type is refused: it could define entities.
"""

from micropython import const

DEPTH = 16  # levels of nesting; the deepest answer that is known has 6
LONGEST = 255  # bytes of a value that is kept, as in jsonpick.py
_TAG = const(512)  # bytes of a tag with its attributes
TOO_LONG = b"\0too long"  # stands for a value that was longer: equal to nothing

# What is read.
_TEXT = const(0)
_MARKUP = const(1)
_COMMENT = const(2)
_CDATA = const(3)
_ENDS = (b"<", b">", b"-->", b"]]>")
_KNOWN = {b"lt": b"<", b"gt": b">", b"amp": b"&", b"quot": b'"', b"apos": b"'"}


class Picker:
    """As jsonpick.Picker: feed(bytes), end(), then `said`, `whole`, `bad`, `empty`. Never raises."""

    MOST = 12  # values kept in `said`

    def __init__(self, each=None, fields=(), take=None, alone=()):
        self.each = None if each is None else each.encode()
        self.fields = [f.encode() for f in fields]
        self.take = take
        self.alone = [a.encode() for a in alone]
        self.said = []
        self.whole = self.bad = False
        self.empty = True
        self._state = _TEXT
        self._kept = b""  # of what ends with more than one byte: what came so far, at most _TAG bytes
        self._stack = []  # the path of each element that is open
        self._text = bytearray()
        self._leaf = False  # no child has ended inside the element that is open
        self._roots = 0
        self._values = None

    def feed(self, data):
        """The next bytes of the text."""
        at = 0
        while at < len(data) and not self.bad:
            mark = _ENDS[self._state]
            if self._state == _TEXT:
                end = data.find(mark, at)
                self._put(data[at : len(data) if end < 0 else end])
                if end < 0:
                    return
                self._state, self._kept, at = _MARKUP, b"", end + 1
                self.empty = False
                continue
            # the mark may be cut in two: it is looked for in what is kept and what is new
            kept = self._kept[-2:] if self._state == _COMMENT else self._kept
            more = kept + data[at : at + _TAG]
            end = more.find(mark)
            if self._state == _MARKUP and self._begins(more):
                at += len(more) - len(kept)  # the rest goes back to where it came from
                rest, self._kept = more[3 if self._state == _COMMENT else 8 :], b""
                data, at = rest + data[at:], 0
                continue
            if end < 0:
                at += len(more) - len(kept)
                if self._state == _CDATA:
                    self._put(more[:-2])
                    more = more[-2:]
                self.bad = self.bad or len(more) > _TAG and self._state == _MARKUP
                self._kept = more
                continue
            at += end + len(mark) - len(kept)
            if self._state == _MARKUP:
                self._tag(more[:end])
            elif self._state == _CDATA:
                self._put(more[:end])
            self._state, self._kept = _TEXT, b""

    def end(self):
        """All bytes are there. Returns `whole`."""
        self.whole = self._state == _TEXT and not self._stack and self._roots == 1 and not self.bad
        return self.whole

    def _begins(self, markup):
        """Whether this is a comment or a CDATA section, which end otherwise."""
        if markup[:3] == b"!--":
            self._state = _COMMENT
        elif markup[:8] == b"![CDATA[":
            self._state = _CDATA
        else:
            return False
        return True

    def _put(self, text):
        """Text of the element that is open; outside of the root only blanks may come."""
        if not self._stack:
            if text.strip(b" \t\r\n\xef\xbb\xbf"):
                self.bad, self.empty = True, False
        elif len(self._text) <= LONGEST:
            self._text.extend(text[: LONGEST + 1 - len(self._text)])

    def _tag(self, tag):
        """What was between < and >."""
        if tag[:1] == b"?":
            return
        closing = tag[:1] == b"/"
        name = tag[1:] if closing else tag
        name = name.split(None, 1)[0] if name.strip() else b""
        alone = tag[-1:] == b"/"
        if name[-1:] == b"/":
            name = name[:-1]
        name = name[name.rfind(b":") + 1 :]
        if not name or name[:1] == b"!" or b"." in name:
            self.bad = True
        elif closing:
            self._close(name)
        elif len(self._stack) >= DEPTH:
            self.bad = True
        else:
            self._open(name)
            if alone:
                self._close(name)

    def _open(self, name):
        if not self._stack:
            self._roots += 1
        path = self._stack[-1] + b"." + name if self._stack else name
        self._stack.append(path)
        self._text = bytearray()
        self._leaf = True
        if path == self.each or self.each == b"" and len(self._stack) == 1:
            self._values = [None] * len(self.fields)

    def _close(self, name):
        if not self._stack or self._stack[-1][-len(name) - 1 :].lstrip(b".") != name:
            self.bad = True
            return
        path = self._stack.pop()
        if self._leaf and self._text:
            self._got(path, _plain(bytes(self._text)) if len(self._text) <= LONGEST else TOO_LONG)
        self._leaf = False
        self._text = bytearray()
        if self._values is not None and (path == self.each or not self.each and not self._stack):
            values, self._values = self._values, None
            self.take(values)

    def _got(self, path, value):
        if self._values is not None:
            rest = path[len(self.each) :] if self.each else b"." + path
            for i in range(len(self.fields)):
                if self.fields[i] == rest:
                    if self._values[i]:
                        self._values[i][0] += 1
                    else:
                        self._values[i] = [1, value]
        for i in range(len(self.alone)):
            if self.alone[i] == path and len(self.said) < self.MOST:
                self.said.append((i, value))


def _plain(text):
    """The text with its references put in (XML 1.0, section 4.1). One that is none becomes a "?"."""
    first, *rest = text.strip(b" \t\r\n").split(b"&")
    out = [first]
    for part in rest:
        name, mark, more = part.partition(b";")
        char = _KNOWN.get(name)
        if char is None and name[:1] == b"#":
            try:
                char = chr(int(name[2:], 16) if name[1:2] == b"x" else int(name[1:])).encode()
            except (ValueError, OverflowError):
                pass
        out.append((char or b"?") + (more if mark else b""))
    return b"".join(out)
