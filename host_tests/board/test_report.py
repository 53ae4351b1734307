# SPDX-License-Identifier: MIT
"""`tools board-memory` and `tools report` against the emulated board beside a working agent."""

import json
import subprocess
import sys

import pytest

from host_tests.board import home as homes
from tools import ROOT, UserError, check
from tools.device import board_memory, report

MEM_INFO = """stack: 704 out of 15360
GC: total: 87936, used: 52000, free: 35936, max new split: 36864
 No. of 1-blocks: 901, 2-blocks: 177, max blk sz: 64, max free sz: 1024
bits 32
system [(7288, 12, 0, 12), (113840, 84200, 81920, 2800)]
"""


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "tools", *words], cwd=ROOT, capture_output=True, text=True, timeout=100
    )


def test_what_the_chip_says_of_its_heaps_is_read():
    found = board_memory.parse(MEM_INFO)
    assert found == {"total": 87936, "used": 52000, "free": 35936, "largest": 16384,
                     "system": {"free": 84212, "largest": 81920, "low": 2812}}  # fmt: skip


def test_a_board_without_a_system_heap_of_its_own_still_says_the_rest():
    assert board_memory.parse(MEM_INFO.split("system")[0])["system"] is None


def test_something_else_than_memory_is_a_fault_in_one_line():
    with pytest.raises(UserError, match="does not say what memory it has: Traceback"):
        board_memory.parse("Traceback")


@pytest.fixture
def settled(home, lab, ntp):
    """An installed board whose agent is at work."""
    board = home(
        dict(homes.settings(lab), wifi=[{"ssid": "home", "password": "homehome1"}]), **homes.around(lab, ntp)
    )
    board.wait_for("Wanbeacon on")
    board.wait_for("Wi-Fi|address", timeout=20)
    return board


def test_both_heaps_are_printed_stage_by_stage_and_the_agent_starts_again(settled):
    since = settled.mark()
    done = run("board-memory", "--port", settled.port, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found)[:3] == ["as the agent left it", "bare MicroPython", "code that stays"]
    assert {"deciding", "an exchange", "a command"} <= set(found)
    assert found["bare MicroPython"]["used"] < found["code that stays"]["used"] < found["an exchange"]["used"]
    assert found["as the agent left it"]["system"] == {"free": 98512, "largest": 81920, "low": 17112}
    settled.wait_for("Wanbeacon on", since=since)


def test_a_report_has_log_status_and_memory_and_no_secret(settled, tmp_path):
    since = settled.mark()
    out = tmp_path / "report.md"
    done = run("report", "--port", settled.port, "-o", str(out))
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    for title in (
        "Memory as the agent left it",
        "Status and log",
        "Board",
        "Files",
        "Settings",
        "Memory, stage by stage",
    ):
        assert "\n## %s\n" % title in text and "not to be had" not in text, text
    assert "demo.dyndns.org" in text and '"log": [' in text and "/lib/wanbeacon/modules.bin" in text
    for secret in ("demo-key", "homehome1", "kept-label-1", "ZGVtbzpkZW1vLWtleQ"):
        assert secret not in text
    settled.wait_for("Wanbeacon on", since=since)


def test_every_place_of_a_secret_in_the_settings_is_known():
    """The validator's own table says which values are secret: each of them is found, wherever it is."""
    config = check.firmware("app.config_rows")
    kinds = [row[2] for section in ("", "account", "host") for row in config.rows(section)]
    sections = {""} | {kind.split(":")[-1] for kind in kinds if "object" in kind}
    secret = {
        (section, key)
        for section in sections
        for key, _, kind, _, _ in config.rows(section)
        if kind.startswith("secret")
    }
    assert {("account", "password"), ("wifi", "password")} <= secret
    doc = {"accounts": [{"password": "s-account", "token": "s-token", "hosts": ["a", {"name": "b"}],
                         "custom": {"url": "https://u:s-url@x/?p={password}"}}],
                         "wifi": [{"ssid": "home", "password": "s-wifi"}],
           "portal": {"password": "s-portal"}}  # fmt: skip
    assert {"s-account", "s-token", "s-wifi", "s-url"} <= report.secrets(doc)


@pytest.mark.parametrize("form", ["pa/ss w&rd", "pa%2Fss%20w%26rd", "pa%2Fss+w%26rd", "YW5uYTpwYS9zcyB3JnJk"])
def test_a_secret_is_taken_out_in_every_form_it_travels_in(form):
    assert report.scrub("before %s after" % form, {"pa/ss w&rd"}, {"anna"}) == "before (secret) after"
