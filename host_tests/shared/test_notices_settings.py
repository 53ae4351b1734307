# SPDX-License-Identifier: MIT
"""The settings of notices, their templates, a test notice."""

import json

from agent_world import B, cfg, virtual
from notice_kit import HOOK, SECRET, TOKEN, device
from wanbeacon.app import config, notices, post, words
from wanbeacon.core import policy
from wanbeacon.net import Trouble
from wanbeacon.portal import draft

words.path = "firmware/catalogue/words.txt"


def problems(doc):
    try:
        config.load(cfg(("ann", SECRET, ["a.example.org"], {}), notify=[doc]))
    except config.ConfigError as e:
        return e.problems
    return []


def test_settings_that_cannot_work_are_named():
    for doc, part in (
        ({}, "notify[0]: should have a url, a preset or a hook"),
        ({"preset": "ntfy"}, "notify[0].topic: missing; ntfy needs it"),
        ({"preset": "gotify", "url": "http://192.168.1.2"}, "notify[0].token"),
        ({"preset": "gotify", "token": "abcdef"}, "notify[0].url"),
        ({"preset": "telegram", "token": "1:a"}, "notify[0].topic"),
        ({"preset": "pushover", "token": "abc"}, "notify[0].user"),
        ({"preset": "discord"}, "notify[0].url"),
        ({"preset": "teams"}, "notify[0].preset"),
        ({"hook": "true", "url": "https://example.org/"}, "notify[0].hook"),
        ({"url": "https://example.org/", "header": ["Host: a"]}, "notify[0].header"),
        ({"url": "https://example.org/", "header": ["nothing"]}, "notify[0].header"),
        ({"url": "https://example.org/", "events": ["birthdays"]}, "notify[0].events[0]"),
        ({"url": "ftp://example.org/"}, "notify[0].url"),
    ):
        assert [p for p in problems(doc) if p.startswith(part)], (doc, problems(doc))
    for doc in ({"hook": "true"}, HOOK, {"preset": "slack", "url": "https://hooks.slack.com/services/T/B/X"}):
        assert not problems(doc), problems(doc)


def test_a_board_refuses_a_command():
    world = virtual.World(cfg(("ann", SECRET, ["a.example.org"], {}), notify=[{"hook": "true"}]))
    name, virtual.Board.name = virtual.Board.name, "esp32"
    try:
        world.boot()
        raise AssertionError("taken")
    except ValueError as e:
        assert "notify[0].hook" in str(e)
    finally:
        virtual.Board.name = name


def test_a_backup_has_no_receivers_and_restoring_it_keeps_them():
    raw = cfg(("ann", SECRET, ["a.example.org"], {}), notify=[HOOK, {"preset": "ntfy", "topic": "t0pic"}])
    saved = draft.Draft(raw).data(False).decode()
    assert TOKEN not in saved and "t0pic" not in saved
    old = draft.Draft(raw)
    assert old.restore(saved) and len(old.doc["notify"]) == 2
    assert (
        old.restore(cfg(("ann", SECRET, ["a.example.org"], {}), notify=[{"hook": "true"}]))
        and len(old.doc["notify"]) == 1
    )


def test_a_backup_has_no_password_of_the_broker_and_only_the_same_broker_gets_it_back():
    broker = {"host": "10.0.0.2", "user": "wan", "password": "br0ker-key", "plain": True}
    raw = cfg(("ann", SECRET, ["a.example.org"], {}), mqtt=broker)
    saved = draft.Draft(raw).data(False).decode()
    assert "br0ker" not in saved and "10.0.0.2" in saved
    for said, kept in ((saved, True), (saved.replace("10.0.0.2", "10.0.0.3"), False)):
        one = draft.Draft(raw)
        assert one.restore(said) and ("password" in one.doc["mqtt"]) is kept


NOTICE = {"event": "stopped", "host": "a.example.org", "title": 'a "title"',
          "text": 'say "no" & more = 50 %\\ {host}', "address": "45.33.1.1", "time": 5}  # fmt: skip


def test_templates_are_escaped_for_what_they_are():
    def built(**doc):
        doc["url"] = doc.get("url") or "https://example.org/x"
        return post.Request(*notices.build(doc, NOTICE, "agent")[:4])

    req = built(body='{"t": "{text}", "n": {time}, "x": "{unknown}"}')
    assert json.loads(req.body) == {"t": NOTICE["text"], "n": 5, "x": "{unknown}"}
    assert req.headers["Content-Type"] == "application/json"
    assert (
        built(body="a={text}&b={host}").body
        == b"a=say%20%22no%22%20%26%20more%20%3D%2050%20%25%5C%20%7Bhost%7D&b=a.example.org"
    )
    assert built(body="{text}!").body == NOTICE["text"].encode() + b"!"
    req = built(method="GET", url="https://example.org:8443/x?m={text}")
    assert req.post is False and req.body is None and req.headers["Host"] == "example.org:8443"
    assert req.path == "/x?m=say%20%22no%22%20%26%20more%20%3D%2050%20%25%5C%20%7Bhost%7D"
    assert built(header=["Content-Type: text/x"]).headers["Content-Type"] == "text/x"
    assert json.loads(built().body)["message"] == NOTICE["text"]


def test_the_reasons_of_a_stop_have_words():
    assert policy and words.say("notice.stopped", "a", ("stop.AUTH", "badauth")).startswith(
        "a: stopped. badauth: "
    )


def test_a_home_that_never_is_quiet_does_not_silence_notices():
    world, receiver = device()
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    report, world.agent.report = world.agent.report, lambda agent: agent.event.set()
    for _ in range(15):
        world.round()
        world.time.ms += 1000
    assert len(receiver.events()) == 1 and report is None


def test_a_test_notice_goes_to_everybody_once_and_changes_nothing_that_was_told():
    other = {"url": "https://notice-two.example.org/in/x"}
    world, receiver = device(HOOK, other)
    before = world.notices.data
    answer = world.command("notice test")
    assert answer["ok"] and "2 receivers" in answer["text"], answer
    assert not world.command("notice test")["ok"]
    world.run(20)
    assert [event for event, _ in receiver.events()] == ["test", "test"] and world.notices.data == before
    rows = world.agent.status()["receivers"]
    assert [row["name"] for row in rows] == ["notice.example.org", "notice-two.example.org"]
    for row in rows:
        assert row["sent"]["event"] == "test" and row["sent"]["when"] > virtual.START and row["fault"] is None
    assert TOKEN not in str(rows)
    receiver.say = Trouble("untrusted")
    assert world.command("notice test")["ok"]
    world.run(20)
    assert (
        receiver.tries == 4
        and [row["fault"]["why"] for row in world.agent.status()["receivers"]] == ["untrusted"] * 2
    )
    receiver.say = 200
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    world.run(300)
    assert [event for event, _ in receiver.events()] == ["stopped", "stopped"], "a test delays no event"


def test_a_test_notice_is_refused_where_nobody_is_told():
    world = virtual.World(cfg(("ann", SECRET, ["a.example.org"], {})))
    world.boot()
    for text in ("notice test", "notice", "notice a.example.org", "notice test now"):
        assert not world.command(text)["ok"], text
    assert "receivers" not in world.agent.status()


def test_a_test_notice_waits_for_the_clock_and_costs_no_try_while_the_line_is_down():
    world, receiver = device()
    world.line[4] = None
    receiver.say = Trouble("dns")
    assert world.command("notice test")["ok"]
    world.run(60)
    assert receiver.tries == 1, "a test is not repeated"
    world.time_server, world.time.offset, receiver.say = False, None, 200
    assert world.command("notice test")["ok"]
    world.run(60)
    assert receiver.events() == []
    world.time.offset = virtual.START
    world.run(60)
    assert [event for event, _ in receiver.events()] == ["test"]
