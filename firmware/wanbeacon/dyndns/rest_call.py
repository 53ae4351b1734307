# SPDX-License-Identifier: MIT
"""One call of a JSON API: what goes out, and what its answer means. No socket, clock or file: the way out,
the pause between calls and the reader of answers are handed in."""

import binascii

from wanbeacon.core import address
from wanbeacon.core.outcome import ACCOUNT, AUTH, HOST, LATER, ODD, ONE, Outcome
from wanbeacon.core.text import printable
from wanbeacon.dyndns import rest_fill
from wanbeacon.dyndns.rest_picks import LongNote, Picks

PAGES = 20  # of one list: 100 to 500 records each, more than any home's zone
HEAD = 160  # bytes of an answer that are kept for the log

# Inner classes: there is no such record, no such zone. They end as HOST unless a look-up helps.
GONE, ZONE = "GONE", "ZONE"
_NONE = "NONE"  # a list is empty, and that is told as an error
# A login is refused that worked before: some APIs say so to tokens they throttle. Belief comes when it lasts.
_DOUBT = "AUTH?"
# HTTP status without a known word, in a JSON or an empty answer.
_STATUS = {
    400: HOST,
    401: AUTH,
    402: "FEATURE",
    403: AUTH,
    404: GONE,
    405: HOST,
    410: GONE,
    413: HOST,
    422: HOST,
    409: LATER,
    423: LATER,
}


def same_address(text, packed):
    """Whether a text is this address, spelled in whatever way."""
    try:
        return packed is not None and address.parse(text) == packed
    except ValueError:
        return False


def values_of(account, host, packed):
    """{name: text} of all that templates may name of one record: an account's and a host's dict, the packed
    address. What is learned on the way is empty."""
    label = host["host"].lower()  # some compare names byte by byte
    six = len(packed) == 16
    user, password, token = [str(account.get(k) or "") for k in ("user", "password", "token")]
    return {
        "zone": host["zone"].lower(), "fqdn": host["fqdn"].lower(), "host": label,
        "sub": "" if label == "@" else label, "T": "AAAA" if six else "A", "t": "1" if six else "0",
        "n": "28" if six else "1", "v": "6" if six else "4", "ip": address.text(packed), "user": user,
        "password": password or token, "token": token or password,
        "basic": binascii.b2a_base64(("%s:%s" % (user, password or token)).encode()).decode().strip(),
        "zid": "", "rid": "", "ttl": "", "old": "", "note": "",
    }  # fmt: skip


class Caller:
    """The calls of one exchange. `session`: values that hold for all that follow; `status`, `head`,
    `retry_after`: of the last answer."""

    def __init__(self, calls, send, pause, picker):
        self.calls = calls
        self.session = {}
        self.status = 0
        self.head = b""
        self.retry_after = None
        self._send = send
        self._pause = pause
        self._picker = picker
        self._begun = False

    def call(self, name, unit, known, got=None):
        """Make one call (of a list: all its pages). unit: has `values` and `packed`. known: this key worked
        before. got: list that takes a dict of picked texts for each match. None when it succeeded, else the
        Outcome. Raises what `send` raises."""
        step = self.calls[name]
        values = unit.values
        values.update(self.session)
        more, seen = "", []
        for _ in range(PAGES):
            path = self.calls.get("base", "") + step[0].split(" ", 1)[1]
            try:
                if more:
                    values["more"] = more
                    path += self.calls["page"]
                out, after = self._once(name, step, path, unit, known, got)
            except LongNote:
                return Outcome(HOST, "long comment")
            except ValueError:  # an id that is none, a text that is no UTF-8
                return Outcome(ODD, "odd id")
            if out:
                return out
            seen.append(more)
            more = after
            if not more or name != "find" or "page" not in self.calls:
                return None
            if more in seen:
                break
        return Outcome(ODD, "endless list")

    def _once(self, name, step, path, unit, known, got):
        """(None or Outcome, where the list goes on or "")"""
        if self._begun and "gap" in self.calls:
            self._pause(self.calls["gap"])
        self._begun = True
        picks = Picks(step[2] if len(step) > 2 else "", unit.values, got)
        tests = (len(step) > 3 and step[3] or self.calls.get("ok", "200")).split()
        wants = [t.partition("=") for t in tests if not t.isdigit()]
        alone = [w[0].lstrip("!") for w in wants] + (self.calls.get("said") or "").split()
        if "more" in self.calls:
            alone.append(self.calls["more"])
        picker = self._picker(picks.each, picks.fields, picks.take, alone)
        sink = _Sink(picker)
        method, headers, body = self._request(step, unit.values)
        self.status, after, cut = self._send(
            method, rest_fill.fill(path, unit.values, rest_fill.part), headers, body, sink
        )
        self.head = sink.head
        self.retry_after = after if self.status in (429, 503) else None  # others send it with every answer
        picker.end()
        said = picker.said
        if self._good(picker, cut, tests, wants, said, unit):
            picks.finish()
            return None, _text([v for i, v in said if alone[i] == self.calls.get("more")])
        if got:
            got.clear()  # the objects of a refusal are no records
        words = [printable(_text([v]))[:80] for i, v in said if i >= len(wants)]
        if name == "find" and (picks.each or "")[-2:] == "[]" and picks.tests != [None] * len(picks.tests):
            name = "list"
        return self._refused(name, picker, cut, words, known), ""

    def _request(self, step, values):
        """(method, headers, body or None)"""
        method, body = step[0].split(" ", 1)[0], None
        headers = {"Accept": "application/json"}
        for line in self.calls.get("head", []) + (step[4] if len(step) > 4 else []):
            word, text = line.split(": ", 1)
            how = rest_fill.json if '{"' in text else rest_fill.plain
            headers[word] = printable(rest_fill.fill(text, values, how))
        if len(step) > 1 and step[1]:
            body, headers["Content-Type"] = rest_fill.body(step[1], values)
        if body or method != "GET":
            headers["Content-Length"] = str(len(body or b""))
        return method, headers, body

    def _good(self, picker, cut, tests, wants, said, unit):
        """Whether this answer is one of success: its status, its text whole, what the row wants to see in
        it."""
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
            elif want == "*":
                pass
            elif want == "{ip}":
                if not same_address(heard[0], unit.packed):
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
        page = self.head.lstrip()[:1] == b"<"  # of something on the way: no word of the API's
        for rule in self.calls.get("rules") or ():
            for mark in rule[1:]:
                if mark[:1] == "#":
                    if mark[1:] == str(self.status) and not page:
                        return _out(rule[0], word, name, known)
                    continue
                for text in words:
                    low = text.lower()
                    if low == mark or mark[:1] == "~" and mark[1:] in low:
                        return _out(rule[0], text, name, known)
        if cut:
            return Outcome(ODD, "too long")
        if not (picker.whole or picker.empty):
            return Outcome(ODD, "a web page" if page else "not JSON")
        cls = _STATUS.get(self.status)
        if cls:
            return _out(cls, word, name, known)
        return Outcome(ODD, (words[0] if words else word) or word)


def _out(cls, word, name, known):
    """The Outcome of a class out of the row's rules or of the status table."""
    if cls == _DOUBT:
        cls = ODD if known else AUTH
    if cls == GONE and name in ("zone", "list", "create"):  # not a record is missing there
        cls = ZONE
    elif cls == _NONE:
        cls = GONE
    if name == "login" and cls in (HOST, GONE, ZONE):
        cls = AUTH
    return Outcome(cls, word, ACCOUNT if cls in (AUTH, LATER, "BLOCK", "AGENT") else ONE)


def _text(values):
    """The first of some values as text, "" when there is none. Raises ValueError when it is no UTF-8."""
    return values[0].decode() if values else ""


class _Sink:
    """Where an answer's body goes: into the picker, and its beginning into `head`."""

    def __init__(self, picker):
        self._picker = picker
        self.head = b""

    def feed(self, data):
        """The next bytes of the body."""
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self._picker.feed(data)
