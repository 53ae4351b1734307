# SPDX-License-Identifier: MIT
"""Picks values out of a JSON text (RFC 8259) that arrives in pieces: by path, without a tree.

An API may answer with 100 KB where a board has 84 KB in all. What is kept is bounded whatever arrives: the
values that are asked for, LONGEST bytes of each, and one path per level of nesting.

A path is the keys from the root, joined by "." and "[]" for any entry of a list: "result[].id", "[].data"
when the root is a list. A key that holds "." or "[" itself is read as "?", so that it cannot pass for a path.
"""

from micropython import const

DEPTH = 24  # levels of nesting; the deepest answer that is known has 9
LONGEST = 255  # bytes of a value that is kept; ids, addresses, names and error codes are shorter
_KEY = const(64)  # bytes of a key; a longer one is none that is asked for
_NUMBER = const(40)  # bytes of a number
TOO_LONG = b"\0too long"  # stands for a value that was longer: equal to nothing

# What comes next.
_VALUE = const(0)
_KEY_OR_END = const(1)
_NAME = const(2)
_COLON = const(3)
_NEXT = const(4)
_STRING = const(5)
_ESCAPE = const(6)
_HEX = const(7)
_WORD = const(8)
_END = const(9)
_BLANK = b" \t\r\n"
_ESCAPES = b'"\\/bfnrt'
_MEANT = b'"\\/\b\f\n\r\t'


class Picker:
    """feed(bytes) as often as there are bytes, then read `whole`.

    each: path of the objects that a list holds ("result[]"), "" for the root. fields: paths within one of
    them, relative (".id", "[]" for the entries of a list of plain values). take(values): called at the end of
    each such object with a list parallel to fields: None where it was missing or null, else [number of values
    met, first of them as bytes]; true, false and numbers are their own text. Where a list holds plain values
    instead of objects, each is the field "." of its own. alone: absolute paths; `said`
    collects [index into alone, bytes], the first MOST of them.

    whole: the text was complete and well formed. bad: it is no JSON. empty: nothing but blanks came. Never
    raises.
    """

    MOST = 12  # values kept in `said`: an error names one code and one text, a hostile answer thousands

    def __init__(self, each=None, fields=(), take=None, alone=()):
        self.each = None if each is None else each.encode()
        self.fields = [f.encode() for f in fields]
        self.take = take
        self.alone = [a.encode() for a in alone]
        self.said = []
        self.whole = self.bad = False
        self.empty = True
        self._state = _VALUE
        self._path = b""
        self._stack = []  # (path of the container, True for a list)
        self._values = None
        self._text = bytearray()
        self._name = False  # the string that is read is a key
        self._first = False  # a list that has just begun may end at once
        self._hex = 0
        self._half = 0, 0  # the first half of a character beyond 16 bits, and where its "?" stands

    def feed(self, data):
        """The next bytes of the text."""
        at, size = 0, len(data)
        while at < size and not self.bad:
            state = self._state
            if state == _STRING:
                at = self._string(data, at)
                continue
            c = data[at]
            if state == _WORD:
                if c not in b",]} \t\r\n":
                    if len(self._text) >= _NUMBER:
                        self.bad = True
                    self._text.append(c)
                    at += 1
                    continue
                self._word()
                continue
            at += 1
            if state == _ESCAPE or state == _HEX:
                self._escaped(c)
            elif c in _BLANK:
                pass
            else:
                self.empty = False
                self._token(state, c)

    def end(self):
        """All bytes are there: a number at the root ends here. Returns `whole`."""
        if self._state == _WORD and not self._stack:
            self._word()
        self.whole = self._state == _END and not self.bad
        return self.whole

    def _token(self, state, c):
        """One byte that is neither blank nor inside of a value."""
        if state == _VALUE:
            if c == 93 and self._first:
                self._leave(True)
                return
            self._first = False
            if c == 34:
                self._begin(False)
            elif c == 123 or c == 91:
                self._enter(c == 91)
            elif c in b"-0123456789tfn":
                self._text = bytearray((c,))
                self._state = _WORD
            else:
                self.bad = True
        elif state == _KEY_OR_END or state == _NAME:
            if c == 34:
                self._begin(True)
            elif c == 125 and state == _KEY_OR_END:
                self._leave(False)
            else:
                self.bad = True
        elif state == _COLON:
            self.bad = c != 58
            self._state = _VALUE
        elif state == _NEXT:
            listed = self._stack[-1][1]
            if c == 44:
                self._state = _VALUE if listed else _NAME
            elif c == 93 or c == 125:
                self._leave(c == 93)
            else:
                self.bad = True
        else:
            self.bad = True  # something behind the end

    # ---- containers

    def _enter(self, listed):
        if len(self._stack) >= DEPTH:
            self.bad = True
            return
        if not listed and self._path == self.each:
            self._values = [None] * len(self.fields)
        self._stack.append((self._path, listed))
        if listed:
            self._path += b"[]"
        self._first = listed
        self._state = _VALUE if listed else _KEY_OR_END

    def _leave(self, listed):
        self._first = False
        if self._stack[-1][1] != listed:
            self.bad = True
            return
        self._path = self._stack.pop()[0]
        if not listed and self._path == self.each and self._values is not None:
            values, self._values = self._values, None
            self.take(values)
        self._after()

    def _after(self):
        """A value has ended."""
        if not self._stack:
            self._state = _END
            return
        above, listed = self._stack[-1]
        self._path = above + b"[]" if listed else above
        self._state = _NEXT

    # ---- strings, numbers and words

    def _begin(self, name):
        self._text = bytearray()
        self._half = 0, 0
        self._name = name
        self._state = _STRING

    def _string(self, data, at):
        """The rest of a string, or as much of it as is there; returns where it ends.
        Bytes are found, not walked over."""
        end = data.find(b'"', at)
        stop = len(data) if end < 0 else end
        cut = data.find(b"\\", at, stop)
        if cut >= 0:
            stop = cut
        room = LONGEST + 1 - len(self._text)
        if room > 0:
            self._text.extend(data[at : min(stop, at + room)])
        if cut >= 0:
            self._state = _ESCAPE
            return cut + 1
        if end < 0:
            return stop
        self._closed()
        return end + 1

    def _escaped(self, c):
        if self._state == _ESCAPE:
            if c == 117:
                self._state, self._hex = _HEX, 1
                return
            at = _ESCAPES.find(bytes((c,)))
            if at < 0:
                self.bad = True
                return
            self._put(_MEANT[at])
        else:
            digit = c - 48 if 48 <= c <= 57 else (c | 32) - 87 if 97 <= c | 32 <= 102 else -1
            if digit < 0:
                self.bad = True
                return
            self._hex = self._hex << 4 | digit
            if self._hex < 0x10000:
                return
            self._unicode(self._hex & 0xFFFF)
        self._state = _STRING

    def _unicode(self, c):
        """UTF-8; half of a character beyond 16 bits (RFC 8259 section 7) that has no other half is a "?"."""
        if 0xDC00 <= c < 0xE000 and self._half[1] == len(self._text) > 0:
            c = 0x10000 + ((self._half[0] & 0x3FF) << 10) + (c & 0x3FF)
            self._text[-1] = 0xF0 | c >> 18
            self._put(0x80 | c >> 12 & 63)
            self._put(0x80 | c >> 6 & 63)
            self._put(0x80 | c & 63)
        elif c < 0x80:
            self._put(c)
        elif c < 0x800:
            self._put(0xC0 | c >> 6)
            self._put(0x80 | c & 63)
        elif 0xD800 <= c < 0xE000:
            self._put(63)
            if c < 0xDC00:
                self._half = c, len(self._text)
        else:
            self._put(0xE0 | c >> 12)
            self._put(0x80 | c >> 6 & 63)
            self._put(0x80 | c & 63)

    def _put(self, c):
        if len(self._text) <= LONGEST:
            self._text.append(c)

    def _closed(self):
        """A string has ended: a key, or a value."""
        if self._name:
            key = bytes(self._text)
            if len(key) > _KEY or b"." in key or b"[" in key:
                key = b"?"
            self._path = self._stack[-1][0] + b"." + key if self._stack[-1][0] else key
            self._state = _COLON
        else:
            self._got(bytes(self._text) if len(self._text) <= LONGEST else TOO_LONG)

    def _word(self):
        word = bytes(self._text)
        if word not in (b"true", b"false", b"null") and not _number(word):
            self.bad = True
        self._got(None if word == b"null" else word)

    def _got(self, value):
        path = self._path
        if value is not None:
            if path == self.each and path and self._values is None:
                self.take([[1, value] if field == b"." else None for field in self.fields])
            if self._values is not None and path.startswith(self.each):
                rest = path[len(self.each) :]
                if not self.each and rest[:1] != b"[":
                    rest = b"." + rest
                for i in range(len(self.fields)):
                    if self.fields[i] == rest:
                        if self._values[i]:
                            self._values[i][0] += 1
                        else:
                            self._values[i] = [1, value]
            for i in range(len(self.alone)):
                if self.alone[i] == path and len(self.said) < self.MOST:
                    self.said.append((i, value))
        self._after()


def _number(word):
    """Whether this is a number (RFC 8259 section 6, read a little more widely: "01" is one too)."""
    digits = 0
    for c in word:
        if 48 <= c <= 57:
            digits += 1
        elif c not in b"+-.eE":
            return False
    return digits > 0
