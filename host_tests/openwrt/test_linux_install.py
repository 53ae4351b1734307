# SPDX-License-Identifier: MIT
"""`make install` on any Linux: what it lays out, that both interpreters run it, and that the unit is sound
and tight."""

import configparser
import json
import os
import subprocess
import sys
import time

import pytest

from host_tests.needs import usable
from tools import ROOT
from tools.lab.lab import Lab

UNIT = "lib/systemd/system/wanbeacon.service"


def install(*args):
    return subprocess.run(
        [str(ROOT / "boards/linux/install"), *map(str, args)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation below a folder of its own."""
    folder = tmp_path_factory.mktemp("usr")
    done = install("install", folder, "")
    assert done.returncode == 0, done.stderr
    return folder


def run(prefix, interpreter, *words, **more):
    """The installed command under "cpython" or a MicroPython of that name; the others are hidden from it."""
    chosen = {"MICROPYTHON": "/nonexistent", "PYTHON": "/nonexistent", "PATH": "/usr/bin:/bin"}
    chosen["PYTHON" if interpreter == "cpython" else "MICROPYTHON"] = (
        sys.executable if interpreter == "cpython" else usable(interpreter).argv[0]
    )
    if "JOURNAL_STREAM" in os.environ:
        chosen["JOURNAL_STREAM"] = os.environ["JOURNAL_STREAM"]
    return subprocess.Popen(
        [str(prefix / "bin/wanbeacon"), *map(str, words)],
        env=chosen,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        **more,
    )


def test_staging_with_destdir_names_the_final_places(tmp_path):
    done = install("install", "/usr", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "lib=/usr/lib/wanbeacon\n" in (tmp_path / "usr/bin/wanbeacon").read_text()
    assert "ExecStart=/usr/bin/wanbeacon run" in (tmp_path / "usr" / UNIT).read_text()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or str(tmp_path).encode() not in file.read_bytes(), file
        assert file.is_dir() or file.stat().st_mode & 0o777 == (
            0o755 if file.name == "wanbeacon" else 0o644
        ), file
    names = {file.name for file in tmp_path.rglob("*")}
    assert {"providers.dat", "linux.py", "control.py", "netlink.py"} <= names
    assert not {"esp32.py", "portal", "uci.py", "machine.py", "__pycache__"} & names


def test_an_upgrade_leaves_no_module_of_before_and_uninstall_leaves_the_settings(tmp_path):
    install("install", "/usr", tmp_path)
    old = tmp_path / "usr/lib/wanbeacon/wanbeacon/gone.py"
    old.write_text("")
    (tmp_path / "etc/wanbeacon/config.json").write_text("{}")
    install("install", "/usr", tmp_path)
    assert not old.exists()
    done = install("uninstall", "/usr", tmp_path)
    assert done.returncode == 0
    left = [str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()]
    assert left == ["etc/wanbeacon/config.json"]


def settled(lab, folder, password="demo-key"):
    """Settings for the lab's Dyn in a folder: the options that name them and the agent's files there."""
    account = {
        "provider": "dyn",
        "user": "demo",
        "password": password,
        "hosts": ["demo.dyndns.org"],
        "server": "localhost:%d" % lab.https_port,
        "ca": str(lab.ca_der),
    }
    address = [{"source": "command", "command": "echo 45.33.7.52"}]
    (folder / "config.json").write_text(json.dumps({"accounts": [account], "address": address}))
    files = {"config": "config.json", "state": "state", "status": "status.json", "control": "c"}
    return [word for key, name in files.items() for word in ("--" + key, folder / name)]


@pytest.mark.parametrize("interpreter", ["cpython", "micropython-wheel", "micropython-amd64"])
def test_the_installed_agent_publishes_its_address(prefix, interpreter, tmp_path):
    with Lab("dyn") as lab:
        words = settled(lab, tmp_path)
        done = run(prefix, interpreter, "check", *words)
        assert "ok, 1 host" in done.communicate(timeout=60)[0] and done.returncode == 0
        agent = run(prefix, interpreter, "run", *words)
        try:
            assert lab.wait_for(1, 20, "update"), agent.poll()
            assert lab.published("demo.dyndns.org")["A"] == "45.33.7.52"
            end = time.monotonic() + 30
            while time.monotonic() < end and '"state": "ok"' not in _text(tmp_path / "status.json"):
                time.sleep(0.05)
            said = run(prefix, interpreter, "status", *words).communicate(timeout=60)[0]
            assert "demo.dyndns.org" in said and "45.33.7.52" in said
        finally:
            agent.terminate()
            agent.communicate(timeout=60)
        assert lab.findings() == []


@pytest.mark.parametrize("interpreter", ["cpython", "micropython-amd64"])
def test_under_systemd_each_line_carries_its_level(prefix, interpreter, tmp_path):
    """sd-daemon(3): <3> is an error, <6> information. A refusal is an error; without systemd there is no
    number."""
    with Lab("dyn") as lab:
        words = settled(lab, tmp_path, "wrong")
        os.environ["JOURNAL_STREAM"] = "8:1234"
        try:
            agent = run(prefix, interpreter, "run", *words)
        finally:
            del os.environ["JOURNAL_STREAM"]
        try:
            end = time.monotonic() + 30
            while time.monotonic() < end and '"state": "stopped"' not in _text(tmp_path / "status.json"):
                time.sleep(0.05)
            health = run(prefix, interpreter, "status", "--health", *words)
            assert "demo.dyndns.org" in health.communicate(timeout=60)[0] and health.returncode == 1
        finally:
            agent.terminate()
            said = agent.communicate(timeout=60)[0].splitlines()
        assert {line[:3] for line in said} == {"<6>", "<3>"}, said
        assert run(prefix, interpreter, "status", "--health", *words).wait(60) == 2


def _text(path):
    return path.read_text() if path.exists() else ""


def test_without_an_interpreter_it_says_what_to_install(prefix):
    env = {"MICROPYTHON": "/nonexistent", "PYTHON": "/nonexistent", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([str(prefix / "bin/wanbeacon"), "run"], env=env, capture_output=True, text=True)
    assert (
        done.returncode == 1 and done.stderr.count("\n") == 1 and "apt-get install micropython" in done.stderr
    )


def test_the_current_folder_is_not_where_code_comes_from(prefix, tmp_path):
    (tmp_path / "wanbeacon").mkdir()
    (tmp_path / "wanbeacon/__init__.py").write_text("print('evil')\n")
    (tmp_path / "tls.py").write_text("print('evil')\n")
    for name, value in (("PYTHON", sys.executable), ("MICROPYTHON", usable("micropython-wheel").argv[0])):
        env = {"MICROPYTHON": "/nonexistent", "PATH": "/usr/bin:/bin", name: value}
        done = subprocess.run(
            [str(prefix / "bin/wanbeacon"), "--version"],
            env=env,
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.stdout.startswith("wanbeacon 0.") and "evil" not in done.stdout


def test_a_relative_path_starts_from_the_callers_folder(prefix, tmp_path):
    config = {
        "accounts": [
            {"provider": "dyn", "user": "demo", "password": "demo-key", "hosts": ["demo.dyndns.org"]}
        ]
    }
    (tmp_path / "my own.json").write_text(json.dumps(config))
    for words in (["check", "--config", "my own.json"], ["--config", "my own.json", "check"]):
        env = {"MICROPYTHON": "/nonexistent", "PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(
            [str(prefix / "bin/wanbeacon"), *words], env=env, capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0 and "ok, 1 host" in done.stdout, done.stderr


def unit():
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str
    parser.read(ROOT / "boards/linux/wanbeacon.service")
    return parser


def test_the_unit_runs_unprivileged_and_sees_only_its_own_folders():
    service = unit()["Service"]
    assert service["DynamicUser"] == "yes" and service["CapabilityBoundingSet"] == ""
    assert service["ProtectSystem"] == "strict" and service["NoNewPrivileges"] == "yes"
    assert service["RestrictAddressFamilies"].split() == ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX"]
    assert service["Restart"] == "always"
    # the settings are root's; the agent reads its copy of them, and writes below its own folders only
    assert service["LoadCredential"] == "config.json:/etc/wanbeacon/config.json"
    words = service["ExecStart"].split()
    assert words[words.index("--config") + 1] == "${CREDENTIALS_DIRECTORY}/config.json"
    assert words[words.index("--state") + 1] == "/var/lib/" + service["StateDirectory"]


@pytest.mark.needs("systemd-analyze")
def test_systemd_itself_finds_no_fault_in_the_unit(prefix):
    file = prefix / UNIT
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)],
        capture_output=True,
        text=True,
        env=dict(os.environ, LC_ALL="C"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(file)],
        capture_output=True,
        text=True,
    )
    line = next(line for line in done.stdout.splitlines() if "Overall exposure" in line)
    print(line)
    assert float(line.split(": ")[1].split()[0]) < 2.5
