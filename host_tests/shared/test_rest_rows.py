# SPDX-License-Identifier: MIT
"""Every JSON API by an exchange that was recorded, documented, or is what several programs send
(host_tests/data/rest-exchanges.json: `source` says which): the requests byte for byte, the outcome, and what
is remembered for the next change."""

import json

import rest_kit
from rest_kit import V4, V6, Ids
from wanbeacon.dyndns import rows

DATA = "host_tests/data/rest-exchanges.json"


def _cases():
    """One at a time: a line each."""
    with open(DATA) as f:
        for line in f:
            line = line.strip().rstrip(",")
            if len(line) > 1:
                yield json.loads(line)


def _play(case, step):
    ids = Ids()
    key = case["host"]["name"].encode()[:8]
    if "ids" in case:
        for family in (b"4", b"6"):
            ids.kept[key + family] = case["ids"]
    sent = V4 if case["sent"][0] else None, V6 if case["sent"][1] else None
    answers = [call["answer"] for call in case["calls"]]
    script, outs, after = rest_kit.play(case["provider"], answers, sent, case["host"], ids, step=step)
    return script, outs, after, ids.get(key + b"4")


def test_every_recorded_exchange_is_held_as_it_was():
    count = 0
    for case in _cases():
        name = case["provider"] + ", " + case["name"]
        script, outs, after, kept = _play(case, 64)
        assert len(script.asked) == len(case["calls"]), name
        for i in range(len(case["calls"])):
            method, path, body, headers = case["calls"][i]["ask"]
            asked = script.asked[i]
            assert (asked[0], asked[1]) == (method, path), (name, asked)
            assert asked[3] == (body.encode() if body else None), (name, asked[3])
            for word in headers:
                assert asked[2].get(word) == headers[word], (name, word)
            assert (asked[2].get("Content-Length") or "0") == str(len((body or "").encode())), name
        assert list(outs[0][:2]) == case["outcome"], (name, outs)
        if "kept" in case:
            assert kept == case["kept"], (name, kept)
        count += 1
    assert count > 90


def test_an_answer_may_be_cut_into_any_pieces():
    for case in _cases():
        if case["name"].startswith("change"):
            for step in (1, 13):
                assert list(_play(case, step)[1][0][:2]) == case["outcome"], case["name"]


def test_an_answer_that_breaks_off_is_never_a_success():
    for case in _cases():
        if not case["name"].startswith("change"):
            continue
        text = case["calls"][-1]["answer"][1]
        text = text if isinstance(text, str) else json.dumps(text)
        if text:
            case["calls"][-1]["answer"][1] = text[:-1]
            assert _play(case, 64)[1][0][0] == "ODD", case["provider"]


def test_every_row_has_an_exchange_that_changes_and_one_that_refuses():
    change, refuse = set(), set()
    for case in _cases():
        (change if case["outcome"][0] == "OK" else refuse).add(case["provider"])
    names = rows.names(rest_kit.FILE)
    for name in names:
        if rows.find(rest_kit.FILE, name).get("rest"):
            assert name in change and name in refuse, name


def test_untested_rows_are_those_with_neither_record_nor_document():
    """ "R": recorded, "D": the provider's document; "P:": what a program sends."""
    proven = set()
    for case in _cases():
        row = rows.find(rest_kit.FILE, case["provider"])
        if case["name"].startswith("change"):
            if row.get("untested"):
                assert not case["source"].startswith("R2"), case["provider"]
            elif [word for word in case["source"].split() if word[:1] in "RD"]:
                proven.add(case["provider"])
    for name in rows.names(rest_kit.FILE):
        row = rows.find(rest_kit.FILE, name)
        if row.get("rest"):
            assert row.get("untested") or name in proven, name


# The answers of JSON APIs in answers.json (of the others: test_answers.py): what the note says, the steps
# that lead there, and the class; the reason where that is another than the file's.
ANSWERS = (
    ("cloudflare", "none", ("zone", "look"), "HOST"),
    ("digitalocean", "look-up", ("look",), "HOST"),
    ("godaddy", "", ("look", "write"), "HOST"),
    # meant AUTH: but no other key of that account would be served either
    ("godaddy", "API closed to small accounts", ("look",), "FEATURE"),
    ("porkbun", "", ("look", "write"), "OK"),
    ("hetzner", "asynchronous", ("look", "write"), "OK"),
    ("hetzner", "", ("look", "write"), "LATER"),
    ("gandi", "GET before PUT", ("look",), "OK"),
)


def test_the_answers_that_people_posted_of_json_apis_are_read_as_meant():
    done = 0
    first = {}
    for case in _cases():
        if case["name"] == "change":
            first.setdefault(case["provider"], case)
    with open("host_tests/data/answers.json") as f:
        for line in f:
            line = line.strip().rstrip(",")
            one = json.loads(line) if line[:1] == "{" else {"id": None}
            if one["id"] not in first:
                continue
            note = [
                a for a in ANSWERS if a[0] == one["id"] and (a[1] in one["note"] if a[1] else not one["note"])
            ]
            assert len(note) == 1, one
            _, _, steps, cls = note[0]
            answers = [call["answer"] for call in first[one["id"]]["calls"]]
            answers = answers[: len(steps) - 1] + [[one["status"], one["body"]]] + answers[len(steps) :]
            _, outs, _ = rest_kit.play(one["id"], answers)
            assert outs[0][0] == cls, (one, outs)
            done += 1
    assert done == len(ANSWERS)
