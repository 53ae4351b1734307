# SPDX-License-Identifier: MIT
"""The runner of shared tests itself: it must be able to fail. Host only."""

import pytest

from host_tests import on_micropython

BAD = """# heap: 300k
def test_passes(): assert 1
def test_fails(): assert 1 == 2, "deliberate"
def test_prints(): print("seen")
def test_heap():
    import gc
    assert 250000 < gc.mem_alloc() + gc.mem_free() < 350000
def test_ends_the_process():
    import sys
    sys.exit(3)
def test_never_reached(): assert 1
"""
NAMES = [
    "test_passes",
    "test_fails",
    "test_prints",
    "test_heap",
    "test_ends_the_process",
    "test_never_reached",
]


@pytest.fixture
def report(tmp_path, each_micropython):
    path = tmp_path / "test_bad.py"
    path.write_text(BAD)
    return on_micropython.run_file(path, each_micropython, NAMES)


def test_each_test_of_a_file_gets_its_own_verdict_even_when_the_interpreter_ends_early(report):
    assert [report.of(name)[0] for name in NAMES] == [True, False, True, True, False, False]
    assert "deliberate" in report.of("test_fails")[1] and "test_bad.py" in report.of("test_fails")[1]
    assert report.of("test_prints")[1] == "seen"
    assert "exit status 3" in report.of("test_ends_the_process")[1]
    assert "no verdict" in report.of("test_never_reached")[1]


def test_a_file_that_cannot_be_imported_fails_all_its_tests(tmp_path, micropython):
    (tmp_path / "test_broken.py").write_text("import no_such_thing\ndef test_a(): pass\n")
    report = on_micropython.run_file(tmp_path / "test_broken.py", micropython, ["test_a"])
    passed, output = report.of("test_a")
    assert not passed and "no_such_thing" in output


def test_a_hanging_test_fails_in_bounded_time(tmp_path, micropython):
    (tmp_path / "test_hang.py").write_text("def test_a():\n    while True: pass\n")
    passed, output = on_micropython.run_file(tmp_path / "test_hang.py", micropython, ["test_a"], 1).of(
        "test_a"
    )
    assert not passed and "stopped after 1 s" in output
