# SPDX-License-Identifier: MIT
"""Makes pytest run every function of host_tests/shared under each MicroPython too, as an item of its own.
Pytest only.

A shared test is collected as test_x[cpython], test_x[micropython-i386] and so on. One process per (file,
interpreter) runs the tests that were selected; its report is kept and handed out to the items."""

import ast
import os
import re
import subprocess

import pytest

from host_tests import needs
from tools import ROOT, in_ci, interpreters

SHARED = ROOT / "host_tests" / "shared"
#: One process runs a whole file; a file that needs longer should be two. At night it tries far more.
FILE_S = 3600 if os.environ.get("WANBEACON_NIGHTLY") else 200
_HEAP = re.compile(r"^# heap: *([0-9]+[kKmM]?)\s*$", re.M)


class Report:
    """What one process said: name -> (passed, output). Tests without a verdict get the process's end as
    reason."""

    def __init__(self, output, ending):
        self.verdicts = {}
        self.ending = ending
        self.output = output
        running, lines = None, []
        for line in output.splitlines():
            word, _, name = line[3:].partition(" ") if line.startswith("@@ ") else ("", "", "")
            if word == "run":
                running, lines = name, []
            elif word in ("ok", "fail"):
                self.verdicts[name] = (word == "ok", "\n".join(lines))
                running = None
            else:
                lines.append(line)
        if running:
            self.verdicts[running] = (
                False,
                "\n".join(lines + ["the interpreter ended in this test: " + ending]),
            )

    def of(self, name):
        """(passed, output) of one test."""
        return self.verdicts.get(name) or (
            False,
            "no verdict: the interpreter ended early (%s)\n%s" % (self.ending, self.output[-3000:]),
        )


def heap_of(path):
    """The heap that a shared file asks for ("60k"), or None."""
    found = _HEAP.search(path.read_text()[:500])
    return found and found.group(1)


def run_file(path, interpreter, names, timeout=FILE_S, firmware="firmware"):
    """Runs the functions `names` of the test file under `interpreter`, with the agent from the folder
    `firmware`.

    Returns a Report, never raises for the tests."""
    command = interpreter.command(ROOT / "host_tests/run_shared.py", path.stem, *names, heap=heap_of(path))
    env = interpreters.environment(firmware, path.parent)
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )
        output, ending = done.stdout, "exit status %d" % done.returncode
    except subprocess.TimeoutExpired as error:
        output, ending = error.stdout or b"", "stopped after %d s" % timeout
    return Report(output.decode("utf-8", "replace"), ending)


def run_compiled(stems, firmware):
    """Runs the shared files test_STEM.py on the compiled agent in the folder `firmware`, under the
    stand-alone MicroPython.

    Returns the number of tests; AssertionError with the output of the first that failed."""
    run = 0
    for path in (SHARED / ("test_%s.py" % stem) for stem in stems):
        names = [
            n.name
            for n in ast.parse(path.read_text()).body
            if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")
        ]
        report = run_file(path, needs.usable("micropython-amd64"), names, firmware=firmware)
        for name in names:
            passed, output = report.of(name)
            assert passed, "%s %s\n%s" % (path.name, name, output)
        run += len(names)
    return run


def is_shared(path):
    """True for files whose tests run on every interpreter."""
    return path.parent.name == "shared" and path.parent.parent.name == "host_tests"


class Plugin:
    """Registered by conftest.py."""

    def __init__(self):
        self.found = {one.name: one for one in interpreters.all()}
        self.reports = {}

    def pytest_report_header(self):
        return ["shared tests also under " + ", ".join(n for n, one in self.found.items() if not one.why)] + [
            "%s is missing: %s" % (name, one.why) for name, one in self.found.items() if one.why
        ]

    def pytest_generate_tests(self, metafunc):
        if is_shared(metafunc.definition.path):
            metafunc.fixturenames.append("_interpreter")
            metafunc.parametrize("_interpreter", ["cpython", *self.found])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item):
        one = self.found.get(self.interpreter_of(item))
        if one and one.why:
            reason = "%s: %s" % (one.name, one.why)
            (pytest.fail(reason, pytrace=False) if in_ci() else pytest.skip(reason))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        one = self.found.get(self.interpreter_of(pyfuncitem))
        if not one:
            return None  # CPython: pytest calls the function as always
        passed, output = self.report(pyfuncitem, one).of(pyfuncitem.originalname)
        if not passed:
            pytest.fail("%s\n%s" % (one.name, output), pytrace=False)
        if output:
            print(output)
        return True

    @staticmethod
    def interpreter_of(item):
        """ "cpython", an interpreter's name, or None for tests outside shared/."""
        return getattr(item, "callspec", None) and item.callspec.params.get("_interpreter")

    def report(self, item, interpreter):
        """The report of this item's file under this interpreter; runs the process the first time."""
        key = item.path, interpreter.name
        if key not in self.reports:
            names = [
                other.originalname
                for other in item.session.items
                if other.path == item.path and self.interpreter_of(other) == interpreter.name
            ]
            self.reports[key] = run_file(item.path, interpreter, names)
        return self.reports[key]
