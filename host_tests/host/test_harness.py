# SPDX-License-Identifier: MIT
"""The test harness as a developer sees it: markers, names of shared tests, set-up scripts. Host only."""

import os
import re
import subprocess
import sys

import pytest

from tools import ROOT, interpreters
from tools.build import mpy

MARKED = """
import pytest
@pytest.mark.needs("no-such-program")
def test_program(): pass
@pytest.mark.needs("sh")
def test_there(): pass
@pytest.mark.needs_root
def test_root(): pass
"""
SHARED = """
def test_good(): assert 1
def test_bad(): assert 0, "deliberate"
"""


def test_no_test_module_imports_another():
    """What two of them need is a module of its own: else a test runs twice, or not at all when it is
    renamed."""
    for path in sorted((ROOT / "host_tests").rglob("*.py")):
        found = re.search(r"^\s*(?:from|import) .*\btest_\w+", path.read_text(encoding="utf-8"), re.M)
        assert not found, "%s: %s" % (path.relative_to(ROOT), found[0])


def test_tools_import_no_tests_and_themselves_relatively():
    for path in sorted((ROOT / "tools").rglob("*.py")):
        found = re.search(
            r"^\s*(?:from|import) (?:host_tests|tools)\b.*", path.read_text(encoding="utf-8"), re.M
        )
        assert not found, "%s: %s" % (path.relative_to(ROOT), found[0])


def pytest_on(folder, ci):
    env = {k: v for k, v in os.environ.items() if k not in ("CI", "PYTEST_ADDOPTS")}
    env.update(
        {"CI": "true"} if ci else {}, PYTHONPATH="%s:%s" % (ROOT / "firmware/wanbeacon/board/cpython", ROOT)
    )
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n  needs_root\n  needs\naddopts = -p no:cacheprovider\n"
    )
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-v",
            "-rA",
            "-p",
            "host_tests.conftest",
            "--rootdir",
            folder,
            folder,
        ],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
    ).stdout


def test_a_missing_program_is_a_skip_with_the_package_to_install(tmp_path):
    (tmp_path / "test_marked.py").write_text(MARKED)
    said = pytest_on(tmp_path, ci=False)
    assert "test_program SKIPPED" in said and "test_there PASSED" in said
    assert "no-such-program is not installed (apt-get install no-such-program)" in said


def test_a_missing_program_is_a_failure_in_ci(tmp_path):
    (tmp_path / "test_marked.py").write_text(MARKED)
    said = pytest_on(tmp_path, ci=True)
    assert "test_there PASSED" in said and "ERROR" in said and "missing in CI: no-such-program" in said


def test_a_shared_test_fails_under_each_interpreters_own_name(tmp_path):
    folder = tmp_path / "host_tests" / "shared"
    folder.mkdir(parents=True)
    (folder / "test_two.py").write_text(SHARED)
    said = pytest_on(tmp_path, ci=False)
    for name in ["cpython"] + [one.name for one in interpreters.all() if not one.why]:
        assert "test_two.py::test_good[%s] PASSED" % name in said
        assert "test_two.py::test_bad[%s] FAILED" % name in said
    assert "deliberate" in said


def make_venv(tmp_path, version):
    fake = tmp_path / "python3"
    fake.write_text('#!/bin/sh\ncase $1 in -V) echo "Python %s" ;; *) exit 1 ;; esac\n' % version)
    fake.chmod(0o755)
    return subprocess.run(
        [ROOT / "tools/make-venv", fake, "run"], cwd=tmp_path, capture_output=True, text=True
    )


def test_an_old_python_is_refused_in_one_line(tmp_path):
    done = make_venv(tmp_path, "3.9.2")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "Python 3.9.2 is too old" in done.stderr and not (tmp_path / ".venv").exists()


def test_no_python_at_all_is_one_line(tmp_path):
    done = subprocess.run(
        [ROOT / "tools/make-venv", "/no/python", "dev"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "install python3" in done.stderr


def test_compiled_firmware_is_loaded_by_every_interpreter(each_micropython, tmp_path):
    source = tmp_path / "source"
    (source / "part").mkdir(parents=True)
    (source / "main.py").write_text("import part.one\n")
    (source / "part/one.py").write_text("def double(x):\n    return 2 * x\n")
    (source / "part/data.txt").write_text("kept")
    sizes = mpy.compile_tree(tmp_path / "out", source)
    assert sorted(sizes) == ["main.py", "part/data.txt", "part/one.mpy"] and sizes["part/one.mpy"] < 200
    done = subprocess.run(
        each_micropython.command("-c", "from part.one import double; print(double(21))"),
        text=True,
        capture_output=True,
        env=dict(os.environ, MICROPYPATH=str(tmp_path / "out")),
        cwd="/",
    )
    assert done.stdout == "42\n", done.stderr


def test_firmware_that_does_not_compile_is_named(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source/bad.py").write_text("def\n")
    with pytest.raises(mpy.UserError, match=r"bad\.py does not compile"):
        mpy.compile_tree(tmp_path / "out", tmp_path / "source")
