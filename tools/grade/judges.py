# SPDX-License-Identifier: MIT
"""How a scene's record tells whether a rule about updates and answers is met: one function per way to look. A
judge gets records and returns (True, False, None = it cannot be told, or NOT_APPLICABLE; evidence lines)."""

from .evidence import lasted, line, named, none_of, published, quiet_after, updates
from .script import ONE, QUIET, SEVEN, SIX, TWO

NOT_APPLICABLE = "n/a"
#: A client whose clock counts whole seconds may be a few seconds early after half an hour.
_GRACE = 5


def published_first(record):
    got = [
        entry
        for entry in updates(record, before="change")
        if (entry["wanted"] or {}).get("A") == ONE and entry["status"] == 200
    ]
    return bool(got), [line(record, got[0])] if got else [
        "%s: no update with %s before the change" % (record["scene"], ONE)
    ]


def no_needless(*records):
    """One update per change, and none in the hours of the quiet scene: a loop with a period of half an hour
    shows there only."""
    bad = [
        line(record, e)
        for record in records
        for e in updates(record, before="change")[1:] + updates(record, "change", "restart")[1:]
    ]
    if bad:
        return False, bad
    for record in records:
        if record["scene"] == "quiet" and lasted(record, QUIET):
            return none_of(record, [], updates(record))
    return None, ["nothing needless, but only for minutes: %d s without a change are needed" % QUIET]


def follows(record):
    """Before a restart: that many clients look at their address then is no answer to a change."""
    if "change" not in record["marks"]:
        return None, ["%s: the address did not change here" % record["scene"]]
    seen = [
        e
        for e in updates(record, "change", "restart")
        if (e["wanted"] or {}).get("A") == TWO and e["status"] == 200
    ]
    verdict, lines = published(record, TWO)
    return (
        (verdict, lines)
        if seen
        else (
            False,
            ["%s: no update with %s between the change and a restart" % (record["scene"], TWO), *lines],
        )
    )


def after_restart(record):
    return quiet_after(record, "restart")


def refusal_kept(record):
    """Nothing after the restart; who had not stopped before it has not shown that it remembers."""
    verdict, lines = after_restart(record)
    if verdict and one_try(record)[0] is False:
        return None, ["%s: it had not stopped before the restart" % record["scene"]]
    return verdict, lines


def one_try(record):
    """Nothing after the first answer, not for a new address either, until the restart."""
    if "change" not in record["marks"]:
        bad = updates(record, before="restart")[1:]
        return (
            (False, [line(record, e) for e in bad])
            if bad
            else (None, ["%s: too short to tell" % record["scene"]])
        )
    verdict, lines = none_of(record, updates(record, before="restart")[1:], updates(record))
    until = record["marks"].get("restart", record["end"])
    return verdict, [
        "%s: 1 update in %d s, a change of address among them" % (record["scene"], until)
    ] if verdict else lines


def understood(record):
    """The answer was read as the success it is: one update until the address changes, and the change is
    followed; or, where there was no time for that, nothing after a restart."""
    if "change" not in record["marks"]:
        return after_restart(record)
    verdict, lines = none_of(record, updates(record, before="change")[1:], updates(record))
    return (verdict, lines) if not verdict else published(record, TWO)


def survives(record):
    """Whatever it made of the first answer: it goes on, and a later change is published."""
    return published(record, TWO) if updates(record) else (None, ["%s: nothing was sent" % record["scene"]])


def half_hour(record):
    return waits(1800)(record)


def recovers(address=ONE):
    """Publishes once the trouble is over; a client that was never answered has nothing to recover from."""

    def judge(record):
        return (
            published(record, address)
            if record["marks"].get("troubled")
            else (None, ["%s: nothing was sent" % record["scene"]])
        )

    return judge


def stops_after_loopback(record):
    """One update at the start, and none when the address changes: the provider refuses this client."""
    return none_of(record, updates(record)[1:], updates(record))


def noticed(record):
    """Another try later, or an end with an error status: either way it was not taken for success."""
    verdict, lines = published(record, ONE)
    return verdict or any(status for _, status in record["exits"]), lines


def waits(seconds):
    """No second update within that time."""

    def judge(record):
        sent = updates(record)
        return none_of(record, [e for e in sent[1:] if e["time"] < sent[0]["time"] + seconds - _GRACE], sent)

    return judge


def gentle(record):
    """Not more than one connection a minute on the average, the first one free."""
    first, count = record["starts"][0], record["marks"].get("count", 0)
    allowed = 2 + (record["marks"].get("tries", 0) - first) // 60
    return count <= allowed if count else None, [
        "outage: %d connections, %d allowed in that time" % (count, allowed)
    ]


def bounded(record):
    if "asked" not in record["marks"]:
        return None, ["hang: nothing was sent"]
    closed = record["marks"].get("closed")
    took = (closed or record["end"]) - record["marks"]["asked"]
    return closed is not None, [
        "hang: the client %s after %d s" % ("left" if closed else "still waited", took)
    ]


# several hosts


def _several(record, judge):
    """A client that names one host has shown nothing about several."""
    if len(named(record)) < 2:
        return None, [
            "%s: the client named no more than one host" % record["scene"],
            *(line(record, e) for e in updates(record)[:2]),
        ]
    return judge()


def one_request(record):
    sent = updates(record, before="change")
    if not sent:
        return None, ["%s: nothing was sent before the change" % record["scene"]]
    return _several(
        record, lambda: (set(sent[0]["hosts"]) >= set(record["hosts"]), [line(record, e) for e in sent[:3]])
    )


def refused_host_rests(record):
    tries = updates(record, host=record["hosts"][1])
    return none_of(record, tries[1:], tries and "change" in record["marks"])


def others_follow(record):
    if "change" not in record["marks"]:
        return None, ["%s: the address did not change here" % record["scene"]]
    results = [published(record, TWO, host) for host in (0, 2)]
    return _several(
        record,
        lambda: (
            all(verdict for verdict, _ in results),
            [text for _, lines in results for text in lines[:2]],
        ),
    )


def well_hosts_rest(record):
    found = [entry for entry in record["requests"] if "needless update" in entry["findings"]]
    well = named(record) - {record["hosts"][1]}
    return _several(record, lambda: none_of(record, found, len(well) > 1))


def list_noticed(record):
    """A lone nochg for a list says nothing of each name: each was asked for once more, or stored in the
    end."""
    lists = [entry for entry in updates(record) if len(entry["hosts"]) > 1]
    if not lists:
        return (None if len(named(record)) < 2 else NOT_APPLICABLE), [
            "%s: the client sends no lists" % record["scene"]
        ]
    results = [published(record, ONE, host) for host in (0, 1)]
    return all(verdict for verdict, _ in results), [text for _, lines in results for text in lines[:3]]


# two families


def both_families(record):
    found, last = record["published"][record["hosts"][0]], TWO if "change" in record["marks"] else ONE
    return found["AAAA"] == SIX and found["A"] == last, ["dual: %s" % found] + [
        line(record, e) for e in updates(record)
    ]


def one_for_both(record):
    sent = updates(record, before="change")
    return none_of(record, sent[1:], any((entry["wanted"] or {}).get("AAAA") for entry in sent))


def renumbered(record):
    """The new prefix is published, and IPv4 is still there."""
    found = record["published"][record["hosts"][0]]
    if not any((entry["wanted"] or {}).get("AAAA") == SIX for entry in updates(record, before="change")):
        return None, ["renumber: no AAAA was published before", *(line(record, e) for e in updates(record))]
    return found == {"A": ONE, "AAAA": SEVEN}, ["renumber: %s" % found] + [
        line(record, e) for e in updates(record)
    ]


# the clock


def clock_stepped(record):
    """Nothing for the step alone, and a change after it is published."""
    if not updates(record, before="restart"):
        return None, ["%s: nothing was sent" % record["scene"]]
    extra = updates(record, "restart", "change")
    return (False, [line(record, e) for e in extra]) if extra else published(record, TWO)
