# SPDX-License-Identifier: MIT
# Notices in virtual time: what happens to a device, and what its receivers hear of it.
import json

import wanbeacon
from agent_world import A, B, C, cfg, virtual
from wanbeacon.app import config, notices, post, words
from wanbeacon.core import policy
from wanbeacon.net import Answer, Trouble
from wanbeacon.portal import draft

words.path = "firmware/catalogue/words.txt"
SECRET, TOKEN = "sEcret-0f-ann", "t0ken-0f-the-receiver"
HOOK = {"url": "https://notice.example.org/in/%s" % TOKEN}


class Receiver:
    """What a webhook hears; `say`: HTTP status, or a Trouble."""

    def __init__(self, world):
        self.say, self.heard, self.tries, self.after = 200, [], 0, None
        self.world, self.at = world, []
        world.receive = self.answer

    def answer(self, req):
        self.tries += 1
        self.at.append(self.world.time.now())
        self.world.time.ms += 200
        if isinstance(self.say, Trouble):
            raise self.say
        if 200 <= self.say < 300:
            self.heard.append(json.loads(req.body))
        return Answer(self.say, b"", self.after, 200, 0)

    def events(self):
        """What was heard since the last look: [(event, host)]."""
        rows = [(doc["event"], doc["host"]) for doc in self.heard]
        self.heard.clear()
        return rows


def device(*docs, **more):
    """A running device whose two names are published, and its receiver."""
    docs = docs or (HOOK,)
    text = cfg(("ann", SECRET, ["a.example.org", "b.example.org"], {}), notify=list(docs), **more)
    world = virtual.World(text)
    receiver = Receiver(world)
    world.boot()
    world.run(200)
    return world, receiver


ALL = dict(HOOK, events=["published", "stopped", "trouble", "well", "cgnat"])


def test_a_new_name_and_a_new_address_are_told_only_where_that_was_asked_for():
    world, receiver = device()
    assert receiver.events() == []
    world, receiver = device(ALL)
    assert receiver.heard[0]["address"] == A and A in receiver.heard[0]["message"]
    assert receiver.events() == [("published", "a.example.org,b.example.org")], "one notice for both names"
    world.line[4] = B
    world.run(600)
    assert receiver.heard[0]["address"] == B
    assert receiver.events() == [("published", "a.example.org,b.example.org")]
    world.off(5)
    world.boot()
    world.run(3 * 86400)
    assert receiver.events() == []


def test_a_stop_is_told_once_with_what_to_do_and_its_end_too():
    world, receiver = device()
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    world.run(100)
    doc = receiver.heard[0]
    assert doc["title"] == "a.example.org, b.example.org: stopped" and "correct" in doc["message"], doc
    assert doc["time"] > virtual.START
    assert receiver.events() == [("stopped", "a.example.org,b.example.org")]
    for _ in range(3):
        world.off(50)
        world.boot()
        world.run(86400)
    assert world.command("retry a.example.org")["ok"]
    world.run(3600)
    assert receiver.events() == [], "stopped again for the same reason: known"
    world.provider.say.clear()
    world.run(90000)
    assert world.command("retry a.example.org")["ok"]
    world.run(100)
    assert B in receiver.heard[0]["message"]
    assert receiver.events() == [("well", "a.example.org,b.example.org")]


def test_a_stop_for_another_reason_is_told_again():
    world, receiver = device()
    for say in ("badauth", "abuse", "abuse"):
        world.provider.say["*"] = say
        world.line[4] = B
        world.run(90000)
        world.command("retry a.example.org")
        world.run(100)
    assert [event for event, _ in receiver.events()] == ["stopped", "stopped"]


def test_trouble_is_told_after_its_hours_over_reboots_and_a_short_one_never():
    world, receiver = device()
    for say, hours, events in (("timeout", 3, []), ("timeout", 9, ["trouble", "well"])):
        world.provider.say["*"] = say
        world.line[4] = B if world.line[4] == A else A
        for _ in range(hours):
            world.run(3590)
            world.off(10)
            world.boot()
        if events:
            assert "trouble for more than 6 hours: " in receiver.heard[0]["message"]
        world.provider.say.clear()
        world.run(86400)
        assert [event for event, _ in receiver.events()] == events


def test_trouble_of_the_sources_is_trouble_though_the_name_may_be_right():
    world, receiver = device()
    world.line[4] = virtual.UNKNOWN
    world.run(7 * 3600)
    assert [event for event, _ in receiver.events()] == ["trouble"]
    world.line[4] = A
    world.run(60)
    assert [event for event, _ in receiver.events()] == ["well"]


def test_a_line_that_lost_its_public_address_is_told_and_a_moment_of_it_is_not():
    world, receiver = device()
    world.line[4] = "100.64.3.4"
    world.round()
    world.run(120)
    world.line[4] = A
    world.round()
    world.run(3600)
    assert receiver.events() == []
    world.line[4] = "100.64.3.4"
    world.round()
    world.run(400)
    assert "100.64.3.4" in receiver.heard[0]["message"] and "CGNAT" in receiver.heard[0]["message"]
    assert [event for event, _ in receiver.events()] == ["cgnat"]
    world.run(86400)
    assert receiver.events() == [], "not trouble as well"
    world.line[4] = C
    world.run(200)
    assert [event for event, _ in receiver.events()] == ["well"]


def test_a_dead_receiver_is_tried_three_times_then_given_up_and_said():
    for say in (500, 429, Trouble("connect"), Trouble("timeout"), Trouble("untrusted")):
        world, receiver = device()
        receiver.say = say
        world.provider.say["*"] = "badauth"
        world.line[4] = B
        world.run(90000)
        assert receiver.tries == 3
        assert 59 <= receiver.at[1] - receiver.at[0] <= 63 and 119 <= receiver.at[2] - receiver.at[1] <= 123
        assert [line for line in world.lines if "notice (stopped)" in line and "given up" in line]
        assert not [line for line in world.lines if TOKEN in line or SECRET in line]


def test_what_may_have_arrived_and_what_was_refused_is_not_sent_again():
    for say, word in (
        (Trouble("timeout", "", True), "may have arrived"),
        (401, "given up"),
        (Trouble("redirect", "", True), "given up"),
    ):
        world, receiver = device()
        receiver.say = say
        world.provider.say["*"] = "badauth"
        world.line[4] = B
        world.run(90000)
        assert receiver.tries == 1 and [line for line in world.lines if word in line], word


def test_a_receiver_that_asks_for_time_gets_it():
    world, receiver = device()
    receiver.say, receiver.after = 429, "900"
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    world.run(90000)
    assert receiver.tries == 3 and receiver.at[1] - receiver.at[0] >= 900


def test_tries_are_counted_over_reboots_and_a_cut_while_sending_counts_as_told():
    world, receiver = device()
    receiver.say = 503
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    for _ in range(10):
        world.run(70)
        world.off(5)
        world.boot()
    assert receiver.tries == 3
    world, receiver = device()
    world.provider.say["*"] = "badauth"
    world.line[4] = B

    def cut(req):
        receiver.tries += 1
        raise virtual.PowerCut()

    world.receive = cut
    try:
        world.run(100)
        raise AssertionError("no notice was sent")
    except virtual.PowerCut:
        pass
    world.receive = receiver.answer
    world.off(5)
    world.boot()
    world.run(86400)
    assert receiver.tries == 1


def test_what_is_over_before_it_could_be_told_is_not_told():
    world, receiver = device()
    receiver.say = Trouble("dns")
    world.provider.say["a.example.org"] = "nohost"
    world.line[4] = B
    world.run(200)
    world.provider.say.clear()
    assert world.command("retry a.example.org")["ok"]
    receiver.say = 200
    world.run(86400)
    assert receiver.events() == []


def test_while_the_line_is_down_tries_do_not_count():
    world, receiver = device(dict(HOOK, hours=1))
    world.line[4] = None
    receiver.say = Trouble("timeout")
    world.run(5 * 3600)
    assert receiver.tries > 3
    receiver.say = 200
    world.run(3600)
    assert [event for event, _ in receiver.events()] == ["trouble"]


def test_two_receivers_are_told_each_and_a_dead_one_holds_up_nobody():
    other = {"url": "https://notice-two.example.org/"}
    world, receiver = device(other, HOOK)
    heard = []

    def both(req):
        if req.host == "notice-two.example.org":
            world.time.ms += 10000
            raise Trouble("timeout")
        heard.append(world.time.now())
        return Answer(200, b"", None, 1, 0)

    world.receive = both
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    before = world.time.now()
    world.run(3600)
    assert len(heard) == 1 and heard[0] - before < 20


def test_a_notice_waits_for_flash_and_a_damaged_file_repeats_no_stop():
    world, receiver = device()
    world.provider.say["*"] = "badauth"
    world.line[4] = B
    world.run(100)
    assert len(receiver.events()) == 1
    world.notices.data = b"damaged" + world.notices.data[7:]
    world.off(5)
    world.boot()
    world.run(86400)
    assert receiver.events() == []


def test_without_receivers_nothing_is_loaded():
    world = virtual.World(cfg(("ann", SECRET, ["a.example.org"], {})))
    world.boot()
    world.run(100)
    assert world.agent.notices is None and world.notices.data is None


def test_a_program_fault_of_the_notices_is_theirs_alone():
    world, receiver = device()

    def broken(req):
        raise KeyError("broken")

    world.receive, world.walls = broken, True
    world.provider.say["a.example.org"] = "nohost"
    world.line[4] = B
    world.run(3600)
    assert world.provider.stored["b.example.org"][4] == B and "notices" in world.agent.faults


# ---- the settings


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


# ---- versions


class Version:
    """The agent says it is this version."""

    def __init__(self, text):
        self.text = text

    def __enter__(self):
        self.before, wanbeacon.VERSION = wanbeacon.VERSION, self.text

    def __exit__(self, *_):
        wanbeacon.VERSION = self.before


def again(world, seconds=200, on_trial=False, failed=None):
    """Another start; what is known of versions: see Agent."""
    world.off(5)
    world.boot()
    world.agent.on_trial, world.agent.failed = on_trial, failed
    world.run(seconds)


def test_a_new_version_is_told_once_over_reboots_and_not_before_it_is_confirmed():
    world, receiver = device(HOOK, dict(HOOK, events=["stopped"]))
    with Version("9.9.9"):
        again(world, 3600, on_trial=True)
        assert receiver.events() == [], "it may yet be taken back"
        world.agent.on_trial = False
        world.run(60)
        assert receiver.heard[0]["message"].endswith("runs version 9.9.9 now"), receiver.heard
        assert receiver.heard[0]["address"] == ""
        assert receiver.events() == [("upgraded", "")]
        for _ in range(3):
            again(world, 90000)
        assert receiver.events() == []
    again(world)
    assert receiver.events() == [("upgraded", "")], "an older one over the cable is another one too"


def test_a_version_that_was_taken_back_is_told_once_with_its_reason():
    world, receiver = device()
    failed = "9.9.9", "1", ("upgrade.lacks", ("trial.page",))
    for _ in range(3):
        again(world, 90000, failed=failed)
    assert "9.9.9" in receiver.heard[0]["message"] and "serve a page" in receiver.heard[0]["message"]
    assert "taken back" in receiver.heard[0]["title"]
    assert receiver.events() == [("reverted", "")]
    again(world, failed=("9.9.9", "2", ("upgrade.mute",)))
    assert receiver.events() == [("reverted", "")], "tried again, failed again"
    with Version("10.0"):
        again(world)
        assert receiver.events() == [("upgraded", "")]


def test_a_receiver_that_is_new_hears_no_old_news_of_versions():
    world, receiver = device()
    failed = "9.9.9", "1", ("upgrade.mute",)
    again(world, failed=failed)
    assert receiver.events() == [("reverted", "")]
    other = dict(HOOK, topic="x")  # to the file it is somebody else
    world.cfg["notify"].append(dict(world.cfg["notify"][0], **other))
    again(world, failed=failed)
    again(world, failed=failed)
    assert receiver.events() == []
    with Version("9.9.10"):
        again(world)
        assert receiver.events() == [("upgraded", "")] * 2


def test_a_dead_receiver_and_a_power_cut_do_not_repeat_the_news_of_a_version():
    for say, tries in ((500, 3), (Trouble("timeout", "", True), 1), (404, 1)):
        world, receiver = device()
        receiver.say = say
        with Version("9.9.9"):
            for _ in range(3):
                again(world, 3600)
            assert receiver.tries == tries, (say, receiver.tries)


# ---- a test, and what the status says


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
