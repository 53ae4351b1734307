# SPDX-License-Identifier: MIT
"""The agent and the lab's JSON APIs: every kind of answer that counts, with the records of others in view.
The lab is strict about method, path, header and body; what it minds stands in its findings."""

import time

import pytest

from host_tests.host.rest_home import (
    ALL,
    DAY,
    DEMO,
    HOUR,
    ONE_CHANGE,
    V4,
    V4B,
    V6,
    V6B,
    WORDS_ONLY,
    Home,
    Labs,
    foreign,
    ours,
    renew,
)
from tools.lab.providers import json_zone


@pytest.fixture(scope="module")
def labs():
    """One lab for each personality, started when it is first asked for."""
    with Labs() as made:
        yield made.get


@pytest.fixture(params=ALL)
def lab(request, labs, monkeypatch):
    """A lab as new. The pause between two calls (Porkbun) has a test of its own."""
    lab = labs(request.param)
    renew(lab)
    monkeypatch.setattr(time, "sleep_ms", lambda ms: None)
    return lab


@pytest.fixture
def home(lab, tmp_path):
    return Home(lab, tmp_path)


def test_a_life_of_a_name(lab, home):
    before = foreign(lab, *DEMO)
    home.start().round()
    assert ours(home) == ([V4], [V6]) and home.host().state == "ok"
    assert len(lab.ledger) > 1 and len({one["connection"] for one in lab.ledger}) == 1, "one for all calls"
    assert home.round(120) == []
    home.line(V4B, V6)
    assert len(home.round(120)) == ONE_CHANGE.get(lab.provider, 1)
    assert ours(home) == ([V4B], [V6])
    home.restart()
    assert home.round(1) == [] and home.round(HOUR) == []
    home.line(V4B, V6B)
    assert len(home.round(120)) == ONE_CHANGE.get(lab.provider, 1)
    home.line(V4, V6)
    home.round(120)
    assert ours(home) == ([V4], [V6])
    assert foreign(lab, *DEMO) == before
    assert lab.findings() == [] and not getattr(lab.world, "unpublished", False)


@pytest.mark.parametrize("v4, v6", [(V4, None), (None, V6)])
def test_one_family_leaves_the_other_alone(lab, tmp_path, v4, v6):
    home = Home(lab, tmp_path)
    home.line(v4, v6)
    old = [r["content"] for r in lab.world.zone_records if (r["name"], r["type"]) == DEMO[0 if v6 else 1]]
    home.start().round()
    assert home.content(kind="A" if v4 else "AAAA") == [v4 or v6]
    assert home.content(kind="AAAA" if v4 else "A") == old
    assert lab.findings() == []


def test_the_top_of_the_zone(lab, tmp_path):
    mine = [("example.net", "A"), ("example.net", "AAAA")]
    before = foreign(lab, *mine)
    home = Home(lab, tmp_path, hosts=["example.net"]).start()
    home.round()
    assert home.content("example.net") == [V4] and home.content("example.net", "AAAA") == [V6]
    assert foreign(lab, *mine) == before and lab.findings() == []


def test_a_record_that_is_right_already_is_not_written(lab, home):
    for record in lab.world.zone_records:
        if record["name"] == "demo.example.net" and record["type"] != "TXT":
            record["content"] = V4 if record["type"] == "A" else "2600:3C00:0:0:0::9"
    made = home.start().round()
    assert home.host().state == "ok" and home.host().rec.cls == "SAME"
    assert lab.world.history == [] and made


@pytest.mark.parametrize("wrong", ["wrong", 'x"},{"a":"', "a\u00e9b"])
def test_a_wrong_key_stops_the_account(lab, tmp_path, wrong):
    home = Home(
        lab, tmp_path, hosts=["demo.example.net", "demo2.example.net"], password=wrong, token=wrong
    ).start()
    before = json_zone.foreign(lab.world)
    assert len(home.round()) == 1
    assert home.host().rec.cls == "AUTH" and home.host("demo2.example.net").rec.cls == "AUTH"
    assert home.round(2 * DAY) == [] and home.restart().round(DAY) == []
    assert json_zone.foreign(lab.world) == before
    home.more = {}
    home.restart().round(HOUR)  # other settings: it goes on
    assert ours(home) == ([V4], [V6])


def test_a_missing_zone_stops_the_host_in_words(lab, tmp_path):
    home = Home(lab, tmp_path, hosts=["demo.other.example"]).start()
    home.round()
    host = home.host("demo.other.example")
    assert host.rec.cls == "HOST" and host.rec.word == "no such zone"
    assert home.round(2 * DAY) == []


def test_a_missing_record_is_not_made_unless_the_user_says_so(lab, tmp_path):
    before = json_zone.foreign(lab.world)
    home = Home(lab, tmp_path, hosts=["new.example.net"]).start()
    home.round()
    host = home.host("new.example.net")
    assert (
        host.rec.cls == "HOST"
        and host.rec.word == "no such record"
        and json_zone.foreign(lab.world) == before
    )
    assert home.round(2 * DAY) == []
    home.hosts = [{"name": "new.example.net", "create": True}]
    home.restart().round(HOUR)
    assert home.content("new.example.net") == [V4] and home.content("new.example.net", "AAAA") == [V6]
    assert home.host("new.example.net").state == "ok"
    home.line(V4B, V6)
    home.round(120)
    assert home.content("new.example.net") == [V4B]
    assert [r for r in json_zone.foreign(lab.world) if r["name"] != "new.example.net"] == before
    assert lab.findings() == []


def test_several_records_are_never_guessed_at(lab, tmp_path):
    before = json_zone.foreign(lab.world)
    home = Home(lab, tmp_path, hosts=[{"name": "twin.example.net", "ipv6": False}]).start()
    home.round()
    host = home.host("twin.example.net")
    assert host.rec.cls == "HOST" and host.rec.word == "several records"
    assert json_zone.foreign(lab.world) == before and home.round(2 * DAY) == []


def test_a_rate_limit_is_waited_out(lab, home):
    home.start().round()
    lab.rules.burst = (1, 2000)
    lab.world._ahead += 2000
    home.line(V4B, V6B)
    if lab.provider in WORDS_ONLY:
        home.round(120)
        assert home.host().rec.cls == "LATER"
        return
    home.round(120)  # the second call of the exchange is one too many
    host = home.host()
    assert host.rec.cls == "LATER" and host.rec.word in ("HTTP 429", "HTTP 503")
    assert host.rec.hold_for >= 1990
    assert home.round(1900) == []
    lab.rules.burst = ()
    home.round(2 * HOUR)
    assert ours(home) == ([V4B], [V6B])


def test_trouble_at_the_provider_is_waited_out_and_nothing_is_forgotten(lab, home):
    home.start().round()
    lab.world.outage = "911"
    home.line(V4B, V6)
    assert len(home.round(120)) == 1
    assert home.host().rec.cls == "LATER" and home.round(60) == []
    lab.world.outage = ""
    assert len(home.round(2 * HOUR)) == ONE_CHANGE.get(lab.provider, 1)
    assert ours(home) == ([V4B], [V6])


@pytest.mark.parametrize("status, known", [(200, False), (200, True), (403, True), (404, False), (503, True)])
def test_a_page_in_place_of_json_stops_nobody_and_is_no_success(lab, home, status, known):
    home.start()
    if known:
        home.round()
        home.line(V4B, V6B)
    lab.answer(
        (
            "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
            "<body>success ok 200 unauthorized</body></html>"
        ),
        status=status,
    )
    history = list(lab.world.history)
    home.round(120)
    host = home.host()
    assert host.rec.cls == ("LATER" if status == 503 else "ODD") and not host.rec.stopped()
    assert lab.world.history == history
    lab.switchboard.clear()
    home.round(3 * HOUR)
    assert ours(home) == (([V4B], [V6B]) if known else ([V4], [V6]))


def test_an_answer_of_100_kb(lab, home):
    lab.world.noise = 100000
    json_zone.pad(lab.world, 200)
    before = foreign(lab, *DEMO)
    home.start().round()
    assert ours(home) == ([V4], [V6]) and foreign(lab, *DEMO) == before
    reply = max((r["reply"] for r in lab.ledger), key=len)
    assert len(reply) > 100000 and lab.findings() == []


def test_ids_that_are_gone_are_looked_up_again(lab, home):
    home.start().round()
    for record in lab.world.zone_records:
        if record["name"] == "demo.example.net":
            record["id"], record["number"] = "f" + record["id"][1:], record["number"] + 500
    home.line(V4B, V6)
    home.round(120)
    assert ours(home) == ([V4B], [V6]) and home.host().state == "ok"


def test_a_lost_or_damaged_id_file_costs_one_look(lab, home):
    home.start().round()
    for damage in (b"", b"WBi\x01\0\0\0\0", b"\xff" * 300, None):
        path = home.folder / "state" / "ids"
        path.unlink() if damage is None else path.write_bytes(damage)
        home.restart()
        assert home.round(1) == []
        home.line(V4B, V6)
        home.round(120)
        assert ours(home) == ([V4B], [V6])
        home.line(V4, V6)
        home.round(120)


def test_a_record_that_was_deleted_is_not_made_again(lab, home):
    """Where the API has a call that changes and does not create; the others are last writer wins
    (docs/rest-providers.md)."""
    upsert = lab.provider in ("gandi", "powerdns", "spaceship", "route53")
    home.start().round()
    lab.world.zone_records[:] = [r for r in lab.world.zone_records if r["name"] != "demo.example.net"]
    home.line(V4B, V6)
    home.round(120)
    assert (ours(home), home.host().rec.cls) == ((([V4B], []), "OK") if upsert else (([], []), "HOST"))


def test_cloudflare_answers_that_match_loosely_are_compared(labs, tmp_path, monkeypatch):
    lab = labs("cloudflare")
    lab.world.restore()
    if hasattr(lab.world, "zone_records"):
        del lab.world.zone_records
    json_zone.records(lab.world)
    lab.world.loose = True
    before = json_zone.foreign(lab.world, *DEMO)
    home = Home(lab, tmp_path).start()
    home.round()
    assert ours(home) == ([V4], [V6]) and json_zone.foreign(lab.world, *DEMO) == before


def test_porkbun_gets_its_pause_between_two_calls(labs, tmp_path):
    lab = labs("porkbun")
    lab.ledger_book.clear()
    json_zone.records(lab.world)
    home = Home(lab, tmp_path, hosts=[{"name": "demo2.example.net", "ipv6": False}]).start()
    home.round()
    times = [r["at"] for r in lab.ledger]
    assert len(times) == 2 and times[1] - times[0] >= 1.2
