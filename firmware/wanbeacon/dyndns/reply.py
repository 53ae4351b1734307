"""What a provider's reply means: status + body -> one Outcome per host. Knows no socket, no clock, no file.

The only place where words become classes (protocol.md section 0); `decide` turns classes into actions.
"""

from wanbeacon import address

# Outcome classes
OK = "OK"  # stored
SAME = "SAME"  # was so already
AUTH = "AUTH"  # credentials wrong
FEATURE = "FEATURE"  # option or zone not available to this user
HOST = "HOST"  # host or request wrong
BLOCK = "BLOCK"  # blocked for abuse
AGENT = "AGENT"  # this client is refused
LATER = "LATER"  # trouble on their side or on the way
ODD = "ODD"  # not understood

# How far an outcome reaches.
ONE, ACCOUNT, PROVIDER = 0, 1, 2

# Kinds of LATER, which have different schedules: the network (no answer), the server (5xx, 429), the words 911/dnserr.
NET, SERVER, TROUBLE = "net", "server", "trouble"

# Standard words -> (class, reach, comes once for a whole list, kind of LATER). Dyn return codes, No-IP response
# page, protocol.md sections 0, A.4, B.5. A row's own "words" come first: some providers mean something else.
WORDS = {
    "good": (OK, ONE, 0),
    "nochg": (SAME, ONE, 0),
    "badauth": (AUTH, ACCOUNT, 1),
    "noauth": (AUTH, ACCOUNT, 1),
    "!donator": (FEATURE, ONE, 1),
    "!active": (FEATURE, ONE, 0),
    "nohost": (HOST, ONE, 0),
    "notfqdn": (HOST, ONE, 0),
    "!yours": (HOST, ONE, 0),
    "numhost": (HOST, ONE, 0),
    "badsys": (HOST, ONE, 1),
    "badip": (HOST, ONE, 0),
    "badrequest": (HOST, ONE, 0),
    "abuse": (BLOCK, ONE, 0),
    "badagent": (AGENT, PROVIDER, 1),
    "dnserr": (LATER, ACCOUNT, 1, TROUBLE),
    "911": (LATER, ACCOUNT, 1, TROUBLE),
    "servererror": (LATER, ACCOUNT, 1, SERVER),
    "interval": (LATER, ONE, 0, SERVER),
}
# Reach and kind of a class named by a row's own rule.
CLASSES = {
    OK: (OK, ONE, 0),
    SAME: (SAME, ONE, 0),
    AUTH: (AUTH, ACCOUNT, 1),
    FEATURE: (FEATURE, ONE, 0),
    HOST: (HOST, ONE, 0),
    BLOCK: (BLOCK, ONE, 0),
    AGENT: (AGENT, PROVIDER, 1),
    LATER: (LATER, ACCOUNT, 1, SERVER),
    ODD: (ODD, ONE, 0),
    "ACCOUNT": (BLOCK, ACCOUNT, 1),  # No-IP and dy.fi block the user, not the host
}
# HTTP status without a known word (protocol.md G 8).
STATUS = {401: AUTH, 403: AUTH, 404: HOST, 410: HOST, 400: HOST, 405: HOST, 409: HOST, 422: HOST, 408: LATER, 429: LATER}

MAX_LINES = 64  # a list answer has at most 20-50 lines; more is a page, not an answer
WORD_MAX = 15  # what the journal keeps of a word
RETRY_MIN, RETRY_MAX = 60, 86400  # Retry-After: floor and cap in seconds


class Outcome:
    """What one reply said of one host.

    cls: class above. word: the provider's word or "HTTP nnn". got: addresses it says it stored (canonical text).
    reach: ONE, ACCOUNT or PROVIDER. kind: NET, SERVER or TROUBLE when cls is LATER. delay: seconds the provider asked
    us to wait, or 0. split: True when a list got one answer and must be sent host by host to find the culprit.
    """

    def __init__(self, cls, word, reach=ONE, kind=None, got=(), delay=0):
        self.cls = cls
        self.word = word[:WORD_MAX]
        self.reach = reach
        self.kind = kind or (SERVER if cls == LATER else None)
        self.got = got
        self.delay = delay
        self.split = False


def failed(word):
    """The Outcome of an exchange that brought no HTTP answer (`word`: "timeout", "connect", "tls" ...)."""
    return Outcome(LATER, word, ACCOUNT, NET)


def _of(entry, word, got=()):
    return Outcome(entry[0], word, entry[1], entry[3] if len(entry) > 3 else None, got)


def _addresses(words):
    out = []
    for w in words:
        for part in w.split(","):
            try:
                out.append(address.canonical(part))
            except ValueError:
                pass
    return out


def _wait(word):
    """Seconds of the old "wNNh", "wNNm", "wNNs" (wait) codes, else 0."""
    unit = {"h": 3600, "m": 60, "s": 1}.get(word[-1:], 0)
    if unit and word[0] == "w" and 1 < len(word) < 7 and word[1:-1].isdigit():
        return int(word[1:-1]) * unit
    return 0


def _line(line, words):
    """One body line -> (Outcome, comes once) or None when its first word is unknown."""
    parts = line.split()
    word = parts[0].lower()
    entry = words.get(word) or WORDS.get(word)
    if isinstance(entry, str):
        entry = CLASSES[entry]
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
        if 0 <= i < len(text) and (text[i].isalpha() or text[i].isdigit() or text[i] == "_"):
            return False
    return True


def _matches(rule, status, text, lines):
    """Whether one rule of a row fits. Rules are lower case: `^x` a line starts with the word(s) x, `=x` a line is x,
    `~x` x stands anywhere as whole words, `*x` anywhere, `0` the body is empty, `#204` the HTTP status."""
    how, what = rule[:1], rule[1:]
    if how == "#":
        return status == int(what)
    if how == "0":
        return not lines
    if how == "=":
        return what in lines
    if how == "*":
        return what in text
    if how == "^":
        for line in lines:
            if line.startswith(what) and _bounded(line, 0, len(what)):
                return True
        return False
    at = text.find(what)
    while at >= 0:
        if _bounded(text, at, len(what)):
            return True
        at = text.find(what, at + 1)
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


def _by_rules(rules, status, text, sent):
    """Body rules of a row that does not speak DynDNS2: an ordered list of [class, rule, ...], failures before
    successes (tools order them so): the first that fits decides."""
    lower = text.lower()
    lines = [x.strip() for x in lower.split("\n") if x.strip()]
    for row in rules:
        for rule in row[1:]:
            if "{ip}" in rule:
                hit = False
                for a in sent:
                    hit = hit or bool(a) and _matches(rule.replace("{ip}", a), status, lower, lines)
            else:
                hit = _matches(rule, status, lower, lines)
            if hit:
                word = lines[0].split()[0] if lines and rule[0] != "#" else "HTTP %d" % status
                return _of(CLASSES[row[0]], word)
    return None


def _by_status(status, lines):
    """The Outcome of a reply without a known word: by HTTP status (G 8), else ODD with the raw word kept (G 22)."""
    word = "HTTP %d" % status
    if status >= 500:
        return _of(CLASSES[LATER], word)
    if status in STATUS:
        return _of(CLASSES[STATUS[status]], word)
    if 200 <= status < 300:
        word = lines[0].split()[0] if lines else "empty"
        if word[0] == "<":
            word = "a web page"
    return Outcome(ODD, word)


def _check(out, sent, row):
    """Compare the addresses a success names with those sent; may turn it into ODD or AGENT."""
    if out.cls not in (OK, SAME) or not out.got:
        return out
    if "127.0.0.1" in out.got and "127.0.0.1" not in sent:
        # Dyn return codes: "ignored, your client breaks the specification"
        return _of(WORDS["badagent"], "good 127.0.0.1")
    if row.get("conn"):
        return out  # this service uses the connection's address; what it says is what it stored
    for s in sent:
        if not s:
            continue
        same = [g for g in out.got if (":" in g) == (":" in s)]
        if same and s not in same:
            out = Outcome(ODD, "other address", got=out.got)
            break
    return out


def _dyndns2(row, status, text, hosts):
    """DynDNS2 lines -> one Outcome per host (A.4's multi-host form; G 12, 13, 14)."""
    lines = [x.strip() for x in text.split("\n", MAX_LINES) if x.strip()][:MAX_LINES]
    words = row.get("words") or {}
    # A web page is never an answer, even if one of its lines starts with "good" (G 21, 30).
    page = bool(lines) and lines[0][0] == "<"
    read = [] if page else [_line(x, words) for x in lines]
    known = [x for x in read if x]
    count = len(hosts)
    if not known:
        return [_by_status(status, lines) for _ in hosts]
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
        out, once = known[0]
        outs = [_copy(out) for _ in hosts]
        if not once and out.cls not in (OK, SAME):
            for o in outs:  # one line for a list: which host does it mean?
                o.split = True
        return outs
    row_of = known if len(known) == count else read
    outs = [_copy(x[0]) if x else Outcome(ODD, "not understood") for x in row_of[:count]]
    while len(outs) < count:
        outs.append(Outcome(ODD, "no answer line"))
    return outs


def _copy(out):
    return Outcome(out.cls, out.word, out.reach, out.kind, out.got, out.delay)


def read(row, status, body, hosts, sent, retry_after=None, wall=None):
    """One reply -> a list with one Outcome per host, in order.

    row: catalogue row (uses "words", "rules", "tags", "conn"). status: HTTP status. body: bytes. hosts: names sent.
    sent: addresses sent, canonical text ((v4 or None), (v6 or None)). retry_after: that header's text or None.
    wall: unix seconds or None, for a Retry-After date. Raises nothing whatever the body holds.
    """
    try:
        text = body.decode()
    except (UnicodeError, ValueError):
        text = "".join([chr(b) if b < 128 else "?" for b in body])
    text = text.replace("\ufeff", "").replace("\r", "\n").replace("\0", " ")
    rules = row.get("rules")
    if rules:
        if row.get("tags"):
            text = _strip_tags(text)
        out = _by_rules(rules, status, text, sent)
        if not out:
            lines = [x.strip() for x in text.split("\n", 1) if x.strip()]
            out = _by_status(status, lines)
        outs = [_copy(out) for _ in hosts]
    else:
        outs = [_check(o, sent, row) for o in _dyndns2(row, status, text, hosts)]
    delay = seconds(retry_after, wall) if retry_after else 0
    for out in outs:
        if out.cls == LATER and delay:
            out.delay = max(delay, out.delay)
    return outs


_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def seconds(value, wall=None):
    """Retry-After (RFC 9110 section 10.2.3): delta-seconds or HTTP-date -> seconds within RETRY_MIN..RETRY_MAX, or 0
    when it cannot be read (a date while the clock is not set, an obsolete date form)."""
    value = value.strip()
    if value.isdigit():
        return max(RETRY_MIN, min(RETRY_MAX, int(value[:9])))
    parts = value.replace(":", " ").split()
    try:  # Sun, 06 Nov 1994 08:49:37 GMT
        month = _MONTHS.index(parts[2]) // 3 + 1
        y, d = int(parts[3]), int(parts[1])
        when = days(y, month, d) * 86400 + int(parts[4]) * 3600 + int(parts[5]) * 60 + int(parts[6])
    except (ValueError, IndexError):
        return 0
    if wall is None:
        return 0
    return max(RETRY_MIN, min(RETRY_MAX, when - wall))


def days(y, m, d):
    """Days from 1970-01-01 to a Gregorian date."""
    y -= m < 3
    m = (m + 9) % 12
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + d - 1 - 719468
