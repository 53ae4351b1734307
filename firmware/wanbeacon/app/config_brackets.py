# SPDX-License-Identifier: MIT
"""What is not closed in a JSON text: MicroPython before 1.29 takes a document that was cut off for a whole
one. A stage of config.py."""


def fault(text):
    """What is not closed or not opened in a JSON text, with its line;
    None when all brackets and quotes pair up."""
    if not text.strip():
        return "it is empty"
    depth, quoted, line, skip = [], False, 1, False
    for c in text.encode():  # by bytes, see core.text.printable
        if c == 10:
            if quoted:
                return "line %d: a text is not closed with a quotation mark" % line
            line += 1
        if skip:
            skip = False
        elif quoted:
            skip = c == 92
            quoted = c != 34
        elif c == 34:
            quoted = True
        elif c in b"{[":
            depth.append((c, line))
            if len(depth) > 20:  # more than any parser need take
                return "line %d: too many brackets inside each other" % line
        elif c in b"}]":
            if not depth or depth.pop()[0] != c - 2:  # "{" and "[" stand two before their other halves
                return "line %d: unmatched '%s'" % (line, chr(c))
    if depth:
        return "the '%s' of line %d is never closed" % (chr(depth[-1][0]), depth[-1][1])
    return "a text is never closed" if quoted else None
