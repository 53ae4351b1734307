"""What a provider's reply means: status + body -> one Outcome per host. Knows no socket, no clock, no file.

The only place where words become classes; `decide` turns classes into actions.
"""

from wanbeacon.core import address, httpdate
from wanbeacon.core.outcome import (
    ACCOUNT,
    BLOCK,
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

# The tables are text: as tuples they would cost an ESP32 four times the heap.
# word=CLASS, reach, 1 when it comes once for a whole list, kind of LATER. Dyn return codes, No-IP response page. A row's
# own "words" come first: some providers mean something else.
_WORDS = (
    " good=OK00 nochg=SAME00 badauth=AUTH11 noauth=AUTH11 !donator=FEATURE01 !active=FEATURE00 nohost=HOST00 "
    "notfqdn=HOST00 !yours=HOST00 numhost=HOST00 badsys=HOST01 badip=HOST00 badrequest=HOST00 abuse=BLOCK00 "
    "badagent=AGENT21 dnserr=LATER11t 911=LATER11t servererror=LATER11s interval=LATER00s "
)
# The same for a class named by a row's own rule. ACCOUNT: No-IP and dy.fi block the user, not the host. FAIL: a custom
# provider's own word of failure, nobody knows more than that it is one.
_CLASSES = (
    " OK=OK00 SAME=SAME00 AUTH=AUTH11 FEATURE=FEATURE00 HOST=HOST00 BLOCK=BLOCK00 AGENT=AGENT21 LATER=LATER11s ODD=ODD00 "
    "ACCOUNT=BLOCK11 FAIL=AUTH00 "
)
# HTTP status without a known word.
_STATUS = " 401=AUTH 403=AUTH 404=HOST 410=HOST 400=HOST 405=HOST 409=HOST 422=HOST 408=LATER 429=LATER "

_LOOPBACK = b"\x7f\0\0\1"
MAX_LINES = 40  # a list answer has at most 20 lines (request.LIST_MAX) and some chatter; more is a page
MAX_ADDRESSES = 4  # in one line: an answer names two; the rest of a long line is not worth a board's time
RETRY_MIN, RETRY_MAX = 60, 86400  # Retry-After: floor and cap in seconds
TROUBLE_MIN = 1800  # dnserr, 911: seconds that no client may fall below (No-IP response page)
STD, STD_FAILURES = 1, 2  # values of a row's "std": DynDNS2 words count beside its rules, or only those of failure


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
    for part in ",".join(words[:MAX_ADDRESSES]).split(",")[:MAX_ADDRESSES]:
        try:
            out.append(address.parse(part))
        except ValueError:
            pass
    return out


def _wait(word):
    """Seconds of the old "wNNh", "wNNm", "wNNs" (wait) codes, else 0."""
    unit = {"h": 3600, "m": 60, "s": 1}.get(word[-1:], 0)
    if unit and word[:1] == "w" and len(word) < 7 and _digits(word[1:-1]):
        return int(word[1:-1]) * unit
    return 0


def _digits(text):
    """True when text is ASCII digits only: str.isdigit() of CPython takes "\u00b2" too, which int() does not."""
    for c in text.encode():  # by bytes, see core.text.printable
        if not 48 <= c <= 57:
            return False
    return text != ""


def _line(line, words):
    """One body line -> (Outcome, comes once) or None when its first word is unknown."""
    parts = line.split()
    word = parts[0].lower()
    entry = words.get(word) or _entry(_WORDS, word)
    if isinstance(entry, str):
        entry = _entry(_CLASSES, entry)
    if not entry:
        delay = _wait(word)
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
    """True when one of the sent addresses stands in the text, spelt in whatever way."""
    raw = bytearray(text.encode())
    for i in range(len(raw)):
        if raw[i] not in b"0123456789abcdef:.":
            raw[i] = 32
    tries = 0
    for w in bytes(raw).decode().split():
        w = w.strip(".")
        if w.count(".") == 3 or w.count(":") > 1:
            tries += 1
            for a in {w, w.strip(":")}:  # "address:1.2.3.4"
                try:
                    if address.parse(a) in sent:
                        return True
                except ValueError:
                    pass
        if tries >= 4 * MAX_ADDRESSES:
            break
    return False


def _matches(rule, status, text, lines, sent):
    """Whether one rule of a row fits. Rules are lower case: `^x` a line starts with the word(s) x, `=x` a line is x,
    `~x` x stands anywhere as whole words, `*x` anywhere (blanks do not count), `@` one of the sent addresses stands
    anywhere, `0` the body is empty, `#204` the HTTP status."""
    how, what = rule[:1], rule[1:]
    if how == "#":
        return str(status) == what
    if how == "0":
        return not lines
    if how == "=":
        return what in lines
    if how == "*":
        return "".join(what.split()) in "".join(text.split())
    if how == "@":
        return _names(text, sent)
    if how == "^":
        for line in lines:
            if line.startswith(what) and _bounded(line, 0, len(what)):
                return True
        return False
    at = -1
    for _ in range(MAX_LINES):  # a text that is full of it is not an answer
        at = text.find(what, at + 1)
        if at < 0:
            return False
        if _bounded(text, at, len(what)):
            return True
    return False


def _strip_tags(text):
    out, at = [], 0
    while True:
        cut = text.find("<", at)
        if cut < 0:
            out.append(text[at:])
            return "\n".join(out)
        out.append(text[at:cut])
        end = text.find(">", cut)
        if end < 0:
            return "\n".join(out)
        at = end + 1


def _by_rules(rules, status, text, lines, sent, by_status):
    """An ordered list of [class, rule, ...], failures before successes: the first that fits decides. None when none
    fits. A success needs an HTTP status of success and must not be a web page (a captive portal) unless the row is
    one of those that answer with pages. by_status: look at the `#` rules only (True), at all others (False) or at
    all (None)."""
    lower = text.lower()
    low = [x.lower() for x in lines]
    page = bool(low) and (low[0].startswith("<!doctype") or low[0].startswith("<html"))
    for row in rules:
        if row[0] in (OK, SAME) and (page or not 200 <= status < 300):
            continue
        for rule in row[1:]:
            if by_status is not None and (rule[:1] == "#") != by_status:
                continue
            if _matches(rule, status, lower, low, sent):
                word = "HTTP %d" % status if rule[:1] == "#" or not lines else _word(lines)
                return _of(_entry(_CLASSES, row[0]), word)
    return None


def _word(lines):
    """First word of a reply, for people: printable ASCII, no mark-up."""
    word = printable(lines[0].split()[0][:WORD_MAX], 33)
    return "a web page" if word[:1] == "<" else word


def _by_status(status, lines):
    """The Outcome of a reply without a known word: by HTTP status, else ODD with the raw word kept."""
    word = "HTTP %d" % status
    if status >= 500:
        return Outcome(LATER, word, ACCOUNT, SERVER)
    cls = _find(_STATUS, status)
    if cls:
        return _of(_entry(_CLASSES, cls), word)
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


def _dyndns2(row, lines, count, page, successes):
    """DynDNS2 lines -> one Outcome per host (a line for each, in order: Dyn return codes), or None when no word is known.
    successes: whether a success word counts."""
    words = row.get("words") or {}
    # A web page is never an answer, even if one of its lines starts with "good" (a captive portal).
    read = [] if page else [_line(x, words) for x in lines]
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


def _for_all(out, count, once=False):
    """One answer for a list: a success holds for all, and so does a failure that is not about a host. Otherwise the
    list is sent once more host by host, to find the one that is meant."""
    outs = [_copy(out) for _ in range(count)]
    if count > 1:
        for o in outs:
            o.split = out.cls in (FEATURE, HOST, BLOCK) and out.reach == ONE and not once
            if out.cls in (OK, SAME):
                o.note = "reply.one-for-all", count
    return outs


def _copy(out):
    return Outcome(out.cls, out.word, out.reach, out.kind, out.got, out.delay)


def read(row, status, body, hosts, sent, retry_after=None, wall=None, cut=False):
    """One reply -> a list with one Outcome per host, in order.

    row: catalogue row (uses "words", "rules", "std", "tags", "conn"). status: HTTP status. body: bytes. hosts: names
    sent. sent: packed addresses sent (v4 or None, v6 or None). retry_after: that header's text or None.
    wall: unix seconds or None, for a Retry-After date. cut: the body went on beyond what was kept, so it is no DynDNS2
    answer (the longest has some 3 KB), and a "good" in it means nothing. Raises nothing whatever the body holds.
    """
    try:
        text = body.decode()
    except (UnicodeError, ValueError):
        text = bytes([b if b < 128 else 63 for b in body]).decode()
    text = text.replace("\r", "\n").replace("\0", " ").strip()
    if text[:1] == "\ufeff":
        text = text[1:]
    if row.get("tags"):
        text = _strip_tags(text)
    rules, count, outs = row.get("rules") or (), len(hosts), None
    lines = [x.strip() for x in text.split("\n", MAX_LINES) if x.strip()][:MAX_LINES]
    std = row.get("std", 0 if rules else STD)
    out = None
    if rules:
        # where DynDNS2 words count too, a word wins over a status
        out = _by_rules(rules, status, text, lines, sent, False if std else None)
    if std and not out:
        outs = _dyndns2(row, lines, count, bool(lines) and lines[0][:1] == "<", std == STD and not cut)
        if outs:
            outs = [_check(o, sent, row) for o in outs]
        elif rules:
            out = _by_rules(rules, status, text, lines, sent, True)
    if not outs:
        out = out or _by_status(status, lines)
        if cut and out.cls == ODD:
            out.word = "too long"
        outs = _for_all(out, count)
    delay = seconds(retry_after, wall) if retry_after else 0
    for out in outs:
        if out.cls == LATER and delay:
            # dnserr and 911 mean half an hour, whatever a server in front of them thinks
            out.delay = max(delay, out.delay, TROUBLE_MIN if out.kind == TROUBLE else 0)
    return outs


def seconds(value, wall=None):
    """Retry-After (RFC 9110 section 10.2.3): delta-seconds or HTTP-date -> seconds within RETRY_MIN..RETRY_MAX, or 0
    when it cannot be read (a date while the clock is not set, an obsolete date form)."""
    value = value.strip()
    if _digits(value):
        return max(RETRY_MIN, min(RETRY_MAX, int(value[:9])))
    when = httpdate.parse(value)
    if wall is None or when is None:
        return 0
    return max(RETRY_MIN, min(RETRY_MAX, when - wall))
