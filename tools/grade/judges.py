"""How a scene's record tells whether a rule is met: one function per way to look. A judge gets one record (run.Run.result)
and returns (True, False, or None = it cannot be told, evidence lines). Knows no rule's name or document."""

import itertools
from urllib.parse import unquote

from .scenes import ONE, SIX, TWO


def line(record, entry):
    """One ledger line as text, without the password wherever a client put it."""
    return "%-12s %6.0f s  %s %s -> %s %r%s" % (
        record["scene"], entry["time"], entry["kind"], unquote(entry["target"]).replace("demo-key", "(password)")[:150], entry["status"],
        (entry["reply"] or "")[:50], "".join("; " + text for text in entry["findings"]))


def updates(record, after=None, before=None, host=None):
    """The update requests between two marks (names), oldest first; host: only those that name it."""
    low = record["marks"].get(after, 1e9) if after else -1
    high = record["marks"].get(before, 1e9) if before else 1e9
    return [entry for entry in record["requests"] if entry["kind"] == "update" and low < entry["time"] <= high
            and host in (None, *entry["hosts"])]


def none_of(record, entries, unless=True):
    """Met when there are no such entries; not to be told when the client never got that far (`unless` is false)."""
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
        good = [text for verdict, lines in results if verdict for text in lines]
        return (False, bad) if bad else (True, good) if good else (None, results[0][1])
    return combined


def reaches(address, host=0, kind="A"):
    """Met when the name points there at the end."""
    def judge(record):
        name = record["hosts"][host]
        found = record["published"][name][kind]
        sent = [line(record, entry) for entry in updates(record)]
        said = ["%s: %s %s is %s at %d s" % (record["scene"], name, kind, found or "not there", record["end"])]
        said += ["%s: the client ended with status %d at %d s" % (record["scene"], status, when) for when, status in record["exits"]]
        return found == address, said + ([] if found == address else sent)
    return judge


def published_first(record):
    got = [entry for entry in updates(record, before="change") if (entry["wanted"] or {}).get("A") == ONE and entry["status"] == 200]
    return bool(got), [line(record, got[0])] if got else ["%s: no update with %s before the change" % (record["scene"], ONE)]


def no_needless(record):
    return none_of(record, updates(record, before="change")[1:] + updates(record, "change", "restart")[1:], updates(record))


def quiet_after_restart(record):
    verdict, lines = none_of(record, updates(record, "restart"), updates(record, before="restart"))
    return verdict, ["%s: no update after the restart" % record["scene"]] if verdict else lines


def one_try(record):
    verdict, lines = none_of(record, updates(record, before="restart")[1:], updates(record))
    until = record["marks"].get("restart", record["end"])
    return verdict, ["%s: 1 update in %d s" % (record["scene"], until)] if verdict else lines


def without_finding(*names):
    def judge(record):
        return none_of(record, [entry for entry in record["requests"] if set(names) & set(entry["findings"])], record["requests"])
    return judge


def agent(*names):
    """No request with one of these findings on its User-Agent."""
    def judge(record):
        verdict, lines = without_finding(*names)(record)
        return verdict, ["User-Agent: %s" % one for one in sorted({entry["agent"] for entry in record["requests"]})] + lines[:2]
    return judge


def not_in_url(record):
    """In any spelling: `line` would show it, so only the path is told."""
    bad = [entry for entry in record["requests"] if "demo-key" in unquote(entry["target"])]
    if bad:
        return False, ["%s %6.0f s  %s with the password in its URL" % (record["scene"], e["time"], e["path"]) for e in bad]
    return none_of(record, [], record["requests"])


def over_tls(record):
    bad = [entry for entry in record["requests"] if not entry["tls"] and entry["credentials"]
           and entry["kind"] != "stranger"]
    return none_of(record, bad, record["requests"])


def only_update_url(record):
    return none_of(record, [e for e in record["requests"] if e["kind"] not in ("update", "check")], record["requests"])


def by_get(record):
    return none_of(record, [e for e in updates(record) if e["method"] != "GET"], updates(record))


def half_hour(record):
    sent = updates(record)
    return none_of(record, [e for e in sent[1:] if e["time"] < sent[0]["time"] + 1795], sent)


def stops_after_loopback(record):
    """One update at the start, and none when the address changes: the provider refuses this client."""
    return none_of(record, updates(record)[1:], updates(record))


def noticed(record):
    """Another try later, or an end with an error status: either way it was not taken for success."""
    verdict, lines = reaches(ONE)(record)
    return verdict or any(status for _, status in record["exits"]), lines


def waits(record):
    sent = updates(record)
    return none_of(record, [e for e in sent[1:] if e["time"] < sent[0]["time"] + 899], sent)


def gentle(record):
    """Not more than one connection a minute on the average, the first one free."""
    first, count = record["starts"][0], record["marks"].get("count", 0)
    allowed = 2 + (record["marks"].get("tries", 0) - first) // 60
    return count <= allowed if count else None, ["outage: %d connections, %d allowed in that time" % (count, allowed)]


def bounded(record):
    if "asked" not in record["marks"]:
        return None, ["hang: nothing was sent"]
    closed = record["marks"].get("closed")
    took = (closed or record["end"]) - record["marks"]["asked"]
    return closed is not None, ["hang: the client %s after %d s" % ("left" if closed else "still waited", took)]


def kept_from_strangers(record):
    bad = [e for e in record["requests"] if e["kind"] == "stranger" and
           (e["credentials"] or "demo-key" in unquote(e["target"]))]
    return none_of(record, bad, updates(record))


def nothing_told(record):
    told = [e for e in record["requests"] if e["listener"] == "https"]
    return none_of(record, told, record["marks"].get("connections"))


def only_known(record):
    """Nothing before an address is known, nothing without one, nothing once it is lost."""
    early = updates(record, before="known")
    odd = [e for e in updates(record, "known", "lost") if (e["wanted"] or {}).get("A") != ONE or "myip=4" not in e["target"]]
    return none_of(record, early + odd + updates(record, "lost"), True)


def not_sent(record):
    return none_of(record, updates(record), True)


def one_request(record):
    sent = updates(record, before="change")
    if not sent:
        return None, ["hosts: nothing was sent"]
    return set(sent[0]["hosts"]) >= set(record["hosts"]), [line(record, e) for e in sent[:3]]


def refused_host_rests(record):
    return none_of(record, updates(record, host=record["hosts"][1])[1:], updates(record, host=record["hosts"][1]))


def others_follow(record):
    results = [reaches(TWO, host)(record) for host in (0, 2)]
    return all(verdict for verdict, _ in results), [text for _, lines in results for text in lines[:2]]


def both_families(record):
    found = record["published"][record["hosts"][0]]
    return found["AAAA"] == SIX and found["A"] == TWO, ["dual: %s" % found] + [line(record, e) for e in updates(record)]


def one_for_both(record):
    sent = updates(record, before="change")
    return none_of(record, sent[1:], sent)


def rarely_checked(record):
    checks = [e for e in record["requests"] if e["kind"] == "check"]
    return none_of(record, [b for a, b in itertools.pairwise(checks) if b["time"] - a["time"] < 595], checks)


def no_check_after_refusal(record):
    sent = updates(record)
    checks = [e for e in record["requests"] if e["kind"] == "check"]
    return none_of(record, [e for e in checks if sent and e["time"] > sent[0]["time"] + 1], sent and checks)
