# SPDX-License-Identifier: MIT
"""Short texts in a .mpy file that is loaded and forgotten again: MicroPython keeps each text of up to ten
characters for ever, as it does names. Here they become objects of their module, which go with it.

The file's layout is MicroPython's (py/persistentcode.c, version 6; py/bc.h has the instructions): a table of
names and short texts, a table of other objects, then the functions, which say by number what they load. An
instruction keeps its length, so nothing else in a function moves."""

#: py/bc0.h: load a text of the first table; an object of the second.
_LOAD_TEXT, _LOAD_OBJECT = 0x10, 0x23
_FORMATS, _EXTRA_BYTE = 0x3A4, 0x9E
_BYTE, _NAME, _NUMBER, _OFFSET = range(4)
#: py/persistentcode.h: kinds of objects.
_PLAIN, _TEXT, _TUPLE = (1, 2, 3, 4), 5, 10
_EMPTY = 1 << 1 | 1  # in the first table: the empty text, which MicroPython has


class Broken(ValueError):
    """No .mpy file of that version."""


def _number(data, at):
    """(a number as MicroPython writes it, where it ends)."""
    found = 0
    while True:
        found = found << 7 | data[at] & 0x7F
        at += 1
        if not data[at - 1] & 0x80:
            return found, at


def _written(number, length=1):
    """A number as MicroPython writes it, in at least so many bytes."""
    out = [number & 0x7F]
    while number > 0x7F or len(out) < length:
        number >>= 7
        out.insert(0, 0x80 | number & 0x7F)
    return bytes(out)


def _object_end(data, at):
    kind = data[at]
    if kind in _PLAIN:
        return at + 1
    length, at = _number(data, at + 1)
    if kind == _TUPLE:
        for _ in range(length):
            at = _object_end(data, at)
        return at
    return at + length + (kind in (_TEXT, _TEXT + 1))


def instructions(code):
    """(where, what, argument or None, where it ends) for each instruction of a function's bytes."""
    at = 0
    while code[at] & 0x80:
        at += 1
    at += 1
    info = cells = step = 0
    while True:
        z = code[at]
        info |= ((z & 0x7E) >> 1) << (6 * step)
        cells |= (z & 1) << step
        at, step = at + 1, step + 1
        if not z & 0x80:
            break
    at += info + cells
    while at < len(code):
        start, what = at, code[at]
        form = _FORMATS >> (2 * (what >> 4)) & 3
        at, argument = at + 1, None
        if form in (_NAME, _NUMBER):
            argument, at = _number(code, at)
        elif form == _OFFSET:
            at += 2 if code[at] & 0x80 else 1
        if form != _NAME and not what & _EXTRA_BYTE:
            at += 1
        yield start, what, argument, at
    if at != len(code):
        raise Broken("a function does not end where it should")


class File:
    """A .mpy file taken apart: names (texts, None for what MicroPython has), codes (the functions, bytearrays
    in the order of the file)."""

    def __init__(self, data):
        if data[:2] != b"M\x06":
            raise Broken("no .mpy file of version 6")
        self.head = data[:4]
        count, at = _number(data, 4)
        self.count, at = _number(data, at)
        self.table, self.names, self.codes, self.parts = [], [], [], []
        for _ in range(count):
            start = at
            length, at = _number(data, at)
            self.names.append(None if length & 1 else data[at : at + (length >> 1)].decode())
            at += 0 if length & 1 else (length >> 1) + 1
            self.table.append(data[start:at])
        start = at
        for _ in range(self.count):
            at = _object_end(data, at)
        self.objects = data[start:at]
        if self._function(data, at) != len(data):
            raise Broken("there is something behind the last function")

    def _function(self, data, at):
        """Take one function apart, and those in it: parts are what stands between the functions."""
        start = at
        word, at = _number(data, at)
        if word & 3:
            raise Broken("machine code")
        end = at + (word >> 3)
        self.parts.append(data[start:at])
        self.codes.append(bytearray(data[at:end]))
        if word & 4:
            start = end
            count, end = _number(data, end)
            self.parts.append(data[start:end])
            self.codes.append(bytearray())  # so that each part has one
            for _ in range(count):
                end = self._function(data, end)
        return end

    def written(self):
        """The file's bytes."""
        tables = [self.head, _written(len(self.table)), _written(self.count), *self.table, self.objects]
        return b"".join(
            tables + [bytes(one) for pair in zip(self.parts, self.codes, strict=True) for one in pair]
        )


def lift(data, kept):
    """The .mpy file `data` with its short texts as objects, but those in `kept`: what is a name somewhere in
    the program (a call's keyword is loaded like a text, and must be a name)."""
    file = File(data)
    found = [(code, *step) for code in file.codes if code for step in instructions(code)]
    named = {step[3] for step in found if step[2] >> 4 == _LOAD_TEXT >> 4 and step[2] != _LOAD_TEXT}
    loads = {}
    for code, start, what, argument, end in found:
        if what == _LOAD_TEXT:
            loads.setdefault(argument, []).append((code, start, end))
    for number, places in sorted(loads.items()):
        text = file.names[number]
        if (
            not number or text is None or text in kept or number in named
        ):  # the first one is the module's own name
            continue
        if any(len(_written(file.count)) > end - start - 1 for _, start, end in places):
            continue  # no room for its number
        for code, start, end in places:
            code[start:end] = bytes([_LOAD_OBJECT]) + _written(file.count, end - start - 1)
        file.table[number] = _written(_EMPTY)
        file.objects += bytes([_TEXT]) + _written(len(text.encode())) + text.encode() + b"\0"
        file.count += 1
    return file.written()
