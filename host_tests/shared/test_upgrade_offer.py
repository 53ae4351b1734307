# SPDX-License-Identifier: MIT
# When a board looks for a new version, and which of those on offer it takes.
import json

import wanbeacon
from wanbeacon.app import upgrade

DAY = 1795910400  # midnight, UTC


class Clock:
    def __init__(self, now):
        self.now = now

    def wall(self):
        return self.now


class Device:
    """A board with its settings, as app/board_main.py has it."""

    def __init__(self, now=DAY, hour=2):
        self.clock = Clock(now)
        self.cfg = {"upgrade": {"url": "https://vendor.example/m.json", "hour": hour}}
        self.board = self
        self.agent = None
        self.unique = b"\x24\x0a\xc4\0\0\1"
        self.upgrade_at = 0
        self.asked = []

    def ask(self, wish):
        self.asked.append(wish)


def test_it_looks_once_a_day_in_the_hour_of_the_settings():
    device = Device()
    seconds = upgrade.place(device.unique) * 36
    assert 0 <= seconds < 3600
    upgrade.due(device)
    assert device.asked == [] and device.upgrade_at == DAY + 2 * 3600 + seconds
    days = []
    for now in range(DAY, DAY + 10 * 86400, 60):
        device.clock.now = now
        if now >= device.upgrade_at:
            upgrade.due(device)
            days.append((now - DAY) // 86400)
    assert days == list(range(10)) and device.asked == ["upgrade auto"] * 10


def test_after_a_start_behind_the_hour_it_waits_for_the_next_day():
    device = Device(DAY + 23 * 3600)
    upgrade.due(device)
    assert DAY + 86400 < device.upgrade_at < DAY + 86400 + 3 * 3600


def offered(who="auto", bad=None, newest="0.2.0", status=200, body=None, **doc):
    """What `_offer` says to this manifest."""
    ours = {"bundle": "x.bundle"}
    ours.update(doc.pop("ours", {}))
    body = json.dumps(dict({"version": "9.0.0", "wanbeacon": ours}, **doc)) if body is None else body
    before, upgrade._get = upgrade._get, lambda *args: (status, body)
    try:
        return upgrade._offer(Device(), {"url": "https://vendor.example/m.json"}, bad, newest, who)
    except upgrade.Refused as e:
        return e.args[0]
    finally:
        upgrade._get = before


def test_a_newer_version_is_taken():
    assert offered() == ("9.0.0", "x.bundle")


def test_older_same_and_odd_ones_are_not():
    assert offered(version="0.1.9") == "upgrade.older"
    assert offered(version=wanbeacon.VERSION, newest=wanbeacon.VERSION) == "upgrade.none"
    assert offered(version="latest") == "upgrade.version"
    assert offered(newest="10.0") == "upgrade.older"
    assert offered(status=404) == "upgrade.status"


def test_one_that_failed_here_is_tried_again_by_hand_only():
    assert offered(bad="9.0.0") == "upgrade.bad"
    assert offered("", "9.0.0") == ("9.0.0", "x.bundle")
    assert offered("broker", "9.0.0") == "upgrade.bad", "who has the broker could have it tried for ever"


def test_a_share_of_the_fleet():
    mine = upgrade.place(Device().unique)
    assert offered(ours={"share": mine}) == "upgrade.share"
    assert offered(ours={"share": mine + 1}) == ("9.0.0", "x.bundle")
    for who in ("", "broker"):
        assert offered(who, ours={"share": 0}) == ("9.0.0", "x.bundle")


def test_what_is_no_manifest():
    for body in (
        "",
        "<html>",
        "[]",
        "3",
        "{}",
        '{"version": "9.0.0"}',
        '{"version": "9.0.0", "wanbeacon": 3}',
    ):
        assert offered(body=body) == "upgrade.manifest", body
    assert offered(ours={"bundle": 3}) == "upgrade.manifest"
    assert offered(ours={"share": "all"}) == "upgrade.manifest"


class Agent:
    """As much of one as is told of the newest version."""

    latest = None

    def __init__(self):
        self.event = self
        self.sets = 0

    def set(self):
        self.sets += 1


def test_without_auto_a_new_version_is_only_told():
    device, words = Device(), []
    device.agent, device.tell = Agent(), lambda *said: words.append(said)
    device.cfg["upgrade"]["auto"] = False
    body = json.dumps({"version": "9.0.0", "wanbeacon": {"bundle": "x.bundle"}})
    before = upgrade._get, upgrade._keys
    upgrade._get, upgrade._keys = lambda *args: (200, body), lambda: []
    try:
        for _ in range(3):
            upgrade.run(device, "auto")
    finally:
        upgrade._get, upgrade._keys = before
    assert words == [("info", "upgrade.there", "9.0.0")] * 3 and device.asked == []
    assert device.agent.latest == "9.0.0" and device.agent.sets == 1
