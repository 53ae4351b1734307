# SPDX-License-Identifier: MIT
"""What one answer of an API is searched for, as its row says."""

from wanbeacon.dyndns.rest_fill import fill, plain

ID_MAX = 100  # bytes of an id or session that a provider hands out; the longest known has 60


class LongNote(ValueError):
    """A comment that would have to be sent back is longer than what can be kept of it."""


class Picks:
    """What one answer is searched for: "EACH path={template} name:path ...". EACH: path of the list's
    objects, "-" for the root. path=template: a condition, alternatives separated by "|", a missing value is
    "". name:path: what is picked; "name:path/" picks what follows the last slash of the value."""

    def __init__(self, line, values, got):
        parts = line.split()
        self.each = None if not parts else "" if parts[0] == "-" else parts[0]
        self.fields, self.tests, self._names, self.got = [], [], [], got
        self._first = len(got or ())  # those of the pages before are texts already
        for part in parts[1:]:
            name, mark, path = part.partition(":")
            if mark and "=" not in name:
                self.tests.append(None)
                if path[-1:] == "/":
                    name, path = name + "/", path[:-1]
            else:
                path, _, want = part.partition("=")
                self.tests.append([w.rstrip(".") for w in fill(want, values, plain).lower().split("|")])
                name = None
            self._names.append(name)
            self.fields.append(path if path[:1] == "[" else "." + path)

    def take(self, found):
        """One object of the list has ended."""
        if self.got is None or len(self.got) > 1:
            return
        out = {"values": 1}
        for i in range(len(found)):
            raw = found[i][1] if found[i] else b""
            name = self._names[i]
            if name is None:
                if not _equal(self.tests[i], raw):
                    return
                continue
            if name[-1:] == "/":
                name, raw = name[:-1], raw[raw.rfind(b"/") + 1 :]
            if name == "old" and found[i]:
                out["values"] = max(out["values"], found[i][0])
            if name == "ttl":
                raw = b"%d" % int(raw) if raw.isdigit() and len(raw) < 11 else b""
            out[name] = raw or out.get(name, raw)
        for name in out:
            if not out[name] and name not in ("ttl", "note"):
                return  # without its id or value it is none that could be changed
        self.got.append(out)

    def finish(self):
        """Bytes to texts. Raises ValueError when one is no id, and LongNote."""
        for out in (self.got or [])[self._first :]:
            for name in out:
                if name != "values":
                    raw = out[name]
                    if name == "note":
                        if raw.startswith(b"\0"):
                            raise LongNote()
                    elif len(raw) > ID_MAX or [c for c in raw if not 32 < c < 127]:
                        raise ValueError("not an id")
                    out[name] = raw.decode()


def _equal(wants, raw):
    """Whether a value is one of the wanted ones: case and a dot at the end make no difference. Some APIs name
    a zone of other letters (IDNA) by those letters."""
    try:
        text = raw.decode().lower().rstrip(".")
    except ValueError:
        return False
    for want in wants:
        if text == want or want[:4] == "xn--" and max(raw or b"\0") > 127:
            return True
    return False
