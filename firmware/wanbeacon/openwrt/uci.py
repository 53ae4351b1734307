# SPDX-License-Identifier: MIT
"""UCI text to sections and options, and back. Pure; what an option means is settings.py's business.

The language is libuci's as it is read from /etc/config: `package`, `config TYPE [NAME]`, `option NAME VALUE`,
`list NAME VALUE` and their one-letter forms; `;` between commands; `#` comments; '...' literal, "..." and
bare words with backslash escapes; quoted values may span lines; a backslash at a line's end joins lines.
"""

import gc

_SPACE = " \t\r\v\f"
_COMMANDS = {"p": "package", "c": "config", "o": "option", "l": "list"}


class UciError(ValueError):
    """A file that is not UCI. str() names file, line and, where known, section and option."""


class Section:
    """One `config` block: kind, name (None if anonymous), line, and options as [name, value, line] in file
    order.

    value is a str for `option`, a list of str for `list`.
    """

    def __init__(self, kind, name, line, index):
        self.kind = kind
        self.name = name
        self.line = line
        self.index = index  # how many of its kind stood before it
        self.options = []

    def get(self, name):
        """The entry [name, value, line] of that option, or None."""
        for entry in self.options:
            if entry[0] == name:
                return entry
        return None

    def title(self):
        """What `uci show` would call it: 'home', or @service[1] for an anonymous section."""
        return self.name or "@%s[%d]" % (self.kind, self.index)

    def where(self, file, option=None):
        """ "FILE line 7, section 'home', option 'domain'": the front of every error about it."""
        entry = self.get(option) if option else None
        text = "%s line %d, section '%s'" % (file, entry[2] if entry else self.line, self.title())
        return text + ", option '%s'" % option if option else text


def is_name(text):
    """May it name a section or an option? (libuci: letters, digits, underscore)"""
    for c in text:
        if not ("a" <= c <= "z" or "A" <= c <= "Z" or "0" <= c <= "9" or c == "_"):
            return False
    return bool(text)


def _word(text, i, line, file):
    """One argument from text[i]: (value, index behind it, line there). Quoted and bare pieces may touch."""
    out = []
    n = len(text)
    while i < n:
        c = text[i]
        if c == "'":
            end = text.find("'", i + 1)
            if end < 0:
                raise UciError("%s line %d: a ' is opened and never closed" % (file, line))
            piece = text[i + 1 : end]
            line += piece.count("\n")
            out.append(piece)
            i = end + 1
        elif c == '"':
            opened = line
            i += 1
            while i < n and text[i] != '"':
                if text[i] == "\\" and i + 1 < n:
                    i += 1
                    step = _line_end(text, i)
                    if step:
                        i += step
                        line += 1
                        continue
                line += text[i] == "\n"
                out.append(text[i])
                i += 1
            if i >= n:
                raise UciError('%s line %d: a " is opened and never closed' % (file, opened))
            i += 1
        elif c == "\\" and i + 1 < n:
            i += 1
            step = _line_end(text, i)
            if step:
                i += step
                line += 1
            else:
                out.append(text[i])
                i += 1
        elif c == "\n" or c == ";" or c == "#" or c in _SPACE:
            break
        else:
            out.append(c)
            i += 1
    return "".join(out), i, line


def _line_end(text, i):
    """Length of the line end at text[i]: 0 if there is none."""
    if text[i] == "\n":
        return 1
    return 2 if text[i : i + 2] == "\r\n" else 0


def commands(text, file="uci"):
    """Yields (line, [word, ...]) for each command. UciError on an open quote or a NUL."""
    if "\0" in text:
        raise UciError(
            "%s line %d: a NUL byte; this is not a UCI file" % (file, text[: text.find("\0")].count("\n") + 1)
        )
    words = []
    i = 0
    line = first = 1
    n = len(text)
    while i <= n:
        c = text[i] if i < n else "\n"
        if c == "\n" or c == ";":
            if words:
                yield first, words
                words = []
            line += c == "\n"
            i += 1
        elif c in _SPACE:
            i += 1
        elif c == "#":
            i = text.find("\n", i)
            if i < 0:
                i = n
        else:
            if not words:
                first = line
            word, i, line = _word(text, i, line, file)
            words.append(word)


def parse(text, file="uci"):
    """UCI text -> [Section, ...] in file order; a section named twice is one section, as in libuci.

    UciError: file, line and what is wrong, for the first fault found (what follows it cannot be trusted).
    """
    sections = []
    section = None
    for line, words in commands(text.lstrip("\ufeff"), file):
        command = _COMMANDS.get(words[0], words[0])
        where = "%s line %d" % (file, line)
        if command == "config":
            section = _section(sections, words, line, where)
            if len(sections) % 10 == 9:  # else what stays lies scattered: at 200 of them 1 MB has no hole
                gc.collect()
        elif command in ("option", "list"):
            if section is None:
                raise UciError("%s: '%s' before the first 'config' line" % (where, command))
            _option(section, command, words, line, "%s, section '%s'" % (where, section.title()))
        elif command != "package":
            raise UciError("%s: '%s' is none of config, option, list" % (where, _short(words[0])))
    return sections


def _section(sections, words, line, where):
    """The section that a `config` line begins, or goes on with; a new one is added to `sections`."""
    if len(words) not in (2, 3) or not words[1]:
        raise UciError("%s: write it as: config TYPE 'NAME'" % where)
    kind, name = words[1], words[2] if len(words) == 3 and words[2] else None
    for c in kind:
        if not " " < c <= "~":
            raise UciError(
                "%s: type '%s': a type has no blank and only plain characters" % (where, _short(kind))
            )
    if name and not is_name(name):
        raise UciError("%s: section '%s': a name has letters, digits and _ only" % (where, _short(name)))
    count = 0  # sections of this kind so far
    for other in sections:
        count += other.kind == kind
        if name and other.name == name:
            if other.kind != kind:
                raise UciError(
                    "%s: section '%s' is already a '%s' (line %d)" % (where, name, other.kind, other.line)
                )
            return other
    sections.append(Section(kind, name, line, count))
    return sections[-1]


def _option(section, command, words, line, where):
    if len(words) < 2 or not is_name(words[1]):
        raise UciError(
            "%s: write it as: %s NAME 'VALUE'; a name has letters, digits and _" % (where, command)
        )
    if len(words) > 3:
        raise UciError(
            "%s, option '%s': more than one value; put quotes around a value with spaces" % (where, words[1])
        )
    _put(section, command, words[1], words[2] if len(words) == 3 else "", line)


def _put(section, command, name, value, line):
    entry = section.get(name)
    if command == "option":
        if entry:
            section.options.remove(entry)
        if value:  # an empty option is an absent one (libuci)
            section.options.append([name, value, line])
    elif value:
        if entry is None:
            section.options.append([name, [value], line])
        elif isinstance(entry[1], list):
            entry[1].append(value)
        else:
            entry[1] = [entry[1], value]


def _short(text):
    """A piece of a broken file for an error line: printable, bounded."""
    text = "".join([c if " " <= c < "\x7f" else "?" for c in text])
    return text if len(text) <= 24 else text[:21] + "..."


def quote(value):
    """A value as UCI text that every reader gives back unchanged."""
    return "'" + value.replace("'", "'\\''") + "'"


def dump(sections):
    """[Section, ...] -> text as `uci export` lays it out."""
    out = []
    for section in sections:
        head = "config " + (section.kind if is_name(section.kind) else quote(section.kind))
        out.append(head + (" " + quote(section.name) if section.name else ""))
        for name, value, _line in section.options:
            if isinstance(value, list):
                for one in value:
                    out.append("\tlist %s %s" % (name, quote(one)))
            else:
                out.append("\toption %s %s" % (name, quote(value)))
        out.append("")
    return "\n".join(out)
