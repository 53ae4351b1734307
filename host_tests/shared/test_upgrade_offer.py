# SPDX-License-Identifier: MIT
# When a board looks for a new version, and which of those on offer it takes.
import json

import wanbeacon
from wanbeacon.app import upgrade, upgrade_trial

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


# ---- the trial


class Trial:
    """A board with a version on trial: /slot in memory; .gone: seconds after which it went back."""

    def __init__(self, needs, rows=None):
        self.rows = rows or {
            "run": "/lib2", "old": "/lib", "state": "tried", "next": "9.9.9", "newest": "0.2.0",
            "needs": needs,
        }  # fmt: skip
        self.board, self.agent, self.lines = self, self, []
        self.trial = self.failed = self.asked = self.gone = self.note = None
        self.last_reason, self.on_trial, self.event = "", True, self
        self.cfg = {"portal": {"enabled": False}}
        self.up, self.told, self.sets = False, [], 0
        self.clock = Clock(None)

    def run(self):
        """As board_main's watch does, until it is decided: seconds after the start."""
        before = upgrade.facts, upgrade.keep
        upgrade.facts, upgrade.keep = lambda: dict(self.rows), self.keep
        try:
            self.trial = upgrade_trial.begin(self)
            now = 0
            while self.trial and self.gone is None:
                upgrade_trial.step(self, now)
                now += 5
        finally:
            upgrade.facts, upgrade.keep = before
        return now

    def keep(self, rows):
        self.rows = dict(rows)

    def link_up(self):
        return self.up

    def tell(self, *said):
        self.told.append(said)

    def rtc(self, method, text):
        self.note = text

    def restart(self):
        self.gone = True

    def set(self):
        self.sets += 1


WATCHDOG_S = 180  # board/esp32/board.py, and main.py for a trial


def test_a_version_that_cannot_is_gone_within_ten_minutes_even_if_it_hangs_at_the_end():
    device = Trial("link clock")
    assert device.run() + WATCHDOG_S <= 600 and device.gone
    assert device.note == "upgrade: no link" and device.rows["state"] == "tried"
    for path in ("firmware/wanbeacon/board/esp32/board.py", "firmware/main.py"):
        with open(path) as f:
            assert "%d000" % WATCHDOG_S in f.read(), path


def test_a_version_that_can_stays_and_the_agent_knows():
    device = Trial("link clock")
    device.up, device.clock.now = True, DAY
    device.rows["bad"], device.rows["failures"], device.rows["why"] = "9.9.8", "1", "-"
    device.run()
    assert not device.gone and device.trial == [] and device.failed is None
    assert device.on_trial is False and device.sets == 1
    assert device.rows == {
        "run": "/lib2", "old": "/lib", "state": "ok", "newest": wanbeacon.VERSION, "failures": "1",
    }  # fmt: skip


def test_why_a_version_was_taken_back_is_kept_from_the_first_start_after_it():
    for reason, why in (
        ("upgrade: no tls", ("upgrade.lacks", ("trial.tls",))),
        ("ValueError: a slip", "ValueError: a slip"),
        ("", ("upgrade.mute",)),
    ):
        rows = {"run": "/lib", "old": "/lib2", "state": "ok", "newest": "0.2.0", "bad": "9.9.9"}
        for count in ("1", "2"):
            rows["failures"] = str(int(count) - 1)
            device = Trial("", rows)
            device.last_reason = reason
            device.run()
            assert device.failed == ("9.9.9", count, why), device.failed
            after = Trial("", device.rows)
            after.last_reason = "something else"
            after.run()
            assert after.failed == device.failed and after.rows == device.rows
            rows = dict(device.rows)
            rows.pop("why")  # another trial begins: upgrade.py writes the file anew


def test_a_note_that_cannot_be_kept_does_not_stop_the_start():
    device = Trial("", {"run": "/lib", "old": "/lib2", "state": "ok", "bad": "9.9.9", "failures": "x"})

    def full(rows):
        raise OSError(28)

    device.keep = full
    device.run()
    assert device.failed == ("9.9.9", "1", ("upgrade.mute",))


# ---- where the bundle is


def test_the_bundle_is_beside_the_manifest_or_where_that_says_but_never_in_clear_text():
    url = "https://vendor.example/site/m.json?x=1/2"
    for bundle, found in (
        ("a.bundle", "https://vendor.example/site/a.bundle"),
        ("https://other.example/a", "https://other.example/a"),
        ("http://other.example/a", None),
        ("ftp://other.example/a", None),
        ("a b", None),
        ("a\r\nHost: x", None),
        ("https://user@other.example/a", None),
        ("\u00e4", None),
    ):
        try:
            assert upgrade._place(url, bundle) == found, bundle
        except upgrade.Refused as e:
            assert found is None and e.args[0] == "upgrade.manifest", bundle
    home = "http://10.0.0.2/m.json"
    assert upgrade._place(home, "a") == "http://10.0.0.2/a"
    assert upgrade._place(home, "https://other.example/a") == "https://other.example/a"


def test_a_board_whose_agent_does_not_run_is_not_upgraded():
    device = Device()
    device.cfg["upgrade"]["auto"] = True
    try:
        upgrade._run(device, "auto")
        raise AssertionError("went on")
    except upgrade.Refused as e:
        assert e.args == ("upgrade.early",)
