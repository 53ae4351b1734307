# SPDX-License-Identifier: MIT
"""The catalogue as a whole: made of the facts, complete, and in a form that the device's code can run."""

import html
import json
import re

import pytest
from wanbeacon.core import outcome
from wanbeacon.dyndns import catalog, custom, reply, rows, search, share
from wanbeacon.portal import page_account

from tools import ROOT, UserError, providers
from tools.build import catalogue, catalogue_rows, docs, logins, peers, rest_rows

ROWS = {row["id"]: row for row in catalogue.rows()}
FACTS = catalogue.source()


def test_the_committed_file_is_what_the_facts_say():
    assert catalogue.OUT.read_bytes() == catalogue.file(), "run `python -m tools catalogue`"


def test_the_device_reads_what_the_tool_wrote():
    for name, row in ROWS.items():
        assert catalog.find(str(catalogue.OUT), name) == row
    assert catalog.names(str(catalogue.OUT)) == [*ROWS, *rest_rows.ROWS]


def test_the_device_reads_the_json_apis_in_two_parts():
    assert rest_rows.OUT.read_bytes() == rest_rows.file(), "run `python -m tools catalogue`"
    for name in rest_rows.ROWS:
        row = rest_rows.row(name)
        assert rows.calls(str(catalogue.OUT), name) == {**row.pop("calls"), "id": name + "/"}
        assert catalog.find(str(catalogue.OUT), name) == row


def test_a_json_api_is_ten_lines_at_most():
    count = 0
    for file in ("rest_rows.py", "rest_signed.py"):
        text = (catalogue.ROOT / "tools/build" / file).read_text().split("ROWS = {\n")[1].split("\n}\n")[0]
        lines = [line for line in text.split("\n") if not line.lstrip().startswith(("#", "**"))]
        starts = [i for i, line in enumerate(lines) if re.match(r'    "[a-z0-9-]+": \{', line)]
        count += len(starts)
        assert max(b - a for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)) <= 10
    assert count == len(rest_rows.ROWS)


@pytest.mark.parametrize("name", rest_rows.ROWS)
def test_a_json_api_is_sound(name):
    row = rest_rows.row(name)
    calls = row["calls"]
    assert row["about"] and name in rest_rows.EVIDENCE and "write" in calls
    for step in ("login", "zone", "find", "read", "write", "create", "drop", "then"):
        if step in calls:
            assert re.match(r"(GET|POST|PUT|PATCH|DELETE) ", calls[step][0]), step
    inner = ("GONE", "ZONE", "NONE", "AUTH?")
    for cls, *marks in calls.get("rules") or ():
        assert cls in inner or cls in (
            outcome.OK,
            outcome.SAME,
            outcome.AUTH,
            outcome.FEATURE,
            outcome.HOST,
            outcome.BLOCK,
            outcome.AGENT,
            outcome.LATER,
        )
        assert marks and all(mark == mark.lower() for mark in marks)
    # what replaces all values of a name and type is asked first, and the TTL is sent again
    if "{rid}" not in str(calls["write"]) and "find" in calls:
        assert "old:" in calls["find"][2]
    if "sign" in calls:  # what a signature is made with
        assert calls["sign"].split()[0] in ("aws4", "tc3", "volc", "acs3", "sdk", "bce", "ovh", "nfsn")
        assert {"user", "password"} <= set(rest_rows.ROWS[name]["needs"])


class _Texts(dict):
    """The portal's texts and helpers, as far as the page of an account asks for them."""

    def __missing__(self, key):
        return key + " %s" if key in ("account_title", "their_words") else key

    def esc(self, text):
        return html.escape(text)

    def steps(self, *_):
        return ""

    def field(self, name, value="", kind="", more="", faults=(), hint=None):
        return "<%s: %s>" % (name, hint)

    trouble = form = steps


@pytest.mark.parametrize("name", rest_rows.ROWS)
def test_the_portal_says_which_key_to_make(name):
    """Beside the field that it goes into; nothing of what the row says is lost."""
    words = search.login(str(logins.OUT), name)
    page = "".join(page_account.body(_Texts(), "", 1, name, words, {}, None, False, False, None, ()))
    needs = rest_rows.ROWS[name].get("needs") or ("token",)
    user, password, token = words
    assert ("<user: " in page) == (user != "-") and "<password: their_words %s>" % password in page
    assert ("<token: their_words %s>" % token in page) == ({"password", "token"} <= set(needs)) == bool(token)
    assert "user" not in needs or user != "-"
    about = re.sub(r"(^|[,;] )(user|password|token): ", " ", rest_rows.ROWS[name]["about"])
    said = " ".join(word for word in words if word != "-")
    assert sorted(about.split()) == sorted(said.split())


def test_every_word_of_a_login_belongs_to_a_provider_and_every_override_too():
    ids = {row["id"] for row in catalogue.rows()} | set(rest_rows.ROWS)
    lines = logins.lines()
    assert {line[0] for line in lines} <= ids and set(logins.WORDS) <= ids
    assert all(not re.search(r"[|\n<>]", word) for line in lines for word in line)
    assert logins.OUT.read_bytes() == logins.file()


def test_the_catalogue_page_lists_130_services_and_says_what_is_untested():
    page = docs.provider_list()
    named = [line for line in page.splitlines() if re.match(r"\| [^|]+ \| `[a-z0-9-]+` \|", line)]
    assert len(named) == len(ROWS) + len(rest_rows.ROWS)
    alive = {line.split("|")[1].strip() for line in named if not line.rstrip(" |").endswith("closed")}
    assert len(alive) >= 130
    for fact, row in providers.pairs():
        line = next(line for line in named if "`%s`" % row["id"] in line)
        assert ("untested" in line.split("|")[-2]) == (providers.state(fact, row) == "untested"), row["id"]


def test_of_other_clients_services_none_is_missing_without_a_reason():
    table, missing = peers.rows()
    assert set(missing) == set(peers.CLIENTS)
    for client, gone in missing.items():
        assert all(len(why) > 5 for _, why in gone), client
        print("%s: %d of its services are not here" % (client, len(gone)))
    for client in ("ddclient", "inadyn"):
        assert {why for _, why in missing[client]} == {"closed"}
    known = set(ROWS) | set(rest_rows.ROWS)
    assert {key for key in table if not key.startswith("- ")} <= known
    assert set(peers.OURS.values()) <= known


def test_every_fact_that_a_get_or_post_can_express_is_there():
    assert {f["id"] for f in json.loads(catalogue.SOURCE.read_text())} <= set(ROWS)
    assert len(ROWS) >= 120


@pytest.mark.parametrize("name", ROWS)
def test_rules_are_sound(name):
    row = ROWS[name]
    known = {word.partition("=")[0] for word in reply._CLASSES.split()}
    assert set((row.get("words") or {}).values()) <= known
    assert all(len(word) <= reply.WORD_LONGEST for word in row.get("words") or ())
    seen_success = False
    for cls, *rules in row.get("rules", ()):
        assert cls in known and rules
        seen_success = seen_success or cls in (outcome.OK, outcome.SAME)
        for rule in rules:
            assert rule == rule.lower() and rule[0] in "^=~*@0#!" and (len(rule) > 1) != (rule[0] in "@0!"), (
                rule
            )
            assert rule[0] != "#" or re.fullmatch(r"#\d{3}", rule)
    if row.get("rules"):
        assert row.get("std") or seen_success, "no way to succeed"
        order = [cls for cls, *_ in row["rules"] if cls in (outcome.SAME, outcome.OK)]
        assert order == sorted(order, reverse=True), "SAME before OK"
    if row.get("max") != 1 and row.get("rules"):
        assert name in ("duckdns", "desec"), "one answer for a list: which host is meant?"


@pytest.mark.parametrize("name", ROWS)
def test_templates_name_the_addresses_they_are_for(name):
    row = ROWS[name]
    for key, wanted in (("q4", {"ip"}), ("q6", {"ipv6"}), ("qd", {"ip", "ipv6"}), ("qc", set()),
                        ("q4@", {"ip"}), ("q6@", {"ipv6"}), ("q4-", set()), ("q6-", set()),
                        ("qd-", set())):  # fmt: skip
        if key in row:
            places = set(custom.places(row["path"] + "?" + row[key]))
            assert places & {"ip", "ipv6"} == (set() if row.get("conn") else wanted), key
    assert not re.search(r"\{(password|user)\}", row.get("q4", "") + row["path"]) or row["auth"] == [
        "none"
    ], "credentials in the URL although there is a header"
    assert ("query" in row.get("auth", ())) == ("qa" in row)


@pytest.mark.parametrize("name", ROWS)
def test_the_row_agrees_with_its_fact(name):
    row, fact = ROWS[name], FACTS[name]
    assert row["host"] == fact["host"] and bool(row.get("closed")) == (fact["status"] == "closed")
    assert bool(row.get("plain")) == (fact["scheme"] == "http")
    assert ("q6" in row or "qd" in row) == bool(fact["query_v6"] or fact["query_dual"]) or row.get("conn")
    assert row.get("max", 0) <= (fact["multi_host"] or 20)
    if fact["min_interval_s"] and fact["min_interval_s"] > 60 and name != "zerigo":
        assert row["min"] == fact["min_interval_s"]


def recorded():
    """Ids with a recorded answer of success, as host_tests/data/answers.json has them."""
    text = (ROOT / "host_tests/data/answers.json").read_text()
    return {
        one["id"].removeprefix("new:")
        for one in json.loads(text)
        if {"OK", "SAME"} & set(one["meaning"].split())
    }


@pytest.mark.parametrize("name", ROWS)
def test_a_row_without_a_recorded_answer_says_so(name):
    """A fact's "recorded": whether there is one; or the id under which the same service's answers were
    recorded."""
    said, known = FACTS[name]["recorded"], recorded()
    own = name if name not in catalogue_rows.VARIANTS else catalogue_rows.VARIANTS[name][0]
    if isinstance(said, str):
        assert said in known and name not in known
    else:
        assert said == (own in known or name in known)
    assert ("untested" in ROWS[name]) == (not said)


def test_refresh_comes_before_a_name_expires():
    assert ROWS["dyn"]["days"] == 28 and ROWS["mydns-se"]["days"] == 28
    assert 5 * 16 / 15 <= ROWS["dyfi"]["days"] <= 6, (
        "between the 5th and the 6th day, jitter of 1/16 included"
    )


def test_a_mistake_in_the_hand_made_table_is_told(monkeypatch):
    monkeypatch.setitem(catalogue_rows.ROWS, "dyn", {"optz": []})
    with pytest.raises(UserError, match="optz"):
        catalogue.rows()
    monkeypatch.setitem(catalogue_rows.ROWS, "dyn", {})
    monkeypatch.setitem(catalogue_rows.ROWS, "dym", {})
    with pytest.raises(UserError, match="dym"):
        catalogue.rows()


def test_every_account_option_of_the_rows_is_known_to_requests():
    for row in ROWS.values():
        assert {o.partition("=")[0] for o in row.get("opts", ())} <= {*share.OPTIONS, "offline"}
