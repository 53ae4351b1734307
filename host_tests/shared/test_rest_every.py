# SPDX-License-Identifier: MIT
"""What every JSON API must do, each by its own exchange of an ordinary change (rest-exchanges.json), whose
answers are turned into others: a change with ids remembered, nothing to change, the other family, several
records, none, trouble, a limit, a page in JSON's place, and an answer of 100 KB, at each of its calls."""

import json
import os

import rest_kit
from rest_kit import V4, V6, Ids, row_of
from wanbeacon.dyndns import rows

DATA = "host_tests/data/rest-exchanges.json"
HOST = {"name": "home.example.com"}
#: Requests of one later change, where one is not enough: a session; the old value is taken away; a call that
#: publishes. All others need one.
MORE_THAN_ONE = {"netcup": 2, "spaceship": 2, "dreamhost": 2, "nfsn": 2, "ovh-rest": 2}
#: Without a look-up: one address of each family by design (docs/rest-providers.md).
BLIND = ("dnsexit-rest", "apertodns-rest")
OLD, NEW = "198.51.100.7", "45.33.7.9"
PAGE = "<!DOCTYPE html><html><title>200 OK</title>success unauthorized error not found {}</html>"
NOISE = {
    "id": "zz",
    "name": "other",
    "type": "TXT",
    "n": [1, None, {"content": NEW}],
    "text": '\\" \u00e9' * 9,
}


def changes():
    """(name, answers) of an ordinary change of each API, of one family where it can be one."""
    seen = []
    with open(DATA) as f:
        for line in f:
            line = line.strip().rstrip(",")
            if len(line) > 1:
                case = json.loads(line)
                name = case["provider"]
                if name in seen or case["outcome"][0] != "OK" or case["host"] != HOST or "ids" in case:
                    continue
                seen.append(name)
                # both families at once: one of them is enough here
                if all(case["sent"]) and name not in BLIND:
                    case["calls"].pop(1)
                yield name, [call["answer"] for call in case["calls"]]


def play(name, answers, sent=(V4, None), ids=None, host=None):
    return rest_kit.play(name, answers, sent, host or HOST, ids, step=512)


def late(name):
    """How many calls follow the look-up."""
    return len([step for step in ("write", "drop", "then") if step in row_of(name)["calls"]])


def changed(value, words):
    """A JSON value, or the text of an XML answer, with some of its texts and numbers replaced."""
    if isinstance(value, dict):
        return {key: changed(value[key], words) for key in value}
    if isinstance(value, list):
        return [changed(one, words) for one in value]
    if isinstance(value, str) and value[:1] == "<":
        for old in words:
            value = value.replace(">%s<" % old, ">%s<" % words[old])
        return value
    return words.get(value, value) if isinstance(value, str) else value


def ours(one):
    """Whether an entry of a list is the old address, or a record of ours that has it."""
    if not isinstance(one, dict):
        return one == OLD
    texts = [text for text in one.values() if isinstance(text, str)]
    return OLD in texts and "www" not in texts


def lists(value, found):
    """All lists with an entry of ours."""
    if isinstance(value, list) and [one for one in value if ours(one)]:
        found.append(value)
    for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        lists(one, found)
    return found


def test_a_later_change_is_one_call_where_the_api_allows_it():
    count = 0
    for name, answers in changes():
        ids = Ids()
        first, outs, _ = play(name, answers, ids=ids)
        assert outs[0][0] == "OK" and len(first.asked) == len(answers), name
        again = (answers[:1] if "login" in row_of(name)["calls"] else []) + answers[-late(name) :]
        again = [[a[0], changed(a[1], {NEW: "45.33.7.10"})] for a in again]
        script, outs, _ = play(name, again, (b"\x2d\x21\x07\x0a", None), ids)
        assert outs[0][0] == "OK", name
        assert len(script.asked) == MORE_THAN_ONE.get(name, 1), (name, script.asked)
        count += 1
    assert count == len([n for n in rows.names(rest_kit.FILE) if rows.find(rest_kit.FILE, n).get("rest")])


def test_an_address_that_is_there_is_not_written():
    for name, answers in changes():
        if name in BLIND:
            continue
        looks = [[a[0], changed(a[1], {OLD: NEW})] for a in answers[: -late(name)]]
        script, outs, _ = play(name, looks)
        assert outs[0][0] == "SAME" and len(script.asked) == len(looks), (name, outs)


def test_the_other_family_has_the_same_calls():
    six = {OLD: "2001:db8::7", NEW: "2600:3c00::9", "A": "AAAA"}
    for name, answers in changes():
        if name in BLIND:
            continue
        turned = [[a[0], changed(a[1], six)] for a in answers]
        for answer in turned:  # types by number
            for one in found_objects(answer[1]):
                for key in ("Type", "type"):
                    if one.get(key) in (0, 1):
                        one[key] = {"bunny": 1, "dnsla": 28}[name]
        script, outs, _ = play(name, turned, (None, V6))
        assert outs[0][0] == "OK" and len(script.asked) == len(answers), (name, outs)
        sent = "".join(["%s %s" % (one[1], (one[3] or b"").decode()) for one in script.asked])
        assert "2600:3c00::9" in sent or "2600%3A3c00%3A%3A9" in sent, (name, sent)
        assert NEW not in sent and "198.51" not in sent, (name, sent)


def found_objects(value):
    """All objects of a JSON value."""
    out = [value] if isinstance(value, dict) else []
    for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        out += found_objects(one)
    return out


def test_trouble_and_limits_at_each_call_are_waited_out_and_nothing_is_forgotten():
    for name, answers in changes():
        for at in range(len(answers)):
            for status, body, wait in (
                (503, PAGE, "77"),
                (500, {"error": "unauthorized", "success": False}, "77"),
                (429, {"message": "not found"}, "77"),
                (429, "", "77"),
                (522, "error code: 522", None),
            ):
                bad = answers[:at] + [[status, body, wait]] + answers[at + 1 :]
                script, outs, after = play(name, bad)
                assert outs[0][0] == "LATER" and len(script.asked) == at + 1, (name, at, status, outs)
                assert after == (wait if status in (429, 503) else None), (name, at, status)
        ids = Ids()
        play(name, answers, ids=ids)
        before = dict(ids.kept)
        _, outs, after = play(name, [[429, "", "5"]], ids=ids)
        assert outs[0][0] == "LATER" and after == "5" and ids.kept == before, name


def test_a_page_in_place_of_an_answer_stops_nobody_and_is_no_success():
    for name, answers in changes():
        xml = row_of(name)["calls"].get("xml")
        for at in range(len(answers)):
            for status in (200, 201, 401, 403, 404) if not xml else (200, 401, 404):
                bad = answers[:at] + [[status, PAGE]] + answers[at + 1 :]
                ids = Ids()
                script, outs, _ = play(name, bad, ids=ids)
                assert outs[0][0] == "ODD", (name, at, status, outs)
        ids = Ids()
        play(name, answers, ids=ids)
        before = dict(ids.kept)
        for status in (200, 401, 403, 404):
            assert play(name, [[status, PAGE]], ids=ids)[1][0][0] == "ODD" and ids.kept == before, name


def test_several_records_and_none_end_in_words():
    several = none = 0
    for name, answers in changes():
        looks = answers[: -late(name)]
        if name in BLIND or isinstance(looks[-1][1], str):  # XML has its own recorded ones
            continue
        holders = lists(looks[-1][1], [])
        if not holders:
            continue  # one value of its own, or a list of ids: recorded ones
        held = holders[-1]
        old = [one for one in held if ours(one)][0]
        more = changed(old, {OLD: "198.51.100.8"})
        for key in more if isinstance(more, dict) else ():
            if isinstance(more[key], str) and "id" in key.lower() and more[key] != HOST["name"]:
                more[key] += "9"
        held.append(more)
        script, outs, _ = play(name, looks)
        assert outs == [("HOST", "several records", 0)] and len(script.asked) == len(looks), (name, outs)
        several += 1
        held.remove(more)
        held.remove(old)
        script, outs, _ = play(name, looks)
        assert outs == [("HOST", "no such record", 0)] and len(script.asked) == len(looks), (name, outs)
        none += 1
    assert several == none >= 25, several


def test_an_answer_of_100_kb_is_read_as_it_arrives():
    """Each of all APIs at night; by day 10 KB, and 100 KB for those of the lab (test_rest_board.py)."""
    noise = "," + json.dumps(NOISE)
    count = (100000 if os.getenv("WANBEACON_NIGHTLY") else 10000) // len(noise)
    for name, answers in changes():
        long = []
        for answer in answers:
            body = answer[1]
            text = body if isinstance(body, str) else json.dumps(body)
            if text[:1] == "{" and text != "{}":
                long.append([answer[0], ('{"noise":[0', noise, count, "]," + text[1:])])
            elif text[:2] == "[{":
                long.append([answer[0], ("[{}", noise, count, "," + text[1:])])
            else:
                long.append([answer[0], text])
        script, outs, _ = play(name, long)
        assert outs[0][0] == "OK" and len(script.asked) == len(answers), (name, outs)


def test_what_is_switched_off_or_answers_by_place_is_not_touched():
    """A write would switch it on again, or drop what the owner set."""
    for name, path, value in (
        ("ionos", ("records", 0, "disabled"), True),
        ("hostinger", (1, "records", 0, "is_disabled"), True),
        ("powerdns", ("rrsets", 0, "records", 0, "disabled"), True),
        ("dnspod", ("records", 0, "enabled"), "0"),
        ("tencent", ("Response", "RecordList", 0, "Status"), "DISABLE"),
        ("ns1", ("filters",), [{"filter": "up", "config": {}}]),
        ("scaleway", ("records", 0, "geo_ip_config"), {"matches": [], "default": "1.2.3.4"}),
        ("scaleway", ("records", 0, "weighted_config"), {"weighted_ips": [{"ip": "1.2.3.4", "weight": 1}]}),
    ):
        found = None
        for one, answers in changes():
            if one == name:
                found = answers
        looks = found[: -late(name)]
        at = looks[-1][1]
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        script, outs, _ = play(name, looks)
        assert outs == [("HOST", "no such record", 0)] and len(script.asked) == len(looks), (name, outs)


def test_a_comment_of_a_record_that_is_set_anew_is_sent_back():
    for name, answers in changes():
        if name == "scaleway":
            answers[0][1]["records"][0]["comment"] = 'mine, "please" keep'
            script, outs, _ = play(name, answers)
            assert outs[0][0] == "OK"
            record = json.loads(script.asked[1][3].decode())["changes"][0]["set"]["records"][0]
            assert record["comment"] == 'mine, "please" keep' and record["ttl"]
