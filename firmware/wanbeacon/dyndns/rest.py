# SPDX-License-Identifier: MIT
"""JSON APIs as rows of data: the calls of one update in their order, and what the answers mean.

No socket, clock or file: the way out, the pause between calls and the memory of ids are handed in. How a row
is written is told in docs/rest-providers.md; the steps that a row may have, each a list [METHOD and path,
body, picks, success]:

    login       its picks hold for the rest of this exchange (a session)
    zone        the zone's id -> {zid}
    find        the one record of this name and type -> {rid} {old} {ttl} {note};
                without it nothing is looked up
    read        where `find` only lists ids: the record itself -> {old} {ttl} {note}
    write       the change itself
    create      instead of write where there is no record and the user allows one to be made;
                without it: write
    drop        after write, where values are added and removed: takes {old} away
    then        last, where a change counts only when it is published

A record is never guessed at: several of the name and type end in words. What is not named in `write` is the
API's to keep.
"""

from wanbeacon.core.outcome import ACCOUNT, HOST, ODD, OK, SAME, Outcome
from wanbeacon.dyndns import rest_fill
from wanbeacon.dyndns.rest_call import GONE, ZONE, Caller, same_address, values_of

_WORDS = {GONE: "no such record", ZONE: "no such zone"}
_LEARNED = ("zid", "rid", "ttl", "old", "note")  # what the memory keeps of a record, in this order


class _Unit:
    """One record to write: host number `at`, packed address, what templates may name of it, its key in the
    memory."""

    def __init__(self, at, packed, values, key, create):
        self.at = at
        self.packed = packed
        self.values = values
        self.key = key
        self.create = create
        self.new = False  # there is no record yet
        self.kept = False  # ids come from the memory


def exchange(calls, account, hosts, sent, kept, changes, send, pause, picker):
    """Bring the records of hosts (more than one only where there is an "item") to the addresses `sent`: (v4
    or None, v6 or None), packed.

    calls: of the row. hosts: dicts with zone, fqdn, host (label or "@"), create, key (bytes). kept: {key +
    b"4" or b"6": texts} remembered of them; changes: list that takes (key, texts, or None to forget it).
    send(method, path, headers, body, sink) -> (status, Retry-After text or None, cut); whatever it raises
    passes through. pause(ms): called between two calls where the row wants it. picker: the class that reads
    answers (core/jsonpick.py, or core/xmlpick.py where the row says "xml").

    Returns (HTTP status, beginning of the last answer, [Outcome for each host], Retry-After text or None).
    """
    caller = Caller(calls, send, pause, picker)
    talk = _Talk(caller, kept, changes)
    units = []
    for at in range(len(hosts)):
        host = hosts[at]
        for packed in sent:
            if packed:
                key = host["key"] + (b"6" if len(packed) == 16 else b"4")
                units.append(_Unit(at, packed, values_of(account, host, packed), key, host["create"]))
    outs, todo = [None] * len(hosts), []
    out = talk.login(units[0])
    if out:
        out.reach = ACCOUNT  # whatever it is, nothing can follow
    for u in units:
        out = out or talk.prepare(u)
        if out is None:
            todo.append(u)
            continue
        _merge(outs, u.at, out)
        if not out.reach:
            out = None  # the others may fare better
    if out is None:
        for group in [todo] if "item" in calls and todo else [[u] for u in todo]:
            for u, out in talk.write(group):
                _merge(outs, u.at, out)
            if out.reach:
                break
    outs = [o or out for o in outs]
    return caller.status, caller.head, outs, caller.retry_after


def _merge(outs, at, out):
    """Of a host's two families the one that failed counts, else the one that changed something."""
    old = outs[at]
    if old is None or out.cls not in (OK, SAME) or old.cls == SAME:
        outs[at] = out


class _Talk:
    """The calls of one exchange."""

    def __init__(self, caller, kept, changes):
        self._caller = caller
        self._calls = caller.calls
        self._kept = kept
        self._changes = changes
        self._zones = {}  # name -> id, of this exchange

    def _call(self, name, unit, got=None):
        return self._caller.call(name, unit, unit.kept or unit.key in self._kept, got)

    def login(self, unit):
        """None, or the Outcome that ends the exchange before it began."""
        if "login" not in self._calls:
            return None
        got = []
        out = self._call("login", unit, got)
        if out is None:
            if not got or not got[0]["sid"]:
                return Outcome(ODD, "no session")
            self._caller.session["sid"] = got[0]["sid"]
        return out

    def prepare(self, unit):
        """Ids out of the memory, else by looking. None when there is something to write, else the Outcome."""
        kept = self._kept.get(unit.key)
        if kept:
            unit.kept = True
            for name, text in zip(_LEARNED, kept):
                unit.values[name] = text
            return None
        return self._look(unit)

    def _look(self, unit):
        """Ask for the zone's id and the record. None when there is something to write, else the Outcome."""
        values = unit.values
        unit.kept = False
        if "zone" in self._calls and values["zone"] in self._zones:
            values["zid"] = self._zones[values["zone"]]
        elif "zone" in self._calls:
            got = []
            out = self._call("zone", unit, got)
            if out:
                return _end(out, ZONE)
            if len(got) != 1:
                return Outcome(HOST, "several zones" if got else _WORDS[ZONE])
            values["zid"] = self._zones[values["zone"]] = got[0]["zid"]
        if "find" not in self._calls:
            unit.new = bool(unit.create)
            return None
        got = []
        out = self._call("find", unit, got)
        if out and out.cls != GONE:
            return _end(out, GONE)
        if len(got) > 1 or got and got[0]["values"] > 1:
            return Outcome(HOST, "several records")
        if not got:
            if not unit.create:
                return Outcome(HOST, _WORDS[GONE])
            unit.new = True
            values["ttl"], values["note"] = self._calls.get("ttl", ""), self._calls.get("note", "")
            return None
        values.update(got[0])
        if "read" in self._calls:
            got = []
            out = self._call("read", unit, got)
            if out or not got:
                return _end(out, GONE) if out else Outcome(ODD, "no record in its answer")
            values.update(got[0])
        values["ttl"] = values["ttl"] or self._calls.get("ttl", "")
        if values["old"] and same_address(values["old"], unit.packed):
            self._keep(unit)
            return Outcome(SAME, "unchanged")
        return None

    def write(self, group):
        """[(Unit, Outcome)] of one write; ids that are not known there any more are looked up once more."""
        out = self._send_all(group)
        if out.cls not in (GONE, ZONE) or not group[0].kept:
            return [(u, _end(out, GONE)) for u in group]
        done, again = [], []
        for u in group:
            self._kept.pop(u.key, None)
            self._changes.append((u.key, None))
            for name in _LEARNED:
                u.values[name] = ""
            seen = self._look(u)
            if seen:
                done.append((u, seen))
            else:
                again.append(u)
        if again:
            out = _end(self._send_all(again), GONE)
        return done + [(u, out) for u in again]

    def _send_all(self, group):
        unit, got = group[0], []
        step = "create" if unit.new and "create" in self._calls else "write"
        if "item" in self._calls:
            self._caller.session["items"] = ",".join(
                [rest_fill.fill(self._calls["item"], u.values, rest_fill.json) for u in group]
            )
        out = self._call(step, unit, got)
        if out and out.cls not in (OK, SAME):
            return out
        old = unit.values["old"]
        if "drop" in self._calls and not unit.new and old and not same_address(old, unit.packed):
            gone = self._call("drop", unit)
            if gone and gone.cls not in (GONE, SAME):
                # both values are there: the old one stays remembered, and is taken away next time
                return gone
        if got and got[0].get("rid"):
            unit.values["rid"] = got[0]["rid"]
        for u in group:
            self._keep(u)
        if "then" in self._calls:
            late = self._call("then", unit)
            if late and late.cls not in (OK, SAME):
                return late  # written, and with the ids that are kept now published next time
        return out or Outcome(OK, "stored")

    def _keep(self, unit):
        """Remember what makes the next change one call."""
        v = unit.values
        if "find" not in self._calls and "zone" not in self._calls:
            return
        if "rid}" in "".join(self._calls["write"][:2]) and not v["rid"]:
            return  # its id was not told: the next change looks it up
        old = v["ip"] if "drop" in self._calls else ""
        texts = [v["zid"], v["rid"], v["ttl"], old, v["note"]]
        if self._kept.get(unit.key) != texts:
            self._kept[unit.key] = texts
            self._changes.append((unit.key, texts))


def _end(out, gone):
    """An inner class becomes HOST, in words. gone: the class that a plain "not there" has here."""
    if out.cls in (GONE, ZONE):
        return Outcome(HOST, _WORDS[ZONE if out.cls == ZONE else gone])
    return out
