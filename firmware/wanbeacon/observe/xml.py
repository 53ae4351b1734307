# SPDX-License-Identifier: MIT
"""Finds elements in the XML that routers write, which seldom is: prefixes, attributes, comments, CDATA, bytes
that are no text.

Pure: bytes in, bytes out; nothing is raised. No document tree: a description has 12 KB, a board's heap no
hole for it.
"""

_AFTER = b" \t\r\n/>"  # what may follow an element's name in its tag
_ENTITIES = ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"))


def without_comments(xml):
    """The document without its comments; one that is not closed goes on to the end."""
    parts, at = [], 0
    while True:
        start = xml.find(b"<!--", at)
        if start < 0:
            return b"".join(parts + [xml[at:]]) if parts else xml
        parts.append(xml[at:start])
        end = xml.find(b"-->", start + 4)
        at = end + 3 if end >= 0 else len(xml)


def find(xml, name, at=0):
    """The place behind the next opening tag `name` (bytes, without prefix) from `at` on; -1 when there is
    none, and for an element without content (<name/>) the place of its end all the same."""
    while True:
        at = xml.find(name, at)
        if at < 0:
            return -1
        start, end = at - 1, at + len(name)
        if start >= 0 and xml[start:at] == b":":  # <prefix:name
            start = xml.rfind(b"<", max(0, at - 40), at)
            if (
                start >= 0
                and b">" in xml[start:at]
                or b"/" in xml[max(start, 0) : at]
                or b" " in xml[max(start, 0) : at]
            ):
                start = -1
        if (
            start >= 0
            and xml[start : start + 1] == b"<"
            and xml[end : end + 1]
            and xml[end : end + 1] in _AFTER
        ):
            close = xml.find(b">", end)
            return close + 1 if close >= 0 else -1
        at = end


def text(xml, name):
    """The text (bytes) of the first element `name`, b"" when it is not there or empty."""
    at = find(xml, name)
    if at < 0 or xml[at - 2 : at] == b"/>":
        return b""
    rest = xml[at : at + 600].lstrip()
    if rest[:9] == b"<![CDATA[":
        return rest[9:].partition(b"]]>")[0].strip()
    rest = rest.partition(b"<")[0].strip(b" \t\r\n\0")  # a C string's end is sent along here and there
    if b"&" in rest:
        rest = _numbers(rest)
        for entity, char in _ENTITIES:
            rest = rest.replace(entity, char)
    return rest


def _numbers(text):
    """`text` with its numbered characters (&#47; &#x2F;) as what they are, if they are ASCII."""
    parts = text.split(b"&#")
    out = parts[0]
    for part in parts[1:]:
        number, end, rest = part.partition(b";")
        base = 16 if number[:1] in (b"x", b"X") else 10
        try:
            code = int(number[base // 16 :].decode(), base) if end and len(number) < 5 else 0
        except ValueError:
            code = 0
        out += bytes([code]) + rest if 31 < code < 127 else b"&#" + part
    return out


def blocks(xml, name, most):
    """The elements `name`, each from its tag to the next such tag; at most `most`."""
    out, at = [], find(xml, name)
    while at >= 0 and len(out) < most:
        following = find(xml, name, at)
        out.append(xml[at : following if following >= 0 else len(xml)])
        at = following
    return out
