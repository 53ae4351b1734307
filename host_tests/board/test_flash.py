# SPDX-License-Identifier: MIT
"""`python -m tools flash` against the emulated board: install, again, cut in the middle, upgrade, leave
nothing behind."""

import fcntl
import hashlib
import json
import os
import select
import subprocess
import sys
import termios
import time

import pytest

from host_tests.board.home import SETTINGS
from tools import ROOT
from tools.build import boards
from tools.device import config as board_config
from tools.device import flash as tools_flash
from tools.device import link as board_link


@pytest.fixture
def flash(board, tmp_path):
    """flash(*options) -> the finished process. --config is the file of SETTINGS unless given."""
    (tmp_path / "my.json").write_text(json.dumps(SETTINGS))

    def run(*args, config=tmp_path / "my.json", check=True):
        argv = [sys.executable, "-m", "tools", "flash", "--port", board.port, "--wait", "0"]
        done = subprocess.run(
            [*argv, *(["--config", str(config)] if config else []), *args],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        assert "geheim-123" not in done.stdout + done.stderr
        return done

    return run


def installed(board):
    """The board's files, less those it makes itself."""
    found = board.files()
    return {path: data for path, data in found.items() if not path.startswith(("/state/", "/boot.py"))}


def expected(**more):
    return dict(boards.files(boards.read("ESP32_GENERIC")), **more)


def test_an_empty_board_gets_every_file_the_settings_and_a_password_of_its_own(board, flash):
    flash()
    board.wait_for("Wanbeacon on")
    board.cut()
    found = installed(board)
    device = json.loads(found.pop("/device.json"))
    assert len(device["ap_password"]) == 12 and device["name"].startswith("Wanbeacon-")
    assert json.loads(found.pop("/config.json")) == SETTINGS
    assert found == expected()


def test_a_second_run_copies_nothing_and_keeps_settings_and_label(board, flash):
    flash()
    board.cut()
    before = installed(board)
    board.power_on()
    done = flash(config=None)
    assert "0 files of" in done.stderr
    board.cut()
    assert installed(board) == before


def test_a_cut_in_the_middle_leaves_a_board_that_starts_nothing_and_the_next_run_repairs_it(board, flash):
    for writes in (60, 400):
        board.cut(after_writes=writes)
        done = flash(check=False)
        assert done.returncode == 1
        assert "run the same command again" in done.stderr
        assert "Traceback" not in done.stderr
        while board.powered:
            time.sleep(0.01)
        assert "/main.py" not in board.files()
        board.power_on()
    flash()
    board.cut()
    found = installed(board)
    assert {path: found[path] for path in expected()} == expected()


def test_stale_files_that_would_win_over_the_new_ones_are_removed(board, flash, mpremote, tmp_path):
    (tmp_path / "x").write_text("raise RuntimeError('stale')")
    old = str(tmp_path / "x")
    mpremote(
        "fs",
        "mkdir",
        ":lib",
        "+",
        "fs",
        "mkdir",
        ":lib/wanbeacon",
        "+",
        "fs",
        "mkdir",
        ":lib/wanbeacon/app",
        "+",
        "fs",
        "mkdir",
        ":wanbeacon",
        "+",
        "fs",
        "cp",
        old,
        ":lib/wanbeacon/app/agent.py",
        "+",
        "fs",
        "cp",
        old,
        ":lib/wanbeacon/core.py",
        "+",
        "fs",
        "cp",
        old,
        ":lib/wanbeacon/gone.mpy",
        "+",
        "fs",
        "cp",
        old,
        ":wanbeacon/__init__.py",
        "+",
        "fs",
        "cp",
        old,
        ":lib/unpack.mpy",
        "+",
        "fs",
        "cp",
        old,
        ":notes.txt",
    )
    flash()
    board.wait_for("Wanbeacon on")
    board.cut()
    found = board.files()
    assert not {
        "/lib/wanbeacon/app/agent.py",
        "/lib/wanbeacon/core.py",
        "/lib/wanbeacon/gone.mpy",
        "/wanbeacon/__init__.py",
        "/lib/unpack.mpy",
    } & set(found)
    assert "/notes.txt" in found, "files of the user stay"


def test_a_downgrade_replaces_what_differs_and_a_new_upgrade_puts_it_back(board, flash, mpremote, tmp_path):
    flash()
    (tmp_path / "other.mpy").write_bytes(b"another version")
    mpremote("fs", "cp", str(tmp_path / "other.mpy"), ":lib/wanbeacon/start.mpy")
    assert "2 files of" in flash().stderr, "the one that differs, and main.py as the seal"
    board.cut()
    assert installed(board)["/lib/wanbeacon/start.mpy"] == expected()["/lib/wanbeacon/start.mpy"]


def test_beside_frozen_code_only_data_is_copied_and_old_modules_go(board, monkeypatch):
    kind = boards.read("ESP32_GENERIC")
    with board_link.Link(board.port) as link:
        link.enter()
        assert link.frozen("asyncio") and not link.frozen("wanbeacon")
        monkeypatch.setattr(board_link.Link, "frozen", lambda link, module: module == "wanbeacon")
        tools_flash.install(link, kind, True, (json.dumps(SETTINGS).encode(), {}))
    board.cut()
    found = installed(board)
    wanted = boards.files(kind, frozen=True)
    assert {path: found[path] for path in wanted} == wanted and not [
        path for path in found if path.endswith(".mpy")
    ]
    assert "/lib/catalogue/providers.dat" in wanted


def test_a_running_agent_is_interrupted_for_an_upgrade(board, flash):
    flash()
    board.wait_for("Wi-Fi home not found")
    since = board.mark()
    flash("--no-portal")
    board.wait_for("Wanbeacon on", since=since)


@pytest.mark.parametrize(
    "facts, words",
    [
        (
            {"firmware": [[1, 22, 2], "Generic ESP32 module with ESP32"]},
            "MicroPython 1.22; the agent needs 1.23",
        ),
        ({"firmware": [[1, 25, 0], "Generic ESP32C6 module with ESP32C6"]}, "ESP32C6"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_written(board, flash, facts, words):
    board.world(**facts)
    board.cut()
    before = hashlib.sha256(board.image.read_bytes()).digest()
    board.power_on()
    board.wait_for(">>> ")
    done = flash(check=False)
    assert done.returncode == 1
    assert words in done.stderr
    assert hashlib.sha256(board.image.read_bytes()).digest() == before


def test_a_full_file_system_is_refused_and_left_as_it_was(board, flash, mpremote):
    mpremote("exec", "f = open('big', 'wb'); b = bytes(4096)\nfor i in range(460): f.write(b)\nf.close()")
    done = flash(check=False)
    assert "file system is too small" in done.stderr
    board.cut()
    assert set(board.files()) == {"/boot.py", "/big"}


def test_a_board_for_another_chip_and_a_bad_configuration_are_one_line_each(board, flash, tmp_path):
    done = flash("--board", "ESP32_GENERIC_C3", check=False)
    assert done.returncode == 1 and "is for the chip ESP32-C3, this board has ESP32" in done.stderr
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(dict(SETTINGS, wifi=[{"ssid": "x", "pasword": "geheim-123"}])))
    done = flash(config=bad, check=False)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "wifi[0].pasword: unknown key" in done.stderr
    bad.write_text(json.dumps(dict(SETTINGS, address=["netlink"])))
    done = flash(config=bad, check=False)
    assert done.returncode == 1 and "address: the source netlink is for Linux" in done.stderr


@pytest.mark.parametrize(
    "change, words",
    [
        (
            {"accounts": [{"provider": "dyn", "password": "geheim-123", "hosts": ["a.dyndns.org"]}]},
            "accounts[0].user: missing; dyn needs",
        ),
        (
            {"accounts": [dict(SETTINGS["accounts"][0], ca="gone.der")]},
            "accounts[0].ca: there is no file gone.der in",
        ),
        (
            {"accounts": [dict(SETTINGS["accounts"][0], provider="dnsomatik", custom=None)]},
            "did you mean dnsomatic",
        ),
        ({"wifi": None}, "wifi: missing; ESP32_GENERIC has no cable"),
    ],
)
def test_settings_that_check_refuses_or_that_have_no_network_are_refused_and_nothing_is_written(
    board, flash, tmp_path, change, words
):
    doc = {key: value for key, value in dict(SETTINGS, **change).items() if value}
    doc["accounts"] = [{key: value for key, value in row.items() if value} for row in doc["accounts"]]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(doc))
    done = flash(config=bad, check=False)
    assert done.returncode == 1 and words in done.stderr.splitlines()[-1]
    board.cut()
    assert set(board.files()) == {"/boot.py"}


def test_two_ca_files_of_one_name_are_both_copied(tmp_path):
    doc = dict(
        SETTINGS,
        accounts=[
            dict(SETTINGS["accounts"][0], hosts=[n + ".example.org"], ca="%s/ca.der" % n) for n in "abc"
        ],
    )
    for folder, data in (("a", b"one"), ("b", b"two"), ("c", b"one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ca.der").write_bytes(data)
    (tmp_path / "my.json").write_text(json.dumps(doc), encoding="utf-8-sig")
    settings, extra = board_config.from_file(tmp_path / "my.json")
    names = [account["ca"] for account in json.loads(settings)["accounts"]]
    assert [extra[name] for name in names] == [b"one", b"two", b"one"] and len(extra) == 2


def test_a_label_that_cannot_be_written_is_said_before_anything_is_written(board, flash, tmp_path):
    for place, word in ((tmp_path / "none/label.svg", "there is no folder"), (tmp_path, "is a folder")):
        done = flash("--label", str(place), check=False)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and word in done.stderr
    board.cut()
    assert set(board.files()) == {"/boot.py"}


def test_settings_the_board_cannot_use_end_the_wait_with_the_reason(board, flash, mpremote, tmp_path):
    (tmp_path / "old.json").write_text(json.dumps({key: SETTINGS[key] for key in ("accounts", "address")}))
    mpremote("fs", "cp", str(tmp_path / "old.json"), ":config.json")
    done = flash("--wait", "30", config=None, check=False)
    assert done.returncode == 1
    assert "the board cannot use its settings: wifi: missing;" in done.stderr.splitlines()[-1]


def test_no_board_on_the_port_is_one_line(board, flash):
    board.cut()
    done = flash(check=False)
    assert done.returncode == 1
    assert "there is no port" in done.stderr


def test_without_settings_the_user_is_asked_and_passwords_are_not_shown(board):
    master, slave = os.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "tools", "flash", "--port", board.port, "--wait", "0"],
        cwd=ROOT,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(slave)
    said = whole = b""

    def until(word):
        nonlocal said, whole
        end = time.monotonic() + 30
        while word not in said and time.monotonic() < end and select.select([master], [], [], 10)[0]:
            try:
                more = os.read(master, 4096)
            except OSError:  # the other end has gone
                break
            said, whole = said + more, whole + more
        assert word in said, whole.decode()

    for question, answer in (
        (b"Wi-Fi network", "home"),
        (b"Wi-Fi password", "short"),
        (b"8 to 63 characters", None),
        (b"Wi-Fi password", "geheim-wifi"),
        (b"Provider", "nonsense-dns"),
        (b"there is no provider", None),
        (b"Provider", "Dyn"),
        (b"User name", "anna"),
        (b"update key there", ""),
        (b"wants one", None),
        (b"update key there", "geheim-123"),
        (b"Host names", "a..dyndns.org"),
        (b"dot too many", None),
        (b"Host names", "a.dyndns.org b.dyndns.org"),
    ):
        until(question)
        said = said[said.index(question) + len(question) :]
        if answer is None:
            continue  # that was the reason, and the same question comes again
        time.sleep(0.2)  # the prompt turns the echo off first
        os.write(master, answer.encode() + b"\n")
    until(b"Restarted")
    assert done.wait(20) == 0
    os.close(master)
    assert b"geheim" not in whole and b"anna" in whole
    board.cut()
    doc = json.loads(board.files()["/config.json"])
    assert doc["wifi"] == [{"ssid": "home", "password": "geheim-wifi"}]
    assert doc["accounts"] == [
        {
            "provider": "dyn",
            "user": "anna",
            "password": "geheim-123",
            "hosts": ["a.dyndns.org", "b.dyndns.org"],
        }
    ]


#: main.py of a board whose program makes the way to the raw REPL hard, as an agent at work does at times.
STUBBORN = {
    "misses the first three Ctrl-C": """
import time
left = 3
while True:
    try:
        while True:
            time.sleep(0.05)
            print('round', left)
    except KeyboardInterrupt:
        left -= 1
        if not left:
            raise
""",
    "is busy where nothing interrupts it": """
import time
print('started')
try:
    while True:
        time.sleep(0.05)
except KeyboardInterrupt:
    end = time.ticks_add(time.ticks_ms(), 2500)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            pass
""",
    "listens to an installer first": """
import select, sys, time
print('started')
poll = select.poll()
poll.register(sys.stdin, select.POLLIN)
heard = 0
while heard < 6:
    try:
        if poll.poll(50):
            heard += len(sys.stdin.read(1))
    except KeyboardInterrupt:
        pass
""",
    "talks without a pause": """
while True:
    print('still here, still talking ' * 4)
""",
}


@pytest.mark.parametrize("what", STUBBORN)
def test_the_raw_repl_is_entered_beside_a_program_that_makes_it_hard(board, mpremote, tmp_path, what):
    (tmp_path / "main.py").write_text(STUBBORN[what])
    mpremote("fs", "cp", str(tmp_path / "main.py"), ":main.py")
    mpremote("reset")
    time.sleep(0.5)
    with board_link.Link(board.port) as link:
        link.enter()
        assert link.value("6 * 7", "asking") == 42


def test_the_raw_repl_is_entered_where_somebody_left_it_with_half_a_line(board):
    board.type("\x01print('half")
    with board_link.Link(board.port) as link:
        link.enter(fresh=False)
        assert link.value("1 + 1", "asking") == 2


def test_beside_a_working_agent_every_run_gets_in(board, flash):
    flash()
    board.wait_for("Wanbeacon on")
    for _ in range(3):
        since = board.mark()
        assert "0 files of" in flash(config=None).stderr
        board.wait_for("Wanbeacon on", since=since)


@pytest.mark.parametrize(
    ("port", "there"), [("COM3", True), ("com3", True), ("COM4", False), ("socket://127.0.0.1:1", True)]
)
def test_a_port_is_known_by_the_name_its_system_gives_it(monkeypatch, port, there):
    monkeypatch.setattr(board_link, "ports", lambda: [("COM3", "USB serial")])
    assert board_link.known(port) is there
