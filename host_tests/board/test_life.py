# SPDX-License-Identifier: MIT
"""A board's life on the emulated board: first update, restart, power cuts, and everything that goes wrong at
home.

Only the first test installs with tools flash; the others start from an image (test_image.py shows that it is
the same)."""

import json
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from host_tests.board.home import ADDRESS, QUICK, around, settings
from host_tests.board.small_board import Router
from host_tests.board.web import Browser, free_port
from tools import ROOT
from tools.build import bundle


@pytest.fixture
def router():
    """The home's router, as an emulated board's world has to name its port: it tells the address over
    NAT-PMP."""
    router = Router(0)
    yield router
    router.close()


def installed(board, folder, *options):
    """`tools flash` with the settings in the folder's my.json, until the first update: its process, ended."""
    argv = [sys.executable, "-m", "tools", "flash", "--port", board.port, "--wait", "40"]
    return subprocess.run(
        [*argv, "--config", str(folder / "my.json"), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        stdin=subprocess.DEVNULL,
    )


def test_one_command_from_an_empty_board_to_the_first_good(board, lab, tmp_path, router):
    """No time server can be asked, and no check page need be: the clock is the one of the computer that
    installs."""
    doc = settings(lab, address=["natpmp"])
    doc["accounts"][0]["ca"] = str(lab.ca_der)
    (tmp_path / "my.json").write_text(json.dumps(doc))
    key = rsa.generate_private_key(65537, bundle.KEY_BITS).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "vendor.pub.pem").write_bytes(key.public_bytes(serialization.Encoding.PEM, form))
    board.world(
        wifi=[{"ssid": "home", "password": "homehome1"}],
        names={"192.168.1.1:5351": ["127.0.0.1", router.port]},
    )
    done = installed(board, tmp_path, "--upgrade-key", str(tmp_path / "vendor.pub.pem"))
    assert done.returncode == 0, done.stderr
    assert "good" in done.stderr and "Done: the board keeps your name up to date" in done.stderr
    assert ADDRESS in str(lab.published("demo.dyndns.org"))
    assert board.files()["/upgrade.key"] == key.public_numbers().n.to_bytes(bundle.KEY_BYTES, "big")
    assert lab.findings() == []
    assert "demo-key" not in done.stderr + board.log and "homehome1" not in done.stderr


@pytest.mark.parametrize(
    "trouble, words",
    [
        ({"wifi": [{"ssid": "home", "password": "not this one"}]}, "the Wi-Fi refuses the password"),
        ({"password": "wrong-key"}, "the provider refuses: badauth"),
    ],
)
def test_a_trouble_at_home_ends_the_flash_with_its_diagnosis(board, lab, tmp_path, trouble, words):
    doc = settings(lab)
    doc["accounts"][0]["ca"] = doc["address"][0]["ca"] = str(lab.ca_der)
    doc["accounts"][0].update({key: trouble[key] for key in ("password",) if key in trouble})
    doc.update({key: trouble[key] for key in ("wifi",) if key in trouble})
    (tmp_path / "my.json").write_text(json.dumps(doc))
    board.world(wifi=[{"ssid": "home", "password": "homehome1"}])
    done = installed(board, tmp_path)
    assert done.returncode == 1
    assert words in done.stderr.splitlines()[-1]


def test_after_a_power_cut_the_clock_comes_from_the_network_and_nothing_is_sent_again(home, lab, ntp, router):
    world = around(lab, ntp)
    world["names"]["192.168.1.1:5351"] = ["127.0.0.1", router.port]
    board = home(settings(lab, address=["natpmp"]), **world)
    board.wait_for("clock set by pool.ntp.org")
    board.wait_for("demo.dyndns.org: ok")
    assert len(lab.updates) == 1
    for _ in range(2):
        board.cut()
        since = board.mark()
        board.power_on()
        board.wait_for("clock set by pool.ntp.org", since=since)
        board.wait_for("demo.dyndns.org: ok, up to date", since=since)
    assert len(lab.updates) == 1 and lab.findings() == []
    assert board.files()["/state/journal.a"] or board.files()["/state/journal.b"]


def test_a_check_page_is_left_alone_for_its_ten_minutes_over_power_cuts(home, lab, ntp):
    board = home(settings(lab), **around(lab, ntp))
    board.wait_for("demo.dyndns.org: ok")
    asked = len(lab.ledger)
    for _ in range(2):
        board.cut()
        since = board.mark()
        board.power_on()
        board.wait_for("web: asked before the restart", since=since)
    assert len(lab.ledger) == asked and lab.findings() == []


#: boot.py: time servers are asked every second while there is no time.
ASKING = (
    QUICK
    + """
from wanbeacon.app import agent
from wanbeacon.board.esp32 import ntp
from wanbeacon.net import clock
agent.CLOCK_EVERY = 1
ntp.WAIT_MS = 200
clock.ASK_S = (1, 1)
"""
)


def test_no_password_leaves_before_the_clock_is_set_and_it_recovers(home, lab, ntp, router):
    ntp.silent = True
    world = around(lab, ntp)
    world["names"]["192.168.1.1:5351"] = ["127.0.0.1", router.port]
    board = home(settings(lab, address=["natpmp"]), boot=ASKING, **world)
    board.wait_for("time server pool.ntp.org: no answer")
    board.wait_for("demo.dyndns.org: waiting, clock not set")
    for kind in ({"stratum": 0}, {"stratum": 16}, {"offset": -900000000}):
        asked = ntp.asked
        ntp.stratum, ntp.offset = kind.get("stratum", 2), kind.get("offset", 0)
        ntp.silent = False
        while ntp.asked < asked + 2:
            time.sleep(0.05)
    assert "clock set" not in board.log
    board.wait_for("does not know the time itself")
    board.wait_for("tells a time that cannot be")
    assert lab.ledger == []
    ntp.stratum, ntp.offset = 2, 0
    board.wait_for("clock set by pool.ntp.org")
    board.wait_for("demo.dyndns.org: ok")


def test_a_wrong_wifi_password_is_named_as_such_and_the_right_network_is_found_again(home, lab, ntp):
    port = free_port()
    board = home(
        settings(lab),
        boot=QUICK + "device.LOST_S = 1\n",
        ports={"80": port},
        peers={"127.0.0.1": "192.168.4.2"},
        **around(lab, ntp),
    )
    board.world(wifi=[{"ssid": "home", "password": "other-one"}])
    board.wait_for("Wi-Fi home refuses the password")
    # who cannot join is to be helped: by its own Wi-Fi, and there is the reason
    board.wait_for("set-up mode: Wi-Fi")
    assert "Wi-Fi home refuses the password" in Browser(port, "192.168.4.1").ask("/").text
    board.world(wifi=[])
    board.wait_for("Wi-Fi home not found")
    assert lab.ledger == []
    board.world(wifi=[{"ssid": "home", "password": "homehome1", "hidden": False}])
    board.wait_for("demo.dyndns.org: ok", 20)


def test_the_best_of_several_networks_is_taken_and_a_hidden_one_too(home, lab, ntp):
    nets = [
        {"ssid": "far", "password": "farfar12"},
        {"ssid": "near", "password": "nearnear"},
        {"ssid": "secret-net", "password": "hidehide", "hidden": True},
    ]
    board = home(settings(lab, wifi=nets), **around(lab, ntp))
    board.world(
        wifi=[
            {"ssid": "aaa", "password": "nearnear"},
            {"ssid": "near", "password": "nearnear"},
            {"ssid": "zzz"},
        ]
    )
    board.wait_for("Wi-Fi near, address")
    board.world(wifi=[{"ssid": "secret-net", "password": "hidehide", "hidden": True}])
    board.wait_for("Wi-Fi near lost")
    board.wait_for("Wi-Fi secret-net, address", 15)


def test_a_provider_that_cannot_be_reached_is_said_and_tried_again(home, lab, ntp):
    doc = settings(lab)
    doc["accounts"][0]["server"] = "localhost:1"
    board = home(doc, **around(lab, ntp))
    board.wait_for("dyn: demo.dyndns.org -> connect")
    board.wait_for("demo.dyndns.org: waiting")


def test_damaged_settings_are_explained_and_set_up_mode_opens(home, lab, ntp):
    board = home(b'{"accounts": [}', **around(lab, ntp))
    board.wait_for("the config is not JSON: line 1")
    board.wait_event("wlan1 up")


def test_settings_without_wifi_are_explained_on_the_console(home, lab, ntp):
    doc = settings(lab)
    del doc["wifi"]
    board = home(doc, **around(lab, ntp))
    board.wait_for("settings: wifi: missing; this board has no cable")
    board.wait_for("set-up mode: Wi-Fi")


def test_settings_with_a_source_of_linux_are_a_problem_and_no_crash(home, lab, ntp):
    board = home(settings(lab, address=["netlink"]), **around(lab, ntp))
    board.wait_for("settings: address: this board does not have the source netlink")
    board.wait_for("set-up mode: Wi-Fi")
    assert "crashed" not in board.log


def test_a_long_press_opens_the_set_up_and_a_longer_one_forgets_everything_but_the_label(home, lab, ntp):
    board = home(
        settings(lab),
        boot=QUICK + "\nfrom wanbeacon.board.esp32 import lights\nlights.SETUP_S = 0.6\nlights.RESET_S = 5\n",
        pins={"0": 1},
        **around(lab, ntp),
    )
    board.wait_for("demo.dyndns.org: ok")
    board.press(0, 0.1)
    assert "button" not in board.log
    board.press(0, 1)
    board.wait_for("button: set-up mode")
    board.wait_event("wlan1 up")
    since = board.mark()
    board.press(0, 5.5)
    board.wait_for("factory reset: settings and journal are gone")
    board.wait_for("this device has no settings yet", since=since)
    board.cut()
    files = board.files()
    assert "/config.json" not in files and not [path for path in files if path.startswith("/state/")]
    assert json.loads(files["/device.json"])["ap_password"] == "kept-label-1"
    assert "wlan1 key kept-label-1" in board.events


#: What the agent does not survive: here its loop itself.
CRASHING = """
from wanbeacon.app import agent
async def run(self):
    raise RuntimeError("boom")
agent.Agent.run = run
"""
HANGING = CRASHING.replace('raise RuntimeError("boom")', "while True: pass")


def test_a_crash_loop_ends_in_safe_mode_that_keeps_the_reason_and_tries_again_later(home, lab, ntp):
    board = home(settings(lab), boot=QUICK + CRASHING + "device.SAFE_S = 3\n", **around(lab, ntp))
    board.wait_for("the previous run ended badly: RuntimeError: boom")
    board.wait_for("safe mode: the agent crashed 3 times in a row and rests now", 20)
    crashes = board.log.count("the agent crashed; restart")
    assert crashes == 3
    since = board.mark()
    board.wait_for("Wanbeacon on", since=since)  # it tries again by itself, once
    board.wait_for("safe mode", since=since)
    assert board.log.count("the agent crashed; restart") == crashes + 1


def test_a_hang_is_ended_by_the_watchdog_and_a_console_is_not(home, lab, ntp):
    board = home(
        settings(lab),
        boot=QUICK
        + HANGING
        # the console is Improv's at first: who hangs the board in that time has the watchdog alone
        + "\nfrom wanbeacon.board.esp32 import console\nconsole.LISTEN_S = 0\n"
        + "from wanbeacon.board.esp32 import board\nboard.WATCHDOG_MS = 1500\n",
        **around(lab, ntp),
    )
    board.wait_event("watchdog", 15)
    since = board.mark()
    board.wait_for("start after watchdog", since=since)
    board.wait_for("the previous run ended badly: watchdog reset", since=since)
    time.sleep(0.4)  # until it hangs: MicroPython's unix port bears no Ctrl-C while it collects garbage
    board.type("\x03")
    board.wait_for("the console is yours for an hour", since=since)
    count = board.events.count("watchdog")
    time.sleep(2)
    assert board.events.count("watchdog") == count
    assert "wdt 3600000" in board.events


def test_a_full_flash_stops_requests_and_the_board_recovers_when_there_is_room(home, lab, ntp):
    full = """
from wanbeacon.app import agent
from wanbeacon.board.esp32 import board
agent.SAVE_AGAIN = 2
write, left = board.Slot.write, [4]
def full(self, data):
    if left[0]:
        left[0] -= 1
        raise OSError(28)
    write(self, data)
board.Slot.write = full
"""
    board = home(settings(lab, intervals={"minimum": 1}), boot=QUICK + full, **around(lab, ntp))
    board.wait_for("the journal cannot be written")
    assert lab.updates == []
    board.wait_for("demo.dyndns.org: ok", 15)


def test_the_led_counts_what_is_wrong(home, lab, ntp):
    board = home(settings(lab), boot=QUICK + "\nlink.JOIN_MS = 400\n", **around(lab, ntp))
    board.world(wifi=[{"ssid": "home", "password": "other-one"}])
    board.wait_for("refuses the password")
    time.sleep(0.3)
    start = len(board.events)
    time.sleep(2.6 + 3 * 0.35)
    lit = [event for event in board.events[start:] if event == "pin 2 1"]
    assert 3 <= len(lit) <= 7, "three blinks, then a pause"
