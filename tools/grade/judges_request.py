# SPDX-License-Identifier: MIT
"""Judges for the form of a request: who it names, whom it trusts, which address it carries, what else is
asked for. As in judges.py: records in, (verdict, evidence lines) out."""

import itertools
from urllib.parse import unquote

from .client import PASSWORD
from .evidence import none_of, published, updates
from .script import ONE

#: Dyn's page asks for ten minutes; a few seconds are the machine's.
CHECK_PAGE = 595


def agent(*names):
    """No request with one of these findings on its User-Agent."""

    def judge(record):
        bad = [entry for entry in record["requests"] if set(names) & set(entry["findings"])]
        verdict, lines = none_of(record, bad, record["requests"])
        return verdict, [
            "User-Agent: %s" % one for one in sorted({entry["agent"] for entry in record["requests"]})
        ] + lines[:2]

    return judge


def not_in_url(record):
    """In any spelling: `line` would show it, so only the path is reported."""
    bad = [entry for entry in record["requests"] if PASSWORD in unquote(entry["target"])]
    if bad:
        return False, [
            "%s %6.0f s  %s with the password in its URL" % (record["scene"], e["time"], e["path"])
            for e in bad
        ]
    return none_of(record, [], [e for e in record["requests"] if e["credentials"]])


def over_tls(record):
    bad = [
        entry
        for entry in record["requests"]
        if not entry["tls"] and entry["credentials"] and entry["kind"] != "stranger"
    ]
    return none_of(record, bad, [e for e in record["requests"] if e["credentials"]])


def only_update_url(record):
    return none_of(
        record, [e for e in record["requests"] if e["kind"] not in ("update", "check")], updates(record)
    )


def by_get(record):
    return none_of(record, [e for e in updates(record) if e["method"] != "GET"], updates(record))


def kept_from_strangers(record):
    bad = [
        e
        for e in record["requests"]
        if e["kind"] == "stranger" and (e["credentials"] or PASSWORD in unquote(e["target"]))
    ]
    return none_of(record, bad, updates(record))


def nothing_told(record):
    told = [e for e in record["requests"] if e["listener"] == "https"]
    return none_of(record, told, record["marks"].get("connections"))


def accepts(record):
    """A connection that a careful client accepts: published, and there was one to judge by."""
    return published(record, ONE)


def only_known(record):
    """Nothing before an address is known, nothing without one, nothing once it is lost."""
    early = updates(record, before="known")
    known = updates(record, "known", "lost")
    odd = [e for e in known if (e["wanted"] or {}).get("A") != ONE or "myip=4" not in e["target"]]
    return none_of(record, early + odd + updates(record, "lost"), known)


def not_sent(record):
    return none_of(record, updates(record), True)


def rarely_checked(record):
    checks = [e for e in record["requests"] if e["kind"] == "check"]
    return none_of(
        record, [b for a, b in itertools.pairwise(checks) if b["time"] - a["time"] < CHECK_PAGE], checks
    )


def no_check_after_refusal(record):
    sent = updates(record)
    checks = [e for e in record["requests"] if e["kind"] == "check"]
    return none_of(record, [e for e in checks if sent and e["time"] > sent[0]["time"] + 1], sent and checks)
