# SPDX-License-Identifier: MIT
"""Notices in virtual time: what happens to a device, and what its receivers hear of it."""

import wanbeacon
from agent_world import A, B, C, cfg, virtual
from notice_kit import HOOK, SECRET, TOKEN, device
from wanbeacon.net import Answer, Trouble

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
