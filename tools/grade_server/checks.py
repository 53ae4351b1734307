# SPDX-License-Identifier: MIT
"""What a DynDNS2 server has to answer, one check per row, and the exchanges that they look at. A check gets
the exchanges by name and returns (True, False, or None = it cannot be told; evidence lines)."""

from dataclasses import dataclass

from ..grade.codes import KNOWN, SUCCESS
from ..lab.messages import addresses

FITS, MISFIT, NOT_SHOWN = "fits", "does not fit", "not shown"
#: A name that no account has, whatever the server: RFC 2606 keeps .invalid out of the DNS.
UNKNOWN = "no-such-host.invalid"
#: Statuses that need no code: the server does not want to be asked now.
_BUSY = (429, 503)
MUST, SHOULD = "must", "should"


@dataclass
class Check:
    id: str
    what: str
    section: str
    level: str
    judge: object


def exchanges(caller, hosts, first, second, six=None):
    """{name: Answer or None} of one visit. It ends with `first` published, as it began."""
    host, got = hosts[0], {}

    def ask(name, parameters, **how):
        got[name] = caller.ask(parameters, **how)

    ask("no-login", {"hostname": host, "myip": first}, login=False)
    ask("wrong-password", {"hostname": host, "myip": first}, password="not-the-password")
    ask("start", {"hostname": host, "myip": first})
    caller.must_succeed(got["start"])
    ask("change", {"hostname": host, "myip": second})
    ask("same", {"hostname": host, "myip": second})
    ask("upper", {"hostname": host.upper(), "myip": first, "x-unknown": "1"})
    ask("unknown", {"hostname": UNKNOWN, "myip": first})
    ask("no-name", {"myip": first})
    ask("list", {"hostname": ",".join([*hosts, UNKNOWN] if len(hosts) == 1 else hosts), "myip": second})
    ask("no-address", {"hostname": host})
    if six:
        ask("six", {"hostname": host, "myip": six}, odd=True)
    ask("malformed", {"hostname": host, "myip": "300.1.2.3"}, odd=True)
    ask("end", {"hostname": host, "myip": first})
    return got


def _all(got):
    return [answer for answer in got.values() if answer and not answer.error]


def _verdict(bad, looked_at):
    if bad:
        return False, [answer.text() for answer in bad]
    return (True, []) if looked_at else (None, ["there was no answer to look at"])


def _first_word(name, *words):
    """A judge: the answer begins with one of these codes."""

    def judge(got, _):
        answer = got.get(name)
        if answer is None or answer.error or answer.status in _BUSY:
            return None, [answer.text() if answer else "it was not asked"]
        return bool(answer.words) and answer.words[0].lower() in words, [answer.text()]

    return judge


def _no_name(got, sent):
    """A login that belongs to one host needs no name."""
    verdict, lines = _first_word("no-name", "notfqdn", "nohost")(got, sent)
    return (None if got.get("no-name") in _good(got) else verdict), lines


def _words(got, _):
    said = [a for a in _all(got) if a.status not in _BUSY]
    return _verdict(
        [a for a in said if not a.words or any(word.lower() not in KNOWN for word in a.words)], said
    )


def _lower(got, _):
    known = [a for a in _all(got) if any(word.lower() in KNOWN for word in a.words)]
    return _verdict(
        [a for a in known if any(word.lower() in KNOWN and word != word.lower() for word in a.words)], known
    )


def _good(got):
    return [a for a in _all(got) if a.words and a.words[0].lower() in SUCCESS]


def _plain(got, _):
    return _verdict(
        [a for a in _good(got) if not a.headers.get("content-type", "").lower().startswith("text/plain")],
        _good(got),
    )


def _status(got, _):
    return _verdict([a for a in _good(got) if a.status != 200], _good(got))


def _no_failures(got, _):
    asked = [a for a in got.values() if a]
    return _verdict([a for a in asked if a.error or (a.status >= 500 and a.status not in _BUSY)], asked)


def _only_badauth(got, _):
    refused = [a for a in _all(got) if a.status == 401]
    bad = [
        a
        for a in refused
        if "www-authenticate" not in a.headers or (a.words and a.words[0].lower() in KNOWN - {"badauth"})
    ]
    return _verdict(bad, _all(got))


def _echo(got, sent):
    """The address that is named is the one that was sent, where one is named."""
    pairs = [(got.get(name), sent[name]) for name in ("start", "change", "same", "end")]
    named = [
        (a, s, addresses(" ".join(a.lines[0].split()[1:]).replace(" ", ","))[0])
        for a, s in pairs
        if a and a in _good(got)
    ]
    named = [row for row in named if row[2]]
    bad = [a for a, s, found in named if s not in found.values()]
    return _verdict(bad, named)


def _malformed(got, _):
    """Refused, ignored, or the connection's address used: anything but a success that names what was sent."""
    answer = got.get("malformed")
    if answer is None:
        return None, ["it was not asked"]
    if answer.error or answer.status >= 500 or not answer.words:
        return False, [answer.text()]
    return not (answer.words[0].lower() in SUCCESS and "300.1.2.3" in answer.body), [answer.text()]


def _list(got, _):
    """A line for each, or numhost: never one line that leaves open what was done for whom."""
    answer = got.get("list")
    if answer is None or answer.error:
        return None, [answer.error if answer else "it was not asked"]
    words = [word.lower() for word in answer.words]
    count = answer.asked.partition("hostname=")[2].partition("&")[0].count(",") + 1
    if len(words) == 1:
        return words[0] in ("numhost", "nohost", "notfqdn", "!donator"), [answer.text()]
    right = len(words) == count and words[0] in SUCCESS
    if UNKNOWN in answer.asked:
        right = right and words[-1] in ("nohost", "notfqdn", "!yours")
    return right, [answer.text()]


def _six(got, _):
    answer = got.get("six")
    if answer is None or answer.error:
        return None, ["no IPv6 address was sent"]
    return bool(answer.words) and answer.words[0].lower() in SUCCESS, [answer.text()]


def _later(got, _):
    busy = [a for a in _all(got) if a.status in _BUSY]
    return _verdict([a for a in busy if "retry-after" not in a.headers], busy)


CHECKS = (
    Check("s-code", "every line begins with a code", "7.2", MUST, _words),
    Check("s-lower", "codes are in lower case", "7.2", SHOULD, _lower),
    Check("s-good", "good for another address", "7.2", MUST, _first_word("change", "good")),
    Check("s-nochg", "nochg for the same address", "7.2", MUST, _first_word("same", "nochg")),
    Check("s-echo", "names the address that was sent", "7.2", SHOULD, _echo),
    Check("s-200", "success with HTTP 200", "7.2", MUST, _status),
    Check("s-type", "success as text/plain", "7.2", SHOULD, _plain),
    Check("s-badauth", "badauth for a wrong password", "7.2", MUST, _first_word("wrong-password", "badauth")),
    Check("s-no-login", "badauth without credentials", "7.2", MUST, _first_word("no-login", "badauth")),
    Check("s-401", "401 only for badauth, with WWW-Authenticate", "7.2", MUST, _only_badauth),
    Check("s-nohost", "nohost for an unknown host", "7.2", MUST, _first_word("unknown", "nohost", "notfqdn")),
    Check("s-notfqdn", "notfqdn without hostname", "7.2", SHOULD, _no_name),
    Check("s-list", "a line for each host of a list, or numhost", "7.2", MUST, _list),
    Check(
        "s-case", "names in any case, unknown parameters ignored", "7.1", MUST, _first_word("upper", *SUCCESS)
    ),
    Check(
        "s-no-address",
        "the connection's address without myip",
        "7.1",
        SHOULD,
        _first_word("no-address", *SUCCESS),
    ),
    Check("s-malformed", "a malformed address is not stored", "7.1", MUST, _malformed),
    Check("s-six", "takes IPv6", "5.5", SHOULD, _six),
    Check("s-no-5xx", "no 5xx and no broken connection", "7.2", MUST, _no_failures),
    Check("s-retry-after", "429 and 503 with Retry-After", "7.2", MUST, _later),
)


def judged(got, sent, stopped=""):
    """{check id: (verdict, evidence lines)}."""
    table = {}
    for check in CHECKS:
        verdict, lines = check.judge(got, sent)
        if verdict is None and stopped:
            lines = [stopped]
        table[check.id] = ({True: FITS, False: MISFIT, None: NOT_SHOWN}[verdict], lines)
    return table
