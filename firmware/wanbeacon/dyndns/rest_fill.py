# SPDX-License-Identifier: MIT
"""Templates of a JSON API's calls: values are put into path, query, header and body, each escaped for where
it goes. Text in, text out."""

from wanbeacon.core.url import quote

_TWO = ("<<", ">>")  # around what is left out when a value inside is empty


def fill(template, values, how):
    """Put values into {name} in one pass, each through `how`; {#name} must be a whole number. "<<part>>" is
    left out when a value that it names is empty. Raises ValueError for a number that is none."""
    out = []
    for piece in template.split(_TWO[0]):
        inner, mark, rest = piece.partition(_TWO[1])
        if mark:
            text, full = _put(inner, values, how)
            if full:
                out.append(text)
            out.append(_put(rest, values, how)[0])
        else:
            out.append(_put(inner, values, how)[0])
    return "".join(out)


def _put(template, values, how):
    """(text, whether all values were there)"""
    out, at, full = [], 0, True
    while True:
        cut = template.find("{", at)
        end = template.find("}", cut)
        if cut < 0 or end < 0:
            out.append(template[at:])
            return "".join(out), full
        name = template[cut + 1 : end]
        number = name[:1] == "#"
        if name.lstrip("#") not in values:  # a bracket of JSON's own
            out.append(template[at : cut + 1])
            at = cut + 1
            continue
        out.append(template[at:cut])
        value = values[name.lstrip("#")]
        full = full and value != ""
        # JSON has no number that begins with a zero (RFC 8259 section 6)
        fine = value.encode().isdigit() and len(value) < 20 and (value[0] != "0" or len(value) == 1)
        if number and value and not fine:
            raise ValueError("not a number")
        out.append(value if number or name == "items" else how(value))
        at = end + 1


def plain(value):
    return value


def part(value):
    """A part of a path or a query. "." and ".." would mean another path; "@" may stay."""
    if value in (".", ".."):
        return value.replace(".", "%2E")
    return "@" if value == "@" else quote(value)


def json(value):
    """The inside of a JSON string."""
    out = bytearray()
    for b in value.encode():
        if b == 34 or b == 92:
            out.append(92)
        if b < 32 or b == 127:
            out.extend(("\\u%04x" % b).encode())
        else:
            out.append(b)
    return bytes(out).decode()


def xml(value):
    """The text of an XML element. What XML 1.0 cannot hold (section 2.2) becomes a "?"."""
    out = bytearray()
    for b in value.encode():
        if b in b"&<>\"'":
            out.extend(("&#%d;" % b).encode())
        else:
            out.append(63 if b < 32 or b == 127 else b)
    return bytes(out).decode()


def body(template, values):
    """(bytes, Content-Type) of a body: JSON, XML or a form, as it begins."""
    if template[:1] == "<":
        return fill(template, values, xml).encode(), "text/xml"
    if template[:1] in "{[":
        return fill(template, values, json).encode(), "application/json"
    return fill(template, values, quote).encode(), "application/x-www-form-urlencoded"
