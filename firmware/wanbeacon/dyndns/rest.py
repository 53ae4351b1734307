"""JSON APIs as rows of data: the calls of one update in their order, and what the answers mean.

No socket, clock or file: the way out, the pause between calls and the memory of ids are handed in. How a row
is written is told in docs/rest-providers.md; the steps that a row may have, each a list [METHOD and path,
body, picks, success]:

    login       its picks hold for the rest of this exchange (a session)
    zone        the zone's id -> {zid}
    find        the one record of this name and type -> {rid} {old} {ttl} {note};
                without it nothing is looked up
    write       the change itself
    create      instead of write where there is no record and the user allows one to be made;
                without it: write
    drop        after write, where values are added and removed: takes {old} away

A record is never guessed at: several of the name and type end in words. What is not named in `write` is the
API's to keep.
"""

import binascii

from wanbeacon.core import address
from wanbeacon.core.jsonpick import Picker
from wanbeacon.core.outcome import ACCOUNT, AUTH, HOST, LATER, ODD, OK, ONE, SAME, Outcome
from wanbeacon.core.text import printable
from wanbeacon.core.url import quote

PAGES = 20  # of one list: 100 to 500 records each, more than any home's zone
ID_MAX = 100  # bytes of an id or session that a provider hands out; the longest known has 60
HEAD = 160  # bytes of an answer that are kept for the log

# Inner classes: there is no such record, no such zone. They end as HOST unless a look-up helps.
_GONE, _ZONE = "GONE", "ZONE"
_NONE = "NONE"  # a list is empty, and that is told as an error
# A login is refused that worked before: some APIs say so to tokens they throttle. Belief comes when it lasts.
_DOUBT = "AUTH?"
# HTTP status without a known word, in a JSON or an empty answer.
_STATUS = {
    400: HOST,
    401: AUTH,
    402: "FEATURE",
    403: AUTH,
    404: _GONE,
    405: HOST,
    410: _GONE,
    413: HOST,
    422: HOST,
    409: LATER,
    423: LATER,
}
_WORDS = {_GONE: "no such record", _ZONE: "no such zone"}


class _Unit:
    """One record to write: host number `at`, packed address, what templates may name of it, its key in the
    memory."""

    def __init__(self, at, packed, values, key, create):
        self._at = at
        self._packed = packed
        self._values = values
        self._key = key
        self._create = create
        self._new = False  # there is no record yet
        self._kept = False  # ids come from the memory


class _Sink:
    """Where an answer's body goes: into the picker, and its beginning into `head`."""

    def __init__(self, picker):
        self._picker = picker
        self._head = b""

    def feed(self, data):
        """The next bytes of the body."""
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self._picker.feed(data)


def exchange(calls, account, hosts, sent, kept, changes, send, pause):
    """Bring the records of hosts (more than one only where there is an "item") to the addresses `sent`: (v4
    or None, v6 or None), packed.

    calls: of the row. hosts: dicts with zone, fqdn, host (label or "@"), create, key (bytes). kept: {key +
    b"4" or b"6": texts} remembered of them; changes: list that takes (key, texts, or None to forget it).
    send(method, path, headers, body, sink) -> (status, Retry-After text or None, cut); whatever it raises
    passes through. pause(ms): called between two calls where the row wants it.

    Returns (HTTP status, beginning of the last answer, [Outcome for each host], Retry-After text or None).
    """
    talk = _Talk(calls, account, kept, changes, send, pause)
    units = []
    for at in range(len(hosts)):
        for packed in sent:
            if packed:
                units.append(talk._unit(at, hosts[at], packed))
    outs, todo = [None] * len(hosts), []
    out = talk._login(units[0])
    if out:
        out.reach = ACCOUNT  # whatever it is, nothing can follow
    for u in units:
        out = out or talk._prepare(u)
        if out is None:
            todo.append(u)
            continue
        _merge(outs, u._at, out)
        if not out.reach:
            out = None  # the others may fare better
    if out is None:
        for group in [todo] if "item" in talk._calls and todo else [[u] for u in todo]:
            for u, out in talk._write(group):
                _merge(outs, u._at, out)
            if out.reach:
                break
    outs = [o or out for o in outs]
    return talk.status, talk.head, outs, talk.retry_after


def _merge(outs, at, out):
    """Of a host's two families the one that failed counts, else the one that changed something."""
    old = outs[at]
    if old is None or out.cls not in (OK, SAME) or old.cls == SAME:
        outs[at] = out


class _Talk:
    """The calls of one exchange."""

    def __init__(self, calls, account, kept, changes, send, pause):
        self._calls = calls
        self._account = account
        self._kept = kept
        self._changes = changes
        self._send = send
        self._pause = pause
        self._begun = False
        self._session = {}
        self._zones = {}  # name -> id, of this exchange
        self.status = 0
        self.head = b""
        self.retry_after = None

    def _unit(self, at, host, packed):
        """The Unit of one host and one family."""
        label = host["host"].lower()  # some compare names byte by byte
        six = len(packed) == 16
        user, password, token = [str(self._account.get(k) or "") for k in ("user", "password", "token")]
        values = {
            "zone": host["zone"].lower(), "fqdn": host["fqdn"].lower(), "host": label,
            "sub": "" if label == "@" else label, "T": "AAAA" if six else "A", "t": "1" if six else "0",
            "v": "6" if six else "4", "ip": address.text(packed), "user": user, "password": password or token,
            "token": token or password,
            "basic": binascii.b2a_base64(("%s:%s" % (user, password or token)).encode()).decode().strip(),
            "zid": "", "rid": "", "ttl": "", "old": "", "note": "",
        }  # fmt: skip
        return _Unit(at, packed, values, host["key"] + (b"6" if six else b"4"), host["create"])

    def _login(self, unit):
        """None, or the Outcome that ends the exchange before it began."""
        if "login" not in self._calls:
            return None
        got = []
        out = self._call("login", unit, got)
        if out is None:
            if not got or not got[0]["sid"]:
                return Outcome(ODD, "no session")
            self._session["sid"] = got[0]["sid"]
        return out

    def _prepare(self, unit):
        """Ids out of the memory, else by looking. None when there is something to write, else the Outcome."""
        kept = self._kept.get(unit._key)
        if kept:
            unit._kept = True
            for name, text in zip(("zid", "rid", "ttl", "old", "note"), kept):
                unit._values[name] = text
            return None
        return self._look(unit)

    def _look(self, unit):
        """Ask for the zone's id and the record. None when there is something to write, else the Outcome."""
        values = unit._values
        unit._kept = False
        if "zone" in self._calls and values["zone"] in self._zones:
            values["zid"] = self._zones[values["zone"]]
        elif "zone" in self._calls:
            got = []
            out = self._call("zone", unit, got)
            if out:
                return _end(out, _ZONE)
            if len(got) != 1:
                return Outcome(HOST, "several zones" if got else _WORDS[_ZONE])
            values["zid"] = self._zones[values["zone"]] = got[0]["zid"]
        if "find" not in self._calls:
            unit._new = bool(unit._create)
            return None
        got = []
        out = self._call("find", unit, got)
        if out and out.cls != _GONE:
            return _end(out, _GONE)
        if len(got) > 1 or got and got[0]["values"] > 1:
            return Outcome(HOST, "several records")
        if not got:
            if not unit._create:
                return Outcome(HOST, _WORDS[_GONE])
            unit._new = True
            values["ttl"] = self._calls.get("ttl", "")
            return None
        values.update(got[0])
        values["ttl"] = values["ttl"] or self._calls.get("ttl", "")
        if values["old"] and _is(values["old"], unit._packed):
            self._keep(unit)
            return Outcome(SAME, "unchanged")
        return None

    def _write(self, group):
        """[(Unit, Outcome)] of one write; ids that are not known there any more are looked up once more."""
        out = self._send_all(group)
        if out.cls not in (_GONE, _ZONE) or not group[0]._kept:
            return [(u, _end(out, _GONE)) for u in group]
        done, again = [], []
        for u in group:
            self._kept.pop(u._key, None)
            self._changes.append((u._key, None))
            for name in ("zid", "rid", "ttl", "old", "note"):
                u._values[name] = ""
            seen = self._look(u)
            if seen:
                done.append((u, seen))
            else:
                again.append(u)
        if again:
            out = _end(self._send_all(again), _GONE)
        return done + [(u, out) for u in again]

    def _send_all(self, group):
        unit, got = group[0], []
        step = "create" if unit._new and "create" in self._calls else "write"
        if "item" in self._calls:
            self._session["items"] = ",".join([_fill(self._calls["item"], u._values, _json) for u in group])
        out = self._call(step, unit, got)
        if out and out.cls not in (OK, SAME):
            return out
        old = unit._values["old"]
        if "drop" in self._calls and not unit._new and old and not _is(old, unit._packed):
            gone = self._call("drop", unit)
            if gone and gone.cls not in (_GONE, SAME):
                # both values are there: the old one stays remembered, and is taken away next time
                return gone
        if got and got[0].get("rid"):
            unit._values["rid"] = got[0]["rid"]
        for u in group:
            self._keep(u)
        return out or Outcome(OK, "stored")

    def _keep(self, unit):
        """Remember what makes the next change one call."""
        v = unit._values
        if "find" not in self._calls and "zone" not in self._calls:
            return
        if "rid}" in "".join(self._calls["write"][:2]) and not v["rid"]:
            return  # its id was not told: the next change looks it up
        old = v["ip"] if "drop" in self._calls else ""
        texts = [v["zid"], v["rid"], v["ttl"], old, v["note"]]
        if self._kept.get(unit._key) != texts:
            self._kept[unit._key] = texts
            self._changes.append((unit._key, texts))

    # ---- one call

    def _call(self, name, unit, got=None):
        """Make one call (of a list: all its pages). got: list that takes a dict of picked texts for each
        match. None when it succeeded, else the Outcome. Raises what `send` raises."""
        step = self._calls[name]
        values = unit._values
        values.update(self._session)
        more, seen = "", []
        for _ in range(PAGES):
            path = self._calls.get("base", "") + step[0].split(" ", 1)[1]
            try:
                if more:
                    values["more"] = more
                    path += self._calls["page"]
                out, after = self._once(name, step, path, unit, got)
            except ValueError:  # an id that is none, a text that is no UTF-8
                return Outcome(ODD, "odd id")
            if out:
                return out
            seen.append(more)
            more = after
            if not more or name != "find" or "page" not in self._calls:
                return None
            if more in seen:
                break
        return Outcome(ODD, "endless list")

    def _once(self, name, step, path, unit, got):
        """(None or Outcome, where the list goes on or "")"""
        if self._begun and "gap" in self._calls:
            self._pause(self._calls["gap"])
        self._begun = True
        picks = _Picks(step[2] if len(step) > 2 else "", unit._values, got)
        tests = (len(step) > 3 and step[3] or self._calls.get("ok", "200")).split()
        wants = [t.partition("=") for t in tests if not t.isdigit()]
        alone = [w[0].lstrip("!") for w in wants] + (self._calls.get("said") or "").split()
        if "more" in self._calls:
            alone.append(self._calls["more"])
        picker = Picker(picks._each, picks._fields, picks._take, alone)
        sink = _Sink(picker)
        method, body = step[0].split(" ", 1)[0], None
        headers = {"Accept": "application/json"}
        for line in self._calls.get("head", []) + (step[4] if len(step) > 4 else []):
            word, text = line.split(": ", 1)
            headers[word] = printable(_fill(text, unit._values, _json if '{"' in text else _plain))
        if len(step) > 1 and step[1]:
            form = step[1][:1] not in "{["
            body = _fill(step[1], unit._values, quote if form else _json).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        if body or method != "GET":
            headers["Content-Length"] = str(len(body or b""))
        self.status, after, cut = self._send(method, _fill(path, unit._values, _part), headers, body, sink)
        self.head = sink._head
        self.retry_after = after if self.status in (429, 503) else None  # others send it with every answer
        picker.end()
        said = picker.said
        if self._good(picker, cut, tests, wants, said, unit):
            picks._finish()
            return None, _text([v for i, v in said if alone[i] == self._calls.get("more")])
        if got:
            got.clear()  # the objects of a refusal are no records
        words = [printable(_text([v]))[:80] for i, v in said if i >= len(wants)]
        known = unit._kept or unit._key in self._kept
        if name == "find" and picks._tests != [None] * len(picks._tests):
            name = "list"
        return self._refused(name, picker, cut, words, known), ""

    def _good(self, picker, cut, tests, wants, said, unit):
        """Whether this answer is one of success:
        its status, its text whole, what the row wants to see in it."""
        if str(self.status) not in tests or cut or not (picker.whole or picker.empty):
            return False
        for i in range(len(wants)):
            path, _, want = wants[i]
            heard = [_text([v]) for at, v in said if at == i]
            if path[:1] == "!":
                if heard:
                    return False
            elif not heard:
                return False
            elif want == "{ip}":
                if not _is(heard[0], unit._packed):
                    return False
            elif heard[0].lower() not in want.split("|"):
                return False
        return True

    def _refused(self, name, picker, cut, words, known):
        """The Outcome of an answer that is none of success."""
        word = "HTTP %d" % self.status
        # trouble on their side stops nobody, whatever its text holds
        if self.status >= 500 or self.status in (408, 429):
            return Outcome(LATER, word, ACCOUNT)
        for rule in self._calls.get("rules") or ():
            for mark in rule[1:]:
                if mark[:1] == "#":
                    if mark[1:] == str(self.status):
                        return _out(rule[0], word, name, known)
                    continue
                for text in words:
                    low = text.lower()
                    if low == mark or mark[:1] == "~" and mark[1:] in low:
                        return _out(rule[0], text, name, known)
        if cut:
            return Outcome(ODD, "too long")
        if not (picker.whole or picker.empty):
            return Outcome(ODD, "a web page" if self.head[:200].lstrip()[:1] == b"<" else "not JSON")
        cls = _STATUS.get(self.status)
        if cls:
            return _out(cls, word, name, known)
        return Outcome(ODD, (words[0] if words else word) or word)


def _out(cls, word, name, known):
    """The Outcome of a class out of the row's rules or of the status table."""
    if cls == _DOUBT:
        cls = ODD if known else AUTH
    if cls == _GONE and name in ("zone", "list", "create"):  # not a record is missing there
        cls = _ZONE
    elif cls == _NONE:
        cls = _GONE
    if name == "login" and cls in (HOST, _GONE, _ZONE):
        cls = AUTH
    return Outcome(cls, word, ACCOUNT if cls in (AUTH, LATER, "BLOCK", "AGENT") else ONE)


def _end(out, gone):
    """An inner class becomes HOST, in words. gone: the class that a plain "not there" has here."""
    if out.cls in (_GONE, _ZONE):
        return Outcome(HOST, _WORDS[_ZONE if out.cls == _ZONE else gone])
    return out


def _is(text, packed):
    """Whether a text is this address, spelled in whatever way."""
    try:
        return packed is not None and address.parse(text) == packed
    except ValueError:
        return False


def _text(values):
    """The first of some values as text, "" when there is none. Raises ValueError when it is no UTF-8."""
    return values[0].decode() if values else ""


class _Picks:
    """What one answer is searched for: "EACH path={template} name:path ...". EACH: path of the list's
    objects, "-" for the root. path=template: a condition, alternatives separated by "|", a missing value is
    "". name:path: what is picked."""

    def __init__(self, line, values, got):
        parts = line.split()
        self._each = None if not parts else "" if parts[0] == "-" else parts[0]
        self._fields, self._tests, self._names, self._got = [], [], [], got
        self._first = len(got or ())  # those of the pages before are texts already
        for part in parts[1:]:
            name, mark, path = part.partition(":")
            if mark and "=" not in name:
                self._tests.append(None)
            else:
                path, _, want = part.partition("=")
                self._tests.append([w.rstrip(".") for w in _fill(want, values, _plain).lower().split("|")])
                name = None
            self._names.append(name)
            self._fields.append(path if path[:1] == "[" else "." + path)

    def _take(self, found):
        """One object of the list has ended."""
        if self._got is None or len(self._got) > 1:
            return
        out = {"values": 1}
        for i in range(len(found)):
            raw = found[i][1] if found[i] else b""
            name = self._names[i]
            if name is None:
                if not _equal(self._tests[i], raw):
                    return
                continue
            if name == "old" and found[i]:
                out["values"] = max(out["values"], found[i][0])
            if name == "ttl":
                raw = raw if raw.isdigit() and len(raw) < 11 else b""
            out[name] = raw or out.get(name, raw)
        for name in out:
            if not out[name] and name not in ("ttl", "note"):
                return  # without its id or value it is none that could be changed
        self._got.append(out)

    def _finish(self):
        """Bytes to texts. Raises ValueError when one is no id."""
        for out in (self._got or [])[self._first :]:
            for name in out:
                if name != "values":
                    raw = out[name]
                    if name == "note":
                        if raw.startswith(b"\0"):
                            raise ValueError("a comment that could not be kept")
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


# ---- templates

_TWO = ("<<", ">>")  # around what is left out when a value inside is empty


def _fill(template, values, how):
    """Put values into {name} in one pass, each through `how`; {#name} must be a whole number. "<<part>>" is
    left out when a value that it names is empty. Raises ValueError for a number that is none."""
    out = []
    for piece in template.split(_TWO[0]):
        part, mark, rest = piece.partition(_TWO[1])
        if mark:
            text, full = _put(part, values, how)
            if full:
                out.append(text)
            out.append(_put(rest, values, how)[0])
        else:
            out.append(_put(part, values, how)[0])
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
        if number and value and not (value.encode().isdigit() and len(value) < 20):
            raise ValueError("not a number")
        out.append(value if number or name == "items" else how(value))
        at = end + 1


def _plain(value):
    return value


def _part(value):
    """A part of a path or a query. "." and ".." would mean another path; "@" may stay."""
    if value in (".", ".."):
        return value.replace(".", "%2E")
    return "@" if value == "@" else quote(value)


def _json(value):
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
