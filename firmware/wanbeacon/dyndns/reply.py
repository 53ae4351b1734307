# SPDX-License-Identifier: MIT
"""What a provider's reply means: status + body -> one Outcome per host.

The only place where words become classes; core/policy.py turns classes into actions. What decides, in this
order:

1. A web page (what begins with "<", where the row does not say that its service answers with one) is never
   an answer: the HTTP status alone counts.
2. A row's own rules, with a final 2xx and with the statuses that the row names.
3. DynDNS2 words, whatever the status; a success needs a final 2xx.
4. The status: 401 is the login, 429, 408 and 5xx are trouble, anything else is not understood. Nothing but
   the provider's own word stops a host for good.
"""

from wanbeacon.core import address
from wanbeacon.core.outcome import (
    ACCOUNT,
    BLOCK,
    FAIL,
    FEATURE,
    HOST,
    LATER,
    ODD,
    OK,
    ONE,
    SAME,
    SERVER,
    TROUBLE,
    WORD_MAX,
    Outcome,
)  # fmt: skip
from wanbeacon.core.text import printable
from wanbeacon.dyndns.retry_after import RETRY_MAX, seconds, word_seconds

# The tables are text: as tuples they would cost an ESP32 four times the heap.
# word=CLASS, reach, 1 when it comes once for a whole list, kind of LATER. Dyn return codes, No-IP response
# page. A row's own "words" come first: some providers mean something else.
_WORDS = (
    " good=OK00 nochg=SAME00 badauth=AUTH11 badauth2=AUTH11 noauth=AUTH11 !donator=FEATURE01 "
    "!active=FEATURE00 nohost=HOST00 notfqdn=HOST00 !yours=HOST00 numhost=HOST00 numhosts=HOST00 "
    "badsys=HOST01 badip=HOST00 badrequest=HOST00 abuse=BLOCK00 badagent=AGENT21 dnserr=LATER11t "
    "911=LATER11t servererror=LATER11s interval=LATER00s "
)
# The same for a class named by a row's own rule. ACCOUNT: No-IP and dy.fi block the user, not the host. WAIT:
# this host was sent too soon. FAIL: a word that the user listed as failure, nobody knows more than that it is
# one. KEY: rejected for this host, perhaps not for others.
_CLASSES = (
    " OK=OK00 SAME=SAME00 AUTH=AUTH11 FEATURE=FEATURE00 HOST=HOST00 BLOCK=BLOCK00 AGENT=AGENT21 "
    "LATER=LATER11s ODD=ODD00 ACCOUNT=BLOCK11 WAIT=LATER00s FAIL=FAIL00 KEY=AUTH00 "
)
# HTTP status without a known word; 5xx besides.
_STATUS = " 401=AUTH 408=LATER 429=LATER "
# What a rule "!" looks for: words by which a service may tell a failure that no other rule of its row knows.
_FAILURES = ("error", "errors", "fail", "failed", "failure", "invalid", "denied", "unknown")

_LOOPBACK = b"\x7f\0\0\1"
# characters of a code ("successfully_changed" has 20); what is longer is not looked up, for its copies' sake
WORD_LONGEST = 24
MAX_LINES = 40  # a list answer has at most 20 lines (request.LIST_MAX) and some chatter; more is a page
MAX_ADDRESSES = 4  # in one line: an answer names two; the rest of a long line is not worth a board's time
TROUBLE_MIN = 1800  # dnserr, 911: seconds that no client may fall below (No-IP response page)
# values of a row's "std": DynDNS2 words count beside its rules, or only those of failure
STD, STD_FAILURES = 1, 2


def _find(table, word):
    """What stands behind `word=` in a table, or None."""
    word = str(word)
    at = table.find(" %s=" % word)
    if at < 0:
        return None
    at += len(word) + 2
    return table[at : table.find(" ", at)]


def _entry(table, word):
    """(class, reach, once, kind) of a word, or None."""
    code = _find(table, word)
    if not code:
        return None
    kind = {"t": TROUBLE, "s": SERVER}.get(code[-1:])
    if kind:
        code = code[:-1]
    return code[:-2], int(code[-2:-1]), int(code[-1:]), kind


def _of(entry, word, got=()):
    return Outcome(entry[0], word, entry[1], entry[3], got)


def _addresses(words):
    out = []
    for part in ",".join(words[:MAX_ADDRESSES]).split(",", MAX_ADDRESSES)[:MAX_ADDRESSES]:
        try:
            out.append(address.parse(part))
        except ValueError:
            pass
    return out


def _line(line, words):
    """One body line -> (Outcome, comes once) or None when its first word is unknown."""
    parts = line.split(None, MAX_ADDRESSES + 1)
    if len(parts[0]) > WORD_LONGEST:
        return None
    word = parts[0].lower()
    entry = words.get(word) or _entry(_WORDS, word)
    if isinstance(entry, str):
        entry = _entry(_CLASSES, entry)
    if not entry:
        delay = word_seconds(word)
        if not delay:
            return None
        out = Outcome(LATER, word, ACCOUNT, SERVER, delay=min(delay, RETRY_MAX))
        return out, 1
    got = _addresses(parts[1:])
    if entry[0] in (OK, SAME) and len(parts) > 1 and not got:
        return None  # "good morning": the first word of a sentence, not a code
    return _of(entry, word, got), entry[2]


def _bounded(text, at, size):
    """True when text[at:at+size] stands alone: no letter, digit or '_' on either side."""
    for i in (at - 1, at + size):
        c = text[i : i + 1] if i >= 0 else ""
        if c.isalpha() or c.isdigit() or c == "_":
            return False
    return True


def _names(text, sent):
    """True when one of the sent addresses is named in the text, spelled in whatever way."""
    raw, at, tries = text.encode(), 0, 0
    while at < len(raw) and tries < 4 * MAX_ADDRESSES:
        end = at
        while end < len(raw) and raw[end] in b"0123456789abcdef:.":
            end += 1
        if 2 < end - at < 60:
            w = raw[at:end].decode().strip(".")
            if w.count(".") == 3 or w.count(":") > 1:
                tries += 1
                for a in (w, w.strip(":")):  # "address:1.2.3.4"
                    try:
                        if address.parse(a) in sent:
                            return True
                    except ValueError:
                        pass
        at = end + 1
    return False


def _matches(rule, status, text, flat, lines, sent):
    """Whether one rule of a row fits. Rules are lower case: `^x` a line starts with the word(s) x, `=x` a
    line is x, `~x` x stands anywhere as whole words, `*x` anywhere (spaces do not count), `@` one of the sent
    addresses stands anywhere, `!` a word of failure stands anywhere, `0` the body is empty, `#204` the HTTP
    status. text, lines: in lower case; flat: the text without its spaces."""
    how, what = rule[:1], rule[1:]
    if how == "#":
        return str(status) == what
    if how == "0":
        return not lines
    if how == "=":
        return what in lines
    if how == "*":
        return _flat(what) in flat
    if how == "@":
        return _names(text, sent)
    if how == "^":
        return any([line.startswith(what) and _bounded(line, 0, len(what)) for line in lines])
    return any([_holds(text, word) for word in ((what,) if how == "~" else _FAILURES)])


def _holds(text, what):
    at = -1
    for _ in range(MAX_LINES):  # a text that is full of it is not an answer
        at = text.find(what, at + 1)
        if at < 0:
            return False
        if _bounded(text, at, len(what)):
            return True
    return False


# A body may hold thousands of words: as strings of their own they would not fit into a board's heap. So these
# two work on its bytes in place.


def _flat(text):
    """The text without its spaces and line ends."""
    raw, at = bytearray(text.encode()), 0
    for c in raw:
        if c > 32:
            raw[at] = c
            at += 1
    return bytes(raw[:at]).decode()


def _strip_tags(text):
    """The text with a line end for each tag; a tag that does not end takes the rest with it."""
    raw, at, inside = bytearray(text.encode()), 0, False
    for c in raw:
        if c == 60 and not inside:  # <
            inside = True
        elif c == 62 and inside:  # >
            inside, c = False, 10
        if not inside:
            raw[at] = c
            at += 1
    return bytes(raw[:at]).decode()


def _page(row, text):
    """True when the text (lower case) is a web page that is not the service's answer: a captive portal, a
    CDN's challenge, a web server's own error page. A row whose service answers in HTML or XML says by what
    its answers are known."""
    if text[:1] != "<" and not any(
        [tag in text for tag in ("<html", "<head", "<body", "<script", "<!doctype")]
    ):
        return False
    marks = row.get("page")
    flat = _flat(text) if marks else ""
    return not any([mark in flat for mark in marks or ()])


def _by_rules(row, status, text, lines, sent, by_status, success):
    """The Outcome of the first of a row's rules ([class, rule, ...], failures before successes) that fits, or
    None.

    by_status: look at the `#` rules only (True), at all others (False) or at all (None). success: whether one
    may be a success. Rules of words count with a final 2xx and with the statuses that the row names in
    "bad"."""
    words = 200 <= status < 300 or status in row.get("bad", ())
    lines_low, flat = [x.lower() for x in lines], _flat(text)
    for rules in row["rules"]:
        if rules[0] in (OK, SAME) and not success:
            continue
        for rule in rules[1:]:
            of_status = rule[:1] == "#"
            if by_status is not None and of_status != by_status or not (of_status or words):
                continue
            if _matches(rule, status, text, flat, lines_low, sent):
                word = "HTTP %d" % status if of_status or not lines else _word(lines)
                return _of(_entry(_CLASSES, rules[0]), word)
    return None


def _word(lines):
    """First word of a reply, for people: printable ASCII, no mark-up."""
    word = printable(lines[0].split(None, 1)[0][:WORD_MAX], 33)
    return "a web page" if word[:1] == "<" else word


def _by_status(row, status, lines):
    """The Outcome of a reply without a known word: by HTTP status, else ODD with the raw word kept."""
    word = "HTTP %d" % status
    if status >= 500:
        return Outcome(LATER, word, ACCOUNT, SERVER)
    cls = _find(_STATUS, status)
    if cls:
        out = _of(_entry(_CLASSES, cls), word)
        if cls == LATER and row.get("rate"):
            out.reach = ONE
        return out
    if 200 <= status < 300:
        word = _word(lines) if lines else "empty"
    return Outcome(ODD, word)


def _check(out, sent, row):
    """Compare the addresses a success names with those sent; may turn it into ODD or AGENT."""
    if out.cls not in (OK, SAME) or not out.got:
        return out
    if _LOOPBACK in out.got and _LOOPBACK not in sent:
        # Dyn return codes: "ignored, your client breaks the specification"
        return _of(_entry(_WORDS, "badagent"), "good 127.0.0.1")
    for s in sent:
        same = [g for g in out.got if s and len(g) == len(s)]
        if same and s not in same:
            if row.get("conn"):
                # Sending again would change nothing: taken as stored, and told to the user.
                out.note = "reply.other-address", address.text(same[0]), address.text(s)
                out.got = ()
                return out
            return Outcome(ODD, "other address", got=out.got)
    return out


def _dyndns2(row, lines, count, successes):
    """DynDNS2 lines -> one Outcome per host (a line for each, in order: Dyn return codes), or None when no
    word is known. successes: whether a success word counts."""
    words = row.get("words") or {}
    read = [_line(x, words) for x in lines]
    if not successes:
        read = [x if x and x[0].cls not in (OK, SAME) else None for x in read]
    known = [x for x in read if x]
    if not known:
        return None
    if count == 1:
        best = None
        for out, _ in known:
            if best is None or best.cls in (OK, SAME) and out.cls not in (OK, SAME):
                best = out
            elif best.cls in (OK, SAME) and out.cls in (OK, SAME):
                best.got = list(best.got) + list(out.got)  # "good v4" and "nochg v6": one host, two families
                if out.cls == OK:
                    best.cls, best.word = OK, out.word
        return [best]
    if len(known) == 1:
        return _for_all(known[0][0], count, known[0][1])
    row_of = known if len(known) == count else read
    outs = [_copy(x[0]) if x else Outcome(ODD, "not understood") for x in row_of[:count]]
    while len(outs) < count:
        outs.append(Outcome(ODD, "no answer line"))
    return outs


def _for_all(out, count, once):
    """One answer for a list: "good" holds for all, and so does a failure that is not about a host. Otherwise
    each host is sent alone once, to find the one that is meant. `nochg` too: PowerDNS-Admin says so of a list
    that it took for one unknown name, and nothing may count as published that was not."""
    outs = [_copy(out) for _ in range(count)]
    if count > 1:
        for o in outs:
            o.split = out.cls in (SAME, FEATURE, HOST, BLOCK, FAIL) and out.reach == ONE and not once
            if out.cls in (OK, SAME) and not o.split:
                o.note = "reply.one-for-all", count
    return outs


def _copy(out):
    return Outcome(out.cls, out.word, out.reach, out.kind, out.got, out.delay)


def read(row, status, body, hosts, sent, retry_after=None, wall=None, cut=False):
    """One reply -> a list with one Outcome per host, in order.

    row: catalogue row (uses "words", "rules", "bad", "std", "page", "tags", "conn", "rate"). status: HTTP
    status. body: bytes. hosts: names sent. sent: packed addresses sent (v4 or None, v6 or None). retry_after:
    that header's text or None. wall: unix seconds or None, for a Retry-After date. cut: the body went on
    beyond what was kept, so it is no DynDNS2 answer (the longest has some 3 KB), and a "good" in it means
    nothing. Raises nothing whatever the body holds.
    """
    text = _decode(body)
    low = text.lower()
    page = _page(row, low)
    if row.get("tags"):
        text = _strip_tags(text)
        low = text.lower()
    low = low if row.get("rules") else None  # a body has 4 KB, and a board has no room for many copies
    lines = [x.strip() for x in text.split("\n", MAX_LINES) if x.strip()][:MAX_LINES]
    text = None
    outs, out = _by_text(row, status, low, lines, len(hosts), sent, page, cut)
    if not outs:
        out = out or _by_status(row, status, lines)
        if page and out.cls == ODD and 200 <= status < 300:
            out.word = "a web page"
        elif cut and out.cls == ODD:
            out.word = "too long"
        outs = _for_all(out, len(hosts), out.cls == SAME)
    delay = seconds(retry_after, wall) if retry_after else 0
    for out in outs:
        if out.cls == LATER and delay:
            # dnserr and 911 mean half an hour, whatever a server in front of them thinks
            out.delay = max(delay, out.delay, TROUBLE_MIN if out.kind == TROUBLE else 0)
    return outs


def _decode(body):
    """The text of a body, whatever bytes it has, with line ends as "\n"."""
    try:
        text = body.decode()
    except (UnicodeError, ValueError):
        raw = bytearray(body)
        for i in range(len(raw)):
            if raw[i] > 127:
                raw[i] = 63
        text = bytes(raw).decode()
    text = text.replace("\r", "\n").replace("\0", " ").strip()
    return text[1:].strip() if text[:1] == "\ufeff" else text


def _by_text(row, status, low, lines, count, sent, page, cut):
    """What the body says: (one Outcome per host or None, one Outcome for all or None)."""
    rules, success = row.get("rules"), 200 <= status < 300
    if page:
        # the statuses that a user lists as failure are so whatever comes with them
        custom = rules and row.get("id") == "custom"
        return None, _by_rules(row, status, low, lines, sent, True, False) if custom else None
    std = row.get("std", 0 if rules else STD)
    out = None
    if rules:
        # where DynDNS2 words count too, a word wins over a status
        out = _by_rules(row, status, low, lines, sent, False if std else None, success)
    if out or not std:
        return None, out
    outs = _dyndns2(row, lines, count, success and std == STD and not cut)
    if outs:
        return [_check(o, sent, row) for o in outs], None
    return None, _by_rules(row, status, low, lines, sent, True, success) if rules else None
