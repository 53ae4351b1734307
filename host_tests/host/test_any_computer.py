# SPDX-License-Identifier: MIT
"""`make run` on any computer: which interpreter runs the agent where PyPI has no MicroPython, and what is
said of it."""

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from wanbeacon import VERSION

from tools import ROOT, interpreters
from tools.netlab.parts import usable


@pytest.fixture
def bare(tmp_path):
    """run(...) -> CompletedProcess of the tools in a Python that has their libraries, but no MicroPython
    beside it and none on PATH or in the cache. `.path` is a folder on PATH, `.cache` the cache."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    venv = tmp_path / "venv"
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "ours.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "cache").mkdir()

    def run(*words, **env):
        env = dict(
            os.environ,
            PATH="%s:/usr/bin:/bin" % (tmp_path / "bin"),
            WANBEACON_CACHE=str(tmp_path / "cache"),
            **env,
        )
        env.pop("MICROPYTHON", None)
        return subprocess.run(
            [venv / "bin/python", "-m", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=env,
            timeout=100,
        )

    run.path, run.cache = tmp_path / "bin", tmp_path / "cache"
    return run


def test_without_any_micropython_the_demo_runs_on_cpython_and_says_so(bare):
    if Path("/usr/bin/micropython").exists():
        pytest.skip("this machine has a MicroPython in /usr/bin")
    said = bare("tools", "run", "--plain", "--simple", "--seconds", "8").stdout
    assert said.split("\n")[0].startswith("Wanbeacon %s on CPython %d.%d" % (VERSION, *sys.version_info[:2]))
    assert "there is no MicroPython on this machine" in said.split("\n")[0]
    assert "-> 200 good" in said and "no rule broken" in said


def test_an_installed_micropython_is_taken_before_cpython(bare):
    (bare.path / "micropython").symlink_to(usable("micropython-amd64").argv[0])
    said = bare("tools", "run", "--plain", "--simple", "--seconds", "1").stdout
    assert said.startswith("Wanbeacon %s on MicroPython 1.25.0. Demo" % VERSION)


def test_an_installed_one_that_is_too_old_or_has_no_tls_is_not(bare):
    (bare.path / "micropython").write_text("#!/bin/sh\necho micropython 1 19 1\n")
    (bare.path / "micropython").chmod(0o755)
    code = "from tools import interpreters; print(interpreters.default().kind)"
    kind = subprocess.run(
        [bare.path.parent / "venv/bin/python", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ, PATH="%s:/bin" % bare.path, WANBEACON_CACHE=str(bare.cache), MICROPYTHON=""),
    ).stdout
    assert kind == "cpython\n"


def test_debians_program_unpacked_is_taken_before_cpython(bare):
    program = usable("micropython-amd64")
    (bare.cache / "micropython-amd64").symlink_to(Path(program.argv[0]).parent)
    assert bare("tools", "run", "--plain", "--simple", "--seconds", "1").stdout.startswith(
        "Wanbeacon %s on MicroPython 1.25.0" % VERSION
    )


@pytest.mark.parametrize(
    ("machine", "wide", "name"),
    [
        ("x86_64", True, "amd64"),
        ("aarch64", True, "arm64"),
        ("aarch64", False, "armhf"),
        ("armv7l", False, "armhf"),
        ("riscv64", True, "riscv64"),
        ("mips", False, None),
    ],
)
def test_debian_has_a_program_for_a_raspberry_pi(monkeypatch, machine, wide, name):
    monkeypatch.setattr(interpreters.platform, "machine", lambda: machine)
    monkeypatch.setattr(interpreters.sys, "maxsize", (1 << 63 if wide else 1 << 31) - 1)
    assert interpreters.native() == name
    if name:
        script = (ROOT / "tools/micropython-elf").read_text()
        assert "\n    %s) triple=" % name in script, "tools/micropython-elf can unpack it"


def test_the_script_says_what_it_needs_on_a_machine_of_another_kind(tmp_path):
    done = subprocess.run(
        ["sh", ROOT / "tools/micropython-elf", "riscv64", tmp_path], capture_output=True, text=True
    )
    assert (
        done.returncode == 1
        and done.stderr.count("\n") == 1
        and "the riscv64 programs need riscv64" in done.stderr
    )


def test_cpython_can_be_asked_for():
    assert interpreters.Interpreter("cpython", ["python"], "cpython").command("-m", "wanbeacon", "run") == [
        "python",
        "wanbeacon",
        "run",
    ]
    env = interpreters.Interpreter("cpython", ["python"], "cpython").environment("firmware")
    assert env["PYTHONPATH"].split(os.pathsep)[-1] == "firmware"


def test_make_alone_lists_the_commands():
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, env=env)
    words = [line.split()[1] for line in done.stdout.splitlines()]
    assert words[:3] == ["help", "run", "test"] and {"quick", "nightly", "lint"} <= set(words)


def test_make_run_installs_nothing_whose_hash_it_does_not_know():
    text = (ROOT / "tools/requirements/run.txt").read_text()
    rows = [row for row in text.replace("\\\n", " ").splitlines() if row and row[0] != "#"]
    assert len(rows) > 5
    for row in rows:
        assert re.match(r"[\w.-]+==[\w.]+(;[^#]*?)?(\s+--hash=sha256:[0-9a-f]{64})+$", row), row[:80]
    assert (
        "pip install --require-hashes -r tools/requirements/run.txt" in (ROOT / "tools/make-venv").read_text()
    )


def test_the_demo_needs_no_test_tools():
    """What `make run` installs: measured, 96 MB with Python's own pip, of which 22 are cryptography and
    pydantic."""
    locked = (ROOT / "tools/requirements/run.txt").read_text()
    for name in ("pytest", "numpy", "matplotlib", "playwright", "hypothesis", "esptool", "ruff"):
        assert name not in locked, name
