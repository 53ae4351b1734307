# SPDX-License-Identifier: MIT
"""How a scene's record is read: its requests between two marks, one ledger line as text, and the two shapes
of judge that most rules have. A record is what run.Run.result returns: plain values."""

from urllib.parse import unquote

from .client import PASSWORD


def line(record, entry):
    """One ledger line as text, without the password wherever a client put it."""
    return "%-12s %6.0f s  %s %s -> %s %r%s" % (
        record["scene"],
        entry["time"],
        entry["kind"],
        unquote(entry["target"]).replace(PASSWORD, "(password)")[:150],
        entry["status"],
        (entry["reply"] or "")[:50],
        "".join("; " + text for text in entry["findings"]),
    )


def updates(record, after=None, before=None, host=None):
    """The update requests between two marks (names), oldest first; host: only those that name it."""
    low = record["marks"].get(after, 1e9) if after else -1
    high = record["marks"].get(before, 1e9) if before else 1e9
    return [
        entry
        for entry in record["requests"]
        if entry["kind"] == "update" and low < entry["time"] <= high and host in (None, *entry["hosts"])
    ]


def none_of(record, entries, unless=True):
    """Met when there are no such entries; not to be told when the client never got that far (`unless` is
    false)."""
    if entries:
        return False, [line(record, entry) for entry in entries]
    if not unless:
        return None, ["%s: nothing was sent" % record["scene"]]
    return True, ["%s: %d update(s) in %d s" % (record["scene"], len(updates(record)), record["end"])]


def every(judge):
    """A judge of several records: met when it is met in each."""

    def combined(*records):
        results = [judge(record) for record in records]
        bad = [text for verdict, lines in results if verdict is False for text in lines]
        good = [text for verdict, lines in results if verdict is True for text in lines]
        return (False, bad) if bad else (True, good) if good else results[0]

    return combined


def lasted(record, seconds, mark="settled"):
    """Whether the scene went on for so long after a mark."""
    return record["end"] - record["marks"].get(mark, record["end"]) >= seconds


def named(record):
    """The hosts that any update of this record named."""
    return {host for entry in updates(record) for host in entry["hosts"]}


def published(record, address, host=0, kind="A"):
    """(whether the name points there at the end, evidence lines)."""
    name = record["hosts"][host]
    found = record["published"][name][kind]
    said = ["%s: %s %s is %s at %d s" % (record["scene"], name, kind, found or "not there", record["end"])]
    said += [
        "%s: the client ended with status %d at %d s" % (record["scene"], status, when)
        for when, status in record["exits"]
    ]
    return found == address, said + (
        [] if found == address else [line(record, entry) for entry in updates(record)]
    )


def quiet_after(record, mark):
    """Met when nothing was sent after the mark, by a client that had sent something before it."""
    verdict, lines = none_of(record, updates(record, mark), updates(record, before=mark))
    return verdict, ["%s: no update after the %s" % (record["scene"], mark)] if verdict else lines
