# SPDX-License-Identifier: MIT
"""Where a JSON text (RFC 8259) is wrong, for the person who typed it: line, column, the line itself with a
caret.

json.loads() says no more than that it is. Loaded only when it did; runs over bytes, since a str with other
letters than ASCII is slow to index on MicroPython.
"""

from wanbeacon.app import words

_BLANK = b" \t\r\n"
_LITERALS = (b"true", b"false", b"null")
_SHOWN = 76  # characters of the line, so that it fits a terminal of 80 with its indentation
_SECRETS = (b'"password"', b'"token"')


class _Fault(Exception):
    """args: place (offset), code, data..."""


def where(text):
    """None where the text is JSON, else (line, column, offset, code): both count from 1, columns in
    characters; code is a tuple for words.say()."""
    data = text.encode()
    if data[:3] == b"\xef\xbb\xbf":  # Windows' byte order mark, which config.load() takes
        data = b"   " + data[3:]
    try:
        _document(data)
    except _Fault as e:
        at = min(e.args[0], len(data))
        line = data[:at].count(b"\n")
        start = data.rfind(b"\n", 0, at) + 1
        return line + 1, len(data[start:at].decode()) + 1, at, e.args[1:]
    return None


def lines(text):
    """The fault for people: [sentence, the line, a caret below it]; [] where there is none. What stands for a
    password or a token in that line is starred out: the log may show it."""
    found = where(text)
    if not found:
        return []
    line, column, at, code = found
    data = text.encode()
    start = data.rfind(b"\n", 0, at) + 1
    end = data.find(b"\n", at)
    row = _starred(data[start : end if end >= 0 else len(data)]).decode().replace("\t", " ").rstrip()
    cut = max(0, column - _SHOWN + 10)  # a long line is shown around the caret
    shown = row[cut : cut + _SHOWN]
    return [words.say("json.at", line, column, code), "  " + shown, "  " + " " * (column - 1 - cut) + "^"]


def _starred(row):
    """The line with the value of a secret key starred out, its length kept."""
    out = bytearray(row)
    for key in _SECRETS:
        at = row.find(key)
        while at >= 0:
            i = at + len(key)
            while i < len(row) and row[i] not in b",}":
                if row[i] not in b' \t\r:"':
                    out[i] = 42  # *; a letter of several bytes becomes several
                i += 1
            at = row.find(key, i)
    return bytes(out)


def _document(data):
    """Walk through the whole text; _Fault at the first place where it is no JSON."""
    opened = []  # offsets of the brackets that are open
    i, expect = 0, _value
    while True:
        while i < len(data) and data[i] in _BLANK:
            i += 1
        if i == len(data):
            break
        i, expect = expect(data, i, opened)
    if opened:
        raise _Fault(i, "json.open", chr(data[opened[-1]]), _line(data, opened[-1]))
    if expect is not _more:
        raise _Fault(i, "json.empty" if not data.strip() else "json.value")


# What may stand at data[i]: each takes it, and returns the offset behind it and what is expected there.


def _value(data, i, opened):
    if data[i] in b"{[":
        opened.append(i)
        return i + 1, _member if data[i] == 123 else _first
    return _scalar(data, i), _more


def _first(data, i, opened):
    """A value, or the end of an empty list."""
    if data[i] == 125:  # }
        raise _Fault(i, "json.pair", "}", "[", _line(data, opened[-1]))
    return (_close if data[i] == 93 else _value)(data, i, opened)


def _key(data, i, opened):
    if data[i] == 34:  # "
        return _string(data, i), _colon
    raise _Fault(i, *_not_a_key(data, i, opened))


def _member(data, i, opened):
    """A key, or the end of an empty object."""
    return (_close if data[i] == 125 else _key)(data, i, opened)


def _colon(data, i, opened):
    if data[i] != 58:
        raise _Fault(i, "json.colon")
    return i + 1, _value


def _more(data, i, opened):
    """Behind a value: a comma or the end of what holds it."""
    if not opened:
        raise _Fault(i, *(("json.closed", chr(data[i])) if data[i] in b"]}" else ("json.after",)))
    if data[i] == 44:
        return i + 1, _key if data[opened[-1]] == 123 else _value
    if data[i] not in b"]}":
        raise _Fault(i, *(_strange(data, i) or ("json.comma",)))
    return _close(data, i, opened)


def _close(data, i, opened):
    if data[opened[-1]] != data[i] - 2:  # { } and [ ] are two apart
        raise _Fault(i, "json.pair", chr(data[i]), chr(data[opened[-1]]), _line(data, opened[-1]))
    opened.pop()
    return i + 1, _more


def _line(data, at):
    return data[:at].count(b"\n") + 1


def _strange(data, i):
    """The code of a character that people use and JSON does not know, or None."""
    if data[i] == 39:
        return ("json.single",)
    if data[i : i + 2] == b"\xe2\x80":  # U+2018 to U+201F
        return ("json.curly",)
    if data[i] == 35 or data[i : i + 2] in (b"//", b"/*"):
        return ("json.comment",)
    return None


def _not_a_key(data, i, opened):
    strange = _strange(data, i)
    if strange:
        return strange
    if data[i] in b"}]":
        return ("json.trailing",) if data[i] == 125 else ("json.pair", "]", "{", _line(data, opened[-1]))
    return ("json.missing",) if data[i] == 44 else ("json.key",)


def _scalar(data, i):
    """The offset behind the text, number or literal that begins at i."""
    c = data[i]
    if c == 34:
        return _string(data, i)
    end = i
    while end < len(data) and data[end] not in b' \t\r\n,:]}[{"':
        end += 1
    word = data[i:end]
    if word in _LITERALS or _is_number(word):
        return end
    strange = _strange(data, i)
    if strange:
        raise _Fault(i, *strange)
    if c in b"]}":
        raise _Fault(i, "json.trailing" if data[:i].rstrip()[-1:] == b"," else "json.value")
    if c in b",:":
        raise _Fault(i, "json.missing" if c == 44 else "json.value")
    if word.lower() in _LITERALS:
        raise _Fault(i, "json.small", word.decode(), word.lower().decode())
    raise _Fault(i, "json.number" if c in b"+-.0123456789" else "json.bare")


def _is_number(word):
    """As RFC 8259 section 6: no leading zero or plus, digits on both sides of the point."""
    digits = word[1:] if word[:1] == b"-" else word
    if (
        not digits
        or digits[0] not in b"0123456789"
        or (digits[0] == 48 and digits[1:2] and digits[1] in b"0123456789")
    ):
        return False
    for c in digits:
        if c not in b"0123456789.eE+-":
            return False
    try:
        float(digits.decode())
    except ValueError:
        return False
    point = digits.find(b".")
    return point < 0 or digits[point + 1 : point + 2] != b"" and digits[point + 1] in b"0123456789"


def _string(data, i):
    """The offset behind the string that begins at i."""
    first = i
    i += 1
    while i < len(data):
        c = data[i]
        if c == 34:
            return i + 1
        if c == 10:
            break
        if c < 32:
            raise _Fault(i, "json.control")
        if c == 92:
            i += 1
            c = data[i : i + 1]
            if c == b"u":
                for digit in data[i + 1 : i + 5]:
                    if digit not in b"0123456789abcdefABCDEF":
                        raise _Fault(i - 1, "json.escape")
                i += 4
            elif c == b"" or c not in b'"\\/bfnrt':
                raise _Fault(i - 1, "json.escape")
        i += 1
    raise _Fault(first, "json.quote")
